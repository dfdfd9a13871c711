"""Conditions: what must hold of a trigger, a record or a person."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

Operator = Literal[
    "equals", "not_equals", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with",
    "is_empty", "is_not_empty", "greater_than", "at_least", "less_than", "at_most", "between",
    "on", "before", "on_or_before", "after", "on_or_after", "in_last", "in_next",
    "anniversary_in_last", "anniversary_in_next", "weekday_in",
    "changed", "changed_from", "changed_to", "increased", "decreased",
]  # fmt: skip


class Comparison(BaseModel):
    """A field, an operator and a value: `trigger.statuscode changed_to 5`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = Field(min_length=1)
    operator: Operator
    value: Any = None


class All(BaseModel):
    """Holds when every condition in it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    all: tuple["Condition", ...]


class AnyOf(BaseModel):
    """Holds when at least one condition in it holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    any: tuple["Condition", ...]


class Not(BaseModel):
    """Holds when the condition in it does not."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    not_: "Condition" = Field(alias="not")


def _shape(value: Any) -> str:
    keys = value if isinstance(value, dict) else value.model_dump(by_alias=True)
    return next((key for key in ("all", "any", "not") if key in keys), "field")


Condition = Annotated[
    Annotated[Comparison, Tag("field")]
    | Annotated[All, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")],
    Discriminator(_shape),
]
OPERATORS: tuple[Operator, ...] = get_args(Operator)
