"""Attribute branch: part the ways by what is known."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from journeys.condition import Condition, fields, judge
from journeys.tile import BaseTile, TileId
from journeys.visit import Visit


class Branch(BaseModel):
    """A named way, taken when its condition holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    when: Condition
    next: TileId | None = None


class AttributeBranch(BaseTile):
    """Lead the participant down the first branch whose condition holds, else down *other*.

    Conditions read the records and the person as they are when the participant arrives here.
    """

    example: ClassVar[dict[str, Any]] = {
        "kind": "attribute_branch", "id": "happy",
        "branches": [{"name": "unhappy", "next": None,
                      "when": {"field": "record.customersatisfactioncode", "operator": "at_most", "value": 2}}],
        "other": None,
    }  # fmt: skip

    kind: Literal["attribute_branch"] = "attribute_branch"
    branches: tuple[Branch, ...] = Field(min_length=1)
    other: TileId | None = None

    @property
    def targets(self) -> dict[str, TileId | None]:
        ways = {f"branches/{index}/next": each.next for index, each in enumerate(self.branches)}
        return {**ways, "other": self.other}

    async def run(self, visit: Visit) -> TileId | None:
        seen = await visit.read(frozenset().union(*(fields(each.when) for each in self.branches)))
        for branch in self.branches:
            if judge(branch.when, seen.get, visit.now(), visit.zone).holds:
                visit.note("decided", why=branch.name, target=branch.next, values=seen)
                return branch.next
        visit.note("decided", why="other", target=self.other, values=seen)
        return self.other
