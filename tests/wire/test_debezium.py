"""What Debezium posts is read as changes of rows, ordered as its database's log orders them."""

import base64
from typing import Any

import orjson
import pytest

from journeys.changes import RecordChange
from journeys.table import Column, Table
from tests.posts import DEBEZIUM, DEBEZIUM_SOURCE
from wire import debezium_columns, debezium_events
from wire.debezium import DebeziumSettings
from wire.formats import FORMATS
from wire.reading import Reading, Refused

FORM = FORMATS["debezium"]
PLACEHOLDER = "__debezium_unavailable_value"
MYSQL = {
    "connector": "mysql", "name": "shop", "ts_ms": 1803902400000, "snapshot": "false",
    "db": "inventory", "table": "customers", "server_id": 1, "gtid": None,
    "file": "mysql-bin.000003", "pos": 484, "row": 0,
}  # fmt: skip
SQL_SERVER = {
    "connector": "sqlserver", "name": "shop", "ts_ms": 1803902400000, "snapshot": "false",
    "db": "inventory", "schema": "dbo", "table": "customers",
    "change_lsn": "00000027:00000758:0003", "commit_lsn": "00000027:00000758:0005",
    "event_serial_no": "2",
}  # fmt: skip


def envelope(
    op: str = "u", source: dict[str, Any] = DEBEZIUM_SOURCE, **rows: Any
) -> dict[str, Any]:
    row = {"id": 7, "firstname": "Ana"}
    here = {"before": row if op == "d" else None, "after": None if op == "d" else row}
    return {**here, **rows, "source": source, "op": op, "ts_ms": 1803902400500}


def read(body: Any, **said: Any) -> Reading:
    return FORM.read(body, {}, FORM.settings_of(said))


def change(body: Any, **said: Any) -> RecordChange:
    [item] = read(body, **said).items
    assert isinstance(item, RecordChange)
    return item


def of_row(value: Any, **schema: Any) -> Any:
    """Read *value* as the schema says, as the column of a row."""
    fields = [{"field": "after", "fields": [{"field": "it", **schema}]}]
    body = {"schema": {"fields": fields}, "payload": envelope(after={"id": 7, "it": value})}
    return change(body).values["it"]


def version(**source: Any) -> int:
    found = change(envelope(source=source)).version
    assert found is not None
    return found


def test_an_envelope_with_its_schema_is_a_change_of_typed_values() -> None:
    read_as = change(DEBEZIUM[0])

    assert (read_as.table, read_as.record_id, read_as.operation) == ("contact", "7", "update")
    assert read_as.source == "debezium:shop"
    assert read_as.values == {
        "id": 7, "firstname": "Ana", "birthdate": "1990-01-01",
        "seen": "2027-03-01T12:00:00.123456Z", "credit": 12.34,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("op", "operation"),
    [("c", "create"), ("u", "update"), ("d", "delete"), ("r", "load")],
)
def test_the_op_says_what_happened_and_a_snapshot_only_loads(op: str, operation: str) -> None:
    assert change(envelope(op)).operation == operation


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(envelope("t"), "a truncation of a table", id="a truncation"),
        pytest.param(envelope("m"), "a message in the log", id="a message"),
        pytest.param(envelope("x"), "the op x", id="anything else"),
        pytest.param(None, "a tombstone", id="a tombstone"),
        pytest.param({"schema": None, "payload": None}, "a tombstone", id="one with a schema"),
        pytest.param({"ts_ms": 1803902400500}, "one of the schema", id="a heartbeat"),
        pytest.param({"status": "BEGIN", "id": "571"}, "one of the schema", id="a transaction"),
        pytest.param({"ddl": "…", "source": {}}, "one of the schema", id="a change of the schema"),
    ],
)
def test_what_is_no_row_is_ignored_with_a_sentence(body: Any, why: str) -> None:
    reading = read([body])

    assert reading.items == ()
    [sentence] = reading.ignored
    assert sentence.startswith(f"Expected a change of a row, but it is {why}")


def test_a_delete_needs_its_key_alone() -> None:
    read_as = change(envelope("d", before={"id": 7}))

    assert (read_as.record_id, read_as.values, read_as.before) == ("7", {}, {"id": 7})


def test_an_event_of_a_cloudevent_is_the_same_change() -> None:
    plain = envelope("r", source={**DEBEZIUM_SOURCE, "sequence": None, "lsn": 23043592,
                                  "ts_ms": 1803902340000}, after={"id": 8, "firstname": "Ben"})  # fmt: skip

    assert change(DEBEZIUM[1]) == change(plain)


def test_a_cloudevent_of_another_encoding_is_refused() -> None:
    avro = {**DEBEZIUM[1], "data": None, "datacontenttype": "application/avro", "data_base64": "AA"}

    [refused] = read(avro).items

    assert refused == Refused(
        avro, "Expected data as a JSON object, but it is missing, of application/avro."
    )  # fmt: skip


def test_a_flat_row_says_by_its_own_columns_what_happened() -> None:
    read_as = change(DEBEZIUM[2])

    assert (read_as.table, read_as.record_id, read_as.operation) == ("contact", "9", "delete")
    assert read_as.id is None


def test_a_flat_row_that_says_nothing_more_is_an_upsert_of_the_table_of_its_source() -> None:
    read_as = change({"id": 9, "firstname": "Chi"}, table="contact")

    assert (read_as.operation, read_as.values) == ("upsert", {"id": 9, "firstname": "Chi"})


@pytest.mark.parametrize("encoded", [True, False])
def test_headers_say_what_a_flat_row_does_not(*, encoded: bool) -> None:
    said = {"__op": "u", "__table": "contact", "__source_ts_ms": "1803902400123", "__lsn": "17"}
    headers = {
        f"x-debezium-{name}": base64.b64encode(text.encode()).decode()
        if encoded
        else f"{text} "[:-1]
        for name, text in said.items()
    }

    body = debezium_events.opened(b'{"id": 9}', headers, orjson.loads)

    read_as = change(body)
    assert (read_as.table, read_as.operation, read_as.version) == ("contact", "update", 17)


def test_an_empty_body_is_a_tombstone() -> None:
    assert debezium_events.opened(b"", {}, orjson.loads) is None


def test_one_bad_event_of_a_batch_is_refused_and_the_others_go_on() -> None:
    bad = envelope(after={"name": "nobody"})

    first, second, third = read([envelope(), bad, envelope("d")]).items

    assert second == Refused(bad, "Expected the key in the column id, but it is missing.")
    assert isinstance(first, RecordChange)
    assert isinstance(third, RecordChange)


@pytest.mark.parametrize(
    "name", ["shop.public.contact", "public.contact", "shop.contact", "contact"]
)
def test_a_source_can_say_what_tables_are_called_and_what_names_their_rows(name: str) -> None:
    row = {"club": 3, "member": "b", "firstname": "Ana"}

    read_as = change(envelope(after=row), tables={name: "member"}, keys={name: ["club", "member"]})

    assert (read_as.table, read_as.record_id) == ("member", "3|b")


@pytest.mark.parametrize(
    "placeholder",
    [PLACEHOLDER, [PLACEHOLDER], {PLACEHOLDER: PLACEHOLDER},
     base64.b64encode(PLACEHOLDER.encode()).decode()],
)  # fmt: skip
def test_a_value_that_is_stored_apart_and_did_not_change_was_not_sent(placeholder: Any) -> None:
    read_as = change(envelope(after={"id": 7, "notes": placeholder}, before={"notes": placeholder}))

    assert read_as.values == {"id": 7}
    assert read_as.before is None


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param({"lsn": 99, "sequence": None}, {"lsn": 100}, id="PostgreSQL's LSN"),
        pytest.param({"lsn": "99"}, {"lsn": "100"}, id="as a CloudEvent has it"),
        pytest.param(MYSQL, {**MYSQL, "pos": 805}, id="MySQL's position"),
        pytest.param(MYSQL, {**MYSQL, "row": 1}, id="the row in it"),
        pytest.param(
            {**MYSQL, "pos": 1_073_741_824, "row": 200},
            {**MYSQL, "file": "mysql-bin.000004", "pos": 4}, id="the next file",
        ),
        pytest.param(
            {**MYSQL, "file": "a.b.999999"}, {**MYSQL, "file": "a.b.1000000"},
            id="a file whose number is a digit longer",
        ),
        pytest.param(
            SQL_SERVER, {**SQL_SERVER, "commit_lsn": "00000027:00000759:0001"}, id="SQL Server's LSN"
        ),
        pytest.param(
            {**SQL_SERVER, "commit_lsn": "000000ff:ffffffff:ffff"},
            {**SQL_SERVER, "commit_lsn": "00000100:00000010:0001"}, id="its next file",
        ),
    ],
)  # fmt: skip
def test_versions_grow_along_the_log(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    known = {"name": "shop", "table": "contact"}

    assert 0 < version(**known | earlier) < version(**known | later) < 2**60


def test_a_log_that_begins_anew_is_above_the_old_one() -> None:
    last = {**MYSQL, "file": "mysql-bin.1048575", "pos": 2**32, "row": 300}
    first = {**MYSQL, "file": "mysql-bin.000001", "pos": 4}

    new, old = change(envelope(source=first), epoch=7), change(envelope(source=last))

    assert (old.version or 0) < (new.version or 0) < 2**63


def test_what_was_committed_after_a_snapshot_is_newer_though_it_began_before() -> None:
    read_in = {**DEBEZIUM_SOURCE, "lsn": 500, "sequence": '["400","500"]'}
    under_way = {**DEBEZIUM_SOURCE, "lsn": 450, "sequence": '["510","450"]'}
    before_it = {**DEBEZIUM_SOURCE, "lsn": 600, "sequence": '["550","600"]'}

    loaded = change(envelope("r", source=read_in)).version or 0

    assert loaded < (change(envelope(source=under_way)).version or 0)
    assert loaded < (change(envelope(source=before_it)).version or 0)


@pytest.mark.parametrize(
    "source",
    [{"lsn": -(2**63)}, {"lsn": 2**61}, {"file": "binlog", "pos": 4}, {"commit_lsn": "NULL"},
     {"file": "b.9999999", "pos": 1}],
)  # fmt: skip
def test_what_is_no_position_is_no_version(source: dict[str, Any]) -> None:
    assert change(envelope(source={"table": "contact", **source})).version is None


def test_a_snapshot_without_a_position_is_ordered_by_no_clock() -> None:
    source = {"name": "shop", "table": "contact", "ts_ms": 1803902400123}

    assert change(envelope("r", source=source)).occurred_at is None
    assert change(envelope("u", source=source)).occurred_at is not None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(envelope("d"), id="what happened"),
        pytest.param(envelope(after={"id": 8}), id="the row"),
        pytest.param(envelope(source=DEBEZIUM_SOURCE | {"lsn": 1}), id="the position"),
        pytest.param(envelope(source=DEBEZIUM_SOURCE | {"name": "erp"}), id="the server"),
        pytest.param(envelope(source=DEBEZIUM_SOURCE | {"table": "lead"}), id="the table"),
    ],
)
def test_an_event_is_named_by(other: dict[str, Any]) -> None:
    sent_again = {**envelope(), "ts_ms": 1803902999999}

    assert change(sent_again).id == change(envelope()).id != change(other).id


@pytest.mark.parametrize(
    ("name", "value", "read_as"),
    [
        ("io.debezium.time.Date", 20513, "2026-03-01"),
        ("org.apache.kafka.connect.data.Date", -1, "1969-12-31"),
        ("io.debezium.time.IsoDate", "2027-03-01Z", "2027-03-01"),
        ("io.debezium.time.Timestamp", 1803902400123, "2027-03-01T12:00:00.123000Z"),
        ("org.apache.kafka.connect.data.Timestamp", 0, "1970-01-01T00:00:00Z"),
        ("io.debezium.time.MicroTimestamp", 1803902400123456, "2027-03-01T12:00:00.123456Z"),
        ("io.debezium.time.NanoTimestamp", 1803902400123456789, "2027-03-01T12:00:00.123456Z"),
        ("io.debezium.time.ZonedTimestamp", "2027-03-01T12:00:00Z", "2027-03-01T12:00:00Z"),
        ("io.debezium.time.Time", 43200000, "12:00:00"),
        ("io.debezium.time.MicroTime", 43200000001, "12:00:00.000001"),
        ("io.debezium.time.NanoTime", 86_400_000_000_000, 86_400_000_000_000),
        ("io.debezium.time.MicroTimestamp", 2**62, 2**62),
        ("io.debezium.time.Date", True, True),
        ("io.debezium.data.VariableScaleDecimal", {"scale": 1, "value": "ew=="}, 12.3),
        ("io.debezium.data.Uuid", "a-b", "a-b"),
        (None, 7, 7),
    ],
)
def test_a_value_is_typed_by_its_schema(name: Any, value: Any, read_as: Any) -> None:
    assert of_row(value, name=name) == read_as
    assert of_row(None, name=name) is None


@pytest.mark.parametrize(
    ("value", "scale", "read_as"),
    [
        ("BNI=", "2", 12.34),
        ("+y4=", "2", -12.34),
        ("AA==", "2", 0),
        ("MDk=", "0", 12345),
        ("BNI=", None, "BNI="),
        ("BNI=", "99999", "BNI="),
        ("no base64", "2", "no base64"),
        (12.34, "2", 12.34),
    ],
)
def test_a_decimal_is_its_digits_in_base64_and_a_scale(
    value: Any, scale: Any, read_as: Any
) -> None:
    decimal = {"name": "org.apache.kafka.connect.data.Decimal", "parameters": {"scale": scale}}

    assert of_row(value, **decimal) == read_as


def test_values_of_an_array_are_typed_too() -> None:
    dates = {"type": "array", "items": {"name": "io.debezium.time.Date"}}

    assert of_row([0, None], **dates) == ["1970-01-01", None]


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("date", 20513, "2026-03-01"),
        ("datetime", 1803902400123, "2027-03-01T12:00:00.123000Z"),
        ("datetime", 1803902400123456, "2027-03-01T12:00:00.123456Z"),
        ("datetime", 1803902400123456789, "2027-03-01T12:00:00.123456Z"),
        ("datetime", "2027-03-01T12:00:00", "2027-03-01T12:00:00Z"),
        ("datetime", "2027-03-01 12:00:00+01:00", "2027-03-01T11:00:00Z"),
        ("decimal", "12.34", 12.34),
        ("money", {"scale": 2, "value": "BNI="}, 12.34),
        ("integer", "7", 7),
        ("boolean", 1, True),
        ("boolean", False, False),
        ("text", 7, "7"),
        ("lookup", 7, {"table": "account", "id": "7"}),
        ("choice", 2, 2),
        ("multi_choice", "1,2", ["1", "2"]),
        ("json", '{"a": [1]}', {"a": [1]}),
        ("json", '{"a": "\\u0000"}', '{"a": "\\u0000"}'),
        ("json", "[" * 99, "[" * 99),
        ("json", "no json", "no json"),
        ("json", 7, 7),
        ("date", None, None),
    ],
)
def test_without_a_schema_a_value_is_typed_by_its_column(kind: Any, value: Any, kept: Any) -> None:
    column = Column(name="it", type=kind, targets=("account",) if kind == "lookup" else ())
    table = Table(name="contact", primary_id="id", columns=(column,))

    row = debezium_columns.typed({"it": value, "other": 1}, table, DebeziumSettings())

    values, problems = table.read(row, lenient=True)
    assert problems == []
    assert values == {"it": kept}


def test_a_source_can_say_what_moments_count() -> None:
    table = Table(name="c", primary_id="id", columns=(Column(name="born", type="datetime"),))

    row = debezium_columns.typed({"born": 86_400_000_000}, table, DebeziumSettings(time_unit="us"))

    assert row == {"born": "1970-01-02T00:00:00Z"}
