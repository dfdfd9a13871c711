"""Settings: what an operator may set, from the environment; the defaults run everything on one machine."""

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]
_SENDER = re.compile(r"[^<>@]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+")


class CannotStart(Exception):
    """Why nothing was started: one sentence for the operator."""


def _temporal_address(read: dict[str, Any]) -> str:
    return f"127.0.0.1:{read.get('temporal_port', 7233)}"


def _database_url(read: dict[str, Any]) -> SecretStr:
    return SecretStr(f"sqlite:///{read.get('data_dir', Path('.sojourn')) / 'sojourn.db'}")


class Settings(BaseSettings):
    """Every setting by its environment variable: `SOJOURN_…`, and Temporal's own names for Temporal.

    `TEMPORAL_ADDRESS` names a Temporal cluster; without it Temporal's dev server is run on
    *temporal_port*. Without `SOJOURN_SMTP_HOST` e-mail goes to the inbox of this machine.
    """

    model_config = SettingsConfigDict(env_prefix="SOJOURN_", env_ignore_empty=True, frozen=True)

    host: str = Field(
        "127.0.0.1",
        description="The address the gateway listens on; one that others reach needs an admin key first.",
    )
    port: Port = Field(8000, description="The gateway's port.")
    temporal_port: Port = Field(7233, description="The port of the dev server run here.")
    temporal_ui_port: Port = Field(8233, description="The port of its UI.")
    data_dir: Path = Field(
        Path(".sojourn"), description="The folder with everything that survives a restart."
    )
    database_url: SecretStr = Field(
        default_factory=_database_url,
        description="The store's database; left out, the file sojourn.db in the data folder.",
    )
    temporal_address: str = Field(
        default_factory=_temporal_address,
        validation_alias="TEMPORAL_ADDRESS",
        description="A Temporal cluster; left out, Temporal's dev server is run here.",
    )
    temporal_namespace: str = Field(
        "default", validation_alias="TEMPORAL_NAMESPACE", description="Temporal's namespace for us."
    )
    sandbox: bool = Field(
        False, description="Whether the worker runs workflows in Temporal's sandbox: safer, slower."
    )
    smtp_host: str | None = Field(
        None, description="Where e-mail is handed over; left out, the inbox of this machine."
    )
    smtp_port: Port = Field(587, description="The mail server's port.")
    smtp_username: str | None = Field(None, description="Who we are to the mail server.")
    smtp_password: SecretStr | None = Field(None, description="The password that goes with it.")
    smtp_tls: Literal["starttls", "implicit", "none"] = Field(
        "starttls", description="How the connection is secured: starttls, implicit or none."
    )
    mail_from: str = Field(
        "Sojourn <sojourn@localhost.localdomain>",
        description="The sender of e-mail whose template names none.",
    )

    max_body: int = Field(
        10_000_000,
        ge=1_000,
        description="How many bytes a body may have, unpacked; changes as NDJSON may be any number.",
    )
    max_waiting: int = Field(
        256,
        ge=1,
        description="How many requests with changes wait at once; more are told to come later.",
    )
    key_rate: float | None = Field(
        None,
        gt=0,
        description="How many requests a second each key may make; left out, any number.",
    )
    dataverse_key_name: str = Field(
        "code",
        min_length=1,
        description="The header or query parameter in which Dataverse brings its key, besides `code`.",
    )
    access_log: bool = Field(
        True,
        description="Whether each request is logged: route, status, time and key, nothing else; "
        "left out, `sojourn dev` logs none.",
    )

    wait_for_person: timedelta = Field(
        timedelta(hours=1),
        ge=timedelta(0),
        description="How long a trigger waits for a person nobody has told us of yet: PT1H; PT0S = not at all.",
    )

    keep_ids: timedelta = Field(
        timedelta(days=30),
        ge=timedelta(days=1),
        description="How long a change is known again by its id; delivered once more later, it counts anew.",
    )
    keep_history: timedelta = Field(
        timedelta(days=365),
        ge=timedelta(days=31),
        description="How long is kept what ended instances went through, and refusals that need no answer.",
    )

    webhook_secrets: SecretStr = Field(
        SecretStr(""),
        description="The secrets webhooks are signed with, `name:secret` and more of them after commas; "
        "one without a name is `default`.",
    )
    webhook_allow_private: bool = Field(
        False, description="Whether webhooks may call private and loopback addresses."
    )

    @property
    def secrets_by_name(self) -> dict[str, str]:
        """The secrets that webhooks are signed with."""
        named: dict[str, str] = {}
        for each in self.webhook_secrets.get_secret_value().split(","):
            name, colon, secret = each.strip().partition(":")
            if name:
                named[name if colon else "default"] = secret if colon else name
        return named

    @property
    def embeds_temporal(self) -> bool:
        """Whether Temporal's dev server is ours to run, because no cluster is named."""
        return "temporal_address" not in self.model_fields_set

    @field_validator("mail_from")
    @classmethod
    def _one_sender(cls, sender: str) -> str:
        if not (_SENDER.fullmatch(sender) and sender.isprintable()):
            raise ValueError(
                "Expected SOJOURN_MAIL_FROM to be one address such as "
                f"Contoso <care@contoso.example>, but it is {sender!r:.80}."
            )
        return sender

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, data_dir: Path) -> Path:
        # The Temporal server and the store must not depend on where each was started.
        return data_dir.expanduser().absolute()

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Self:
        if self.smtp_password and self.smtp_tls == "none" and not is_loopback(self.smtp_host or ""):
            raise ValueError(
                "Expected SOJOURN_SMTP_TLS to be starttls or implicit where a password is sent, "
                "but it is none."
            )
        return self


def is_loopback(host: str) -> bool:
    """Say whether *host* reaches no further than this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_settings() -> Settings:
    """Return the settings of this process's environment; raise CannotStart with all that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        findings = error.errors(include_url=False)
    # A default that is made from a wrong setting is no second mistake.
    findings = [each for each in findings if each["type"] != "default_factory_not_called"]
    raise CannotStart(" ".join(_sentence(each) for each in findings))


_EXPECTED = {"int_parsing": "a whole number", "bool_parsing": "true or false"}


def _sentence(finding: Any) -> str:
    """Say one finding; a value is only shown where it cannot be a secret."""
    if finding["type"] == "value_error":
        return str(finding["ctx"]["error"])
    field = str(finding["loc"][0])
    name = field if field.isupper() else f"SOJOURN_{field.upper()}"
    expected = _EXPECTED.get(finding["type"]) or finding["msg"].removeprefix("Input should be ")
    said = "" if "password" in field or "url" in field else f", but it is {finding['input']!r:.80}"
    return f"Expected {name} to be {expected}{said}."
