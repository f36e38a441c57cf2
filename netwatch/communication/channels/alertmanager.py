"""Alertmanager: an incident is an alert that fires from its first telling to its end.

Source: Alertmanager's OpenAPI specification, POST /api/v2/alerts (postableAlerts).
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from netwatch.clock import Clock
from netwatch.communication.channels.http import HttpPeer, place_name, secret, unreadable
from netwatch.communication.channels.oncall import ITSELF, alarm_of, is_over
from netwatch.communication.channels.settings import AlertmanagerRoute, AlertmanagerSettings
from netwatch.communication.delivery.outcome import Outcome, Result, of_status
from netwatch.communication.model import Message

KIND: Final = "alertmanager"
_AT_ONCE: Final = 4
#: Open alerts that are sent again; the oldest is left to Alertmanager's own memory.
_KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class _Alert:
    """What fires. `ends_at`: when it ends by itself unless it is sent again, on the timeline."""

    document: dict[str, Any]
    ends_at: float


class AlertmanagerChannel:
    """One instance. The same labels again are the same alert, so that sending twice does no harm."""

    kind = KIND
    idempotent = True
    limit = _AT_ONCE

    def __init__(
        self, settings: AlertmanagerSettings, route: AlertmanagerRoute, clock: Clock, base: Path = Path()
    ) -> None:
        """Raises InputError when the address is none."""
        self.name = place_name(KIND, route.url, "channels.alertmanager.routes.url")
        self.depends_on = route.depends_on
        self._settings = settings
        self._route = route
        self._clock = clock
        self._base = base
        self._peer = HttpPeer(route.timeout_s)
        self._open: OrderedDict[str, _Alert] = OrderedDict()
        self._again_at = float("-inf")
        self._busy = asyncio.Lock()

    async def send(self, message: Message) -> Result:
        """Try once. The alert's end, too, is an alert: one that ended now."""
        now, alarm = self._clock.now(), alarm_of(message)
        # An alarm about netwatch itself has no end that anybody tells: it lasts as long as the message is of use.
        lasts_s = message.expires_at - now if message.incident == ITSELF else self._settings.fires_s
        ends_at = now if is_over(message) else now + max(0.0, lasts_s)
        alert = _Alert(self._document(message, alarm), ends_at)
        async with self._busy:  # or a resending could overtake the end
            result = await self._post([self._with_end(alert)])
            if result.outcome is Outcome.ACCEPTED:
                self._open.pop(alarm, None)
                if not is_over(message):
                    self._open[alarm] = alert
                    while len(self._open) > _KEPT:
                        self._open.popitem(last=False)
        return result

    async def close(self) -> None:
        await self._peer.close()

    def remember(self) -> str:
        """The alerts that fire, and until when: netwatch may be started again before Alertmanager is."""
        held = {alarm: [alert.document, alert.ends_at] for alarm, alert in self._open.items()}
        return json.dumps(held) if held else ""

    def recall(self, kept: str, live: Collection[str]) -> None:
        """Alerts of incidents that go on, and those about netwatch itself, which end by themselves."""
        try:
            found = {str(alarm): _Alert(dict(one[0]), float(one[1])) for alarm, one in json.loads(kept).items()}
        except (ValueError, TypeError, AttributeError, LookupError):
            return
        going_on = {alarm: alert for alarm, alert in found.items() if alarm in live or alarm.startswith(f"{ITSELF}-")}
        # What was told since the start is newer.
        self._open = OrderedDict({**going_on, **self._open})

    async def tend(self) -> None:
        """Send what fires again: Alertmanager forgets its alerts when it is restarted."""
        now = self._clock.now()
        if now < self._again_at:
            return
        self._again_at = now + self._settings.resend_s
        async with self._busy:
            self._open = OrderedDict((alarm, alert) for alarm, alert in self._open.items() if alert.ends_at > now)
            if self._open:
                await self._post([self._with_end(alert) for alert in self._open.values()])

    def _document(self, message: Message, alarm: str) -> dict[str, Any]:
        labels = {
            "severity": "critical",
            **self._settings.labels,
            "alertname": "NetwatchIncident",
            "incident": alarm,
            "job": "netwatch",
        }
        annotations = {"summary": message.subject, "description": message.body, "phase": message.phase.value}
        starts_at = self._clock.utc(message.planned_at)
        return {"labels": labels, "annotations": annotations, "startsAt": starts_at.isoformat()}

    def _with_end(self, alert: _Alert) -> dict[str, Any]:
        return {**alert.document, "endsAt": self._clock.utc(alert.ends_at).isoformat()}

    async def _post(self, alerts: list[dict[str, Any]]) -> Result:
        headers = {"User-Agent": "netwatch"}
        if self._route.token_file:
            try:
                headers["Authorization"] = f"Bearer {await secret(self._base / self._route.token_file)}"
            except (OSError, UnicodeDecodeError) as error:
                return unreadable(error, "the token")
        url = f"{self._route.url.rstrip('/')}/api/v2/alerts"
        answer = await self._peer.ask("POST", url, headers=headers, json=alerts)
        return answer if isinstance(answer, Result) else of_status(answer.status, answer.retry_after)
