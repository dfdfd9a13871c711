"""E-mail, handed to a real SMTP server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from channels.channel import Letter, Rejected, Unreachable
from channels.email import Email, compose
from channels.smtp import SmtpServer
from dev.inbox import Mail, catching_mail
from settings import CannotStart, Settings

SURVEY = Letter(subject="How was it?", text="Tell us.\n", html="<p>Tell us.</p>")
SENDER = "Contoso <care@contoso.example>"
NEW_YEAR = datetime(2027, 1, 1, 12, 0, tzinfo=timezone(timedelta(hours=1)))

Deliver = Callable[..., Awaitable[Mail]]


@pytest.fixture
async def deliver(tmp_path: Path) -> AsyncIterator[Deliver]:
    """Send a letter to Ana, and return the mail as it arrived."""
    async with (
        catching_mail(tmp_path / "inbox") as caught,
        aclosing(Email(SmtpServer(caught.host, caught.port, tls="none"), SENDER)) as email,
    ):

        async def deliver(
            letter: Letter = SURVEY, to: str = "ana@example.org", key: str = "k1"
        ) -> Mail:
            message_id = await email.send(letter, to, key)
            mail = caught.inbox.read(caught.inbox.ids()[0])
            assert mail is not None
            assert mail.header("Message-ID") == message_id
            return mail

        yield deliver


async def test_a_letter_arrives_with_its_text_and_its_html(deliver: Deliver) -> None:
    mail = await deliver()

    assert mail.to == "ana@example.org"
    assert [mail.header(each) for each in ("From", "To", "Subject", "Reply-To")] == [
        SENDER,
        "ana@example.org",
        "How was it?",
        "",
    ]
    assert mail.content.get_content_type() == "multipart/alternative"
    assert (mail.part("plain"), mail.part("html")) == ("Tell us.\n", "<p>Tell us.</p>\n")


async def test_a_letter_may_have_its_own_sender_and_another_to_answer(deliver: Deliver) -> None:
    mail = await deliver(
        replace(SURVEY, sender="Shop <shop@contoso.example>", reply_to="box@contoso.example")
    )

    assert mail.header("From") == "Shop <shop@contoso.example>"
    assert mail.header("Reply-To") == "box@contoso.example"


async def test_every_language_arrives_as_it_was_written(deliver: Deliver) -> None:
    subject = "Ärger? 아나 🎉 " + "and a long line " * 12
    words = "Grüße, 你好, مرحبا 🎉\n" + "a very long line " * 200 + "\n"

    mail = await deliver(
        replace(
            SURVEY, subject=subject, text=words, html=words, sender="Łukasz Ąę <l@contoso.example>"
        )
    )

    assert mail.header("Subject").split() == subject.split()
    assert mail.header("From") == "Łukasz Ąę <l@contoso.example>"
    assert (mail.part("plain"), mail.part("html")) == (words, words)
    assert max(len(line) for line in mail.content.as_bytes().splitlines()) < 998


async def test_an_address_that_is_not_in_latin_letters_is_reached(deliver: Deliver) -> None:
    mail = await deliver(to="아나@straße.example")

    assert mail.to == "아나@xn--strae-oqa.example"


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("=?utf-8?q?a=0d=0aBcc:_eve@example.org?=", id="an encoded end of a line"),
        pytest.param('"> <eve@example.org>, "', id="quotes and brackets"),
        pytest.param("a, b; c: <script>", id="separators"),
    ],
)
async def test_a_hostile_subject_adds_no_header_and_no_reader(
    deliver: Deliver, hostile: str
) -> None:
    mail = await deliver(replace(SURVEY, subject=hostile))

    assert mail.header("Subject") == hostile.replace("=?", "= ?")
    assert "Bcc" not in mail.content
    assert mail.to == "ana@example.org"


async def test_a_line_with_a_single_dot_does_not_end_the_mail(deliver: Deliver) -> None:
    mail = await deliver(replace(SURVEY, text="Before\n.\nAfter\n"))

    assert mail.part("plain") == "Before\n.\nAfter\n"


async def test_a_retry_carries_the_same_id_and_another_message_another(deliver: Deliver) -> None:
    first, again = await deliver(key="instance/1/survey"), await deliver(key="instance/1/survey")
    other = await deliver(key="instance/2/survey")

    assert first.header("Message-ID") == again.header("Message-ID")
    assert first.header("Message-ID") != other.header("Message-ID")
    assert first.header("Message-ID").endswith("@contoso.example>")


async def test_the_channel_is_made_from_the_settings(tmp_path: Path) -> None:
    async with catching_mail(tmp_path / "inbox") as caught:
        settings = Settings(
            smtp_host=caught.host, smtp_port=caught.port, smtp_tls="none", mail_from=SENDER
        )
        async with aclosing(Email.of(settings)) as email:
            await email.send(SURVEY, "ana@example.org", "k1")

        (only,) = caught.inbox.ids()
        mail = caught.inbox.read(only, whole=False)

    assert mail is not None
    assert mail.header("From") == SENDER


def test_without_a_mail_server_there_is_no_channel() -> None:
    with pytest.raises(CannotStart, match="Expected SOJOURN_SMTP_HOST to name the mail server"):
        Email.of(Settings(smtp_host=None))


def test_a_password_is_not_shown() -> None:
    assert "open sesame" not in repr(SmtpServer("mail.example", 587, password="open sesame"))


def test_a_mail_says_when_it_was_written_and_by_whom() -> None:
    mail = compose(SURVEY, "ana@example.org", "k1", sender=SENDER, moment=NEW_YEAR)

    assert mail["Date"] == "Fri, 01 Jan 2027 12:00:00 +0100"
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("letter", "to", "what"),
    [
        pytest.param(SURVEY, "ana", "the contact point", id="no address"),
        pytest.param(SURVEY, "Ana <ana@example.org>", "the contact point", id="a name as well"),
        pytest.param(SURVEY, "ana@example.org,eve@example.org", "the contact point", id="two"),
        pytest.param(
            replace(SURVEY, sender="Ana"), "ana@example.org", "the sender", id="no sender"
        ),
        pytest.param(replace(SURVEY, reply_to="x"), "ana@example.org", "reply_to", id="no answer"),
    ],
)
def test_a_bad_address_is_rejected_before_anything_is_sent(
    letter: Letter, to: str, what: str
) -> None:
    with pytest.raises(Rejected, match=f"^Expected {what} to be one e-mail address"):
        compose(letter, to, "k1", sender=SENDER, moment=NEW_YEAR)


class Answering:
    """An SMTP server's hooks that answer RCPT and DATA as they are told."""

    def __init__(self, rcpt: str = "250 ok", data: str = "250 ok") -> None:
        self._rcpt, self._data = rcpt, data

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self._rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self._rcpt

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        return self._data


@asynccontextmanager
async def serving(hooks: Answering, **options: Any) -> AsyncIterator[SmtpServer]:
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(hooks, hostname="localhost", **options), "127.0.0.1", 0
    )
    try:
        yield SmtpServer("127.0.0.1", server.sockets[0].getsockname()[1], tls="none", timeout=5)
    finally:
        server.close()
        await server.wait_closed()


async def send(server: SmtpServer, to: str = "ana@example.org") -> None:
    async with aclosing(Email(server, SENDER)) as email:
        await email.send(SURVEY, to, "k1")


@pytest.mark.parametrize(
    ("hooks", "means", "words"),
    [
        pytest.param(
            Answering(rcpt="550 5.1.1 no such user <ana@example.org> here"),
            Rejected,
            "The mail server answered 550 5.1.1 no such user <<address>> here",
            id="nobody there",
        ),
        pytest.param(
            Answering(rcpt="550 5.1.1 <ANA@example.ORG>, also ana+x@example.org, is unknown"),
            Rejected,
            "The mail server answered 550 5.1.1 <<address>>, also <address>, is unknown",
            id="nobody there, spelled in another way",
        ),
        pytest.param(
            Answering(rcpt="550 5.1.1 Ana: mailbox unavailable, ban.ana and banana are not"),
            Rejected,
            "The mail server answered 550 5.1.1 <address>: mailbox unavailable, ban.ana and banana are not",
            id="a mailbox by its name",
        ),
        pytest.param(
            Answering(rcpt="450 4.2.1 ana@example.org is busy"),
            Unreachable,
            "The mail server answered 450 4.2.1 <address> is busy",
            id="come back for the recipient",
        ),
        pytest.param(
            Answering(data="554 5.7.1 looks like spam"),
            Rejected,
            "The mail server answered 554 5.7.1 looks like spam",
            id="not this content",
        ),
        pytest.param(
            Answering(data="451 4.3.0 try later"),
            Unreachable,
            "The mail server answered 451 4.3.0 try later",
            id="come back for the content",
        ),
        pytest.param(
            Answering(rcpt="530 5.7.0 sign in first"),
            Unreachable,
            "The mail server answered 530 5.7.0 sign in first",
            id="a sign-in that an operator has to mend",
        ),
    ],
)
async def test_a_refusal_says_whether_a_retry_may_help_and_names_nobody(
    hooks: Answering, means: type[Exception], words: str
) -> None:
    async with serving(hooks) as server:
        with pytest.raises(means) as got:
            await send(server)

    assert str(got.value) == words


async def test_a_server_that_is_not_there_may_be_there_later() -> None:
    async with serving(Answering()) as server:
        pass

    with pytest.raises(Unreachable, match="The mail server did not take the message"):
        await send(server)


async def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for() -> None:
    async with serving(Answering()) as server:
        with pytest.raises(Unreachable, match="STARTTLS"):
            await send(replace(server, tls="starttls"))


async def test_a_server_that_carries_only_ascii_rejects_other_addresses() -> None:
    async with serving(Answering()) as server:
        with pytest.raises(Rejected, match="The mail server cannot carry this message"):
            await send(server, "아나@example.org")


async def test_a_password_the_server_does_not_ask_for_is_a_fault_that_can_be_mended() -> None:
    async with serving(Answering()) as server:
        known = replace(server, username="sojourn", password="open sesame")
        with pytest.raises(Unreachable) as got:
            await send(known)

    assert "open sesame" not in str(got.value)
