"""PagerDuty: an incident of ours is one of theirs, from trigger to resolve.

Source: PagerDuty Events API v2 (POST /v2/enqueue; 202 accepted, 400 invalid, 429 too many).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from netwatch.clock import Clock
from netwatch.communication.channels.http import HttpPeer, place_name, secret, unreadable
from netwatch.communication.channels.oncall import alarm_of, is_over
from netwatch.communication.channels.settings import PagerDutyRoute
from netwatch.communication.delivery.outcome import Result, of_status
from netwatch.communication.model import TAKEN, Message, Phase

KIND: Final = "pagerduty"
_AT_ONCE: Final = 4
#: Longest summary, characters.
_SUMMARY: Final = 1024


class PagerDutyChannel:
    """One service. The same dedup_key again is the same incident there."""

    kind = KIND
    idempotent = True
    limit = _AT_ONCE

    def __init__(self, route: PagerDutyRoute, clock: Clock, base: Path = Path()) -> None:
        """Raises InputError when the address is none."""
        self.name = place_name(KIND, route.url, "channels.pagerduty.routes.url")
        self.depends_on = route.depends_on
        self._route = route
        self._clock = clock
        self._base = base
        self._peer = HttpPeer(route.timeout_s)

    async def send(self, message: Message) -> Result:
        """Try once: `trigger` for news, `acknowledge` when somebody has taken the incident, `resolve` for the end."""
        if message.recipient == TAKEN:
            return await self._post("acknowledge", alarm_of(message), None)
        return await self._post("resolve" if is_over(message) else "trigger", alarm_of(message), self._payload(message))

    async def close(self) -> None:
        await self._peer.close()

    def _payload(self, message: Message) -> dict[str, Any]:
        return {
            "summary": message.subject[:_SUMMARY] or "netwatch",
            "source": "netwatch",
            # A daily test and announced work are no reason to wake anybody.
            "severity": "info" if message.phase is Phase.PLANNED else "critical",
            "timestamp": self._clock.utc(message.planned_at).isoformat(),
            "custom_details": {"phase": message.phase.value, "update": message.update, "text": message.body},
        }

    async def _post(self, action: str, alarm: str, payload: dict[str, Any] | None) -> Result:
        try:
            key = await secret(self._base / self._route.key_file)
        except (OSError, UnicodeDecodeError) as error:
            return unreadable(error, "the integration key")
        event: dict[str, Any] = {"routing_key": key, "event_action": action, "dedup_key": alarm}
        if payload is not None:
            event |= {"payload": payload, "client": "netwatch"}
        answer = await self._peer.ask("POST", self._route.url, headers={"User-Agent": "netwatch"}, json=event)
        return answer if isinstance(answer, Result) else of_status(answer.status, answer.retry_after)
