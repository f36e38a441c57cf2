"""Webhook: each message as JSON to an address of the configuration; the same id again is the same message."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from netwatch.communication.channels.settings import WebhookRoute
from netwatch.communication.delivery.outcome import Outcome, Result, of_status
from netwatch.communication.model import Message
from netwatch.errors import Fault, InputError, Place
from netwatch.late import late

if TYPE_CHECKING:
    import httpx
else:
    httpx = late("httpx")

KIND: Final = "webhook"
_AT_ONCE: Final = 8


class WebhookChannel:
    """One address. A message's own address is only told in the JSON; it never decides where the request goes."""

    kind = KIND
    idempotent = True
    limit = _AT_ONCE

    def __init__(self, route: WebhookRoute, base: Path = Path()) -> None:
        parts = urlsplit(route.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
            place = Place("netwatch.yaml", key="channels.webhook.routes.url")
            mend = "write it as in https://oncall.example.net/hook; a token goes into token_file"
            raise InputError([Fault(place, "is no http or https address without a login", mend)])
        # The path may hold a secret: it stays out of the name, which is logged.
        self.name = f"{KIND}/{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        self.depends_on = route.depends_on
        self._route = route
        self._base = base
        self._client: httpx.AsyncClient | None = None

    async def send(self, message: Message) -> Result:
        """Try once. Redirects aren't followed and the answer's body isn't read."""
        try:
            headers = await self._headers(message)
        except (OSError, UnicodeDecodeError):
            return Result(Outcome.CONFIGURATION, "the token can't be read")
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._route.timeout_s, follow_redirects=False, trust_env=False)
        try:
            async with (
                asyncio.timeout(self._route.timeout_s),
                self._client.stream("POST", self._route.url, json=_document(message), headers=headers) as answer,
            ):
                return of_status(answer.status_code, answer.headers.get("retry-after", ""))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Result(Outcome.CHANNEL_TEMPORARY, type(error).__name__)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            return Result(Outcome.CONFIGURATION, type(error).__name__)
        except (httpx.HTTPError, TimeoutError) as error:
            return Result(Outcome.UNKNOWN, type(error).__name__)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _headers(self, message: Message) -> dict[str, str]:
        headers = {"Idempotency-Key": message.id, "User-Agent": "netwatch"}
        if self._route.token_file:
            token = await asyncio.to_thread((self._base / self._route.token_file).read_text, "utf-8")
            headers["Authorization"] = f"Bearer {token.strip()}"
        return headers


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
