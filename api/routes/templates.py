"""Templates: writing what messages say, and looking at it before anybody gets it."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlmodel import Session, col, select

from api.bodies import JsonBody, named, read, takes
from api.door.scopes import needs
from api.errors import Conflict, Malformed, NotFound
from api.gateway import ThisGateway, clock
from api.paging import Page
from api.uses import draft_users, listed, live_users
from channels.channel import Rejected
from channels.rendering import render
from journeys.bundle import GivenRecord
from journeys.changes import RecordRef, Values
from journeys.facts import Facts, Lookup
from journeys.known import Known
from journeys.problem import Problem, pointer
from journeys.related import RelatedName
from journeys.table import Table, as_text
from journeys.template import Template, problems_of_template
from store.catalogue import TemplateRow, catalogue_changed, tables
from store.records import lookup_in

router = APIRouter(
    prefix="/v1/templates",
    tags=["templates"],
    dependencies=needs("author", reading=["author", "operate"]),
)


class PreviewOf(BaseModel):
    """What a template is rendered with: made-up *records*, whatever the mirror has, and what it reads.

    *record* and *person* are lookups (`{"table", "id"}`), or values; *trigger* is values. *related*
    are, by name, the records that are chosen, in order.
    """

    model_config = ConfigDict(extra="forbid")

    records: list[GivenRecord] = []
    trigger: dict[str, Any] = {}
    record: dict[str, Any] = {}
    person: dict[str, Any] = {}
    tiles: dict[str, dict[str, Any]] = {}
    related: dict[RelatedName, list[dict[str, Any]]] = {}
    journey: dict[str, Any] = {}


class Preview(BaseModel):
    """A message as one person would get it."""

    subject: str
    html: str
    text: str


_TEMPLATE = TypeAdapter(Template)
_PREVIEW_OF = TypeAdapter(PreviewOf)


@router.get("", response_model_exclude_unset=True)
def list_templates(gateway: ThisGateway) -> Page[Template]:
    """Answer every template."""
    with gateway.database.reading() as session:
        rows = session.exec(select(TemplateRow).order_by(col(TemplateRow.name)))
        return Page.whole([Template.model_validate(row.definition) for row in rows])


@router.get("/{name}", response_model_exclude_unset=True)
def get_template(name: str, gateway: ThisGateway) -> Template:
    """Answer one template."""
    with gateway.database.reading() as session:
        return Template.model_validate(_template(session, name).definition)


@router.put("/{name}", response_model_exclude_unset=True, openapi_extra=takes(_TEMPLATE))
def put_template(name: str, body: JsonBody, gateway: ThisGateway, response: Response) -> Template:
    """Write a template. Journeys that are live go on with the one they were published with."""
    template = read(_TEMPLATE, named(body, name))
    if problems := problems_of_template(template):
        raise Malformed("The template is not as expected.", problems)
    definition = template.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    with gateway.database.writing() as session:
        if session.get(TemplateRow, name) is None:
            response.status_code = HTTPStatus.CREATED
        session.merge(TemplateRow(name=name, definition=definition))
        catalogue_changed(session)
    return template


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT)
def delete_template(name: str, gateway: ThisGateway) -> None:
    """Delete a template that no journey uses."""
    with gateway.database.writing() as session:
        row = _template(session, name)
        users = {
            *live_users(session, "template", name), *draft_users(session, "template", name)
        }  # fmt: skip
        if users:
            raise Conflict(
                f"Expected a template that no journey uses, but {listed(users)} uses {name}."
            )
        session.delete(row)
        catalogue_changed(session)


@router.post("/{name}/preview", openapi_extra=takes(_PREVIEW_OF))
def preview_template(name: str, body: JsonBody, gateway: ThisGateway) -> Preview:
    """Render a template with given values and records; nobody gets it."""
    given = read(_PREVIEW_OF, body)
    roots = given.model_dump(exclude={"records"}) | {"now": as_text(clock())}
    roots["related"] = {
        name: {"first": next(iter(chosen), None), "count": len(chosen), "all": chosen}
        for name, chosen in given.related.items()
    }
    about = RecordRef.of(given.record)
    with gateway.database.reading() as session:
        template = Template.model_validate(_template(session, name).definition)
        known = tables(session)
        facts = Facts(roots, _lookup(given.records, known, lookup_in(session)))
        try:
            letter = render(
                template, facts, known, about={} if about is None else {"trigger": about.table}
            )
        except Rejected as error:
            raise Malformed(str(error)) from None
    return Preview(subject=letter.subject, html=letter.html or "", text=letter.text)


def _lookup(given: list[GivenRecord], known: dict[str, Table], mirror: Lookup) -> Lookup:
    """Return a lookup in the records that were *given* first; raise Malformed where one is wrong."""
    found: dict[RecordRef, Values] = {}
    problems: list[Problem] = []
    for index, each in enumerate(given):
        table = known.get(each.table)
        if table is None:
            said = f"Expected a table, but there is none called {each.table!r}."
            problems.append(Problem(path=pointer("records", index, "table"), message=said))
            continue
        values, wrong = table.read(each.values)
        problems += [one.below("records", index, "values") for one in wrong]
        found[each.ref] = {**values, table.primary_id: each.id}
    if problems:
        raise Malformed("The body is not as expected.", problems)
    return Known(found, mirror)


def _template(session: Session, name: str) -> TemplateRow:
    row = session.get(TemplateRow, name)
    if row is None:
        raise NotFound(f"Expected a template, but there is none called {name!r}.")
    return row
