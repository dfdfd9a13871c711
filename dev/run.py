"""The whole system in one process group: Temporal, store, gateway, worker and inbox, on loopback."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from temporalio.client import Client

from api.app import create_app
from api.door.keyring import Keyring
from api.door.limits import Limits
from api.gateway import Gateway
from api.serving import listening_socket, running_gateway, serve, spare_the_collector
from channels.calling import Caller
from channels.email import Email
from channels.smtp import SmtpServer
from dev.examples import load_examples
from dev.folder import data_folder
from dev.inbox import Catching, catching_mail
from dev.inbox_pages import inbox_router
from dev.reaching import PATIENCE, connected, opened_store, reached, store_of, unless_told_to
from dev.temporal import TemporalServer, temporal_server
from dev.temporal_ui import temporal_ui
from settings import CannotStart, Settings, is_loopback
from store.database import Database
from store.keys import has_admin
from store.pruning import Keeping
from worker import TASK_QUEUE, create_worker
from workflows.definitions import data_converter


@dataclass(frozen=True)
class Addresses:
    """What to open once everything runs."""

    gateway: str
    temporal_ui: str
    inbox: str


async def run(settings: Settings, started: Callable[[Addresses], None]) -> None:
    """Run everything until SIGINT or SIGTERM; *started* is told where things are.

    Raises CannotStart with one sentence where something is in the way, or stops by itself.
    """
    base_url = f"http://{settings.host}:{settings.port}"
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(_told_to_stop())
        folder = stack.enter_context(data_folder(settings.data_dir))
        database = stack.enter_context(opened_store(settings))
        _require_key(settings, database)
        bound = stack.enter_context(listening_socket(settings.host, settings.port))
        mail = await stack.enter_async_context(catching_mail(folder.path / "inbox"))
        namespace = settings.temporal_namespace
        ui = await stack.enter_async_context(
            temporal_ui(port=settings.temporal_ui_port, namespace=namespace)
        )
        temporal = await stack.enter_async_context(
            temporal_server(
                folder, port=settings.temporal_port, ui_port=ui.port, namespace=namespace
            )
        )
        gateway = await stack.enter_async_context(
            _gateway_and_worker(settings, temporal, database, mail, base_url)
        )
        if "access_log" not in settings.model_fields_set:  # it would drown what to open
            settings = settings.model_copy(update={"access_log": False})
        app = _app(gateway, settings, inbox_router(mail.inbox))
        await load_examples(app)
        serving = asyncio.create_task(serve(app, bound, stop))
        dying = asyncio.create_task(temporal.died())
        started(Addresses(f"{base_url}/docs", ui.instances, f"{base_url}/inbox"))
        await asyncio.wait((serving, dying), return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await serving
        if dying.done():
            raise dying.result()
        dying.cancel()


@asynccontextmanager
async def _gateway_and_worker(
    settings: Settings, temporal: TemporalServer, database: Database, mail: Catching, base_url: str
) -> AsyncIterator[Gateway]:
    """Run gateway and worker on one client, so that a started instance takes its first step here."""
    client = await connected(temporal.address, temporal.namespace, database)
    email = (
        Email.of(settings)
        if settings.smtp_host
        else Email(SmtpServer(mail.host, mail.port, tls="none"), settings.mail_from)
    )
    async with (
        aclosing(email),
        running_gateway(
            client,
            database,
            TASK_QUEUE,
            base_url=base_url,
            time_skipping=True,
            wait_for_person=settings.wait_for_person,
            keeping=_keeping(settings),
            repairs=True,
        ) as gateway,
        create_worker(
            client,
            database,
            {"email": email},
            gateway.intake,
            _caller(settings),
            sandbox=settings.sandbox,
        ),
    ):
        yield gateway


async def run_gateway(settings: Settings, patience: float = PATIENCE) -> None:
    """Run a gateway with its relay until SIGINT or SIGTERM, on the Temporal that is named.

    It takes changes in before Temporal can be reached, and while it cannot. Raises CannotStart
    where the database does not answer within *patience* seconds.
    """
    with ExitStack() as stack:
        stop = stack.enter_context(_told_to_stop())
        database = stack.enter_context(store_of(settings))
        if await unless_told_to(stop, reached(database, patience)) is None:
            return
        _require_key(settings, database)
        bound = stack.enter_context(listening_socket(settings.host, settings.port))
        client = await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=data_converter(database),
            lazy=True,
        )
        base_url = f"http://{settings.host}:{settings.port}"
        async with running_gateway(
            client,
            database,
            TASK_QUEUE,
            base_url=base_url,
            wait_for_person=settings.wait_for_person,
            keeping=_keeping(settings),
            repairs=True,
        ) as gateway:
            await serve(_app(gateway, settings), bound, stop)


async def run_worker(settings: Settings, patience: float = PATIENCE) -> None:
    """Run a worker until SIGINT or SIGTERM, on the Temporal that is named.

    It has an intake and a relay of its own, for what journeys themselves change and fire. Raises
    CannotStart where the database does not answer, or Temporal cannot be reached, within *patience*
    seconds each.
    """

    async def all_there() -> Client:
        await reached(database, patience)
        return await connected(
            settings.temporal_address, settings.temporal_namespace, database, patience
        )

    with _told_to_stop() as stop, store_of(settings) as database:
        client = await unless_told_to(stop, all_there())
        if client is None:
            return
        email = Email.of(settings)
        base_url = f"http://{settings.host}:{settings.port}"
        async with (
            aclosing(email),
            running_gateway(
                client,
                database,
                TASK_QUEUE,
                base_url=base_url,
                wait_for_person=settings.wait_for_person,
            ) as own,
            create_worker(
                client,
                database,
                {"email": email},
                own.intake,
                _caller(settings),
                sandbox=settings.sandbox,
            ),
        ):
            spare_the_collector()
            await stop.wait()


def _require_key(settings: Settings, database: Database) -> None:
    """Raise CannotStart where others would reach the gateway and nobody has a key to it."""
    if is_loopback(settings.host):
        return
    with database.reading() as session:
        if not has_admin(session):
            raise CannotStart(
                "Expected an admin key before others reach the gateway (`sojourn keys create "
                f"NAME --scope admin`), but there is none and SOJOURN_HOST is {settings.host!r}."
            )


def _app(gateway: Gateway, settings: Settings, *inbox: APIRouter) -> FastAPI:
    """Return the application; the *inbox* asks for no key, and so is there on loopback alone."""
    alone = is_loopback(settings.host)
    limits = Limits(
        body=settings.max_body,
        per_second=settings.key_rate,
        waiting=settings.max_waiting,
        dataverse_key=settings.dataverse_key_name,
        logged=settings.access_log,
    )
    return create_app(
        gateway,
        *(inbox if alone else ()),
        keyring=Keyring(gateway.database, always=not alone),
        limits=limits,
        keyless=("/inbox", "/inbox.json"),
    )


def _keeping(settings: Settings) -> Keeping:
    return Keeping(settings.keep_ids, settings.keep_history)


def _caller(settings: Settings) -> Caller:
    return Caller(settings.secrets_by_name, allow_private=settings.webhook_allow_private)


@contextmanager
def _told_to_stop() -> Iterator[asyncio.Event]:
    """Yield the event that is set on SIGINT and SIGTERM."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
