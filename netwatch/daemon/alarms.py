"""Tells on-call what is wrong with netwatch itself, without the store: it may be what failed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.channels.oncall import ITSELF
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.model import Audience, Message, Phase
from netwatch.communication.people import Person
from netwatch.storage import Finding

_log = logging.getLogger(__name__)

#: The same sentence is told again only after so long.
_AGAIN_S: Final = 3600.0
_LOOK_S: Final = 2.0
#: Between two tries to send what no relay took.
_RETRY_S: Final = 30.0
#: No more than this waits to be sent; a failing machine repeats itself.
_WAITING: Final = 200


@dataclass(frozen=True, slots=True)
class _Waiting:
    message: Message
    due_at: float


class Alarms:
    """Collects sentences and alerts, and sends each to on-call by every channel until a relay takes it.

    Whoever is on duty when it is told gets it. A state that lasts is told again every hour; a finding once.
    """

    def __init__(
        self, on_call: Callable[[float], Sequence[Person]], clock: Clock, *, services: Collection[str]
    ) -> None:
        """`on_call`: who has the duty at an instant of the wall's. `services`: the on-call services that have a route."""
        self._on_call = on_call
        self._clock = clock
        self._services = tuple(sorted(services))
        self._told_at: dict[str, float] = {}
        self._waiting: list[_Waiting] = []
        self._states: list[Callable[[], Iterable[str]]] = []
        self._findings: Callable[[], Sequence[Finding]] = tuple
        self._found: set[Finding] = set()

    def reach(self, on_call: Callable[[float], Sequence[Person]]) -> None:
        """Ask here from now on who is on call."""
        self._on_call = on_call

    def watch(self, states: Callable[[], Iterable[str]]) -> None:
        """Look here again and again for what is wrong now; "" is nothing."""
        self._states.append(states)

    def follow(self, findings: Callable[[], Sequence[Finding]]) -> None:
        """Tell each of these once."""
        self._findings = findings

    def tell(self, sentence: str) -> None:
        """Tell on-call, unless the same was told within the hour."""
        now = self._clock.now()
        if not sentence or now - self._told_at.get(sentence, float("-inf")) < _AGAIN_S:
            return
        self._told_at = {text: at for text, at in self._told_at.items() if now - at < _AGAIN_S} | {sentence: now}
        _log.error("netwatch itself: %s", sentence)
        self.send(tuple(self._messages(sentence)))

    def send(self, messages: Sequence[Message]) -> None:
        """Send these internal messages without the store."""
        now = self._clock.now()
        self._waiting = [*self._waiting, *(_Waiting(message, now) for message in messages)][-_WAITING:]

    async def run(self, dispatcher: Dispatcher) -> None:
        """Look and send until cancelled."""
        while True:
            self._look()
            await self._send_due(dispatcher)
            await self._clock.sleep_until(self._clock.now() + _LOOK_S)

    def _look(self) -> None:
        for states in self._states:
            for sentence in states():
                self.tell(sentence)
        for finding in self._findings():
            if finding not in self._found:
                self._found.add(finding)
                self.tell(finding.text)

    async def _send_due(self, dispatcher: Dispatcher) -> None:
        now = self._clock.now()
        due = [one for one in self._waiting if one.due_at <= now]
        self._waiting = [one for one in self._waiting if one.due_at > now]
        for one in due:
            (result,) = await dispatcher.send_directly((one.message,))
            if result.outcome is not Outcome.ACCEPTED and now < one.message.expires_at:
                _log.warning("an alert for on-call waits: %s", result.outcome.value)
                self._waiting.append(_Waiting(one.message, self._clock.now() + _RETRY_S))

    def _messages(self, sentence: str) -> Iterator[Message]:
        now = self._clock.now()
        when = f"{self._clock.utc(now):%Y-%m-%d %H:%M:%S} UTC"
        people = self._on_call(now + self._clock.wall_step_s())
        targets = [("email", person.id, person.email) for person in people if person.email]
        targets += [(service, "oncall", "") for service in self._services]
        for channel, recipient, address in targets:
            facts = "\x1f".join((sentence, f"{now:.3f}", channel, recipient))
            yield Message(
                id=hashlib.sha256(facts.encode()).hexdigest()[:32],
                incident=ITSELF,
                phase=Phase.OPENED,
                update=0,
                audience=Audience.ONCALL,
                channel=channel,
                recipient=recipient,
                address=address,
                language="en",
                subject="[netwatch] netwatch itself needs attention",
                body=f"{when}\n\n{sentence}\n\nLook with: netwatch status\n",
                priority=0,
                planned_at=now,
                expires_at=now + _AGAIN_S,
            )
