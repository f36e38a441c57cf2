"""What was sent in the demo, for a browser on this machine: mails to customers and staff, alerts to on-call."""

from __future__ import annotations

import html
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from netwatch.simulation.demo.mailbox import Mail, Mailbox

_SHOWN: Final = 500
_FRAME: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}<title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}td,th{{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}}
</style></head><body><h1>{title}</h1>{body}</body></html>"""


@dataclass(frozen=True, slots=True)
class Alert:
    """One request that netwatch made to the on-call service's address."""

    at: float
    subject: str


class Alerts:
    """The on-call service of the demo: takes what netwatch posts."""

    def __init__(self) -> None:
        self.received: list[Alert] = []

    def application(self) -> Starlette:
        """Listens at `/alert`."""
        return Starlette(routes=[Route("/alert", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        document = await request.json()
        self.received.append(Alert(time.time(), str(document.get("subject", ""))))
        return Response(status_code=204)


def application(mailbox: Mailbox, alerts: Alerts) -> Starlette:
    """A list of the mails, newest first, and each of them as text; the alerts above them."""

    async def mails(request: Request) -> HTMLResponse:
        del request
        calls = "".join(f"<li>{_time(alert.at)} {html.escape(alert.subject)}</li>" for alert in alerts.received)
        rows = "".join(_row(mail) for mail in reversed(mailbox.mails[-_SHOWN:]))
        head = "<tr><th>at</th><th>to</th><th>subject</th></tr>"
        body = f"<h2>Alerts to on-call, by webhook</h2><ul>{calls}</ul><h2>Mails</h2><table>{head}{rows}</table>"
        return _html(f"{len(mailbox.mails)} mails", body, refresh_s=5)

    async def mail(request: Request) -> PlainTextResponse:
        number = request.path_params["number"]
        if not 1 <= number <= len(mailbox.mails):
            raise HTTPException(404, "no such mail")
        found = mailbox.mails[number - 1]
        return PlainTextResponse(
            f"From: {found.sender}\nTo: {found.recipient}\nSubject: {found.subject}\n\n{found.body}",
            headers={"X-Content-Type-Options": "nosniff"},
        )

    return Starlette(routes=[Route("/", mails), Route("/{number:int}", mail)])


def _row(mail: Mail) -> str:
    subject = f'<a href="/{mail.number}">{html.escape(mail.subject)}</a>'
    return f"<tr><td>{_time(mail.at)}</td><td>{html.escape(mail.recipient)}</td><td>{subject}</td></tr>"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")


def _html(title: str, body: str, refresh_s: int | None = None) -> HTMLResponse:
    refresh = f'<meta http-equiv="refresh" content="{refresh_s}">' if refresh_s else ""
    return HTMLResponse(_FRAME.format(title=title, body=body, refresh=refresh))
