"""House rules that neither the linter nor the type checker sees, read from the syntax tree."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from pkgutil import iter_modules

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    "activities",
    "api",
    "channels",
    "commands",
    "connections",
    "dev",
    "journeys",
    "store",
    "wire",
    "workflows",
)
ROOTS = ("cli.py", "settings.py", "worker.py")
LONGEST = 300

LONGER: dict[str, str] = {
    "store/migrations/versions/r0001_the_beginning.py": "every table there is, one after another",
}
"""Modules that may be longer than LONGEST lines, with the reason."""

MODULES = sorted(
    [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    + [ROOT / name for name in ROOTS]
    + [*ROOT.glob("client/*/*.py"), *ROOT.glob("bench/*.py"), *ROOT.glob("docs/*.py")]
)

Rule = Callable[[ast.Module], Iterator[str]]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), named(path))


def callee(node: ast.expr) -> str:
    """Return the last name of what is called or decorated with: `workflow.defn(…)` is `defn`."""
    while isinstance(node, ast.Call):
        node = node.func
    return ast.unparse(node).rpartition(".")[2]


def activities_have_a_timeout(tree: ast.Module) -> Iterator[str]:
    ordering = re.compile(r"(execute|start)_(local_)?activity(_method|_class)?")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ordering.fullmatch(callee(node)):
            said = {keyword.arg for keyword in node.keywords}
            if not said & {"start_to_close_timeout", "schedule_to_close_timeout"}:
                yield f"line {node.lineno}: Expected a timeout, but the activity has none."


def defined(tree: ast.Module, sort: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name and decorator of each workflow or activity that is defined here."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if ast.unparse(decorator).startswith(f"{sort}.defn"):
                    yield node.name, decorator


def definitions_are_named(tree: ast.Module) -> Iterator[str]:
    for sort in ("workflow", "activity"):
        for name, decorator in defined(tree, sort):
            said = decorator.keywords if isinstance(decorator, ast.Call) else []
            if "name" not in {keyword.arg for keyword in said}:
                yield f"{name}: Expected a name in the decorator, but there is none."


def modules_say_what_lives_there(tree: ast.Module) -> Iterator[str]:
    if not ast.get_docstring(tree):
        yield "Expected a docstring, but the module has none."


RULES: list[Rule] = [
    activities_have_a_timeout,
    definitions_are_named,
    modules_say_what_lives_there,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule) -> None:
    findings = [f"{named(path)}: {each}" for path in MODULES for each in rule(tree_of(path))]

    assert findings == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        pytest.param(
            activities_have_a_timeout,
            "await workflow.execute_activity(send, order)",
            id="an activity without a timeout",
        ),
        pytest.param(
            activities_have_a_timeout,
            "workflow.start_local_activity_method(Messages.send, order, retry_policy=POLICY)",
            id="a local activity's method without a timeout",
        ),
        pytest.param(
            definitions_are_named,
            "@workflow.defn\nclass Instance: ...",
            id="a workflow that is called like its class",
        ),
        pytest.param(
            definitions_are_named,
            "@activity.defn()\nasync def send(): ...",
            id="an activity that is called like its function",
        ),
        pytest.param(modules_say_what_lives_there, "import ast", id="a module without a word"),
    ],
)
def test_a_rule_finds(rule: Rule, code: str) -> None:
    assert list(rule(ast.parse(code)))


@pytest.mark.parametrize("sort", ["workflow", "activity"])
def test_every_workflow_and_activity_is_registered(sort: str) -> None:
    room = ROOT / {"workflow": "workflows", "activity": "activities"}[sort]
    modules = {path: tree_of(path) for path in room.rglob("*.py")}
    names = {name for tree in modules.values() for name, _ in defined(tree, sort)}

    lists = [tree_of(ROOT / "worker.py"), modules[room / "__init__.py"]]
    said = {name for tree in lists for node in ast.walk(tree) for name in names_in(node)}

    assert names
    assert names <= said


def names_in(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case _:
            pass


def test_the_settings_know_no_room() -> None:
    imported = {name.partition(".")[0] for name in imports(tree_of(ROOT / "settings.py"))}

    assert imported.isdisjoint({*ROOMS, "cli", "worker"})


def test_only_the_roots_start_the_worker() -> None:
    reaching_up = {
        named(path)
        for path in MODULES
        if {"cli", "worker"} & {name.partition(".")[0] for name in imports(tree_of(path))}
    }

    assert {name.partition("/")[0] for name in reaching_up} <= {"cli.py", "dev", "bench"}


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module)):
                yield module
            case _:
                pass


def test_no_clock_is_let_into_journeys_or_workflows() -> None:
    """The linter bans `datetime.now`; in these rooms the ban may not be lifted."""
    rooms = [path for room in ("journeys", "workflows") for path in (ROOT / room).rglob("*.py")]

    assert [named(path) for path in rooms if "noqa: TID251" in path.read_text("utf-8")] == []


@pytest.mark.parametrize("room", ["api", "api/door"])
def test_the_gateway_says_where_everything_in_it_is(room: str) -> None:
    said = re.findall(r"`(\w+)`", ast.get_docstring(tree_of(ROOT / room / "__init__.py")) or "")
    there = {module.name for module in iter_modules([str(ROOT / room)])}

    assert sorted(said) == sorted(there)


def test_no_module_is_too_long_to_be_read_at_once() -> None:
    lines = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    long = {name: count for name, count in lines.items() if count > LONGEST}

    assert long.keys() == LONGER.keys(), f"Expected at most {LONGEST} lines, but: {long}"


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize(
    "unwanted",
    [
        pytest.param(r"/work[/]", id="a folder of one machine"),
        pytest.param(r"\.\./shared\b", id="a folder beside the checkout"),
        pytest.param(
            r"pypi\.org|python[h]osted|registry\.npm[j]s|yarn[p]kg|crates\.io|docker\.[i]o",
            id="the address of a package registry",
        ),
        pytest.param(r"\b(TODO|FIXME|XXX)[:( ]", id="a promise without an issue"),
    ],
)
def test_no_file_mentions(unwanted: str) -> None:
    pattern = re.compile(unwanted.encode())
    findings = [
        f"{named(path)}: {found[0].decode()}"
        for path in tracked()
        if path != Path(__file__) and (found := pattern.search(path.read_bytes()))
    ]

    assert findings == []
