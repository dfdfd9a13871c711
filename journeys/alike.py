"""Alike: columns that go by one name in several tables or triggers, and are read as one."""

from collections.abc import Mapping, Sequence

from journeys.table import Choice, Column


def require_one_type(named: str, columns: Mapping[str, Column]) -> None:
    """Raise ValueError with a sentence where what is *named* is not of one type in all *columns*."""
    if len({column.type for column in columns.values()}) > 1:
        found = " and ".join(f"{column.type} of {name}" for name, column in columns.items())
        raise ValueError(f"Expected {named} to be of one type, but it is {found}.")


def merged(columns: Sequence[Column]) -> Column:
    """Return *columns* of several tables as one: the choices and targets of any of them will do."""
    first = columns[0]
    alike = [column for column in columns if column.type == first.type]
    if len(alike) == 1:
        return first
    choices: dict[object, Choice] = {}
    for column in alike:
        for choice in column.choices:
            choices.setdefault((type(choice.value), choice.value, choice.label), choice)
    targets = dict.fromkeys(target for column in alike for target in column.targets)
    return first.model_copy(update={"choices": tuple(choices.values()), "targets": tuple(targets)})
