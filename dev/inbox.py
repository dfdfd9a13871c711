"""The inbox: an SMTP server that keeps what it catches in the data folder, and delivers to nobody."""

import asyncio
import logging
import mailbox
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import cast
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from dev.ports import require_free_port
from settings import CannotStart

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Mail:
    """A mail as it was caught: what its reader sees first, and its parts."""

    id: str
    at: datetime
    content: EmailMessage

    @property
    def to(self) -> str:
        """Everyone it was handed in for, which its own `To` need not say."""
        return ", ".join(str(each) for each in self.content.get_all("Delivered-To", ()))

    def header(self, name: str) -> str:
        """Return header *name* in words, empty where there is none."""
        return str(self.content.get(name, ""))

    def part(self, kind: str) -> str | None:
        """Return the text of the `plain` or `html` part, or None where there is none."""
        part = self.content.get_body((kind,))
        if part is None:
            return None
        try:
            return str(part.get_content()).replace("\r\n", "\n")  # lines end so in transit
        except LookupError:  # a character set nobody knows
            return cast("bytes", part.get_payload(decode=True)).decode("utf-8", "replace")


class Inbox:
    """The caught mails of one folder (a Maildir), which survive a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            mailbox.Maildir(folder)
        except OSError as error:
            raise CannotStart(
                f"Expected {folder} to be a folder that mails can be written to, "
                f"but: {error.strerror}."
            ) from error

    def keep(self, content: bytes) -> str:
        """Keep a mail and return its id; it is on disk, or not there at all."""
        return mailbox.Maildir(self._folder).add(content)

    def ids(self) -> list[str]:
        """Return the ids of all mails, the newest first."""
        found = (path.name for part in ("new", "cur") for path in (self._folder / part).iterdir())
        return sorted(found, key=_arrival, reverse=True)

    def read(self, mail: str, *, whole: bool = True) -> Mail | None:
        """Return the mail with id *mail*, or None; its headers alone unless *whole*."""
        file = next(
            (each for part in ("new", "cur") if (each := self._folder / part / mail).is_file()),
            None,
        )
        # A name is compared rather than trusted: it comes from outside and must not lead elsewhere.
        if file is None or file.name != mail:
            return None
        content = file.read_bytes()
        parsed = (
            message_from_bytes(content, policy=policy.default)
            if whole
            else BytesHeaderParser(policy=policy.default).parsebytes(content)
        )
        at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return Mail(mail, at, parsed)


def _arrival(name: str) -> tuple[int, int, int]:
    """Order Maildir's names (`1795539270.M41P7Q12.host`) by second, microsecond and count."""
    second, _, rest = name.partition(".")
    digits = "".join(each if each.isdecimal() else " " for each in rest.partition(".")[0]).split()
    microsecond, _process, count = ([int(each) for each in digits] + [0, 0, 0])[:3]
    return (int(second) if second.isdecimal() else 0, microsecond, count)


class _Catcher:
    """Answers aiosmtpd: every mail is accepted and kept."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        received = envelope.original_content or b""
        delivered = "".join(f"Delivered-To: {each}\r\n" for each in envelope.rcpt_tos)
        # The disk is waited for beside the loop: the gateway and the worker run on it as well.
        kept = await asyncio.to_thread(self._inbox.keep, delivered.encode() + received)
        return f"250 2.0.0 kept as {kept}"


@dataclass(frozen=True)
class Catching:
    """An inbox that is listening: where to hand mail in."""

    inbox: Inbox
    host: str
    port: int


@asynccontextmanager
async def catching_mail(folder: Path, *, port: int = 0) -> AsyncIterator[Catching]:
    """Catch mail on loopback into the Maildir *folder* until the block is left; 0 = any free port."""
    inbox = Inbox(folder)
    if port:
        require_free_port(_HOST, port, for_="the inbox", setting="SOJOURN_SMTP_PORT")
    # Its library tells who writes to whom at INFO.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    open_: WeakSet[SMTP] = WeakSet()

    def connect() -> SMTP:
        connection = SMTP(_Catcher(inbox), hostname="localhost", enable_SMTPUTF8=True)
        open_.add(connection)
        return connection

    server = await asyncio.get_running_loop().create_server(connect, _HOST, port)
    try:
        yield Catching(inbox, _HOST, server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for connection in open_:
            # A sender that says nothing more must not keep us from stopping.
            if connection.transport is not None:
                connection.transport.close()
        await server.wait_closed()
