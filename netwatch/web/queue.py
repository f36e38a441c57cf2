"""The phone queue's door: `/phone` as plain text, `/phone.json`, `/phone.xml` as TwiML, each for one caller's number.

Asked by GET (`caller`) or as Twilio does (POST with `From`). Numbers are neither logged nor given back.

Source: Twilio, "TwiML for Programmable Voice" (Response, Play, Say).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Final, Protocol
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape, quoteattr

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from netwatch.communication.page.forms import fit
from netwatch.web.phone import PhoneAnswer

_LONGEST_BODY: Final = 16 * 1024
_BODY_TIMEOUT_S: Final = 5.0
_PATHS: Final = ("/phone", "/phone.txt", "/phone.json", "/phone.xml")
_NAMES: Final = frozenset({"caller", "from"})
_VOICES: Final = MappingProxyType({"en": "en-GB", "nl": "nl-NL", "pl": "pl-PL"})
_KEPT_NOWHERE: Final = MappingProxyType({"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})


class Queue(Protocol):
    """What the door asks of the daemon."""

    async def phone(self, caller: str, language: str) -> PhoneAnswer:
        """What this caller hears; from memory. `caller` "" = withheld, `language` "" = none was asked for."""
        ...


def queue_app(queue: Queue, token: str) -> Starlette:
    """The door. `token`: what every request must bear, as Bearer or as Basic's password; "" = none is asked for."""
    door = _Door(queue, token)
    return Starlette(routes=[Route(path, door.answer, methods=["GET", "POST"]) for path in _PATHS])


class _Door:
    def __init__(self, queue: Queue, token: str) -> None:
        self._queue = queue
        self._token = token

    async def answer(self, request: Request) -> Response:
        if self._token and not hmac.compare_digest(_token_of(request).encode(), self._token.encode()):
            headers = {**_KEPT_NOWHERE, "WWW-Authenticate": 'Basic realm="phone queue", charset="UTF-8"'}
            return PlainTextResponse("the token is missing or wrong\n", 401, headers=headers)
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                asked = await _asked(request)
        except TimeoutError:
            return PlainTextResponse("the question takes too long\n", 408, headers=dict(_KEPT_NOWHERE))
        if asked is None:
            return PlainTextResponse("the question is too long\n", 413, headers=dict(_KEPT_NOWHERE))
        caller = next((value for name, value in asked.items() if name in _NAMES), "")
        found = await self._queue.phone(caller, asked.get("language", ""))
        made, kind = _FORMS.get(request.url.path.rpartition(".")[2], (_plain, "text/plain; charset=utf-8"))
        headers = {**_KEPT_NOWHERE, "Content-Type": kind, "Content-Language": found.language}
        return Response(fit(made(found)).encode(), headers=headers)


def _token_of(request: Request) -> str:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def _asked(request: Request) -> dict[str, str] | None:
    """Parameters of the address and of a form, by name in small letters; None = more than anyone needs."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_BODY:
            return None
    form = parse_qsl(body.decode("utf-8", "replace"))
    found = {name.lower(): value for name, value in (*request.query_params.multi_items(), *form)}
    # A plus sign that nobody escaped arrives as a blank; a number never begins with one.
    return {name: f"+{value[1:]}" if value[:1] == " " else value for name, value in found.items()}


def _plain(found: PhoneAnswer) -> str:
    return f"{found.text}\n" if found.text else ""


def _json(found: PhoneAnswer) -> str:
    whole = {
        "outage": found.outage, "yours": found.yours, "language": found.language, "recording": found.recording or None,
        "text": found.text,
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False) + "\n"


def _twiml(found: PhoneAnswer) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<Response>"]
    if found.recording:
        lines.append(f"<Play>{escape(found.recording)}</Play>")
    if found.text:
        lines.append(f"<Say language={quoteattr(_VOICES[found.language])}>{escape(found.text)}</Say>")
    return "\n".join([*lines, "</Response>", ""])


_FORMS: Final[MappingProxyType[str, tuple[Callable[[PhoneAnswer], str], str]]] = MappingProxyType(
    {
        "json": (_json, "application/json"),
        "xml": (_twiml, "text/xml; charset=utf-8"),
    }
)
