"""Ports: whether one can be listened on, said before anything is started."""

import errno
import socket

from settings import CannotStart


def require_free_port(host: str, port: int, *, for_: str, setting: str) -> None:
    """Raise CannotStart where nothing can listen on *host* and *port*; *setting* is what changes it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Connections of the last run that are still closing do not hinder a server either.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = (
                "something else listens on it"
                if error.errno == errno.EADDRINUSE
                else f"it cannot be listened on ({error.strerror})"
            )
            raise CannotStart(
                f"Expected port {port} to be free for {for_} ({setting}), but {why}."
            ) from error
