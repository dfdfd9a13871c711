"""Known: records in memory, found by their ids and by what their lookups point to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from journeys.changes import LONGEST_ID, RecordRef, Values
from journeys.facts import Lookup


def links(values: Values) -> dict[str, RecordRef]:
    """Return the records that the lookups among *values* point to, by column.

    JSON may look like a lookup; where no record can be called so it points nowhere.
    """
    if dict not in map(type, values.values()):
        return {}  # as with most records
    return {
        column: target
        for column, value in values.items()
        if isinstance(value, dict)
        and (target := RecordRef.of(value)) is not None
        and max(map(len, target)) <= LONGEST_ID
    }


def has(known: Values | None, values: Values) -> bool:
    """Say whether the record that is *known*, if it is, has these very *values*."""
    return known is not None and all(
        type(known.get(name)) is type(value) and known[name] == value
        for name, value in values.items()
    )


class Known(Lookup):
    """Answers from *records*, and from what is known *beneath* them for all others."""

    def __init__(
        self,
        records: Mapping[RecordRef, Values] | None = None,
        beneath: Lookup | None = None,
    ) -> None:
        self._records: dict[RecordRef, Values | None] = {}
        self._beneath = beneath
        self._read: dict[RecordRef, Values | None] = {}
        self._pointing: defaultdict[tuple[str, RecordRef], set[RecordRef]] = defaultdict(set)
        for record, values in (records or {}).items():
            self.keep(record, values)

    def __call__(self, record: RecordRef) -> Values | None:
        if record in self._records:
            return self._records[record]
        if self._beneath is None:
            return None
        if record not in self._read:
            self._read[record] = self._beneath(record)
        return self._read[record]

    def related(
        self, column: str, record: RecordRef, table: str | None = None
    ) -> Iterator[RecordRef]:
        own = self._pointing.get((column, record), set())
        below = () if self._beneath is None else self._beneath.related(column, record, table)
        found = {*own, *(each for each in below if each not in self._records)}
        yield from sorted(each for each in found if table in (None, each.table))

    def having(self, table: str, values: Values) -> Iterator[RecordRef]:
        below = () if self._beneath is None else self._beneath.having(table, values)
        own = (each for each in self._records if each.table == table)
        yield from sorted(
            {
                *(each for each in own if has(self._records[each], values)),
                *(each for each in below if each not in self._records),
            }
        )

    def keep(self, record: RecordRef, values: Values | None) -> None:
        """Know *record* with *values* from now on; None = there is none any more."""
        for column, target in links(self._records.get(record) or {}).items():
            self._pointing[column, target].discard(record)
        self._records[record] = values
        for column, target in links(values or {}).items():
            self._pointing[column, target].add(record)
