"""What README.md tells a reader to type, and what it says they will see."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

_FENCE = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMPT = "$ "


@dataclass(frozen=True)
class Command:
    """One command, the line of the page it begins on, and what the page shows of its answer."""

    line: int
    text: str
    shown: str | None = None

    @property
    def words(self) -> list[str]:
        # A shell drops an escaped end of line; shlex would keep it as a word.
        return shlex.split(self.text.replace("\\\n", " "), comments=True)

    def __str__(self) -> str:
        return f"line {self.line}: {self.text.splitlines()[0][:60]}"


def commands(page: str) -> list[Command]:
    """Return every command of the page's `sh` and `console` blocks, in order.

    In a `console` block commands follow a `$ `, and the lines between them are what is shown.
    """
    found = []
    for fence in _FENCE.finditer(page):
        first = page[: fence.start("body")].count("\n") + 1
        lines = list(enumerate(fence["body"].splitlines(), first))
        if fence["language"] in {"sh", "bash", "shell"}:
            found += [Command(line, text) for line, text in _whole(lines)]
        elif fence["language"] == "console":
            found += _session(lines)
    return found


def _whole(lines: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield the commands among *lines*; one may go on over several, by backslash or open quote."""
    begun, text = 0, ""
    for line, each in lines:
        begun = begun if text else line
        text += f"{each}\n"
        if not _goes_on(text):
            if shlex.split(text, comments=True):
                yield begun, text.strip()
            text = ""
    if text:
        raise ValueError(f"Expected a whole command, but line {begun} is not closed: {text}")


def _goes_on(text: str) -> bool:
    try:
        shlex.split(text, comments=True)
    except ValueError:  # a quote that is not closed
        return True
    return text.rstrip("\n").endswith("\\")


def _session(lines: list[tuple[int, str]]) -> Iterator[Command]:
    rest = list(lines)
    while rest:
        line, text = rest.pop(0)
        if not text.startswith(_PROMPT):
            raise ValueError(f"Expected a command after `$ ` in line {line}, but it is: {text}")
        text = text.removeprefix(_PROMPT)
        while _goes_on(text) and rest:
            text += "\n" + rest.pop(0)[1].removeprefix("> ")
        shown = []
        while rest and not rest[0][1].startswith(_PROMPT):
            shown.append(rest.pop(0)[1])
        yield Command(line, text, "\n".join(shown) if shown else None)


@dataclass
class Request:
    """What a `curl` command asks for."""

    method: str | None = None
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None

    @classmethod
    def of(cls, command: Command) -> Self:
        """Read a `curl` command; raise ValueError for an option that is not known here."""
        request, rest = cls(), command.words[1:]
        while rest:
            match rest.pop(0):
                case "-X" | "--request":
                    request.method = rest.pop(0)
                case "-H" | "--header":
                    name, _, value = rest.pop(0).partition(":")
                    request.headers[name.strip()] = value.strip()
                case "-d" | "--data" | "--data-binary":
                    request.body = rest.pop(0)
                    request.headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
                case "--json":
                    request.body = rest.pop(0)
                    request.headers |= {"Content-Type": "application/json"}
                case "-s" | "-S" | "-f" | "-sS" | "-fsS" | "-sSf" | "--silent" | "--fail":
                    pass
                case option if option.startswith("-") or "|" in option:
                    raise ValueError(f"Expected a known option of curl, but {option} is not one.")
                case url:
                    request.url = url if "://" in url else f"http://{url}"
        request.method = request.method or ("GET" if request.body is None else "POST")
        return request


def shows(answer: str, shown: str) -> bool:
    """Say whether *answer* is what the page shows: `…` stands for anything, spacing is free."""
    parts = [re.escape("".join(part.split())) for part in shown.split("…")]
    return re.fullmatch(".*".join(parts), "".join(answer.split()), re.DOTALL) is not None
