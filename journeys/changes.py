"""What happens to records and people: record changes as received, and triggers as fired."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

Values = Mapping[str, Any]
"""Columns and their values, as JSON has them; a lookup is `{"table", "id"}`. None means cleared."""

LONGEST_CHAIN = 16
"""How many journeys may lead to a happening, one by the other, before it concerns nobody any more."""

LONGEST_ID = 255
"""How many characters an id may have: what is longer fits into no index of every database."""

Operation = Literal["create", "update", "delete"]

SentOperation = Literal["create", "update", "delete", "upsert", "load"]
"""What a system may say of a record. `upsert`: it does not know whether the record was there.
`load`: it says what there is, and not that anything happened; no trigger fires.
"""

_OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RecordRef(NamedTuple):
    """Which record: its table and its id there. Written `incident/42`."""

    table: str
    id: str

    def __str__(self) -> str:
        return f"{self.table}/{self.id}"

    @property
    def opaque(self) -> str:
        """The record's name where personal data may not stand: a telling id is digested.

        Workflow ids and search attributes bypass Temporal's payload codec, and some systems use
        e-mail addresses as record ids.
        """
        if _OPAQUE.fullmatch(self.id):
            return str(self)
        return f"{self.table}/~{hashlib.sha256(self.id.encode()).hexdigest()[:24]}"

    @classmethod
    def parse(cls, text: str) -> "RecordRef":
        """Read `table/id`; raise ValueError when there is no slash or a side is empty."""
        table, slash, record_id = text.partition("/")
        if not (table and slash and record_id):
            raise ValueError(f"Expected a record as table/id, but {text!r} is not one.")
        return cls(table, record_id)

    @classmethod
    def of(cls, value: Any) -> "RecordRef | None":
        """Return the record that a lookup's *value* points to, or None when it points nowhere."""
        match value:
            case {"table": str(table), "id": str(record_id)}:
                return cls(table, record_id)
            case _:
                return None

    def as_lookup(self) -> dict[str, str]:
        """Return this record as the value of a lookup column."""
        return {"table": self.table, "id": self.id}


def _in_utc(moment: datetime) -> datetime:
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(
            f"Expected a moment of the years 1 to 9999 in UTC, but it is {moment.isoformat()}."
        ) from None
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment with its offset, which can be said in UTC too."""


class RecordChange(BaseModel):
    """One create, update or delete of one record, as a system sent it (see `SentOperation`).

    *id* and *source* name the notification, so that a second delivery counts once; *values* are
    the columns sent (None = cleared, absent = not sent); *before* the old values where the sender
    knows them; *version* orders changes of one record; *actor* who made the change; *depth* how many
    journeys have led to it, one by the other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str | None = Field(default=None, max_length=LONGEST_ID)
    source: str = Field(default="api", max_length=LONGEST_ID)
    table: str = Field(min_length=1)
    record_id: str = Field(min_length=1, max_length=LONGEST_ID)
    operation: SentOperation
    values: dict[str, Any] = {}
    before: dict[str, Any] | None = None
    version: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    occurred_at: Moment | None = None
    actor: str | None = None
    depth: int = Field(default=0, ge=0)

    @property
    def record(self) -> RecordRef:
        return RecordRef(self.table, self.record_id)


class PersonRef(BaseModel):
    """A person as a system names them: a record of an audience table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str = Field(min_length=1)
    id: str = Field(min_length=1, max_length=LONGEST_ID)

    @property
    def record(self) -> RecordRef:
        return RecordRef(self.table, self.id)


def read_record(value: Any) -> Any:
    binding = RecordRef.parse(value) if isinstance(value, str) else RecordRef.of(value)
    if binding is not None and max(map(len, binding)) > LONGEST_ID:
        raise ValueError(
            f"Expected a table and an id of at most {LONGEST_ID} characters, but one is longer."
        )
    return binding or value


class SentTrigger(BaseModel):
    """A custom trigger as a system sent it: its name, the person, and its attributes.

    *binding* is the record it is about (`order/17`); *event_id* the idempotency id; *actor* and
    *depth* are those of `RecordChange`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    trigger: str
    person: PersonRef
    attributes: dict[str, Any] = {}
    binding: Annotated[RecordRef | None, BeforeValidator(read_record)] = None
    id: str | None = Field(default=None, alias="event_id", max_length=LONGEST_ID)
    source: str = Field(default="events", max_length=LONGEST_ID)
    occurred_at: Moment | None = None
    actor: str | None = None
    depth: int = Field(default=0, ge=0)


class RecordChanged(NamedTuple):
    """A record change after the mirror took it in.

    *after* is the whole record as it is now (for a delete: as it last was), *before* the whole
    record as it was, empty where nobody told us; *columns* those whose value really differs.
    One that was *loaded* is no happening: those inside are told how the record is, and no trigger
    fires.
    """

    event_id: str
    record: RecordRef
    operation: Operation
    before: Values
    after: Values
    columns: frozenset[str]
    occurred_at: datetime
    actor: str | None = None
    depth: int = 0
    loaded: bool = False


@dataclass(frozen=True)
class TriggerFired:
    """A trigger that happened to one person.

    *values* are the record's columns after the change, or a custom trigger's attributes; *binding*
    the record it is about. *to_each* says that it happens to several people, to each by itself.
    """

    event_id: str
    trigger: str
    person: RecordRef
    binding: RecordRef | None
    values: Values
    occurred_at: datetime
    before: Values = field(default_factory=dict)
    columns: frozenset[str] = frozenset()
    actor: str | None = None
    depth: int = 0
    to_each: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """What is read below `trigger.` or `event.`: the values, and the old ones below `before`."""
        return {**self.values, "before": self.before}
