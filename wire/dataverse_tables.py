"""Tables as a Dataverse environment defines them (its EntityDefinitions), read as tables of ours."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from journeys.problem import problems_of_shape
from journeys.table import Audience, Choice, Column, ColumnType, Table
from wire.reading import Unreadable, said

_TYPES: Mapping[str, ColumnType] = {
    "String": "text", "Memo": "text", "Uniqueidentifier": "text", "EntityName": "text",
    "Integer": "integer", "BigInt": "integer",
    "Decimal": "decimal", "Double": "decimal", "Money": "money", "Boolean": "boolean",
    "Picklist": "choice", "State": "choice", "Status": "choice",
    "Lookup": "lookup", "Customer": "lookup", "Owner": "lookup", "PartyList": "json",
}  # fmt: skip
_SEVERAL = "MultiSelectPicklistType"


def definitions_in(body: Any) -> list[dict[str, Any]]:
    """Return the definitions in *body*: one, a list, or the `value` of an answer of the Web API.

    Raises Unreadable where that is something else.
    """
    found = body.get("value", [body]) if isinstance(body, dict) else body
    if not isinstance(found, list) or not found:
        raise Unreadable(f"Expected EntityDefinitions, but it is {said(body)}.")
    for each in found:
        if not isinstance(each, dict) or not isinstance(each.get("Attributes"), list):
            raise Unreadable(
                f"Expected EntityDefinitions with their Attributes, but one is {said(each)}: "
                "ask for them with $expand=Attributes."
            )
    return found


def table_of(definition: Mapping[str, Any], known: Collection[str], *, people: bool) -> Table:
    """Return the table that *definition* describes; *known* are the tables that lookups may name.

    A lookup to some other table too is one to any table. A table of *people* is an audience: its
    first columns for e-mail addresses and phone numbers are their contact points. Raises Unreadable
    where it describes none.
    """
    attributes = [each for each in definition["Attributes"] if isinstance(each, dict)]
    columns = [found for each in attributes if (found := _column(each, known)) is not None]
    try:
        return Table(
            name=definition.get("LogicalName"),
            label=_label(definition),
            primary_id=definition.get("PrimaryIdAttribute"),
            name_column=definition.get("PrimaryNameAttribute"),
            columns=tuple(sorted(columns, key=lambda column: column.name)),
            audience=_audience(attributes) if people else None,
        )
    except ValidationError as error:
        problems = problems_of_shape(error, dict(definition))
        raise Unreadable(" ".join(problem.message for problem in problems)) from None


def _column(attribute: Mapping[str, Any], known: Collection[str]) -> Column | None:
    """Return the column of an *attribute*; None for one that only says another in other words."""
    name, kind = attribute.get("LogicalName"), _type(attribute)
    if not isinstance(name, str) or kind is None or attribute.get("AttributeOf"):
        return None
    targets = [each for each in attribute.get("Targets") or () if isinstance(each, str)]
    all_known = kind == "lookup" and all(each in known for each in targets)
    chooses = kind in ("choice", "multi_choice")
    return Column(
        name=name,
        type=kind,
        label=_label(attribute),
        choices=tuple(_choices(attribute)) if chooses else (),
        targets=tuple(targets) if all_known else (),
    )


def _type(attribute: Mapping[str, Any]) -> ColumnType | None:
    if _value(attribute.get("AttributeTypeName")) == _SEVERAL:
        return "multi_choice"
    if "MultiSelectPicklist" in str(attribute.get("@odata.type")):
        return "multi_choice"
    kind = attribute.get("AttributeType")
    if kind == "DateTime":  # any other behaviour is a moment, whatever a form shows of it
        return "date" if _value(attribute.get("DateTimeBehavior")) == "DateOnly" else "datetime"
    return _TYPES.get(kind) if isinstance(kind, str) else None


def _choices(attribute: Mapping[str, Any]) -> list[Choice]:
    options = attribute.get("OptionSet") or attribute.get("GlobalOptionSet")
    listed = options.get("Options") if isinstance(options, dict) else None
    found = []
    for each in listed if isinstance(listed, list) else ():
        value = each.get("Value") if isinstance(each, dict) else None
        if isinstance(value, int):
            found.append(Choice(value=value, label=_label(each, "Label") or str(value)))
    return found


def _audience(attributes: Collection[Mapping[str, Any]]) -> Audience:
    def first(form: str) -> str | None:
        names = (
            each.get("LogicalName")
            for each in attributes
            if form in (each.get("Format"), _value(each.get("FormatName")))
        )
        return min((name for name in names if isinstance(name, str)), default=None)

    return Audience(email=first("Email"), phone=first("Phone"))


def _label(thing: Mapping[str, Any], name: str = "DisplayName") -> str:
    """Return the label in the language of whoever asked, else in the first there is."""
    label = thing.get(name)
    if not isinstance(label, dict):
        return ""
    localized = label.get("LocalizedLabels")
    others = localized if isinstance(localized, list) else []
    for each in (label.get("UserLocalizedLabel"), *others):
        if isinstance(each, dict) and isinstance(each.get("Label"), str):
            return str(each["Label"])
    return ""


def _value(wrapped: Any) -> Any:
    return wrapped.get("Value") if isinstance(wrapped, dict) else wrapped
