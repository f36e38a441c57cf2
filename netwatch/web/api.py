"""The local API: JSON over HTTP on the socket file, for the command line and the staff's own scripts.

Who may open the socket file may read; orders are recorded under the login that the kernel tells.
Paths and answers: docs/reference/local-api.md.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from netwatch.diagnosis.model import Scenario
from netwatch.errors import NetwatchError
from netwatch.web.errands import Span
from netwatch.web.model import Done, RefusedError, UnknownDeviceError, UnknownIncidentError
from netwatch.web.offer import Doors
from netwatch.web.orders import Order, read_order
from netwatch.web.peer import person
from netwatch.web.wire import Approvals, Incidents, Refusal, encode

_LONGEST_BODY = 64 * 1024
_LONGEST_TEXT = 2000
_BODY_TIMEOUT_S = 5.0
#: What customers may do without; "" = every channel.
_CHANNELS = ("", "email", "sms")


def local_api(doors: Doors) -> Starlette:
    """The application for the socket file."""
    api = _Api(doors)
    return Starlette(
        routes=[
            Route("/v1/status", api.status),
            Route("/v1/health", api.health),
            Route("/v1/incidents", api.incidents),
            Route("/v1/incidents/{incident}", api.incident),
            Route("/v1/incidents/{incident}/why", api.why),
            Route("/v1/incidents/{incident}/calls", api.call_list),
            Route("/v1/device", api.device),
            Route("/v1/approvals", api.approvals),
            Route("/v1/lookup", api.lookup),
            Route("/v1/incidents/{incident}/ack", api.acknowledge, methods=["POST"]),
            Route("/v1/incidents/{incident}/estimate", api.estimate, methods=["POST"]),
            Route("/v1/incidents/{incident}/correct", api.correct, methods=["POST"]),
            Route("/v1/incidents/{incident}/{order}", api.order, methods=["POST"]),
            Route("/v1/ack", api.acknowledge, methods=["POST"]),
            Route("/v1/promises", api.promise, methods=["POST"]),
            Route("/v1/called", api.called, methods=["POST"]),
            Route("/v1/optouts", api.optouts),
            Route("/v1/optouts", api.opt_out, methods=["POST"]),
            Route("/v1/addresses", api.addresses),
            Route("/v1/addresses", api.mended, methods=["POST"]),
            Route("/v1/hold", api.hold, methods=["POST"]),
            Route("/v1/reload", api.reload, methods=["POST"]),
        ],
        exception_handlers={NetwatchError: _refused, HTTPException: _http, Exception: _broken},
    )


class _Api:
    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def status(self, _: Request) -> Response:
        return _json(await self._doors.status())

    async def health(self, _: Request) -> Response:
        return _json(self._doors.health())

    async def incidents(self, request: Request) -> Response:
        closed = request.query_params.get("closed", "") in {"1", "true"}
        return _json(Incidents(await self._doors.incidents(closed=closed)))

    async def incident(self, request: Request) -> Response:
        return _json(await self._doors.incident(request.path_params["incident"]))

    async def why(self, request: Request) -> Response:
        return _json(await self._doors.why(request.path_params["incident"]))

    async def call_list(self, request: Request) -> Response:
        return _json(await self._doors.call_list(request.path_params["incident"]))

    async def device(self, request: Request) -> Response:
        return _json(await self._doors.device(request.query_params.get("id", "")))

    async def approvals(self, _: Request) -> Response:
        return _json(Approvals(await self._doors.approvals()))

    async def lookup(self, request: Request) -> Response:
        return _json(await self._doors.lookup(request.query_params.get("q", "")))

    async def order(self, request: Request) -> Response:
        """A person's order about one incident."""
        incident, kind = request.path_params["incident"], request.path_params["order"]
        order, by = await _order(request)
        up_to = order.update if order.update >= 0 else None
        orders: dict[str, Callable[[str, str, str], Awaitable[Done]]] = {
            "approve": lambda which, _, by: self._doors.approve(which, by, up_to),
            "veto": lambda which, _, by: self._doors.veto(which, by),
            "update": self._doors.update,
            "scenario": self._doors.scenario,
            "resolve": self._doors.resolve,
        }
        if kind not in orders:
            raise HTTPException(404)
        if kind not in {"approve", "veto"} and not order.text.strip():
            raise RefusedError(f"{kind} needs words", "say them in `text`")
        if kind == "scenario" and order.text not in set(Scenario):
            raise RefusedError(f"no scenario {order.text!r}", f"use one of {', '.join(Scenario)}")
        return _json(await orders[kind](incident, order.text.strip(), by))

    async def acknowledge(self, request: Request) -> Response:
        order, by = await _order(request)
        incident = request.path_params.get("incident", "")
        return _json(await self._doors.acknowledge(incident, order.task.strip(), order.person.strip(), by))

    async def estimate(self, request: Request) -> Response:
        order, by = await _order(request)
        span = Span(_aware(order.until), _aware(order.since))
        return _json(await self._doors.estimate(request.path_params["incident"], span, by, order.text.strip()))

    async def correct(self, request: Request) -> Response:
        order, by = await _order(request)
        incident = request.path_params["incident"]
        return _json(await self._doors.correct(incident, order.text.strip(), order.customers, by))

    async def promise(self, request: Request) -> Response:
        order, by = await _order(request)
        until = _aware(order.until)
        if until is None:
            raise RefusedError("a promise needs a time", "give it in `until`, as in 2026-12-01T15:00:00+01:00")
        return _json(await self._doors.promise(order.customer, until, order.incident, by))

    async def called(self, request: Request) -> Response:
        order, by = await _order(request)
        return _json(await self._doors.called(order.customer, by))

    async def optouts(self, _: Request) -> Response:
        return _json(await self._doors.optouts())

    async def opt_out(self, request: Request) -> Response:
        order, by = await _order(request)
        if order.channel not in _CHANNELS:
            raise RefusedError(f"no channel {order.channel!r}", f"use one of {', '.join(filter(None, _CHANNELS))}")
        if order.on:
            return _json(await self._doors.opt_out(order.customer, order.channel, by, but_ends=order.but_ends))
        return _json(await self._doors.opt_in(order.customer, order.channel))

    async def addresses(self, _: Request) -> Response:
        return _json(await self._doors.addresses())

    async def mended(self, request: Request) -> Response:
        order, _ = await _order(request)
        return _json(await self._doors.mended(order.customer))

    async def hold(self, request: Request) -> Response:
        order, by = await _order(request)
        return _json(await self._doors.hold(on=order.on, by=by))

    async def reload(self, request: Request) -> Response:
        order, by = await _order(request)
        return _json(await self._doors.reload(by, confirmed=order.confirmed))


async def _order(request: Request) -> tuple[Order, str]:
    """The body, and the name to record."""
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            async for part in request.stream():
                body += part
                if len(body) > _LONGEST_BODY:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    try:
        order = read_order(bytes(body))
    except (TypeError, ValueError) as error:
        raise HTTPException(400) from error
    # Controls and direction marks would reach mails and terminals. Source: Unicode categories Cc, Cf.
    if len(order.text) > _LONGEST_TEXT or any(
        unicodedata.category(c) in {"Cc", "Cf"} and c != "\n" for c in order.text
    ):
        raise RefusedError(
            "the text is too long or holds control characters", f"use at most {_LONGEST_TEXT} plain ones"
        )
    client = request.scope.get("client")
    uid = client[1] if client and client[0] == "uid" else None
    return order, await person(uid, order.by)


def _aware(at: datetime | None) -> datetime | None:
    """Raises `RefusedError` for a time without its zone: nobody knows whose wall it stands on."""
    if at is not None and at.tzinfo is None:
        raise RefusedError("the time has no zone", "write it as in 2026-12-01T15:00:00+01:00")
    return at


def _json(answer: object, status: int = 200) -> Response:
    return Response(encode(answer), status, media_type="application/json", headers={"Cache-Control": "no-store"})


def _refused(_: Request, error: Exception) -> Response:
    if isinstance(error, UnknownIncidentError):
        word, status = "unknown_incident", 404
    elif isinstance(error, UnknownDeviceError):
        word, status = "unknown_device", 404
    elif isinstance(error, RefusedError):
        word, status = "refused", 409
    else:
        word, status = "unable", 503
    what, mend = (error.what, error.mend) if isinstance(error, NetwatchError) else (str(error), "")
    return _json(Refusal(word, what, mend), status)


def _http(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _json(Refusal("request", f"HTTP {status}", "see docs/reference/local-api.md"), status)


def _broken(_: Request, error: Exception) -> Response:
    """A fault of ours: the server logs it after this answer."""
    return _json(Refusal("fault", f"netwatch failed inside ({type(error).__name__})", "see its log and report it"), 500)
