"""A Facebook page: each message one post. Facebook knows no idempotency, so what may have arrived is never sent again
by itself.

Source: developers.facebook.com/docs/pages-api/posts; .../graph-api/guides/error-handling (codes).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from netwatch.communication.channels.http import HttpPeer, place_name, secret, unreadable
from netwatch.communication.channels.social_settings import FacebookRoute
from netwatch.communication.delivery.outcome import Outcome, Result, of_status
from netwatch.communication.model import Message

KIND: Final = "facebook"
#: Too many calls: by the app, the user, the page, or a custom rate.
_THROTTLED: Final = frozenset({4, 17, 32, 341, 613})
#: The token, its rights, or the page is not in order.
_CONFIGURATION: Final = frozenset({3, 10, 102, 190, 368, *range(200, 300)})
#: The same post again: it is there already.
_DUPLICATE: Final = 506
#: Nobody knows whether it was posted.
_UNKNOWN: Final = frozenset({1, 2})


class FacebookChannel:
    """One page."""

    kind = KIND
    idempotent = False
    limit = 1

    def __init__(self, route: FacebookRoute, base: Path = Path()) -> None:
        self.name = place_name(KIND, route.url, "channels.facebook.routes.url")
        self.depends_on = route.depends_on
        self._route = route
        self._base = base
        self._peer = HttpPeer(route.timeout_s)

    async def send(self, message: Message) -> Result:
        """Try once. The token goes in the body, never in the address."""
        try:
            token = await secret(self._base / self._route.token_file)
        except (OSError, UnicodeDecodeError) as error:
            return unreadable(error, "the token")
        post = {"message": message.body.strip(), "access_token": token}
        url = f"{self._route.url.rstrip('/')}/{self._route.page_id}/feed"
        answer = await self._peer.ask("POST", url, headers={"User-Agent": "netwatch"}, data=post, read=True)
        if isinstance(answer, Result):
            return answer
        code = _code(answer.body)
        if answer.status < 300 or code is None:
            return of_status(answer.status, answer.retry_after, idempotent=False)
        return Result(_of_code(code), f"http {answer.status} code {code}")

    async def close(self) -> None:
        await self._peer.close()


def _code(body: bytes) -> int | None:
    """The code of Facebook's own error; None = the answer holds none."""
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, int) else None


def _of_code(code: int) -> Outcome:
    if code == _DUPLICATE:
        return Outcome.ACCEPTED
    if code in _THROTTLED:
        return Outcome.THROTTLED
    if code in _CONFIGURATION:
        return Outcome.CONFIGURATION
    return Outcome.UNKNOWN if code in _UNKNOWN else Outcome.CONTENT
