"""Temporal's dev server: started, stopped, and found again as it was."""

import asyncio
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from dev.folder import DataFolder, data_folder
from dev.ports import require_free_port
from dev.temporal import temporal_server
from settings import CannotStart

SERVE = """
import asyncio, sys
from pathlib import Path
from dev.folder import data_folder
from dev.temporal import temporal_server
async def serve():
    with data_folder(Path(sys.argv[1])) as folder:
        async with temporal_server(folder, port=int(sys.argv[2]), ui_port=int(sys.argv[3])) as server:
            print(server.process.pid, flush=True)
            await asyncio.Event().wait()
asyncio.run(serve())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    with data_folder(tmp_path / "data") as folder:
        yield folder


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
async def test_a_waiting_workflow_is_still_there_after_a_restart(
    folder: DataFolder, ports: tuple[int, int]
) -> None:
    async with temporal_server(folder, port=ports[0], ui_port=ports[1]) as server:
        client = await Client.connect(server.address)
        await client.start_workflow(
            "journey-instance",
            id="instance/ana",
            task_queue="journeys",
            start_delay=timedelta(days=3),
        )

    async with temporal_server(folder, port=ports[0], ui_port=ports[1]) as server:
        client = await Client.connect(server.address)
        found = await client.get_workflow_handle("instance/ana").describe()

    assert found.status is not None
    assert found.status.name == "RUNNING"


@pytest.mark.slow
async def test_it_serves_its_namespace_and_its_ui_and_keeps_what_is_closed_for_a_month(
    folder: DataFolder, ports: tuple[int, int]
) -> None:
    async with temporal_server(
        folder, port=ports[0], ui_port=ports[1], namespace="journeys"
    ) as server:
        client = await Client.connect(server.address, namespace="journeys")
        found = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace="journeys")
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", ports[1])
        writer.write(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        answer = await reader.read(12)
        writer.close()
        await writer.wait_closed()

    assert found.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=30)
    assert answer == b"HTTP/1.0 200"
    assert server.process.returncode is not None


@pytest.mark.slow
async def test_it_is_stopped_when_what_it_serves_fails(
    folder: DataFolder, ports: tuple[int, int]
) -> None:
    with pytest.raises(RuntimeError, match="the worker broke"):
        async with temporal_server(folder, port=ports[0], ui_port=ports[1]) as server:
            raise RuntimeError("the worker broke")

    assert server.process.returncode is not None


@pytest.mark.slow
async def test_a_server_that_dies_is_told(folder: DataFolder, ports: tuple[int, int]) -> None:
    async with temporal_server(folder, port=ports[0], ui_port=ports[1]) as server:
        server.process.kill()
        told = await server.died()

    assert str(told).startswith("Expected Temporal to keep running, but it stopped, saying: ")


@pytest.mark.slow
async def test_it_does_not_outlive_a_process_that_is_killed(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    ours = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, str(tmp_path), *map(str, ports),
        cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert ours.stdout is not None
    os.kill(int(await ours.stdout.readline()), 0)  # it is there

    ours.send_signal(signal.SIGKILL)
    await ours.wait()

    # The folder is free once the server is gone, and so is its port.
    with data_folder(tmp_path) as folder:
        async with temporal_server(folder, port=ports[0], ui_port=ports[1]) as server:
            assert server.process.returncode is None


@pytest.mark.parametrize("taken", [pytest.param(0, id="its own"), pytest.param(1, id="its UI's")])
async def test_a_port_in_use_is_one_sentence(
    folder: DataFolder, ports: tuple[int, int], taken: int
) -> None:
    for_ = ("Temporal (SOJOURN_TEMPORAL_PORT)", "Temporal's UI (SOJOURN_TEMPORAL_UI_PORT)")[taken]
    with socket.create_server(("127.0.0.1", ports[taken])), pytest.raises(CannotStart) as got:
        async with temporal_server(folder, port=ports[0], ui_port=ports[1]):
            pass

    assert str(got.value) == (
        f"Expected port {ports[taken]} to be free for {for_}, but something else listens on it."
    )


def test_a_port_that_cannot_be_had_is_one_sentence() -> None:
    with pytest.raises(
        CannotStart, match=r"to be free for the gateway \(SOJOURN_PORT\), but it can"
    ):
        require_free_port("192.0.2.1", 8000, for_="the gateway", setting="SOJOURN_PORT")


def no_database(file: Path) -> None:
    file.write_text("half a mail, perhaps")


def nothing_in_it(file: Path) -> None:
    file.touch()


def another_database(file: Path) -> None:
    with closing(sqlite3.connect(file)) as store:
        store.execute("CREATE TABLE orders (id)")


def a_folder(file: Path) -> None:
    file.mkdir()


@pytest.mark.parametrize(
    ("leave", "why"),
    [
        pytest.param(no_database, "file is not a database", id="no database"),
        pytest.param(nothing_in_it, "its tables are missing", id="an empty file"),
        pytest.param(another_database, "its tables are missing", id="another database"),
        pytest.param(a_folder, "unable to open database file", id="a folder"),
    ],
)
async def test_a_half_written_store_is_one_sentence(
    folder: DataFolder, ports: tuple[int, int], leave: Callable[[Path], None], why: str
) -> None:
    file = folder.path / "temporal.db"
    leave(file)

    with pytest.raises(CannotStart) as got:
        async with temporal_server(folder, port=ports[0], ui_port=ports[1]):
            pass

    assert str(got.value) == (
        f"Expected {file} to be what Temporal keeps its workflows in, but {why}: "
        "move it away, or set SOJOURN_DATA_DIR to another folder."
    )


@pytest.mark.slow
async def test_a_server_that_dies_at_its_start_says_why(
    folder: DataFolder, ports: tuple[int, int]
) -> None:
    with closing(sqlite3.connect(folder.path / "temporal.db")) as store:
        store.execute("CREATE TABLE namespaces (half)")

    with pytest.raises(
        CannotStart,
        match=r"^Expected Temporal to keep running, but it stopped, saying: Error: .*table",
    ):
        async with temporal_server(folder, port=ports[0], ui_port=ports[1]):
            pass


async def test_without_the_command_it_is_said_how_to_get_it(
    folder: DataFolder, ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder.path))
    monkeypatch.setattr(sys, "executable", str(folder.path / "python"))

    with pytest.raises(
        CannotStart, match=r"^Expected the temporal command on PATH or beside Python"
    ):
        async with temporal_server(folder, port=ports[0], ui_port=ports[1]):
            pass
