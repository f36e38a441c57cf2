"""Tells on-call what is wrong with netwatch itself, without the store: it may be what failed."""

from __future__ import annotations

import asyncio
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
from netwatch.communication.texts.sms import Alphabet, size, transliterated
from netwatch.storage import Finding

_log = logging.getLogger(__name__)

#: A state that lasts is told again only after so long; a finding in the same words after a day.
_AGAIN_S: Final = 3600.0
_FOUND_AGAIN_S: Final = 86_400.0
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

    Whoever is on duty when it is told gets it. A state that lasts is told again every hour; what was found, when it is
    found anew, at most once a day in the same words. A channel that hangs delays no other.
    """

    def __init__(
        self,
        on_call: Callable[[float], Sequence[Person]],
        clock: Clock,
        *,
        services: Collection[str],
        texts: bool = False,
    ) -> None:
        """`on_call`: who has the duty at an instant of the wall's. `services`: the on-call services that have a route.

        `texts`: SMS has one.
        """
        self._on_call = on_call
        self._clock = clock
        self._services = tuple(sorted(services))
        self._texts = texts
        self._again_at: dict[str, float] = {}
        self._waiting: list[_Waiting] = []
        self._states: list[Callable[[], Iterable[str]]] = []
        self._findings: Callable[[], Sequence[Finding]] = tuple
        self._seen: Sequence[Finding] = ()

    def reach(self, on_call: Callable[[float], Sequence[Person]]) -> None:
        """Ask here from now on who is on call."""
        self._on_call = on_call

    def watch(self, states: Callable[[], Iterable[str]]) -> None:
        """Look here again and again for what is wrong now; "" is nothing."""
        self._states.append(states)

    def follow(self, findings: Callable[[], Sequence[Finding]]) -> None:
        """Tell each of these, and again when it is found anew: an equal one is in its place then."""
        self._findings = findings

    def tell(self, sentence: str, again_s: float = _AGAIN_S) -> None:
        """Tell on-call, and the same not again within `again_s`."""
        now = self._clock.now()
        if not sentence or now < self._again_at.get(sentence, float("-inf")):
            return
        self._again_at = {text: at for text, at in self._again_at.items() if at > now} | {sentence: now + again_s}
        _log.error("netwatch itself: %s", sentence)
        self.send(tuple(self._messages(sentence)))

    def send(self, messages: Sequence[Message]) -> None:
        """Send these internal messages without the store."""
        now = self._clock.now()
        self._waiting = [*self._waiting, *(_Waiting(message, now) for message in messages)][-_WAITING:]

    async def run(self, dispatcher: Dispatcher) -> None:
        """Look and send until cancelled."""
        sending: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                self._look()
                for channel in dict.fromkeys(one.message.channel for one in self._waiting):
                    if channel not in sending or sending[channel].done():
                        sending[channel] = group.create_task(self._send_due(dispatcher, channel))
                await self._clock.sleep_until(self._clock.now() + _LOOK_S)

    def _look(self) -> None:
        for states in self._states:
            for sentence in states():
                self.tell(sentence)
        findings, seen = self._findings(), self._seen
        if findings is not seen:
            for finding in findings:
                if not any(finding is known for known in seen):
                    self.tell(finding.text, _FOUND_AGAIN_S)
            self._seen = findings

    async def _send_due(self, dispatcher: Dispatcher, channel: str) -> None:
        now = self._clock.now()
        due = [one for one in self._waiting if one.due_at <= now and one.message.channel == channel]
        self._waiting = [one for one in self._waiting if one not in due]
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
        targets += [("sms", person.id, person.mobile) for person in people if person.mobile and self._texts]
        targets += [(service, "oncall", "") for service in self._services]
        mail = f"{when}\n\n{sentence}\n\nLook with: netwatch status\n"
        text = _one_segment(f"netwatch itself, {self._clock.utc(now):%H:%M} UTC: {sentence}")
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
                body=text if channel == "sms" else mail,
                priority=0,
                planned_at=now,
                expires_at=now + _AGAIN_S,
            )


def _one_segment(text: str) -> str:
    """`text` in letters that every phone has, and as much of it as goes out as one SMS."""
    line = transliterated(" ".join(text.split()))
    plain = "".join(char if size(char).alphabet is Alphabet.GSM7 else "?" for char in line)
    if size(plain).segments == 1:
        return plain
    while size(plain + "...").segments > 1:
        plain = plain[:-1]
    return plain + "..."
