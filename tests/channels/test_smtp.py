"""Connections to a real SMTP server, and how many of them mails need."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from channels.channel import Letter, Rejected, Unreachable
from channels.email import Email
from channels.smtp import SmtpServer

SURVEY = Letter(subject="How was it?", text="Tell us.\n", html="<p>Tell us.</p>")


class Post:
    """An SMTP server that says what it was told on each connection, and may hang up on everybody."""

    def __init__(self) -> None:
        self.connections: list[SMTP] = []
        self.said: list[list[str]] = []
        self.unknown: set[str] = set()
        self.hangs_up_on: set[str] = set()
        self.left = asyncio.Event()

    def connected(self) -> SMTP:
        connection = SMTP(self, hostname="localhost")
        self.connections.append(connection)
        self.said.append([])
        return connection

    def hang_up(self) -> None:
        for connection in self.connections:
            if connection.transport is not None:
                connection.transport.close()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.hangs_up_on:
            self.hang_up()
        if address in self.unknown:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.said[self.connections.index(server)] += envelope.rcpt_tos
        return "250 ok"

    async def handle_QUIT(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.said[self.connections.index(server)].append("QUIT")
        self.left.set()
        return "221 bye"


@pytest.fixture
async def post() -> Post:
    return Post()


@pytest.fixture
async def server(post: Post) -> AsyncIterator[SmtpServer]:
    server = await asyncio.get_running_loop().create_server(post.connected, "127.0.0.1", 0)
    async with server:
        yield SmtpServer("127.0.0.1", server.sockets[0].getsockname()[1], tls="none", timeout=5)


@pytest.fixture
async def email(server: SmtpServer) -> AsyncIterator[Email]:
    async with aclosing(Email(server, "care@contoso.example")) as email:
        yield email


async def greeted_by(server: SmtpServer) -> None:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    assert (await reader.readline()).startswith(b"220 ")
    writer.close()


async def send(email: Email, *names: str) -> None:
    for name in names:
        await email.send(SURVEY, f"{name}@example.org", name)


async def test_mails_that_follow_each_other_go_over_one_connection(
    email: Email, post: Post
) -> None:
    await send(email, "ana", "ben", "eve")

    assert post.said == [["ana@example.org", "ben@example.org", "eve@example.org"]]


async def test_mails_that_leave_at_once_have_a_connection_each(email: Email, post: Post) -> None:
    await asyncio.gather(send(email, "ana"), send(email, "ben"))

    assert sorted(post.said) == [["ana@example.org"], ["ben@example.org"]]


@pytest.mark.slow
async def test_a_connection_that_carries_nothing_for_a_second_is_given_back(
    email: Email, post: Post
) -> None:
    await send(email, "ana")
    await post.left.wait()

    assert post.said == [["ana@example.org", "QUIT"]]


async def test_a_connection_is_given_back_when_nothing_is_to_be_sent_any_more(
    email: Email, post: Post
) -> None:
    await send(email, "ana")
    await email.aclose()

    assert post.said == [["ana@example.org", "QUIT"]]


async def test_a_server_that_hung_up_meanwhile_is_called_again(
    server: SmtpServer, email: Email, post: Post
) -> None:
    await send(email, "ana")
    post.hang_up()
    await greeted_by(server)  # by then the news of it is here too
    await send(email, "ben")

    assert post.said == [["ana@example.org"], [], ["ben@example.org"]]


async def test_after_a_refusal_the_next_mail_has_a_connection_of_its_own(
    email: Email, post: Post
) -> None:
    post.unknown.add("ben@example.org")

    await send(email, "ana")
    with pytest.raises(Rejected, match="550 no such user"):
        await send(email, "ben")
    await send(email, "eve")
    await email.aclose()

    assert post.said == [["ana@example.org", "QUIT"], ["eve@example.org", "QUIT"]]


async def test_a_server_that_goes_away_in_the_middle_did_not_take_the_mail(
    email: Email, post: Post
) -> None:
    post.hangs_up_on.add("ben@example.org")

    await send(email, "ana")
    with pytest.raises(Unreachable, match="The mail server did not take the message"):
        await send(email, "ben")
    await send(email, "eve")

    assert post.said == [["ana@example.org"], ["eve@example.org"]]
