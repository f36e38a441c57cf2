"""Where SMS gateways leave what people answer: an address with a secret in it, on the outage page's port.

No answer of ours tells anything of the person or of what was done, and who doesn't know the secret finds nothing here.
"""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from netwatch.communication.channels.answers import Answer
from netwatch.communication.channels.callback import AnswerDoor
from netwatch.web.receipts import body_of


class Ear(Protocol):
    """Who does what people answer."""

    door: AnswerDoor

    async def hear(self, answer: Answer) -> bool:
        """Do it, or nothing. False: not now, it should be told again."""
        ...


def answer_route(ear: Ear) -> Route:
    """`/answers/SECRET`, by GET or POST."""

    async def receive(request: Request) -> Response:
        if not ear.door.opens(request.path_params["secret"]):
            return PlainTextResponse("not found\n", 404)
        body = await body_of(request)
        if body is None:
            return PlainTextResponse("too long\n", 413)
        answer = ear.door.read(dict(request.query_params), request.headers.get("content-type", ""), body)
        if answer is not None and not await ear.hear(answer):
            return Response(status_code=503)
        # Also where it was none: a gateway would only try it again. An empty answer, since some send our words on.
        return PlainTextResponse(ear.door.says) if ear.door.says else Response(status_code=200)

    return Route("/answers/{secret}", receive, methods=["GET", "POST"])
