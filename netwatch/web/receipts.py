"""Where SMS gateways leave delivery receipts: an address with a secret in it, on the outage page's port.

It only counts: no answer tells anything, and who doesn't know the secret finds nothing here.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from netwatch.communication.channels.callback import Door

_LONGEST: Final = 16_384


def receipt_route(door: Door) -> Route:
    """`/receipts/SECRET?id=MESSAGE`, by GET or POST."""

    async def receive(request: Request) -> Response:
        if not door.opens(request.path_params["secret"]):
            return PlainTextResponse("not found\n", 404)
        body = await body_of(request)
        if body is None:
            return PlainTextResponse("too long\n", 413)
        query = dict(request.query_params)
        door.take(query.pop("id", ""), query, request.headers.get("content-type", ""), body)
        # Also where it was none: a gateway would only try it again.
        return Response(status_code=204)

    return Route("/receipts/{secret}", receive, methods=["GET", "POST"])


async def body_of(request: Request) -> bytes | None:
    """The body; None when it is longer than anything that gateways tell."""
    found = b""
    try:
        async for chunk in request.stream():
            found += chunk
            if len(found) > _LONGEST:
                return None
    except ClientDisconnect:
        pass
    return found
