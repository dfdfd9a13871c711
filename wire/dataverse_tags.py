"""Tags: what a request to Dataverse may carry, so that the webhook it causes says who made it."""

import re
from typing import Any

_OURS = re.compile(r"(journey/[^~]+)~(\d{1,4})", re.ASCII)


def tag_of(actor: str, depth: int) -> str:
    """Return the tag of what a journey writes: its name, and how many journeys have led to it."""
    return f"{actor}~{depth}"


def written_by(tag: str) -> dict[str, Any]:
    """Return the actor, and the depth where a journey wrote it, of what was written with *tag*."""
    ours = _OURS.fullmatch(tag)
    return {"actor": ours[1], "depth": int(ours[2])} if ours else {"actor": tag}
