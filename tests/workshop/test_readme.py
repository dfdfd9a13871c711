"""README.md to the letter: every command in it is run against the system it tells to start."""

import os
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.workshop.readme import Command, Request, commands, shows

ROOT = Path(__file__).parents[2]
README = commands((ROOT / "README.md").read_text(encoding="utf-8"))
TOLD = [pytest.param(each, id=str(each)) for each in README]
PATIENCE = 90.0
"""Seconds in which a system on a slow machine has started, ended, or sent a mail."""

PORTS = {"SOJOURN_PORT": 8000, "SOJOURN_TEMPORAL_PORT": 7233, "SOJOURN_TEMPORAL_UI_PORT": 8233}


@dataclass(frozen=True)
class System:
    """What `make run` started: its process group, its environment, and where each port went."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    log: Path

    def moved(self, text: str) -> str:
        """Return *text* with the ports of the page replaced by those of this system."""
        for variable, port in PORTS.items():
            text = re.sub(rf"(?<=:){port}\b", self.environment[variable], text)
        return text

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


def free_ports() -> dict[str, str]:
    sockets = {variable: socket.socket() for variable in PORTS}
    try:
        for each in sockets.values():
            each.bind(("127.0.0.1", 0))
        return {variable: str(each.getsockname()[1]) for variable, each in sockets.items()}
    finally:
        for each in sockets.values():
            each.close()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Start the system as the page says, in a data folder of its own; stop it as the page says."""
    folder = tmp_path_factory.mktemp("readme")
    # Neither a system this machine is set up for, nor the flags of a make that runs the tests.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SOJOURN_", "TEMPORAL_", "MAKE"))
    }
    environment = {**kept, **free_ports(), "SOJOURN_DATA_DIR": str(folder / "data")}
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip
    started = System(process, environment, log)
    try:
        wait_until_ready(started)
        yield started
    finally:
        stop(started)


def wait_until_ready(system: System) -> None:
    url = f"http://127.0.0.1:{system.environment['SOJOURN_PORT']}/readyz"
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        assert system.process.poll() is None, f"Expected a running system, but: {system.said}"
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.2)  # another process: there is nothing to await
    raise AssertionError(f"Expected a ready system, but after {PATIENCE} s: {system.said}")


def stop(system: System) -> None:
    """Press Ctrl-C; what ignores it is killed, and raises TimeoutExpired."""
    if system.process.poll() is None:
        os.killpg(system.process.pid, signal.SIGINT)
    try:
        system.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(system.process.pid, signal.SIGKILL)
        raise


def test_the_readme_tells_how_to_begin() -> None:
    texts = [shlex.join(each.words) for each in README]

    assert "make run" in texts
    assert "make test" in texts
    assert any(each.words[0] == "curl" for each in README)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", TOLD)
def test_a_command_does_what_the_readme_says(command: Command, system: System) -> None:
    match command.words:
        case ["git", "clone", *_] | ["cd", _]:
            assert (ROOT / "Makefile").is_file()  # this checkout is the clone
        case ["make", "run"]:
            assert system.process.poll() is None
            if command.shown is not None:
                assert shows(system.said, f"…{system.moved(command.shown)}…")
        case ["make", target]:
            # Running `make test` from a test would never end.
            subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)
        case ["curl", *_]:
            ask(command, system)
        case ["sojourn" | ".venv/bin/sojourn", *arguments]:
            run(arguments, command, system)
        case _:
            pytest.fail(f"Expected a command this test knows how to run, but {command} is not one.")


def ask(command: Command, system: System) -> None:
    """Send what the command asks for, until the answer is what the page shows."""
    request = Request.of(command)
    give_up = time.monotonic() + PATIENCE
    while True:
        answer = httpx.request(
            request.method or "GET",
            system.moved(request.url),
            headers=request.headers,
            content=request.body,
        )
        assert answer.is_success, answer.text
        if command.shown is None or shows(answer.text, system.moved(command.shown)):
            return
        # What is read changes with what the system does; what is written is written once.
        again = request.method == "GET" and time.monotonic() < give_up
        assert again, f"Expected {command.shown}, but the answer is: {answer.text}"
        time.sleep(0.2)  # another process: there is nothing to await


def run(arguments: list[str], command: Command, system: System) -> None:
    moved = [system.moved(each) for each in arguments]
    done = subprocess.run(
        [ROOT / ".venv/bin/sojourn", *moved], cwd=ROOT, env=system.environment,
        check=False, capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    if command.shown is not None:
        assert shows(done.stdout, system.moved(command.shown)), done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_is_left_running_after_ctrl_c(system: System) -> None:
    """The last of this module: it stops the system that the others were told to."""
    stop(system)

    with pytest.raises(ProcessLookupError):
        os.killpg(system.process.pid, 0)
    assert left_of(system) == []
    for variable in PORTS:
        with socket.create_server(("127.0.0.1", int(system.environment[variable]))):
            pass


def left_of(system: System) -> list[str]:
    """Return the processes that still know the data folder of *system*, where the machine tells."""
    folder = os.fsencode(system.environment["SOJOURN_DATA_DIR"])
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if folder in (process / "environ").read_bytes():
                left.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it has ended, or is not ours to look at
    return left


PAGE = """
```sh
make run   # starts
curl -X PUT localhost:8000/v1/tables/contact/records/c1 \\
  -H 'Content-Type: application/json' \\
  -d '{"firstname":
       "Ana"}'
```

```json
{"no": "command"}
```

```console
$ curl -s http://127.0.0.1:8000/inbox.json
{"items": [{"subject": "How did we do, Ana?", …}]}
$ sojourn journeys list
case-follow-up  live
```
"""


def test_commands_are_found_with_their_line_and_what_is_shown() -> None:
    found = commands(PAGE)

    assert [(each.line, each.words[0]) for each in found] == [
        (3, "make"),
        (4, "curl"),
        (15, "curl"),
        (17, "sojourn"),
    ]
    assert found[2].shown == '{"items": [{"subject": "How did we do, Ana?", …}]}'
    assert found[3].shown == "case-follow-up  live"


def test_a_curl_command_is_read_as_curl_reads_it() -> None:
    put, get = [Request.of(each) for each in commands(PAGE) if each.words[0] == "curl"]

    assert (put.method, put.url) == ("PUT", "http://localhost:8000/v1/tables/contact/records/c1")
    assert put.headers == {"Content-Type": "application/json"}
    assert (put.body or "").split() == ['{"firstname":', '"Ana"}']
    assert (get.method, get.body) == ("GET", None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("curl --proxy x localhost:8000", id="an option nobody taught"),
        pytest.param("curl localhost:8000 | jq .", id="a pipe"),
    ],
)
def test_a_curl_command_that_is_not_understood_is_not_passed_over(text: str) -> None:
    with pytest.raises(ValueError, match="Expected a known option"):
        Request.of(Command(1, text))


@pytest.mark.parametrize(
    ("answer", "shown", "expected"),
    [
        pytest.param('{"a":1,"b":2}', '{"a": 1, "b": 2}', True, id="spacing is free"),
        pytest.param('{"a":1,"b":2}', '{"a": 1, …}', True, id="the rest may be left out"),
        pytest.param('{"a":1,"b":2}', '{"a": 1}', False, id="but not without saying so"),
        pytest.param('{"a":1,"b":2}', '{"a": 3, …}', False, id="what is shown has to be so"),
    ],
)
def test_an_answer_is_compared_with_what_is_shown(answer: str, shown: str, expected: bool) -> None:
    assert shows(answer, shown) is expected


def test_a_console_block_begins_with_a_command() -> None:
    with pytest.raises(ValueError, match="Expected a command"):
        commands("```console\nmake run\n```\n")
    with pytest.raises(ValueError, match="Expected a whole command"):
        commands("```sh\ncurl 'localhost\n```\n")
    assert shlex.split("make run") == commands("```sh\nmake run\n```\n")[0].words
