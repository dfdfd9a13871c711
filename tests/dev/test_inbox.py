"""The inbox keeps every mail, and shows it so that it can do nothing."""

import os
import smtplib
from asyncio import open_connection, to_thread
from collections.abc import AsyncIterator
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from dev.inbox import Inbox, catching_mail
from dev.inbox_pages import inbox_router
from settings import CannotStart

HOSTILE = "<script>alert('1')</script>"


def mail(subject: str = "Hello", text: str = "Hello.\n", html: str | None = None) -> EmailMessage:
    written = EmailMessage()
    written["From"], written["To"] = "Contoso <care@contoso.example>", "ana@example.org"
    written["Subject"], written["Message-ID"] = subject, "<1@contoso.example>"
    written.set_content(text)
    if html is not None:
        written.add_alternative(html, subtype="html")
    return written


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


@pytest.fixture
async def browser(inbox: Inbox) -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    app.include_router(inbox_router(inbox))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as browser:
        yield browser


class Elements(HTMLParser):
    """The elements of a page, each with its attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == tag]


async def test_a_mail_is_caught_for_all_its_readers_and_survives_a_restart(tmp_path: Path) -> None:
    def hand_in(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.send_message(mail("Grüße"), to_addrs=["ana@example.org", "ben@example.org"])

    async with catching_mail(tmp_path / "inbox") as caught:
        await to_thread(hand_in, caught.port)

    async with catching_mail(tmp_path / "inbox") as caught:
        (only,) = caught.inbox.ids()
        found = caught.inbox.read(only)

    assert found is not None
    assert (found.to, found.header("Subject")) == ("ana@example.org, ben@example.org", "Grüße")


async def test_the_inbox_listens_where_it_is_told_to(tmp_path: Path) -> None:
    async with catching_mail(tmp_path / "inbox") as first:
        with pytest.raises(
            CannotStart, match=rf"^Expected port {first.port} to be free for the inbox"
        ):
            async with catching_mail(tmp_path / "other", port=first.port):
                pass

    async with catching_mail(tmp_path / "other", port=first.port) as second:
        assert (second.host, second.port) == ("127.0.0.1", first.port)


async def test_an_idle_sender_does_not_keep_the_inbox_from_stopping(tmp_path: Path) -> None:
    async with catching_mail(tmp_path / "inbox") as caught:
        reader, writer = await open_connection(caught.host, caught.port)
        assert (await reader.readline()).startswith(b"220 ")

    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_nobody_is_named_in_a_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def hand_in(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.send_message(mail())

    with caplog.at_level("INFO"):
        async with catching_mail(tmp_path / "inbox") as caught:
            await to_thread(hand_in, caught.port)

    assert caught.inbox.ids()
    assert "ana" not in caplog.text


def test_a_file_in_the_place_of_the_inbox_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match="to be a folder that mails can be written to, but: "):
        Inbox(tmp_path / "file" / "inbox")


def test_the_newest_mail_comes_first_even_within_one_second(inbox: Inbox) -> None:
    kept = [inbox.keep(mail(f"Number {number}").as_bytes()) for number in range(12)]

    assert inbox.ids() == kept[::-1]


@pytest.mark.parametrize("name", ["..", ".", "../lock", "%2e%2e", "", "nobody", "a/b", "\x00"])
def test_only_a_mail_of_the_inbox_is_read(inbox: Inbox, name: str) -> None:
    (inbox._folder / "lock").touch()

    assert inbox.read(name) is None


async def test_an_empty_inbox_says_so(browser: AsyncClient) -> None:
    answer = await browser.get("/inbox")

    assert answer.status_code == 200
    assert "Nothing has arrived yet." in answer.text
    assert (await browser.get("/inbox.json")).json() == []


async def test_a_page_lists_the_mails_and_leads_to_each(browser: AsyncClient, inbox: Inbox) -> None:
    kept = inbox.keep(b"Delivered-To: ana@example.org\r\n" + mail("How was it?").as_bytes())

    page = Elements((await browser.get("/inbox")).text)

    assert [each["scope"] for each in page.all("th")] == ["col"] * 4
    assert page.all("html") == [{"lang": "en"}]
    assert {"href": f"/inbox/{kept}"} in page.all("a")
    for said in ("How was it?", "Contoso <care@contoso.example>", "ana@example.org", "1 caught"):
        assert said in page.text


async def test_a_mail_is_shown_with_its_parts_and_headers(
    browser: AsyncClient, inbox: Inbox
) -> None:
    kept = inbox.keep(mail("How was it?", "Tell us.\n", "<p>Tell <b>us</b>.</p>").as_bytes())

    page = Elements((await browser.get(f"/inbox/{kept}")).text)

    assert page.all("iframe") == [
        {"sandbox": None, "title": "The HTML part of this mail", "src": f"/inbox/{kept}/html"}
    ]
    for said in ("How was it?", "Tell us.", "Message-ID", "<1@contoso.example>"):
        assert said in page.text
    assert "<p>Tell <b>us</b>.</p>" in (await browser.get(f"/inbox/{kept}/html")).text


async def test_what_a_mail_says_is_never_taken_for_the_pages_own(
    browser: AsyncClient, inbox: Inbox
) -> None:
    kept = inbox.keep(mail(HOSTILE, HOSTILE, HOSTILE).as_bytes())

    for path in ("/inbox", f"/inbox/{kept}"):
        page = Elements((await browser.get(path)).text)
        assert page.all("script") == []
        assert HOSTILE in page.text


async def test_the_html_of_a_mail_can_run_and_fetch_nothing(
    browser: AsyncClient, inbox: Inbox
) -> None:
    kept = inbox.keep(mail(html=HOSTILE).as_bytes())

    headers = (await browser.get(f"/inbox/{kept}/html")).headers

    rules = headers["Content-Security-Policy"].split("; ")
    assert "sandbox" in rules
    assert "default-src 'none'" in rules
    assert not any(rule.startswith("script-src") for rule in rules)
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/inbox", "/inbox/{mail}"])
async def test_the_pages_themselves_run_and_fetch_nothing(
    browser: AsyncClient, inbox: Inbox, path: str
) -> None:
    kept = inbox.keep(mail().as_bytes())

    answer = await browser.get(path.format(mail=kept))

    assert answer.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; style-src 'sha256-"
    )
    assert "http" not in answer.text.replace("<1@", "")


async def test_tests_read_the_mails_as_json(browser: AsyncClient, inbox: Inbox) -> None:
    kept = inbox.keep(
        b"Delivered-To: ana@example.org\r\n" + mail("Grüße", "Text\n", "<p>HTML</p>").as_bytes()
    )
    os.utime(inbox._folder / "new" / kept, (1_795_539_270, 1_795_539_270))

    assert (await browser.get("/inbox.json")).json() == [
        {
            "id": kept,
            "to": "ana@example.org",
            "from": "Contoso <care@contoso.example>",
            "subject": "Grüße",
            "at": "2026-11-24T16:54:30Z",
            "text": "Text\n",
            "html": "<p>HTML</p>\n",
            "message_id": "<1@contoso.example>",
        }
    ]


@pytest.mark.slow
async def test_ten_thousand_mails_are_read_a_page_at_a_time(
    browser: AsyncClient, inbox: Inbox
) -> None:
    new = inbox._folder / "new"
    for number in range(10_000):
        (new / f"{1_795_000_000 + number}.M1P1Q1.host").write_bytes(
            mail(f"Number {number}").as_bytes() if number % 9_999 == 0 else b"Subject: Other\n\n"
        )

    first, last, beyond = [
        Elements((await browser.get(f"/inbox?page={page}")).text) for page in (1, 200, 201)
    ]

    assert "10000 caught" in first.text
    assert "Number 9999" in first.text
    assert "Number 0" in last.text
    assert [len(each.all("tr")) for each in (first, last, beyond)] == [51, 51, 1]
    assert [each.all("a")[-1]["href"] for each in (first, last)] == [
        "/inbox?page=2",
        "/inbox?page=199",
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(b"", "", id="nothing at all"),
        pytest.param(b"\x80\xff\x00", None, id="bytes"),
        pytest.param(
            b"Content-Type: text/plain; charset=klingon\n\nqapla\xc3\xa9",
            "qapla",
            id="no such charset",
        ),
        pytest.param(b"Subject: =?utf-8?q?=ff=fe?=\n\nHello", "Hello", id="a broken subject"),
        pytest.param(b"From: <<<>>\nDate: never\n\nHello", "Hello", id="broken headers"),
        pytest.param(b"Content-Type: multipart/mixed\n\nHello", None, id="parts without a border"),
    ],
)
async def test_a_broken_mail_is_shown_as_far_as_it_can_be_read(
    browser: AsyncClient, inbox: Inbox, content: bytes, text: str | None
) -> None:
    kept = inbox.keep(content)

    assert (await browser.get("/inbox")).status_code == 200
    page = await browser.get(f"/inbox/{kept}")
    assert page.status_code == 200
    assert (await browser.get(f"/inbox/{kept}/html")).status_code == 200
    assert (await browser.get("/inbox.json")).status_code == 200
    assert (text or "") in page.text


async def test_a_mail_that_is_not_there_is_not_found(browser: AsyncClient) -> None:
    for path in ("/inbox/nobody", "/inbox/nobody/html"):
        assert (await browser.get(path)).status_code == 404
