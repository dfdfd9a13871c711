"""Snippets: how a system sends a custom trigger, ready to be pasted."""

import json
import pprint
import shlex
from textwrap import indent
from typing import Any

from pydantic import BaseModel

from journeys.trigger import AttributeType, CustomTrigger

_EXAMPLES: dict[AttributeType, Any] = {
    "text": "text",
    "number": 1,
    "boolean": True,
    "datetime": "2027-01-31T09:00:00Z",
    "lookup": {"table": "account", "id": "1"},
}


class Snippets(BaseModel):
    """The same sending three times: for a shell, for Python (`sojourn_client`) and for JavaScript (fetch).

    Python and JavaScript name each sending, so that a second try counts once.
    """

    curl: str
    python: str
    javascript: str


def snippets(trigger: CustomTrigger, url: str, audience: str) -> Snippets:
    """Return how *trigger* is sent to the gateway at *url* for a person of the table *audience*."""
    sent = {
        "trigger": trigger.name,
        "person": {"table": audience, "id": "1"},
        "attributes": {name: _EXAMPLES[kind] for name, kind in trigger.attributes.items()},
    }
    route = f"{url}/v1/events"
    return Snippets(
        curl=_curl(sent, route), python=_python(sent, url), javascript=_javascript(sent, route)
    )


def _curl(sent: dict[str, Any], url: str) -> str:
    body = json.dumps(sent, indent=2, ensure_ascii=False)
    return (
        f"curl -X POST {shlex.quote(url)} \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(body)}\n"
    )


def _python(sent: dict[str, Any], url: str) -> str:
    person = "{table}/{id}".format(**sent["person"])
    attributes = pprint.pformat(sent["attributes"], sort_dicts=False, width=80)
    return (
        "from sojourn_client import Sojourn\n\n"
        f"with Sojourn({url!r}) as sojourn:\n"
        f"    attributes = {indent(attributes, ' ' * 17).lstrip()}\n"
        f"    sojourn.fire({sent['trigger']!r}, {person!r}, attributes)\n"
        "    print(sojourn.flush())\n"
    )


def _javascript(sent: dict[str, Any], url: str) -> str:
    body = json.dumps(sent, indent=2, ensure_ascii=False)
    return (
        f"const event = {body};\n"
        "event.event_id = crypto.randomUUID(); // keep it when you try again\n"
        f"const answer = await fetch({json.dumps(url)}, {{\n"
        '  method: "POST",\n'
        '  headers: { "Content-Type": "application/json" },\n'
        "  body: JSON.stringify(event),\n"
        "});\n"
        "console.log(await answer.json());\n"
    )
