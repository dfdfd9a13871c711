"""The seed journey, who enters it, and the system it passes through, as measurements use them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client

from api.gateway import clock
from dev.folder import data_folder
from dev.temporal import temporal_server
from journeys.bundle import Bundle, catalogue_of
from journeys.changes import RecordChange
from journeys.journey import Journey
from journeys.publishing import publish
from store.builtin import builtin_tables
from store.catalogue import TriggerRow, catalogue_changed
from store.database import Database
from store.journeys import JourneyRow, keep_version
from store.schema import upgrade
from workflows.attributes import register_search_attributes
from workflows.definitions import data_converter

SEED = Bundle.model_validate(
    {
        "triggers": [
            {
                "name": "contact-created",
                "kind": "record_change",
                "table": "contact",
                "audience": {"path": "self"},
                "operations": ["created"],
            }
        ],
        "templates": [{"name": "welcome", "subject": "Welcome", "html": "{{ person.firstname }}"}],
        "journeys": [
            {
                "name": "seed",
                "entry": {"trigger": "contact-created"},
                "tiles": [
                    {"id": "delay", "kind": "wait", "for": "PT1S", "next": "welcome"},
                    {"id": "welcome", "kind": "message", "template": "welcome"},
                ],
            }
        ],
    }
)


@asynccontextmanager
async def system(folder: Path, name: str, port: int) -> AsyncIterator[tuple[Client, Database]]:
    """Run Temporal's dev server on *port*; yield a client of it, and a store, both in *folder*."""
    with data_folder(folder / f"temporal-{name}") as data:
        async with temporal_server(data, port=port, ui_port=port + 1000) as server:
            database = Database(f"sqlite:///{folder / f'{name}.db'}")
            upgrade(database)
            client = await Client.connect(server.address, data_converter=data_converter(database))
            await register_search_attributes(client)
            yield client, database
            database.close()


def contact(number: int) -> RecordChange:
    """Return the change that creates a contact and so lets them enter."""
    return RecordChange(
        table="contact",
        record_id=f"contact-{number}",
        operation="create",
        values={"firstname": "Ana", "emailaddress1": "ana@example.org"},
    )


def go_live(database: Database, journey: Journey) -> None:
    """Publish *journey* to whoever of our contacts is created from now on."""
    version = publish(journey, catalogue_of(builtin_tables(), [SEED]), 1)
    with database.writing() as session:
        for trigger in SEED.triggers:
            definition = trigger.model_dump(mode="json")
            session.add(TriggerRow(name=trigger.name, state="ready", definition=definition))
        keep_version(session, version, clock())
        row = JourneyRow(name=journey.name, state="live", version=1, draft={}, changed_at=clock())
        session.add(row)
        catalogue_changed(session)
