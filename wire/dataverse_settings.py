"""What a source can be told of a Dataverse environment: nothing, or how to ask it for something."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from wire.credentials import Secret
from wire.reading import Settings

CUT_OFF_HEADER = "x-ms-dynamics-msg-size-exceeded"

_ON_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def _origin(url: str) -> str:
    parts = urlsplit(url.rstrip("/"))
    safe = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in _ON_THIS_MACHINE
    )
    if not safe or not parts.hostname or parts.username or parts.path or parts.query:
        raise ValueError(
            f"Expected an address such as https://org.crm.dynamics.com, but it is {url!r:.80}."
        )
    return f"{parts.scheme}://{parts.netloc}"


Origin = Annotated[str, AfterValidator(_origin)]
"""Where a server is: https, or plain on this machine alone, since a secret goes there."""

Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
TableName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,99}$")]


class DataverseConnection(BaseModel):
    """How to ask a Dataverse environment: its *url*, and an application user by client credentials.

    *authority* is where the *tenant* gives tokens out. The records of *tables* are kept in step
    with the environment: what webhooks missed is found, and journeys write into it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Origin
    tenant: Word
    client_id: Word
    client_secret: Secret
    authority: Origin = "https://login.microsoftonline.com"
    tables: tuple[TableName, ...] = ()


class DataverseSettings(Settings):
    """Nothing has to be said of an environment to read what it posts; *connection* is to ask it."""

    connection: DataverseConnection | None = None

    @property
    def heard(self) -> tuple[str, ...]:
        return (CUT_OFF_HEADER,)

    @classmethod
    def shown(cls, said: dict[str, Any]) -> dict[str, Any]:
        connection = said.get("connection")
        if not isinstance(connection, dict):
            return said
        open_to_all = {name: each for name, each in connection.items() if name != "client_secret"}
        return {**said, "connection": open_to_all}

    @classmethod
    def completed(cls, said: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        """Let the secret stay that is not said again, as long as it goes to the same place."""
        new, old = said.get("connection"), before.get("connection")
        if not (isinstance(new, dict) and isinstance(old, dict)) or "client_secret" in new:
            return said
        goes_to = ("url", "tenant", "client_id", "authority")
        if any(_said(new, name) != _said(old, name) for name in goes_to):
            return said
        return {**said, "connection": {**new, "client_secret": old["client_secret"]}}


def _said(connection: dict[str, Any], name: str) -> Any:
    value = connection.get(name, DataverseConnection.model_fields[name].default)
    return value.rstrip("/") if isinstance(value, str) else value


def connection_in(settings: Any) -> DataverseConnection | None:
    """Return how to ask the environment that *settings* are of; None where they are of none, or do not say."""
    return settings.connection if isinstance(settings, DataverseSettings) else None
