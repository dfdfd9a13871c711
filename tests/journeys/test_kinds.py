"""Every kind of tile, whatever it is: examples, ways, problems; and what a new kind takes."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, create_model

from docs.generate import kinds
from journeys import journey as journeys_module
from journeys.bundle import Bundle, catalogue_of
from journeys.catalogue import Catalogue
from journeys.changes import RecordRef
from journeys.journey import Journey, Version
from journeys.problem import Problem
from journeys.publishing import problems, publish
from journeys.routing import Routes
from journeys.simulate import Simulation
from journeys.tile import BaseTile, TileId
from journeys.tiles import Tile
from journeys.visit import Visit
from store.builtin import builtin_tables
from tests.story import MONDAY, changed

CATALOGUE = catalogue_of(
    builtin_tables(),
    [
        Bundle.model_validate(
            {
                "tables": [
                    {
                        "name": "incident",
                        "primary_id": "incidentid",
                        "columns": [{"name": "expireson", "type": "datetime"}],
                    }
                ],
                "triggers": [
                    {
                        "name": "case-changed",
                        "kind": "record_change",
                        "table": "incident",
                        "audience": {"path": "primarycontactid"},
                        "operations": ["updated"],
                    },
                    {"name": "survey-submitted", "kind": "custom"},
                    {"name": "case-reopened", "kind": "custom"},
                    {
                        "name": "survey-due",
                        "kind": "custom",
                        "attributes": {"about": "text", "greeting": "text"},
                    },
                ],
                "templates": [
                    {"name": name, "purpose": "transactional", "subject": name, "html": name}
                    for name in ("satisfaction-survey", "last-call")
                ],
            }
        )
    ],
)
RECORDS = {
    RecordRef("contact", "ana"): {"emailaddress1": "ana@example.org"},
    RecordRef("incident", "k1"): {"title": "Printer", "primarycontactid": "ana"},
}

BAD: dict[str, dict[str, Any]] = {
    "attribute_branch": {"branches": [{"name": "x", "when": {"field": "record.no", "operator": "is_empty"}}]},
    "exit": {"visits": {"at_most": 1, "then": "nowhere"}},
    "experiment": {"default": "neither"},
    "fire_trigger": {"attributes": {"colour": "blue"}},
    "message": {"template": "none-such"},
    "record": {"values": {"title": 5}},
    "split": {"ways": [{"name": "a", "percent": 50}]},
    "wait": {"for": "P4000D"},
    "wait_for_trigger": {"within": "P4000D"},
    "webhook": {"url": "https://{{ trigger.title }}/"},
}  # fmt: skip
"""What makes a tile of the kind's example one that cannot go live."""


EXAMPLES = [
    pytest.param(example, id=f"{name}-{number}")
    for name, kind in kinds().items()
    for number, example in enumerate((kind.example, *kind.more_examples))
]


def around(*tiles: dict[str, Any], **settings: Any) -> Journey:
    """Return a journey of *tiles*, with an exit for each tile that they lead to and is not there."""
    drawn = {"name": "kinds", "entry": {"trigger": "case-changed"}, **settings}
    first = Journey.model_validate({**drawn, "tiles": tiles})
    there = {tile.id for tile in first.tiles}
    wanted = {to for tile in first.tiles for to in tile.leads_to.values() if to} - there
    ends = [{"kind": "exit", "id": each, "reason": each} for each in sorted(wanted)]
    goal = {"trigger": "survey-submitted"}
    return Journey.model_validate({"goal": goal, **drawn, "tiles": [*tiles, *ends]})


def walked(version: Version, catalogue: Catalogue = CATALOGUE) -> Simulation:
    routes = Routes(catalogue, entered=[version], published=[version])
    simulation = Simulation(routes, MONDAY, RECORDS)
    simulation.happens(changed("incident/k1", title="Scanner"), MONDAY)
    simulation.run()
    return simulation


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_loads_round_trips_publishes_and_walks(example: dict[str, Any]) -> None:
    tile: BaseTile = TypeAdapter(Tile).validate_python(example)
    journey = around(example)

    version = publish(journey, CATALOGUE, 1)
    [instance] = walked(version).instances

    assert tile.model_validate_json(tile.model_dump_json(by_alias=True, exclude_unset=True)) == tile
    assert Version.model_validate_json(version.as_bytes()) == version
    assert next(note.tile for note in instance.trace if note.what == "arrived") == tile.id
    assert instance.ending is not None


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_way_can_be_drawn_to_a_tile(example: dict[str, Any]) -> None:
    tile: BaseTile = TypeAdapter(Tile).validate_python(example)
    drawn = tile.model_dump(mode="json", by_alias=True, exclude_unset=True)

    for path in tile.targets:
        *steps, last = [int(each) if each.isdigit() else each for each in path.split("/")]
        here: Any = drawn
        for step in steps:
            here = here[step]
        here[last] = "elsewhere"
    led_to = TypeAdapter[BaseTile](Tile).validate_python(drawn).targets

    assert set(led_to.values()) <= {"elsewhere"}
    assert led_to.keys() == tile.targets.keys()


@pytest.mark.parametrize("name", kinds())
def test_problems_of_a_kind_are_found_on_its_bad_example(name: str) -> None:
    example = kinds()[name].example
    good = around(example)
    bad = Journey.model_validate(
        {**good.draft(), "tiles": [{**example, **BAD[name]}, *good.draft()["tiles"][1:]]}
    )

    found = problems(bad, CATALOGUE)

    assert problems(good, CATALOGUE) == ()
    assert any(each.tile == example["id"] for each in found)
    assert all(each.message.startswith("Expected ") for each in found)


@pytest.mark.parametrize(
    ("found_by", "values", "path", "sentence"),
    [
        pytest.param(
            ["title"], {"prioritycode": "High"}, "/tiles/0/found_by/0",
            "Expected a value for each column of found_by, but 'title' has none.",
            id="without a value",
        ),
        pytest.param(
            ["incidentid"], {"incidentid": "k1"}, "/tiles/0/found_by/0",
            "Expected columns that others than us know a record by, but incidentid is its id.",
            id="by its id",
        ),
        pytest.param(
            ["title", "followupby"], {"title": "Call", "followupby": "2026-11-24T09:00:00Z"},
            "/tiles/0/found_by/1",
            "Expected to find by columns of type text, integer, date, choice, lookup, "
            "but followupby is of type datetime.",
            id="by a moment",
        ),
    ],
)  # fmt: skip
def test_a_record_cannot_be_found(
    found_by: list[str], values: dict[str, Any], path: str, sentence: str
) -> None:
    tile = {"kind": "record", "id": "call", "operation": "upsert", "table": "incident"}
    journey = around({**tile, "found_by": found_by, "values": values})

    found = [(each.path, each.message) for each in problems(journey, CATALOGUE)]

    assert found == [(path, sentence)]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"operation": "upsert"}, id="an upsert by nothing"),
        pytest.param({"operation": "create", "found_by": ["title"]}, id="a create by a column"),
    ],
)
def test_only_an_upsert_finds_and_it_always_does(settings: dict[str, Any]) -> None:
    tile = {"kind": "record", "id": "call", "table": "incident", "values": {"title": "Call"}}

    with pytest.raises(ValidationError, match="Expected found_by, the columns by which a record"):
        around({**tile, **settings})


class Toy(BaseTile):
    """Count to a number, aloud: all that a new kind takes."""

    example: ClassVar[dict[str, Any]] = {"kind": "toy", "id": "count", "to": 3, "next": None}

    kind: Literal["toy"] = "toy"
    to: int
    next: TileId | None = None

    @property
    def targets(self) -> dict[str, TileId | None]:
        return {"next": self.next}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.to < 1:
            yield Problem(path="/to", message=f"Expected at least 1, but to is {self.to}.")

    async def run(self, visit: Visit) -> TileId | None:
        visit.note("decided", why=", ".join(str(each + 1) for each in range(self.to)))
        return self.next


OneMore = Annotated[Tile | Toy, Field(discriminator="kind")]


def with_toys(*tiles: dict[str, Any]) -> Journey:
    """Return a journey as it is read where the union has one more line."""
    wider: type[BaseModel] = create_model(
        "WiderJourney", __base__=journeys_module.Journey, tiles=(tuple[OneMore, ...], ())
    )
    read = wider.model_validate(
        {"name": "toys", "entry": {"trigger": "case-changed"}, "tiles": tiles}
    )
    assert isinstance(read, Journey)
    return read


def test_a_new_kind_takes_one_module_and_one_line() -> None:
    journey = with_toys(Toy.example | {"next": "end"}, {"kind": "exit", "id": "end"})
    wrong = with_toys(Toy.example | {"to": 0})

    version = Version.model_construct(number=1, journey=journey, templates={})
    [instance] = walked(version).instances

    assert problems(journey, CATALOGUE) == ()
    assert [(each.path, each.tile) for each in problems(wrong, CATALOGUE)] == [
        ("/tiles/0/to", "count")
    ]
    assert [note.why for note in instance.trace if note.what == "decided"] == ["1, 2, 3"]


def test_fifty_nested_branches_publish_and_walk() -> None:
    branches = [
        {
            "kind": "attribute_branch",
            "id": f"b{depth}",
            "branches": [
                {
                    "name": "on",
                    "when": {"field": "record.title", "operator": "is_not_empty"},
                    "next": f"b{depth + 1}" if depth < 49 else None,
                }
            ],
            "other": "end",
        }
        for depth in range(50)
    ]

    [instance] = walked(publish(around(*branches), CATALOGUE, 1)).instances

    assert sum(note.what == "decided" for note in instance.trace) == 50


def test_a_journey_of_a_thousand_tiles_publishes_and_walks() -> None:
    kinds_in_turn: list[dict[str, Any]] = [
        {"kind": "wait", "for": "PT1H"},
        {"kind": "message", "template": "last-call"},
        {"kind": "split", "by": "percentage", "ways": [{"name": "all", "percent": 100}]},
        {"kind": "record", "operation": "update", "record": "record", "values": {"title": "{{ person.firstname }}"}},
    ]  # fmt: skip
    tiles = []
    for number in range(1000):
        following = f"t{number + 1}" if number < 999 else None
        tile = {**kinds_in_turn[number % 4], "id": f"t{number}"}
        if tile["kind"] == "split":
            tile["ways"] = [{"name": "all", "percent": 100, "next": following}]
        else:
            tile["next"] = following
        tiles.append(tile)

    [instance] = walked(publish(around(*tiles), CATALOGUE, 1)).instances

    assert instance.ending is not None
    assert sum(note.what == "arrived" for note in instance.trace) == 1000
