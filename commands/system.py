"""Commands that run the system, or a part of it, until they are stopped."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from commands.answering import give_up, out

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from dev.run import Addresses
    from settings import Settings


def dev() -> None:
    """Run the whole system on this machine, with the examples live, until Ctrl-C."""
    from dev.run import run

    _until_stopped(lambda settings: run(settings, _say_where))


def gateway() -> None:
    """Run a gateway: it takes changes in and carries commands to Temporal."""
    from dev.run import run_gateway

    _until_stopped(run_gateway)


def worker() -> None:
    """Run a worker: it carries the instances out and sends their messages."""
    from dev.run import run_worker

    _until_stopped(run_worker)


def _say_where(addresses: "Addresses") -> None:
    out.print("Sojourn is running. Ctrl-C stops it; started again, it goes on where it was.\n")
    out.print(f"  Gateway      {addresses.gateway}")
    out.print(f"  Temporal UI  {addresses.temporal_ui}")
    out.print(f"  Inbox        {addresses.inbox}")


def _fastest_loop() -> "Callable[[], AbstractEventLoop] | None":
    """Return what makes uvloop's event loop, or None where there is none: on Windows."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop


def _until_stopped(start: "Callable[[Settings], Coroutine[Any, Any, None]]") -> None:
    from dev.logs import log_plainly
    from settings import CannotStart, read_settings

    log_plainly()
    try:
        with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
            runner.run(start(read_settings()))
    except CannotStart as error:
        give_up(str(error))
