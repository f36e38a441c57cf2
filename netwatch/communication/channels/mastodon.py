"""Mastodon: each message one post of an account; the same id again within an hour is the same post.

Source: docs.joinmastodon.org/methods/statuses, "Post a new status" (Idempotency-Key).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from netwatch.communication.channels.http import HttpPeer, place_name, secret, unreadable
from netwatch.communication.channels.social_settings import MastodonRoute
from netwatch.communication.delivery.outcome import Result, of_status
from netwatch.communication.model import Message

KIND: Final = "mastodon"


class MastodonChannel:
    """One account."""

    kind = KIND
    idempotent = True
    limit = 1

    def __init__(self, route: MastodonRoute, base: Path = Path()) -> None:
        self.name = place_name(KIND, route.url, "channels.mastodon.routes.url")
        self.depends_on = route.depends_on
        self._route = route
        self._base = base
        self._peer = HttpPeer(route.timeout_s)

    async def send(self, message: Message) -> Result:
        """Try once."""
        try:
            token = await secret(self._base / self._route.token_file)
        except (OSError, UnicodeDecodeError) as error:
            return unreadable(error, "the token")
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": message.id, "User-Agent": "netwatch"}
        post = {
            "status": message.body.strip(), "language": message.language, "visibility": self._route.visibility,
        }  # fmt: skip
        url = f"{self._route.url.rstrip('/')}/api/v1/statuses"
        answer = await self._peer.ask("POST", url, headers=headers, json=post)
        return answer if isinstance(answer, Result) else of_status(answer.status, answer.retry_after)

    async def close(self) -> None:
        await self._peer.close()
