"""Layout: where each step of a drawing stands, from the top down, branches side by side.

Steps are numbered, 0 is where it begins. A row is as deep as the longest way to it. A step stands
centred over the longer of the ways that begin at it; where ways meet again, the step they meet
at stands under the one they parted at. A way past a row keeps a lane free in it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

GAP = 32.0
LANE = 12.0
JUMP = 150.0
FARTHEST = 8
"""A way over more rows than these is not drawn through: it would be followed by nobody's eye."""
MOST_LOOPS = 12
_NONE = -1

Way = tuple[int, int]
"""The step that a way leads from, and the one it leads to."""


@dataclass(frozen=True)
class Route:
    """How a way is drawn: past rows in the lanes at *xs*, back up in *loop*, or as a mere sign at *jump*."""

    xs: tuple[float, ...] = ()
    loop: float | None = None
    jump: float | None = None


@dataclass(frozen=True)
class Layout:
    """The centre of each step, the row it is in, and the route of each way; *left* and *right* bound all."""

    xs: tuple[float, ...]
    rows: tuple[int, ...]
    routes: tuple[Route, ...]
    left: float
    right: float


def lay_out(widths: Sequence[float], ways: Sequence[Way]) -> Layout:
    """Return where steps of these *widths*, with *ways* between them, stand."""
    order, back = _ordered(len(widths), ways)
    rows = _rows(order, ways, back)
    placing = _Placing(list(widths), rows[:])
    signs = _signs(ways, rows, back)
    lanes = _lead(placing, order, ways, back, signs)
    xs = placing.place()
    bounds = placing.bounds(xs)
    loops = _Loops(bounds)
    routes = []
    for number, (source, target) in enumerate(ways):
        chain = lanes.get(number, [])
        if number in signs:
            routes.append(Route(jump=xs[chain[0]]))
        elif number in back:
            routes.append(loops.route(xs[source], rows[target], rows[source]))
        else:
            routes.append(Route(xs=tuple(xs[lane] for lane in chain)))
    edges = [*(edge for row in bounds.values() for edge in row), *loops.taken]
    return Layout(
        tuple(xs[: len(widths)]), tuple(rows), tuple(routes), min(edges), max(edges)
    )  # fmt: skip


def _ordered(count: int, ways: Sequence[Way]) -> tuple[list[int], set[int]]:
    """Return the steps so that each comes after those that lead to it, and the ways that lead back."""
    leading = defaultdict(list)
    for number, (source, _) in enumerate(ways):
        leading[source].append(number)
    finished: list[int] = []
    seen, under_way, back = set[int](), set[int](), set[int]()
    for root in range(count):
        ahead = [] if root in seen else [(root, iter(leading[root]))]
        seen.add(root)
        under_way.add(root)
        while ahead:
            here, further = ahead[-1]
            number = next(further, _NONE)
            if number == _NONE:
                ahead.pop()
                under_way.discard(here)
                finished.append(here)
                continue
            target = ways[number][1]
            if target in under_way:
                back.add(number)
            elif target not in seen:
                seen.add(target)
                under_way.add(target)
                ahead.append((target, iter(leading[target])))
        under_way.discard(root)
    return finished[::-1], back


def _rows(order: Sequence[int], ways: Sequence[Way], back: set[int]) -> list[int]:
    leading = defaultdict(list)
    for number, (source, target) in enumerate(ways):
        if number not in back:
            leading[source].append(target)
    rows = [0] * len(order)
    for here in order:
        for target in leading[here]:
            rows[target] = max(rows[target], rows[here] + 1)
    return rows


def _signs(ways: Sequence[Way], rows: Sequence[int], back: set[int]) -> set[int]:
    """Return the ways that are not drawn through: those too far down, and loops too many."""
    far = {
        number
        for number, (source, target) in enumerate(ways)
        if number not in back and rows[target] - rows[source] > FARTHEST
    }
    return far | set(sorted(back)[MOST_LOOPS:])


def _lead(
    placing: "_Placing", order: Sequence[int], ways: Sequence[Way], back: set[int], signs: set[int]
) -> dict[int, list[int]]:
    """Say of each step what it hangs under, and return the lanes of each way that needs any."""
    leaving = defaultdict[int, list[int]](list)
    for number, (source, _) in enumerate(ways):
        if number not in back or number in signs:
            leaving[source].append(number)
    lanes: dict[int, list[int]] = {}
    ends = defaultdict[int, list[int]](list)
    first = dict[int, int]()
    for here in order:
        placing.hang(here, ends[here], first.get(here, len(ways) + here if here else -1))
        for number in leaving[here]:
            target, end = ways[number][1], here
            if number in signs:
                lanes[number] = [placing.lane(here, JUMP, number)]
                continue
            first.setdefault(target, number)
            for _ in range(placing.rows[target] - placing.rows[here] - 1):
                end = placing.lane(end, LANE, number)
                lanes.setdefault(number, []).append(end)
            ends[target].append(end)
    return lanes


@dataclass
class _Placing:
    """Steps and lanes as a tree, which is placed from its leaves up; -1 is the root of all."""

    widths: list[float]
    rows: list[int]
    above: dict[int, int] = field(default_factory=dict)
    depth: dict[int, int] = field(default_factory=lambda: {-1: 0})
    turn: dict[int, int] = field(default_factory=dict)
    beside: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    beneath: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def lane(self, source: int, width: float, turn: int) -> int:
        """Keep a lane free under *source*, and return its number."""
        self.widths.append(width)
        self.rows.append(self.rows[source] + 1)
        lane = len(self.widths) - 1
        self.hang(lane, [source], turn)
        return lane

    def hang(self, step: int, from_: Sequence[int], turn: int) -> None:
        """Hang *step* under what every way to it leads through; siblings stand by their *turn*."""
        self.turn[step] = turn
        through = from_[0] if from_ else -1
        for other in from_[1:]:
            through = self._shared(through, other)
        self.above[step] = through
        self.depth[step] = self.depth[through] + 1
        children = self.beside if set(from_) <= {through} else self.beneath
        children[through].append(step)

    def _shared(self, one: int, other: int) -> int:
        while one != other:
            if self.depth[one] < self.depth[other]:
                one, other = other, one
            one = self.above[one]
        return one

    def place(self) -> list[float]:
        """Return the centre of every step and lane."""
        offsets = dict[int, float]()
        shapes: dict[int, dict[int, tuple[float, float]]] = {}
        down = [-1]
        for here in down:
            self.beside[here].sort(key=self.turn.__getitem__)
            down += [*self.beside[here], *self.beneath[here]]
        for here in reversed(down):
            shapes[here] = self._shape(here, shapes, offsets)
        xs = {-1: 0.0}
        for here in down[1:]:
            xs[here] = xs[self.above[here]] + offsets[here]
        return [xs[number] for number in range(len(self.widths))]

    def _shape(
        self,
        here: int,
        shapes: dict[int, dict[int, tuple[float, float]]],
        offsets: dict[int, float],
    ) -> dict[int, tuple[float, float]]:
        """Return how far *here* and all below it reach in each row; say where each child stands."""
        shape: dict[int, tuple[float, float]] = {}
        rows = {child: len(shapes[child]) for child in self.beside[here]}
        for child in self.beside[here]:
            offset = _beyond(shape, shapes[child])
            offsets[child] = offset
            shape = _together(shape, shapes.pop(child), offset)
        children = self.beside[here]
        if len(children) > 1:
            short = 1 if max(rows.values()) > 2 else 0  # noqa: PLR2004 - a step and its end
            main = [child for child in children if rows[child] > short]
            middle = (offsets[main[0]] + offsets[main[-1]]) / 2
            for child in children:
                offsets[child] -= middle
            shape = {row: (low - middle, high - middle) for row, (low, high) in shape.items()}
        for child in self.beneath[here]:
            below = shapes.pop(child)
            free = not any(
                low - GAP < shape[row][1] and high + GAP > shape[row][0]
                for row, (low, high) in below.items()
                if row in shape
            )
            offsets[child] = 0.0 if free else _beyond(shape, below)
            shape = _together(shape, below, offsets[child])
        if here >= 0:
            half = self.widths[here] / 2
            shape[self.rows[here]] = (-half, half)
        return shape

    def bounds(self, xs: Sequence[float]) -> dict[int, tuple[float, float]]:
        """Return how far each row reaches to the left and to the right."""
        found: dict[int, tuple[float, float]] = {}
        for x, width, row in zip(xs, self.widths, self.rows, strict=True):
            low, high = found.get(row, (x, x))
            found[row] = min(low, x - width / 2), max(high, x + width / 2)
        return found


def _beyond(
    shape: dict[int, tuple[float, float]], other: dict[int, tuple[float, float]]
) -> float:  # fmt: skip
    """Return how far right *other* stands so that it is clear of *shape* in every row."""
    clear = [shape[row][1] - low + GAP for row, (low, _) in other.items() if row in shape]
    return max(clear, default=0.0)


def _together(
    shape: dict[int, tuple[float, float]], other: dict[int, tuple[float, float]], offset: float
) -> dict[int, tuple[float, float]]:
    if not shape and not offset:
        return other
    for row, (low, high) in other.items():
        least, most = shape.get(row, (low + offset, high + offset))
        shape[row] = min(least, low + offset), max(most, high + offset)
    return shape


@dataclass
class _Loops:
    """The ways that lead back up, each in a lane of its own beside everything it passes."""

    bounds: dict[int, tuple[float, float]]
    taken: list[float] = field(default_factory=list)

    def route(self, x: float, first: int, last: int) -> Route:
        """Return the route of a way from a step at *x* in row *last* up to row *first*."""
        if len(self.taken) == MOST_LOOPS:
            return Route(jump=x)
        passed = [self.bounds[row] for row in range(first, last + 1)]
        left, right = min(low for low, _ in passed), max(high for _, high in passed)
        outward = 1 if right - x < x - left else -1
        lane = (right if outward > 0 else left) + outward * GAP
        while any(abs(lane - other) < 2 * LANE for other in self.taken):
            lane += outward * 2 * LANE
        self.taken.append(lane)
        return Route(loop=lane)
