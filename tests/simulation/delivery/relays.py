"""Simulated relays and gateways, and what really reached whom."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from netwatch.clock import Clock
from netwatch.communication.delivery.model import RESENT
from netwatch.communication.delivery.outcome import Outcome, Result, Step, of_reply, of_silence, of_status
from netwatch.communication.model import Message
from tests.simulation.delivery.kills import Kills, Point
from tests.simulation.delivery.rests import Rests


class Mood(StrEnum):
    """How a route behaves for a while."""

    WELL = "well"
    NO_DNS = "no_dns"
    STORM = "storm"
    SLOW = "slow"
    TOO_MANY = "too_many"
    LOSSY = "lossy"
    HANGING = "hanging"
    LOGIN = "login"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Taken:
    """A copy of `message` that a peer took."""

    message: Message
    route: str
    process: int


class Peers:
    """The far side: moods, recipients' own servers, and the record of what was taken. Outlives every process."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.moods: dict[str, Mood] = {}
        self.taken: list[Taken] = []
        self.copies: Counter[str] = Counter()
        #: Ids of which the sender could not know whether they arrived: replies lost, cut off, in flight in a crash.
        self.doubts: Counter[str] = Counter()
        #: Those among them whose last send is already counted.
        self.doubted: set[str] = set()
        #: In which process, and when, a recipient's last message on a channel was known as accepted.
        self.accepted: dict[tuple[str, str], tuple[int, float]] = {}
        self.refuses: frozenset[str] = frozenset()
        self.greylists: dict[str, float] = {}
        self.process = 0
        #: Routes that were used although they needed a rest.
        self.hammered: set[str] = set()
        #: What somebody took last on a channel.
        self.read: dict[tuple[str, str], Message] = {}
        #: Channels that can be asked what became of a message, and what left by them although the answer was known.
        self.asked: frozenset[str] = frozenset()
        self.rash: set[str] = set()

    def take(self, message: Message, route: str, *, once: bool) -> None:
        """One copy arrives; a peer that knows the id already keeps the first (`once`)."""
        if not (once and self.copies[message.id]):
            self.copies[message.id] += 1
            self.taken.append(Taken(message, route, self.process))
            self.read[message.recipient, message.channel] = message

    def in_doubt(self, message: Message) -> None:
        """A reply got lost."""
        self.doubts[message.id] += 1
        self.doubted.add(message.id)


class Route:
    """One way out, as `channels.protocol.Channel` wants it."""

    def __init__(
        self, name: str, kind: str, peers: Peers, kills: Kills, clock: Clock, *, idempotent: bool, depends_on: str = ""
    ) -> None:
        self.name = name
        self.kind = kind
        self.idempotent = idempotent
        self.limit = 4
        self.depends_on = depends_on
        self._peers = peers
        self._kills = kills
        self._clock = clock
        self._rests = Rests()

    async def send(self, message: Message) -> Result:
        self._kills.pass_by(Point.CLAIMED)
        loop = asyncio.get_running_loop()
        if not self._rests.begins(loop.time()):
            self._peers.hammered.add(self.name)
        outcome = Outcome.DEFECT
        try:
            result = await self._try(message)
            outcome = result.outcome
        except asyncio.CancelledError:
            outcome = Outcome.UNKNOWN
            raise
        finally:
            self._rests.ends(outcome, loop.time())
        return result

    async def _try(self, message: Message) -> Result:
        mood = self._peers.moods.get(self.name, Mood.WELL)
        random = self._peers.random
        await self._pass(random.uniform(0.01, 0.3) * (20 if mood is Mood.SLOW else 1))
        if mood is Mood.HANGING:
            await self._pass(random.uniform(2, 6))
            return of_silence(Step.CONNECT, "time-out")
        refused = self._refused(mood) if self.kind == "email" else self._refused_by_http(mood)
        if refused is not None:
            return refused
        answer = self._of_recipient(message)
        if answer is not None:
            return answer
        return await self._hand_over(message, mood)

    async def _hand_over(self, message: Message, mood: Mood) -> Result:
        """From here on the content may leave; a reply may get lost, with or without the message."""
        random = self._peers.random
        loss = 0.25 if mood is Mood.LOSSY else 0.01
        if random.random() < loss / 2:
            return self._lost(message)
        self._peers.take(message, self.name, once=self.idempotent)
        self._kills.pass_by(Point.TAKEN)
        try:
            await self._pass(random.uniform(0.01, 0.2) * (30 if mood is Mood.SLOW else 1))
        except asyncio.CancelledError:
            if not self._kills.dead:
                self._peers.in_doubt(message)
            raise
        if random.random() < loss:
            return self._lost(message)
        self._kills.pass_by(Point.REPLIED)
        if not self._peers.doubts[message.id]:  # else the first, doubtful send counts
            now_s = asyncio.get_running_loop().time()
            self._peers.accepted[message.recipient, self.kind] = (self._peers.process, now_s)
        return Result(Outcome.ACCEPTED, "250")

    def _lost(self, message: Message) -> Result:
        self._peers.in_doubt(message)
        return of_silence(Step.CONTENT, "connection lost")

    def _refused(self, mood: Mood) -> Result | None:
        if mood is Mood.NO_DNS:
            return of_silence(Step.CONNECT, "gaierror")
        if mood in {Mood.STORM, Mood.TOO_MANY} and self._peers.random.random() < 0.8:
            return of_reply(421, "4.3.2 too busy", Step.RECIPIENT)
        if mood is Mood.LOGIN:
            return of_reply(535, "5.7.8 bad credentials", Step.CONNECT)
        if mood is Mood.BROKEN:
            raise RuntimeError("a defect in a channel")
        return None

    def _refused_by_http(self, mood: Mood) -> Result | None:
        if mood is Mood.NO_DNS:
            return of_silence(Step.CONNECT, "gaierror")
        if mood in {Mood.STORM, Mood.TOO_MANY} and self._peers.random.random() < 0.8:
            return of_status(429, "3")
        if mood is Mood.LOGIN:
            return of_status(401)
        if mood is Mood.BROKEN and self.idempotent:
            return of_status(503)
        return None

    def _of_recipient(self, message: Message) -> Result | None:
        """What the recipient's own server says before it takes anything."""
        if message.recipient in self._peers.refuses and self.kind == "email":
            return of_reply(550, "5.1.1 unknown user", Step.RECIPIENT)
        wait_until_at = self._peers.greylists.get(message.recipient)
        if wait_until_at is not None and self.kind == "email" and self._clock.now() < wait_until_at:
            return of_reply(450, "4.2.0 greylisted", Step.RECIPIENT)
        return None

    async def _pass(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._kills.dead:
            await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """Nothing is kept open."""


class AskedRoute(Route):
    """One whose peer can be asked, as `channels.protocol.LooksUp` wants it."""

    async def send(self, message: Message) -> Result:
        doubts = self._peers.doubts[message.id]
        if self._peers.copies[message.id] or doubts > 1 or (doubts and message.phase not in RESENT):
            self._peers.rash.add(message.id)
        return await super().send(message)

    async def lookup(self, message: Message) -> Result | None:
        self._kills.pass_by(Point.CLAIMED)
        random, mood = self._peers.random, self._peers.moods.get(self.name, Mood.WELL)
        await self._pass(random.uniform(0.01, 0.3))
        if mood in {Mood.NO_DNS, Mood.HANGING}:
            return of_silence(Step.CONNECT, "time-out")
        if mood is Mood.LOGIN:
            return of_status(401)
        if mood is Mood.LOSSY and random.random() < 0.3:
            return Result(Outcome.UNKNOWN, "no answer")
        return Result(Outcome.ACCEPTED, "it left") if self._peers.copies[message.id] else None
