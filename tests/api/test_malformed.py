"""Bodies that are not as they should be: each gets its one sentence, and spoils nothing beside it."""

import gzip

import orjson
import pytest

from api.routes.changes import MOST
from tests.api.conftest import Asked
from tests.api.guarded import ANA

CHANGE = orjson.dumps(ANA)
BEN = CHANGE.replace(b'"ana"', b'"ben"')
LINES = {"content-type": "application/x-ndjson"}
GZIP = {"content-encoding": "gzip"}
BOM = b"\xef\xbb\xbf"


def of_type(content_type: str) -> dict[str, str]:
    return {"content-type": content_type}


NONE, DEEP = "Expected JSON, but it is none: ", "Expected JSON of at most 100 levels"
PLAIN = "Expected a body that is plain or gzip"
TWICE = CHANGE.replace(b'"ana"', b'"ben","record_id":"ana"')
DIGITS = b"9" * 30
THEN_MORE = "unexpected content after document: line 1 column 89 (char 88)."


@pytest.mark.parametrize(
    ("content", "headers", "status", "sentence"),
    [
        pytest.param(b"", {}, 400, "Expected JSON, but the body is empty.", id="nothing"),
        pytest.param(b" \n", {}, 400, "Expected JSON, but the body is empty.", id="nothing but space"),
        pytest.param(b"", GZIP, 400, "Expected JSON, but the body is empty.", id="nothing, packed"),
        pytest.param(CHANGE[:-5], {}, 400, NONE + "unexpected end of data", id="cut off"),
        pytest.param(CHANGE * 2, {}, 400, NONE + "unexpected content after document", id="two in one"),
        pytest.param(b"{'table': 1}", {}, 400, NONE + "unexpected character", id="other quotes"),
        pytest.param(b'{"a": NaN}', {}, 400, NONE + "unexpected character", id="not a number"),
        pytest.param(b'{"a": 1e999}', {}, 400, NONE + "number is infinity", id="a number that no system holds"),
        pytest.param(b'{"version": ' + b"9" * 400 + b"}", {}, 400, NONE + "number is infinity", id="400 digits"),
        pytest.param(b"\0" * 9, {}, 400, NONE + "unexpected character", id="zeros"),
        pytest.param(b'{"table": "\\ud800"}', {}, 400, NONE + "no low surrogate", id="half a character"),
        pytest.param(b"table=contact", of_type("application/x-www-form-urlencoded"), 400, NONE, id="a form"),
        pytest.param(b"<a/>", of_type("text/xml"), 400, NONE, id="XML"),
        pytest.param(BOM + BOM + CHANGE, {}, 400, NONE, id="two byte order marks"),
        pytest.param(
            CHANGE.decode().encode("utf-16"), of_type("application/json; charset=utf-16"),
            400, "Expected JSON in UTF-8, but its bytes are not.", id="UTF-16",
        ),
        pytest.param(
            CHANGE.replace(b"Ana", b"Ren\xe9"), of_type("application/json; charset=iso-8859-1"),
            400, "Expected JSON in UTF-8, but its bytes are not.", id="Latin 1",
        ),
        pytest.param(gzip.compress(gzip.compress(CHANGE)), GZIP, 400, "Expected JSON in UTF-8", id="packed twice"),
        pytest.param(gzip.compress(CHANGE)[:-3], GZIP, 400, "Expected a whole gzip body", id="packed and cut off"),
        pytest.param(b"\x1f\x8b\x08???", GZIP, 400, "Expected a gzip body, but it is none.", id="a broken pack"),
        pytest.param(CHANGE, {"content-encoding": "gzip, gzip"}, 415, PLAIN, id="two packings"),
        pytest.param(b"[" * 100_000, {}, 400, DEEP, id="lists in lists"),
        pytest.param(b'{"a":' * 200 + b"1" + b"}" * 200, {}, 400, DEEP, id="objects in objects"),
        pytest.param(
            b"[" + b"0," * MOST + b"0]", {}, 413,
            f"Expected a list of at most {MOST}, but it has {MOST + 1}: send more as lines (NDJSON, with "
            "the content type application/x-ndjson).", id="a list of one too many",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/changes", "/events"])
async def test_what_cannot_be_read_at_all_is_answered_in_a_sentence(
    asked: Asked, path: str, content: bytes, headers: dict[str, str], status: int, sentence: str
) -> None:
    answer = await asked.ask("POST", path, status=status, content=content, headers=headers)

    assert answer["detail"].startswith(sentence)
    assert "Ana" not in answer["detail"]
    assert (await asked.get("/refused"))["items"] == []


@pytest.mark.parametrize(
    ("content", "headers", "accepted", "refused"),
    [
        pytest.param(b"[]", {}, 0, [], id="an empty list"),
        pytest.param(b"", LINES, 0, [], id="no lines"),
        pytest.param(b"\r\n \n\t\n", LINES, 0, [], id="empty lines"),
        pytest.param(CHANGE + b"\r\n\r\n  \r\n" + BEN + b"\r\n", LINES, 2, [], id="lines from Windows"),
        pytest.param(BOM + CHANGE, {}, 1, [], id="a byte order mark"),
        pytest.param(BOM + CHANGE + b"\n" + BEN, LINES, 2, [], id="lines after a byte order mark"),
        pytest.param(CHANGE, of_type("text/plain"), 1, [], id="a content type that says nothing"),
        pytest.param(TWICE, {}, 1, [], id="a name twice: the last one counts"),
        pytest.param(b"null", {}, 0, [(0, "Expected an object, but the body is None.")], id="null"),
        pytest.param(
            b"[" + CHANGE + b',7,"x",[],' + BEN + b"]", {}, 2,
            [(1, "Expected an object, but the body is 7."), (2, "Expected an object, but the body is 'x'."),
             (3, "Expected an object, but the body is [].")], id="odd things in a list",
        ),
        pytest.param(
            b"{\n" + CHANGE + b"\n\0\n" + BEN, LINES, 2,
            [(0, NONE + "unexpected end of data: line 1 column 2 (char 1)."),
             (2, NONE + "unexpected character, expected a JSON value: line 1 column 1 (char 0).")],
            id="odd things between lines",
        ),
        pytest.param(
            CHANGE + b"\r" + BEN, LINES, 0, [(0, NONE + THEN_MORE)],
            id="lines that end as they did on old Macs",
        ),
        pytest.param(
            CHANGE.replace(b"}}", b'},"version":' + DIGITS + b"}"), {}, 0,
            [(0, "Expected a whole number, but version is 1e+30.")], id="a version of 30 digits",
        ),
    ],
)  # fmt: skip
async def test_what_can_be_read_is_taken_in_beside_what_cannot(
    asked: Asked,
    content: bytes,
    headers: dict[str, str],
    accepted: int,
    refused: list[tuple[int, str]],
) -> None:
    answer = await asked.ask("POST", "/changes", content=content, headers=headers)

    assert answer["accepted"] == accepted
    assert [(each["index"], each["problem"]) for each in answer["refused"]] == refused
    kept = (await asked.get("/refused"))["items"]
    assert [each["problem"] for each in reversed(kept)] == [problem for _, problem in refused]


async def test_of_a_name_that_is_given_twice_the_last_one_counts(asked: Asked) -> None:
    await asked.ask("POST", "/changes", content=TWICE)

    assert [each["id"] for each in (await asked.get("/tables/contact/records"))["items"]] == ["ana"]


async def test_as_many_as_may_be_are_one_list_and_lines_are_more(asked: Asked) -> None:
    nothing = b"0"

    listed = await asked.ask("POST", "/changes", content=b"[" + b",".join([nothing] * MOST) + b"]")
    lines = await asked.ask(
        "POST", "/changes", content=b"\n".join([nothing] * (MOST + 1)), headers=LINES
    )

    assert len(listed["refused"]) == MOST
    assert len(lines["refused"]) + lines["unlisted"]["refused"] == MOST + 1
