"""Nesting: how deep JSON goes, told from its bytes before anything is made of them."""

_BRACKETS = b'{}[]"'
_OTHERS = bytes(set(range(256)) - set(_BRACKETS))
_ALIKE = bytes.maketrans(b"[]", b"{}")


def is_deeper(content: bytes, deepest: int) -> bool:
    """Say whether the JSON *content* nests more than *deepest* objects and lists.

    Of what is no JSON it says nothing: that is for whoever reads it.
    """
    if content.count(b"{") + content.count(b"[") <= deepest:
        return False
    if b"\\" in content:
        content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Only brackets outside of strings are left; each pass takes the innermost ones away.
    skeleton = content.translate(_ALIKE, _OTHERS).replace(b'""', b"")
    skeleton = b"".join(skeleton.split(b'"')[::2])
    for _ in range(deepest):
        shallower = skeleton.replace(b"{}", b"")
        if len(shallower) == len(skeleton):
            return skeleton.count(b"{") > deepest and not skeleton.strip(b"{")
        skeleton = shallower
    return bool(skeleton)
