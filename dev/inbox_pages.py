"""The pages on which the inbox is read: plain HTML, in which a mail can run and fetch nothing."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse

from dev.inbox import Inbox, Mail

PAGE = 50  # mails on one page

_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; padding: .4rem .8rem .4rem 0; }
td { overflow-wrap: anywhere; }
tr { border-bottom: 1px solid #8888; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
iframe { width: 100%; height: 40rem; border: 1px solid #888; background: #fff; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_OURS = _COMMON | {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
# `sandbox` holds for the mail even where it is opened outside our frame.
_MAILS = _COMMON | {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
}


def inbox_router(inbox: Inbox) -> APIRouter:
    """Return the routes under `/inbox` that show the mails of *inbox*, and `/inbox.json` for tests."""
    router = APIRouter(include_in_schema=False)

    @router.get("/inbox")
    def show_mails(page: Annotated[int, Query(ge=1)] = 1) -> HTMLResponse:
        ids = inbox.ids()
        shown = [inbox.read(each, whole=False) for each in _slice(ids, page, PAGE)]
        return _page("Inbox", _mails([each for each in shown if each], page, len(ids)))

    @router.get("/inbox.json")
    def list_mails(
        page: Annotated[int, Query(ge=1)] = 1, size: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> list[dict[str, Any]]:
        read = (inbox.read(each) for each in _slice(inbox.ids(), page, size))
        return [_as_json(each) for each in read if each]

    @router.get("/inbox/{mail}")
    def show_mail(mail: str) -> HTMLResponse:
        found = _found(inbox, mail)
        return _page(found.header("Subject") or "(no subject)", _mail(found))

    @router.get("/inbox/{mail}/html")
    def show_html(mail: str) -> HTMLResponse:
        return HTMLResponse(_found(inbox, mail).part("html") or "", headers=_MAILS)

    return router


def _found(inbox: Inbox, mail: str) -> Mail:
    found = inbox.read(mail)
    if found is None:
        raise HTTPException(404, "Expected a mail of the inbox, but there is none with this id.")
    return found


def _slice(ids: list[str], page: int, size: int) -> list[str]:
    return ids[(page - 1) * size : page * size]


def _as_json(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "to": mail.to,
        "from": mail.header("From"),
        "subject": mail.header("Subject"),
        "at": mail.at.isoformat().replace("+00:00", "Z"),
        "text": mail.part("plain"),
        "html": mail.part("html"),
        "message_id": mail.header("Message-ID"),
    }


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>",
        headers=_OURS,
    )


def _mails(mails: Iterable[Mail], page: int, total: int) -> str:
    if not total:
        return "<p>Nothing has arrived yet.</p>"
    rows = "".join(
        f"<tr><td>{_moment(mail)}</td><td>{escape(mail.header('From'))}</td><td>{escape(mail.to)}</td>"
        f'<td><a href="/inbox/{escape(mail.id)}">{escape(mail.header("Subject") or "(no subject)")}'
        "</a></td></tr>"
        for mail in mails
    )
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("When (UTC)", "From", "To", "Subject")
    )
    return (
        f"<table><caption>{total} caught, the newest first</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{_pages(page, total)}"
    )


def _pages(page: int, total: int) -> str:
    last = -(-total // PAGE)
    links = [
        f'<a href="/inbox?page={number}" rel="{rel}">{text}</a>'
        for number, rel, text in ((page - 1, "prev", "Newer"), (page + 1, "next", "Older"))
        if 1 <= number <= last
    ]
    return f'<nav aria-label="Pages"><p>Page {page} of {last}. {" ".join(links)}</p></nav>'


def _mail(mail: Mail) -> str:
    # Ours are left out: nobody wrote them.
    headers = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(str(value))}</td></tr>'
        for name, value in mail.content.items()
        if name != "Delivered-To"
    )
    text, html = mail.part("plain"), mail.part("html")
    parts = (
        f"<p>{_moment(mail)} to {escape(mail.to)}. <a href='/inbox'>All mails</a></p>",
        "" if text is None else f"<h2>Text</h2><pre>{escape(text)}</pre>",
        ""
        if html is None
        else '<h2>HTML</h2><iframe sandbox title="The HTML part of this mail" '
        f'src="/inbox/{escape(mail.id)}/html"></iframe>',
        f"<h2>Headers</h2><table><tbody>{headers}</tbody></table>",
    )
    return "".join(parts)


def _moment(mail: Mail) -> str:
    return f'<time datetime="{mail.at.isoformat()}">{mail.at:%Y-%m-%d %H:%M:%S}</time>'
