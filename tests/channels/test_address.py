"""Addresses of e-mail, read strictly."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from channels.address import read_address
from channels.channel import Rejected


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        pytest.param("ana@example.org", "", "ana@example.org", id="an address"),
        pytest.param("  ana@example.org ", "", "ana@example.org", id="with spaces around it"),
        pytest.param("o'neil+case=1@example.org", "", "o'neil+case=1@example.org", id="with signs"),
        pytest.param("Ana <ana@example.org>", "Ana", "ana@example.org", id="with a name"),
        pytest.param("<ana@example.org>", "", "ana@example.org", id="in brackets"),
        pytest.param('"Mill, Paper" <a@b.example>', "Mill, Paper", "a@b.example", id="quoted"),
        pytest.param("Mill, Paper <a@b.example>", "Mill, Paper", "a@b.example", id="a comma in it"),
        pytest.param("ana@straße.example", "", "ana@xn--strae-oqa.example", id="a domain with ß"),
        pytest.param("아나@example.org", "", "아나@example.org", id="not in Latin letters"),
        pytest.param("ana@localhost", "", "ana@localhost", id="on this machine"),
        pytest.param(
            "=?utf-8?q?Ana?= <a@b.example>", "= ?utf-8?q?Ana?=", "a@b.example", id="a code"
        ),
    ],
)
def test_an_address_is_read(text: str, name: str, address: str) -> None:
    read = read_address(text, "the sender")

    assert (read.display_name, read.addr_spec) == (name, address)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("ana", id="no domain"),
        pytest.param("ana@", id="an empty domain"),
        pytest.param("@example.org", id="no name"),
        pytest.param("ana@-example.org", id="a domain that cannot be"),
        pytest.param("ana@exa..mple.org", id="an empty label"),
        pytest.param("ana@example.org, ben@example.org", id="two"),
        pytest.param("ana@example.org ben@example.org", id="two without a comma"),
        pytest.param("Ben <ben@example.org>, Ana <ana@example.org>", id="two with names"),
        pytest.param("friends: ana@example.org;", id="a group"),
        pytest.param("ana@[192.0.2.1]", id="a number for a domain"),
        pytest.param('"a na"@example.org', id="a quoted name with a space"),
        pytest.param("ana@example.org\nBcc: eve@example.org", id="a line more"),
        pytest.param("Ana\r\nBcc: eve@example.org <ana@example.org>", id="a line in the name"),
        pytest.param("ana\x00@example.org", id="a control character"),
        pytest.param("=?utf-8?q?ana=0a?=@example.org", id="an encoded word"),
        pytest.param(f"{'a' * 250}@example.org", id="too long"),
    ],
)
def test_what_is_not_one_address_is_rejected_and_not_repeated(text: str) -> None:
    with pytest.raises(
        Rejected, match=r"^Expected the sender to be one e-mail address, but "
    ) as got:
        read_address(text, "the sender")

    assert "ana" not in str(got.value)


def test_a_contact_point_is_the_address_alone() -> None:
    with pytest.raises(Rejected, match="Expected the contact point to be one e-mail address"):
        read_address("Ana <ana@example.org>", "the contact point", bare=True)


@given(
    st.text(alphabet="a@.<>\"'()[]\\,;:= \t\n?é-_", max_size=16).map(
        lambda text: text + "@b.example"
    )
)
@example('"')
def test_any_text_is_an_address_or_is_not_one(text: str) -> None:
    try:
        read = read_address(text, "the sender")
    except Rejected:
        return

    assert read.domain == "b.example"
    assert str(read).isprintable()
