"""Graph: where a journey's tiles lead, and what is wrong with the ways between them."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from journeys.journey import Journey
from journeys.tile import BaseTile, TileId

Finding = tuple[tuple[str | int, ...], str]
"""Where in the journey's JSON something is wrong, and the sentence."""

_SHOWN = 10
"""How many tiles of a cycle a sentence names."""


def wrong_ways(journey: Journey) -> Iterator[Finding]:
    """Yield ids given twice, targets that are no tile, tiles nobody reaches, cycles without a wait."""
    if not journey.tiles:
        yield ("tiles",), "Expected at least one tile, but there is none."
    yield from _twins(journey)
    yield from _dangling(journey)
    yield from _unreachable(journey)
    yield from _restless_cycles(journey)


def _twins(journey: Journey) -> Iterator[Finding]:
    first: dict[TileId, int] = {}
    for index, tile in enumerate(journey.tiles):
        if first.setdefault(tile.id, index) != index:
            said = f"Expected an id of its own, but {tile.id!r} is the id of an earlier tile too."
            yield ("tiles", index, "id"), said


def _dangling(journey: Journey) -> Iterator[Finding]:
    for index, tile in enumerate(journey.tiles):
        for suffix, target in tile.leads_to.items():
            if target is not None and target not in journey.by_id:
                steps = [int(step) if step.isdigit() else step for step in suffix.split("/")]
                said = f"Expected the id of a tile, but there is none called {target!r}."
                yield ("tiles", index, *steps), said


def _unreachable(journey: Journey) -> Iterator[Finding]:
    if journey.first is None:
        return
    reached = {journey.first, *_led_to(journey, journey.first)}
    for index, tile in enumerate(journey.tiles):
        if tile.id not in reached:
            said = f"Expected a way that leads here, but none leads to {tile.id!r}."
            yield ("tiles", index), said


def _restless_cycles(journey: Journey) -> Iterator[Finding]:
    """Yield each cycle in which nobody waits: it would go round without end in one moment."""
    if not _goes_round(journey):
        return
    said: set[TileId] = set()
    for index, tile in enumerate(journey.tiles):
        if tile.id in said:
            continue
        found = _led_to(journey, tile.id, restless=True)
        if tile.id in found:
            way = _way_back(found, tile.id)
            said.update(way)
            drawn = " → ".join((*_shortened(way), tile.id))
            yield ("tiles", index), f"Expected a wait in every cycle, but {drawn} has none."


def _shortened(way: list[TileId]) -> list[TileId]:
    return way if len(way) <= _SHOWN else [*way[: _SHOWN - 2], "…", way[-1]]


def _goes_round(journey: Journey) -> bool:
    """Say whether there is any cycle in which nobody waits; which one is looked for only then."""
    ways = {
        tile.id: [target for target in _restless(tile).values() if target in journey.by_id]
        for tile in journey.tiles
    }
    try:
        TopologicalSorter(ways).prepare()
    except CycleError:
        return True
    return False


def _restless(tile: BaseTile) -> Mapping[str, TileId | None]:
    """Return the ways of *tile* that lead on without a wait."""
    if not tile.waits:
        return tile.leads_to
    # Past it leads only the way of those who may not wait again.
    return {} if tile.visits is None else {"visits/then": tile.visits.then}


def _led_to(journey: Journey, start: TileId, *, restless: bool = False) -> dict[TileId, TileId]:
    """Return each tile that *start* leads to with the tile it is reached from, nearest first.

    *restless* goes on only from tiles on which nobody waits.
    """
    reached: dict[TileId, TileId] = {}
    ahead = [start]
    for here in ahead:
        tile = journey.by_id[here]
        ways = _restless(tile) if restless else tile.leads_to
        for target in ways.values():
            if target in journey.by_id and target not in reached and target is not None:
                reached[target] = here
                ahead.append(target)
    return reached


def _way_back(reached: dict[TileId, TileId], start: TileId) -> list[TileId]:
    """Return the tiles of the cycle through *start*, beginning with it."""
    way = [reached[start]]
    while way[-1] != start:
        way.append(reached[way[-1]])
    return way[::-1]
