"""Where in a database's log a change stands, as one number that orders the changes of one record."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

POSITION = ("lsn", "file", "pos", "row", "commitlsn", "changelsn", "eventserialno", "scn")
"""What of its source tells one change of a record from another, as `facts_of` names it."""

_EPOCH = 60
"""Bits of a version below its epoch; 64 bits with a sign leave three for that."""

_LSN = re.compile(r"([0-9a-f]{8}):([0-9a-f]{8}):([0-9a-f]{4})", re.IGNORECASE)


def facts_of(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return what *source* says by names that are the same in an envelope and in a CloudEvent."""
    return {name.replace("_", "").lower(): value for name, value in source.items()}


def whole(sent: Any) -> int | None:
    """Return the number from zero on that *sent* is, or says as text; None where it is none."""
    if isinstance(sent, str) and sent.isascii() and sent.isdecimal():
        return int(sent[:20])
    return sent if isinstance(sent, int) and not isinstance(sent, bool) and sent >= 0 else None


def version_of(facts: Mapping[str, Any], epoch: int, *, loaded: bool) -> int | None:
    """Return the version of a record that *facts* say; None where there is no such position.

    It grows along the log: over the files of MySQL, and along commits elsewhere. *epoch* stands
    above all of it, since a log that begins anew counts from its beginning.
    """
    version = _postgresql(facts, loaded=loaded) or _mysql(facts) or _sql_server(facts)
    return None if version is None else epoch << _EPOCH | version


def _postgresql(facts: Mapping[str, Any], *, loaded: bool) -> int | None:
    """A change is at its LSN, or where the transaction before its own was committed, if that is later.

    A transaction that began before a snapshot, and was committed after it, has changes that stand
    before the snapshot in the log, but not before the last commit that the snapshot knows.
    """
    lsn = whole(facts.get("lsn"))
    if lsn is None or lsn >> _EPOCH:
        return None
    committed = _committed(facts.get("sequence"))
    if committed is None or committed >> _EPOCH:
        return lsn
    return min(lsn, committed) if loaded else max(lsn, committed)


def _committed(sequence: Any) -> int | None:
    """Return the first of `["24023119","24023128"]`: where the last transaction before was committed."""
    try:
        found = orjson.loads(sequence) if isinstance(sequence, str) else sequence
    except orjson.JSONDecodeError:
        return None
    return whole(found[0]) if isinstance(found, list) and found else None


def _mysql(facts: Mapping[str, Any]) -> int | None:
    """The number of the file, `3` of `mysql-bin.000003`, is above the position and the row in it."""
    file = facts.get("file")
    number = whole(file.rpartition(".")[2]) if isinstance(file, str) else None
    position = whole(facts.get("pos"))
    if number is None or position is None:
        return None
    return _packed((number, 20), (position, 32), (whole(facts.get("row")) or 0, 8))


def _sql_server(facts: Mapping[str, Any]) -> int | None:
    """The LSN of the commit: changes of one transaction are taken as they come."""
    lsn = facts.get("commitlsn")
    found = _LSN.fullmatch(lsn) if isinstance(lsn, str) else None
    if found is None:
        return None
    file, block, slot = (int(part, 16) for part in found.groups())
    return _packed((file, 26), (block, 24), (slot, 10))


def _packed(first: tuple[int, int], *others: tuple[int, int]) -> int | None:
    """Return numbers as one, each in so many bits: the *first* has to fit, *others* are cut."""
    packed, bits = first
    if packed >> bits:
        return None
    for number, bits in others:
        packed = packed << bits | min(number, (1 << bits) - 1)
    return packed
