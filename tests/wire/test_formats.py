"""Every format: whatever is posted is read, refused thing by thing, or unreadable in a sentence."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.changes import RecordChange, SentTrigger
from tests.posts import POSTS
from wire.formats import FORMATS
from wire.reading import Reading, Refused, Unreadable, heard

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
EVERY = sorted(FORMATS)


def test_every_format_has_a_body_of_its_shape() -> None:
    assert POSTS.keys() == FORMATS.keys()


def read(form: str, body: Any, headers: dict[str, str]) -> Reading:
    """Read it, and let nothing but an Unreadable out; what is read is JSON again."""
    said = FORMATS[form].settings_of(POSTS[form][2])
    try:
        reading = FORMATS[form].read(body, heard(headers, said), said)
    except Unreadable as error:
        assert_sentence(str(error))
        return Reading()
    for item in reading.items:
        match item:
            case Refused():
                assert_sentence(item.problem)
            case RecordChange() | SentTrigger():
                type(item).model_validate(item.model_dump())
    for sentence in reading.ignored:
        assert_sentence(sentence)
    return reading


def assert_sentence(text: str) -> None:
    assert text.startswith("Expected ")
    assert text.endswith(".")
    assert len(text) < 500


@pytest.mark.parametrize("form", EVERY)
def test_a_body_of_its_shape_is_read(form: str) -> None:
    body, headers, _ = POSTS[form]

    reading = read(form, body, {} if form == "dataverse" else headers)

    assert reading.items
    assert not [item for item in reading.items if isinstance(item, Refused)]


@pytest.mark.parametrize("form", EVERY)
def test_read_again_it_says_the_same(form: str) -> None:
    body, headers, _ = POSTS[form]
    before = copy.deepcopy(body)

    assert read(form, body, headers) == read(form, copy.deepcopy(body), headers)
    assert body == before


@pytest.mark.parametrize("form", EVERY)
@given(body=JSON)
def test_anything_is_answered(form: str, body: Any) -> None:
    read(form, body, {})


@pytest.mark.parametrize("form", EVERY)
@given(data=st.data())
@settings(max_examples=200)
def test_anything_may_stand_anywhere_in_a_body_of_its_shape(form: str, data: st.DataObject) -> None:
    body, headers, _ = copy.deepcopy(POSTS[form])
    for _ in range(data.draw(st.integers(1, 3))):
        body = changed(body, data)
    for name in headers:
        if data.draw(st.booleans()):
            headers[name] = data.draw(st.text(max_size=20))

    read(form, body, {name: headers[name] for name in headers if data.draw(st.booleans())})


HEADER = st.text(st.characters(max_codepoint=255), max_size=20)


@pytest.mark.parametrize("form", ["cloudevents", "debezium"])
@given(
    content=st.binary(max_size=20) | JSON.map(lambda body: json.dumps(body).encode()),
    data=st.data(),
)
@settings(deadline=None, max_examples=200)
def test_any_request_is_opened_where_headers_say_something_too(
    form: str, content: bytes, data: st.DataObject
) -> None:
    names = st.sampled_from([
        "ce-id", "ce-type", "ce-source", "ce-specversion", "ce-subject", "content-type",
        "x-debezium-__op", "x-debezium-__table", "x-debezium-__source_ts_ms", "x-debezium-other",
    ])  # fmt: skip
    headers = data.draw(st.dictionaries(names, HEADER))

    try:
        body = FORMATS[form].opened(content, headers, orjson.loads)
    except orjson.JSONDecodeError:
        return  # which is not of any format: it is answered with 400
    if isinstance(body, Refused):
        assert_sentence(body.problem)
    else:
        read(form, body, {})


@pytest.mark.parametrize("form", EVERY)
def test_what_is_nested_without_end_is_answered(form: str) -> None:
    deep: Any = "deep"
    for _ in range(20_000):
        deep = [deep]
    body, headers, _ = POSTS[form]
    for path in paths(body):
        sent = copy.deepcopy(body)
        here = sent
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = deep
        try:
            FORMATS[form].read(sent, headers, FORMATS[form].settings_of(POSTS[form][2]))
        except Unreadable as error:
            assert_sentence(str(error))


def paths(body: Any, *above: Any) -> Iterator[tuple[Any, ...]]:
    inside = body.items() if isinstance(body, dict) else enumerate(body)
    for step, value in inside:
        yield (*above, step)
        if isinstance(value, dict | list):
            yield from paths(value, *above, step)


def changed(body: Any, data: st.DataObject) -> Any:
    """Return *body* with anything in the place of something in it, or without that."""
    where = data.draw(
        st.sampled_from([(), *paths(body)] if isinstance(body, dict | list) else [()])
    )
    if not where:
        return data.draw(JSON)
    here = body
    for step in where[:-1]:
        here = here[step]
    if data.draw(st.booleans()):
        del here[where[-1]]
    else:
        here[where[-1]] = data.draw(JSON)
    return body
