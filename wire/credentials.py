"""Credentials: by what a system shows that it is the source it says; kept so that few can be read."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
)

from wire.signatures import SCHEMES, HeaderName, Request, Scheme, WrongSignature

_MODEL = ConfigDict(frozen=True, extra="forbid")


def _unsaid(value: Any) -> Any:
    if not isinstance(value, str | SecretStr) or not value:  # pydantic would repeat what it is
        raise ValueError("Expected a secret that is text and not empty, but it is not.")
    return value


Secret = Annotated[SecretStr, Field(min_length=1), BeforeValidator(_unsaid)]


class Header(BaseModel):
    """A header with this value."""

    model_config = _MODEL
    kind: Literal["header"]
    name: HeaderName
    value: Secret


class Query(BaseModel):
    """A parameter of the URL with this value."""

    model_config = _MODEL
    kind: Literal["query"]
    name: Annotated[str, Field(min_length=1)]
    value: Secret


class Basic(BaseModel):
    """A user and a password, as `Authorization: Basic` has them."""

    model_config = _MODEL
    kind: Literal["basic"]
    user: str
    password: Secret


class Bearer(BaseModel):
    """A token, as `Authorization: Bearer` has it."""

    model_config = _MODEL
    kind: Literal["bearer"]
    token: Secret


class WriteKey(BaseModel):
    """A write key of Segment: the user of `Authorization: Basic`, without a password."""

    model_config = _MODEL
    kind: Literal["write-key"]
    value: Secret


def _scheme(name: Any) -> Any:
    if isinstance(name, str) and name not in SCHEMES:
        known = ", ".join(SCHEMES)
        raise ValueError(f"Expected a scheme that is one of {known}, but it is {name!r:.80}.")
    return name


class Signature(BaseModel):
    """A signature over what is sent, by the *scheme* of that name or one that is said here."""

    model_config = _MODEL
    kind: Literal["signature"]
    scheme: Annotated[str | Scheme, AfterValidator(_scheme)]
    secret: Secret


Credential = Annotated[
    Header | Query | Basic | Bearer | WriteKey | Signature, Discriminator("kind")
]
"""What a source is told when it is declared."""


class Kept(BaseModel):
    """A credential as it is kept: what need only be compared as a *digest*, under its *salt*.

    The *secret* of a signature has to be readable, or no signature could be checked.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    name: str | None = None
    user: str | None = None
    scheme: str | Scheme | None = None
    salt: str = ""
    digest: str | None = None
    secret: str | None = Field(default=None, repr=False)

    @classmethod
    def of(cls, credential: Credential, salt: str) -> "Kept":
        """Return what is kept of *credential*; *salt* is of its own."""
        said: dict[str, Any] = {"kind": credential.kind}
        match credential:
            case Signature():
                secret = credential.secret.get_secret_value()
                return cls(**said, scheme=credential.scheme, secret=secret)
            case Header() | Query():
                said |= {"name": credential.name}
                value = credential.value
            case Basic():
                said |= {"user": credential.user}
                value = credential.password
            case Bearer():
                value = credential.token
            case WriteKey():
                value = credential.value
        return cls(**said, salt=salt, digest=_digest(salt, value.get_secret_value()))

    def shown(self) -> dict[str, Any]:
        """Return what may be said of it."""
        return self.model_dump(exclude_none=True, exclude={"salt", "digest", "secret"})

    def fits(self, value: str) -> bool:
        """Say whether *value* is what was kept."""
        if self.digest is None:
            return False
        return hmac.compare_digest(_digest(self.salt, value), self.digest)


def presented(kept: Kept, headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Return what a request brings where *kept* is looked for, or None where it brings nothing."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    match kept.kind:
        case "header":
            return headers.get(kept.name or "")
        case "query":
            return query.get(kept.name or "")
        case "bearer":
            return given.strip() if scheme.lower() == "bearer" else None
        case "basic":
            user, password = _basic(headers)
            return password if user == kept.user else None
        case "write-key":
            return write_key_in(headers)
        case _:
            return None


def write_key_in(headers: Mapping[str, str]) -> str | None:
    """Return the user of `Authorization: Basic` who has no password."""
    user, password = _basic(headers)
    return None if password else user or None


def lets_in(
    credentials: Sequence[Kept],
    headers: Mapping[str, str],
    query: Mapping[str, str],
    write_key: str | None = None,
) -> bool:
    """Say whether one of *credentials* that need no signature is presented.

    Where there are write keys and one is presented, be it in the body, it has to be one of them;
    a token beside it has to fit where there are tokens too.
    """
    keys = [kept for kept in credentials if kept.kind == "write-key"]
    if write_key is None or not keys:
        return _fits(credentials, headers, query)
    tokens = [kept for kept in credentials if kept.kind == "bearer"]
    shown = any(presented(kept, headers, query) is not None for kept in tokens)
    return any(kept.fits(write_key) for kept in keys) and (
        not shown or _fits(tokens, headers, query)
    )


def _fits(
    credentials: Sequence[Kept], headers: Mapping[str, str], query: Mapping[str, str]
) -> bool:
    return any(
        (value := presented(kept, headers, query)) is not None and kept.fits(value)
        for kept in credentials
    )


def check_signature(credentials: Sequence[Kept], request: Request, now: datetime) -> str | None:
    """Return the id of what was delivered, where its scheme has one.

    Raises WrongSignature where none of *credentials* signed *request*, or not just now.
    """
    wrong: WrongSignature | None = None
    for kept in credentials:
        if kept.secret is None or kept.scheme is None:
            continue
        scheme = SCHEMES[kept.scheme] if isinstance(kept.scheme, str) else kept.scheme
        try:
            return scheme.check([kept.secret], request, now)
        except WrongSignature as error:
            # That it was signed, though not just now, says more than that others did not sign it.
            wrong = error if wrong is None or type(error) is not WrongSignature else wrong
    raise wrong or WrongSignature("Expected a source that signs, but this one does not.")


def _basic(headers: Mapping[str, str]) -> tuple[str | None, str]:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None, ""
    try:
        user, colon, password = base64.b64decode(given, validate=True).decode().partition(":")
    except ValueError:  # no base64, or of no text
        return None, ""
    return (user, password) if colon else (None, "")


def _digest(salt: str, value: str) -> str:
    return hashlib.sha256(f"{salt}:{value}".encode()).hexdigest()
