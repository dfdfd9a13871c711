"""E-mail: composed with the standard library, handed to an SMTP server."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from ssl import SSLError
from typing import Any, Self

import aiosmtplib

from channels.address import plain, read_address
from channels.channel import Letter, Rejected, Unreachable
from channels.rendering import render
from channels.smtp import Connections, SmtpServer
from journeys.facts import Facts
from journeys.table import Table
from journeys.template import Template
from settings import CannotStart, Settings


class Email:
    """The e-mail channel: each letter is handed to *server*, from *sender* unless it has its own."""

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._connections = Connections(server)
        self._sender = sender

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the channel that *settings* describe; raise CannotStart where no server is named."""
        if settings.smtp_host is None:
            raise CannotStart(
                "Expected SOJOURN_SMTP_HOST to name the mail server that e-mail is handed to, "
                "but it is not set."
            )
        password = settings.smtp_password
        server = SmtpServer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_tls,
            settings.smtp_username,
            password.get_secret_value() if password else None,
        )
        return cls(server, settings.mail_from)

    def render(
        self,
        template: Template,
        facts: Facts,
        tables: Mapping[str, Table],
        *,
        about: Mapping[str, str] | None = None,
        zone: tzinfo = UTC,
    ) -> Letter:
        """Return what *template* says with *facts*; raise Rejected where it cannot be rendered."""
        return render(template, facts, tables, about=about, zone=zone)

    async def send(self, letter: Letter, to: str, key: str) -> str:
        """Hand *letter* to the server for *to*, and return its Message-ID."""
        moment = datetime.now(UTC)  # noqa: TID251 - the edge: when the mail is written
        mail = compose(letter, to, key, sender=self._sender, moment=moment)
        await _hand_over(self._connections, mail)
        return str(mail["Message-ID"])

    async def aclose(self) -> None:
        """Take leave of the server, once nothing is to be sent any more."""
        await self._connections.aclose()


class _Headers(HeaderRegistry):
    """The kinds of headers, each made once: the standard library makes one anew for each header."""

    @cache  # noqa: B019 - there is one of us, and a dozen names
    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)


_POLICY = SMTP.clone(header_factory=_Headers())


def compose(letter: Letter, to: str, key: str, *, sender: str, moment: datetime) -> EmailMessage:
    """Return *letter* as a mail with a text and an HTML part; raise Rejected for a bad address.

    Its Message-ID is made from *key*: whoever receives a retry can tell.
    """
    author = read_address(letter.sender or sender, "the sender")
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = author
    mail["To"] = read_address(to, "the contact point", bare=True)
    if letter.reply_to:
        mail["Reply-To"] = read_address(letter.reply_to, "reply_to")
    mail["Subject"] = plain(letter.subject)
    mail["Date"] = format_datetime(moment)
    mail["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{author.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: absence notices need not answer
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail


async def _hand_over(connections: Connections, mail: EmailMessage) -> None:
    author, reader = (mail[name].addresses[0].addr_spec for name in ("From", "To"))
    try:
        async with connections.connection() as connection:
            await connection.send_message(mail, sender=author, recipients=[reader])
    except aiosmtplib.SMTPRecipientsRefused as refused:
        raise _answered(refused.recipients[0], mail) from None
    except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as refused:
        raise _answered(refused, mail) from None
    except aiosmtplib.SMTPNotSupported as refused:
        raise Rejected(f"The mail server cannot carry this message: {refused.message}") from None
    except (aiosmtplib.SMTPException, SSLError, OSError) as failed:
        raise Unreachable(
            f"The mail server did not take the message: {_anonymous(str(failed), mail)}"
        ) from None


def _answered(refused: aiosmtplib.SMTPResponseException, mail: EmailMessage) -> Exception:
    """Return what a refusal means: for good (5xx), or for now."""
    words = f"The mail server answered {refused.code} {_anonymous(refused.message, mail)}"
    for_good = 500 <= refused.code < 600 and refused.code not in _SIGN_IN  # noqa: PLR2004
    return Rejected(words) if for_good else Unreachable(words)


# Answers about how we sign in (RFC 4954, 6): an operator mends that, and the message can leave.
_SIGN_IN = (530, 534, 535, 538)


_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")


def _anonymous(words: str, mail: EmailMessage) -> str:
    """Return a server's *words* without the addresses it may repeat: they are logged and shown.

    It may spell the one it refuses in its own way, or name only the mailbox.
    """
    words = _ADDRESS.sub("<address>", words)
    for address in mail["To"].addresses:
        mailbox = rf"(?<![\w.]){re.escape(address.username)}(?![\w.])"
        words = re.sub(mailbox, "<address>", words, flags=re.IGNORECASE)
    return " ".join(words.split())[:300]
