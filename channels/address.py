"""Addresses of e-mail: read strictly, so that none can say more than itself."""

import re
from email.headerregistry import Address

import idna

from channels.channel import Rejected

_LONGEST = 254  # characters an address may have (RFC 5321, 4.5.3.1.3)
_LONGEST_NAME = 200  # ours: what a mail program still shows

_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_ADDRESS = rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>[\w.-]+)"
_BARE = re.compile(_ADDRESS)
_NAMED = re.compile(rf"(?:\"(?P<quoted>[^\"<>]*)\"|(?P<name>[^\"<>]*?)) *<{_ADDRESS}>")


def read_address(text: str, what: str, *, bare: bool = False) -> Address:
    """Return the one address that *text* is: `ana@example.org`, or `Ana <ana@example.org>` unless *bare*.

    Raises Rejected, with *what* it was to be. The address is not repeated: it may be a person's.
    The standard library's own reading fails on many malformed ones, and decodes encoded words,
    which may hold the end of a line.
    """
    expected = f"Expected {what} to be one e-mail address, but"
    text = text.strip()
    found = _BARE.fullmatch(text) or (None if bare else _NAMED.fullmatch(text))
    if found is None or "=?" in found["local"] or not text.isprintable():
        raise Rejected(f"{expected} it is not.")
    try:
        # The domain as mail servers know it; UTS 46 reads what people write.
        domain = idna.encode(found["domain"], uts46=True).decode()
    except idna.IDNAError:
        raise Rejected(f"{expected} what follows the @ is no domain.") from None
    if len(found["local"]) + 1 + len(domain) > _LONGEST:
        raise Rejected(f"{expected} it is longer than {_LONGEST} characters.")
    said = found.groupdict()
    name = said.get("quoted") or said.get("name") or ""
    return Address(plain(name.strip()[:_LONGEST_NAME]), found["local"], domain)


def plain(text: str) -> str:
    """Return *text* so that no reader of a header takes a part of it for an encoded word (RFC 2047)."""
    return text.replace("=?", "= ?")
