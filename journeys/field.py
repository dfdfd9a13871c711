"""Fields: how what is read is written, one step after another: `record.customerid.name`."""

import re
from collections.abc import Iterable
from functools import lru_cache

_QUOTED = re.compile(r"""\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\]""", re.DOTALL)
_PLAIN = re.compile(r"""[^.\["'\\\]]+""")
_WORD = re.compile(r"[^.\[]*")


@lru_cache(maxsize=8192)
def steps_of(field: str) -> tuple[str, ...]:
    """Return the steps of *field*.

    A step with a dot, a bracket or a quote in it stands in brackets, as in Liquid:
    `record["size (cm.)"]`. What is not well written stays part of a step, which then names nothing.
    """
    first = _WORD.match(field)
    end = first.end() if first else 0
    steps = [field[:end]]
    while end < len(field):
        quoted = _QUOTED.match(field, end)
        if quoted:
            steps.append(re.sub(r"\\(.)", r"\1", quoted[1] or quoted[2] or "", flags=re.DOTALL))
            end = quoted.end()
        elif field[end] == "." and (word := _WORD.match(field, end + 1)):
            steps.append(word[0])
            end = word.end()
        else:  # a bracket that is none
            steps[-1] += field[end:]
            end = len(field)
    return tuple(steps)


def field_of(steps: Iterable[str]) -> str:
    """Return the field of *steps*: the inverse of `steps_of`."""
    first, *rest = steps
    return first + "".join(map(_written, rest))


def below(field: str, step: str) -> str:
    """Return the field one *step* further than *field*."""
    return field + _written(step)


def holder(field: str) -> str:
    """Return the field of the record, or of the values, in which *field* stands."""
    return field_of(steps_of(field)[:-1] or ("",))


def _written(step: str) -> str:
    if _PLAIN.fullmatch(step):
        return f".{step}"
    escaped = step.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{escaped}"]'
