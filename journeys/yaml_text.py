"""YAML: the part of it that is JSON in another spelling, so that nothing turns into what nobody meant.

`on`, `no` and dates are text, a number is what JSON calls one, there are no tags and no aliases, and
a setting is there once.
"""

import re
from math import isfinite
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from journeys.problem import quoted

_TEXT = BaseResolver.DEFAULT_SCALAR_TAG
_NULL, _BOOLEAN = "tag:yaml.org,2002:null", "tag:yaml.org,2002:bool"
_WHOLE, _NUMBER = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
_PLAIN = {
    _NULL: ("~ n N", r"~|null|Null|NULL|"),
    _BOOLEAN: ("t T f F", r"true|True|TRUE|false|False|FALSE"),
    _WHOLE: ("- 0 1 2 3 4 5 6 7 8 9", r"-?(0|[1-9][0-9]*)"),
    _NUMBER: ("- 0 1 2 3 4 5 6 7 8 9", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?"),
}  # fmt: skip
"""What is no text where it stands without quotes: how it begins, and how it is spelled."""

_BREAKS = re.compile("[\r\x85\u2028\u2029]")
MOST_DIGITS = 300
"""As many as a number that can be kept may be written with."""
_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")
_ENDING_IN_SPACE = re.compile(r"[ \t]$", re.MULTILINE)


class _Resolver(BaseResolver):
    """Tells what is written without quotes; all but null, booleans and numbers is text."""


class _Reader(Reader, Scanner, Parser, Composer, _Resolver):
    """Puts the nodes of one document together."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _Resolver.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call] # the library's
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _wrong(
                event.start_mark, "no anchors and aliases", f"there is {quoted(event.anchor)}"
            )
        if getattr(event, "tag", None) is not None:
            raise _wrong(event.start_mark, "no tags", f"there is {quoted(event.tag)}")
        return super().compose_node(parent, index)


class Writer(yaml.SafeDumper):
    """Writes text of several lines as a block, and quotes what any reader may take for no text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, (_beginnings, _spelling) in _PLAIN.items():
    _begins = [*_beginnings.split(), *([""] if _tag == _NULL else [])]
    for _each in (_Resolver, Writer):
        _each.add_implicit_resolver(_tag, re.compile(f"^(?:{_spelling})$"), _begins)


def _as_text(writer: Writer, text: str) -> yaml.ScalarNode:
    style = None
    if "\n" in text:
        style = '"' if _ENDING_IN_SPACE.search(text) else "|"
    if _BREAKS.search(text):
        style = '"'
    return writer.represent_scalar(_TEXT, text, style)


Writer.add_representer(str, _as_text)


def to_text(data: Any) -> str:
    """Return *data* as YAML, in the order it is in."""
    written: str = yaml.dump(
        data, Dumper=Writer, allow_unicode=True, default_flow_style=False, sort_keys=False,
        width=float("inf"),
    )  # fmt: skip
    return written


def data_in(text: str) -> Any:
    """Return what the YAML in *text* says; raise ValueError with a sentence, line and column."""
    try:
        return _data(_Reader(text).get_single_node())
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        sentence = f"Expected YAML, but line {line}, column {column}: {error.reason}."
        raise ValueError(sentence) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"Expected YAML, but {where}{error.problem}.") from None
    except RecursionError:
        raise ValueError("Expected YAML, but it is nested too deeply.") from None


def _data(node: yaml.Node | None) -> Any:
    match node:
        case None:
            return None
        case yaml.ScalarNode():
            return _value(node)
        case yaml.SequenceNode():
            return [_data(each) for each in node.value]
        case yaml.MappingNode():
            return _pairs(node)
        case _:
            raise TypeError(node)


def _pairs(node: yaml.MappingNode) -> dict[str, Any]:
    """Return a mapping; its keys are text, however they look."""
    found: dict[str, Any] = {}
    first: dict[str, yaml.Mark] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _wrong(key.start_mark, "the name of a setting", "there is a list or pairs")
        if key.value in found:
            twice = f"{quoted(key.value)} is on line {first[key.value].line + 1} already"
            raise _wrong(key.start_mark, "each setting once", twice)
        found[_unicode(key)], first[key.value] = _data(value), key.start_mark
    return found


def _value(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    match node.tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int" if len(text) <= MOST_DIGITS:
            return int(text)
        case "float" if isfinite(float(text)):
            return float(text)
        case "int" | "float":
            raise _wrong(node.start_mark, "a number that can be kept", f"it is {quoted(text)}")
        case _:
            return _unicode(node)


def _unicode(node: yaml.ScalarNode) -> str:
    text: str = node.value
    if _HALF_OF_A_PAIR.search(text):
        raise _wrong(node.start_mark, "Unicode", "half of a surrogate pair stands alone")
    return text


def _wrong(mark: yaml.Mark, expected: str, found: str) -> ValueError:
    return ValueError(
        f"Expected {expected}, but line {mark.line + 1}, column {mark.column + 1}: {found}."
    )
