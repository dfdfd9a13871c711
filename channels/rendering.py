"""Rendering: what one person gets of a template, from the facts of their visit."""

import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any

import html2text

from channels.channel import Letter, Rejected
from journeys.facts import Facts
from journeys.reading import readable
from journeys.saying import rendered
from journeys.table import Table
from journeys.template import Template

MAX_LINE = 500  # characters a subject or an address may have


def render(
    template: Template,
    facts: Facts,
    tables: Mapping[str, Table],
    *,
    about: Mapping[str, str] | None = None,
    zone: tzinfo = UTC,
) -> Letter:
    """Return *template* as it reads with *facts* (see `Channel.render`).

    HTML is escaped, text is not; what becomes a header is one line, whatever a record holds.
    """
    roots = readable(facts, tables, about or {})

    def said(part: str, source: str) -> str:
        return _render(part, source, roots, zone)

    html = said("html", template.html)
    return Letter(
        subject=_line(said("subject", template.subject)),
        text=_text_of(html) if template.text is None else said("text", template.text),
        html=html,
        sender=_line(said("from", template.sender or "")) or None,
        reply_to=_line(said("reply_to", template.reply_to or "")) or None,
    )


def _render(part: str, source: str, roots: Mapping[str, Any], zone: tzinfo) -> str:
    try:
        return rendered(source, roots, zone, html=part == "html")
    except ValueError as error:
        raise Rejected(f"{part}: {error}") from error


def _line(text: str) -> str:
    """Return *text* as one line: a header ends where its line ends, so a name must not end it."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(printable.split())[:MAX_LINE]


def _text_of(html: str) -> str:
    """Return the text part for *html*, with its links written out."""
    reader = html2text.HTML2Text(bodywidth=0)
    reader.ignore_images = True
    # A person reads it, not Markdown: an escaped bracket in a link would lead nowhere.
    lines = _ESCAPE.sub("", reader.handle(html)).splitlines()
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip() + "\n"


_ESCAPE = re.compile(r"\\(?=[()\[\].+#-])")
_BLANK_LINES = re.compile(r"\n{3,}")
