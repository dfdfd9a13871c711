"""Signatures: what a Standard Webhooks sender signs, checked on the bytes as they came."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""How far the sender's clock and ours may be apart, and how long a request can be sent again."""

_LONGEST_ID = 200


class WrongSignature(ValueError):
    """Why a request is not what its sender signed, as a sentence."""


def signature(secret: str, delivery: str, timestamp: int, content: bytes) -> str:
    """Return the signature of *content* under the id *delivery*, sent at *timestamp* (seconds)."""
    signed = f"{delivery}.{timestamp}.".encode() + content
    digest = hmac.new(_bytes_of(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def is_signed(headers: Mapping[str, str]) -> bool:
    """Say whether a request says that it is signed."""
    return "webhook-signature" in headers


def delivery_of(secret: str, headers: Mapping[str, str], content: bytes, now: datetime) -> str:
    """Return the id of what was delivered (`webhook-id`), the same each time it is tried again.

    Raises WrongSignature where *content* was not signed with *secret*, or not just now.
    """
    delivery = headers.get("webhook-id", "")
    if not (0 < len(delivery) <= _LONGEST_ID):
        raise WrongSignature("Expected webhook-id to say what is delivered, but it does not.")
    said = headers.get("webhook-timestamp", "")
    if not (said.isascii() and said.isdecimal() and len(said) < 12):  # noqa: PLR2004 - seconds
        raise WrongSignature("Expected webhook-timestamp to be seconds, but it is not.")
    if abs(now.timestamp() - int(said)) > TOLERANCE.total_seconds():
        raise WrongSignature("Expected webhook-timestamp within five minutes, but it is not.")
    expected = signature(secret, delivery, int(said), content).encode()
    found = headers.get("webhook-signature", "").split()
    # While a sender changes its secret there are several, one of each.
    if not any(hmac.compare_digest(each.encode(), expected) for each in found):
        raise WrongSignature("Expected webhook-signature to fit the body, but it does not.")
    return delivery


def _bytes_of(secret: str) -> bytes:
    text = secret.removeprefix("whsec_")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text.encode()
