"""A small world to draw journeys in: people, their accounts, and the cases they open."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from journeys.catalogue import Catalogue
from journeys.table import Table
from journeys.template import Template
from journeys.trigger import Trigger

CONTACT = Table.model_validate({
    "name": "contact", "primary_id": "contactid", "name_column": "fullname",
    "audience": {"email": "emailaddress1"},
    "columns": [
        {"name": "fullname", "type": "text"},
        {"name": "emailaddress1", "type": "text"},
        {"name": "donotbulkemail", "type": "boolean"},
        {"name": "birthdate", "type": "date"},
        {"name": "statuscode", "type": "choice", "choices": [{"value": 1, "label": "Active"}]},
        {"name": "interests", "type": "multi_choice", "choices": [
            {"value": 1, "label": "Printers"}, {"value": 2, "label": "Scanners"}]},
        {"name": "parentcustomerid", "type": "lookup", "targets": ["account", "contact"]},
    ],
})  # fmt: skip
ACCOUNT = Table.model_validate({
    "name": "account", "primary_id": "accountid", "name_column": "name",
    "columns": [
        {"name": "name", "type": "text"},
        {"name": "revenue", "type": "money"},
        {"name": "primarycontactid", "type": "lookup", "targets": ["contact"]},
        {"name": "parentaccountid", "type": "lookup", "targets": ["account"]},
    ],
})  # fmt: skip
INCIDENT = Table.model_validate({
    "name": "incident", "primary_id": "incidentid", "name_column": "title",
    "columns": [
        {"name": "title", "type": "text"},
        {"name": "statuscode", "type": "choice", "choices": [
            {"value": 1, "label": "In Progress"}, {"value": 5, "label": "Problem Solved"}]},
        {"name": "satisfaction", "type": "integer"},
        {"name": "resolveby", "type": "datetime"},
        {"name": "details", "type": "json"},
        {"name": "customerid", "type": "lookup", "targets": ["account", "contact"]},
        {"name": "primarycontactid", "type": "lookup", "targets": ["contact"]},
    ],
})  # fmt: skip

TRIGGERS: TypeAdapter[Any] = TypeAdapter(list[Trigger])


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    triggers = TRIGGERS.validate_python([
        {"kind": "record_change", "name": "case-updated", "table": "incident",
         "audience": {"path": "customerid.primarycontactid"}, "operations": ["updated"]},
        {"kind": "record_change", "name": "person-created", "table": "contact",
         "audience": {"path": "self"}, "operations": ["created"]},
        {"kind": "record_change", "name": "order-lost", "table": "salesorder",
         "audience": {"path": "customerid"}, "operations": ["deleted"]},
        {"kind": "custom", "name": "survey-submitted", "attributes": {
            "score": "number", "comment": "text", "case": "lookup", "again": "boolean"}},
        {"kind": "custom", "name": "survey-declined", "attributes": {
            "comment": "text", "case": "lookup", "again": "datetime"}},
        {"kind": "custom", "name": "still-a-draft"},
    ])  # fmt: skip
    templates = [
        Template(
            name="survey", subject="About {{ trigger.title }}", html="Hello {{ person.fullname }}"
        ),
        Template(name="discount", subject="Sorry", html="{{ tiles.answered.comment }}"),
        Template(name="misspelt", subject="{{ trigger.titel }}", html="{{ persn.fullname }}"),
        Template(name="broken", subject="Hello", html="one\n{% if person.fullname %}"),
    ]
    return Catalogue(
        tables={table.name: table for table in (CONTACT, ACCOUNT, INCIDENT)},
        triggers={trigger.name: trigger for trigger in triggers},
        templates={template.name: template for template in templates},
        ready=frozenset(
            {"case-updated", "person-created", "order-lost", "survey-submitted", "survey-declined"}
        ),
    )
