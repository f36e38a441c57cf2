"""Webhook: each message as JSON to an address of the configuration; the same id again is the same message."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from netwatch.communication.channels.http import HttpPeer, place_name, secret, unreadable
from netwatch.communication.channels.settings import WebhookRoute
from netwatch.communication.delivery.outcome import Result, of_status
from netwatch.communication.model import Message

KIND: Final = "webhook"
_AT_ONCE: Final = 8


class WebhookChannel:
    """One address. A message's own address is only told in the JSON; it never decides where the request goes."""

    kind = KIND
    idempotent = True
    limit = _AT_ONCE

    def __init__(self, route: WebhookRoute, base: Path = Path()) -> None:
        self.name = place_name(KIND, route.url, "channels.webhook.routes.url")
        self.depends_on = route.depends_on
        self._route = route
        self._base = base
        self._peer = HttpPeer(route.timeout_s)

    async def send(self, message: Message) -> Result:
        """Try once. Redirects aren't followed and the answer's body isn't read."""
        headers = {"Idempotency-Key": message.id, "User-Agent": "netwatch"}
        if self._route.token_file:
            try:
                headers["Authorization"] = f"Bearer {await secret(self._base / self._route.token_file)}"
            except (OSError, UnicodeDecodeError) as error:
                return unreadable(error, "the token")
        answer = await self._peer.ask("POST", self._route.url, headers=headers, json=_document(message))
        return answer if isinstance(answer, Result) else of_status(answer.status, answer.retry_after)

    async def close(self) -> None:
        await self._peer.close()


def _document(message: Message) -> dict[str, str | int | float]:
    return {
        "id": message.id,
        "incident": message.incident,
        "phase": message.phase.value,
        "update": message.update,
        "audience": message.audience.value,
        "recipient": message.recipient,
        "address": message.address,
        "language": message.language,
        "subject": message.subject,
        "body": message.body,
        "planned_at": message.planned_at,
    }
