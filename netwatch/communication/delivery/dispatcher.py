"""The dispatcher: claims what may go, sends it at once by the best route, writes down what became of it."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from collections.abc import Set as AbstractSet
from random import Random
from types import MappingProxyType
from typing import Any, TypeVar

from netwatch.clock import Clock
from netwatch.communication.channels.protocol import Channel
from netwatch.communication.delivery import concurrency
from netwatch.communication.delivery.model import Claimed, ClaimRequest, Lane, Outbox, Settlement, Turn
from netwatch.communication.delivery.outcome import Outcome, Result
from netwatch.communication.delivery.routes import Routes
from netwatch.communication.delivery.settings import DeliverySettings
from netwatch.communication.delivery.settle import next_route, settle, settle_asked
from netwatch.communication.delivery.statistics import DeliveryStatistics
from netwatch.communication.model import EXTERNAL, Conditions, Message, State
from netwatch.errors import StorageError

AnswerT = TypeVar("AnswerT")

_log = logging.getLogger("netwatch.delivery")

#: Longest sleep with nothing to do, and with something that waits for a brake or a route; seconds.
_IDLE_S = 30.0
_WAITING_S = 1.0
#: What ends within so short a time is written down together: each turn costs two syncs of the disk.
_GATHER_S = 0.002


class Dispatcher:
    """Drives the outbox and the channels. `run` is its whole life; `statistics` may be read at any time.

    `conditions` is asked before every claim; `failed` gives the refs of elements that are down, so that a route
    that depends on one goes last. `alarm` gets a sentence for on-call when a route rests or an alert can't be
    delivered. `gap_s`: least time between two routine notices to one customer.
    """

    def __init__(
        self,
        outbox: Outbox,
        channels: Sequence[Channel],
        clock: Clock,
        conditions: Callable[[], Conditions],
        *,
        settings: DeliverySettings,
        random: Random,
        gap_s: float = 600.0,
        failed: Callable[[], AbstractSet[str]] = frozenset,
        alarm: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._outbox = outbox
        self._channels = tuple(channels)
        self._clock = clock
        self._conditions = conditions
        self._settings = settings
        self._random = random
        self._gap_s = gap_s
        self._failed = failed
        self._alarm = alarm
        kinds = dict.fromkeys(channel.kind for channel in channels)
        self._routes = {kind: Routes([c for c in channels if c.kind == kind], settings) for kind in kinds}
        self._paces = {kind: concurrency.Pace() for kind in kinds}
        self._in_flight: Counter[str] = Counter()
        self._done: list[Settlement] = []
        self._last = Turn()
        self._wake = asyncio.Event()
        self._stopping = False
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._settled: Counter[tuple[str, str]] = Counter()
        self._taken = True
        self._store_failures = 0
        self._turned_at: float | None = None

    async def run(self) -> None:
        """Deliver until `stop`; then finish what is in flight, write it down, and return."""
        self._outbox.on_work(self._wake.set)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    self._wake.clear()
                    began_at = self._clock.now()
                    self._last = await self._turn()
                    for claimed in self._last.claimed:
                        self._in_flight[claimed.message.channel] += 1
                        group.create_task(self._deliver(claimed, began_at))
                    if self._stopping and not self._done and not self._in_flight.total():
                        return
                    # What is known stays for the next turn, so nothing is gained by an earlier one.
                    await (self._pause() if self._taken else self._clock.sleep_until(self._clock.now() + _WAITING_S))
        finally:
            for channel in self._channels:
                await channel.close()

    def stop(self) -> None:
        """Claim nothing more; `run` returns once nothing is in flight."""
        self._stopping = True
        self._wake.set()

    async def send_directly(self, messages: Sequence[Message]) -> tuple[Result, ...]:
        """Send internal alerts without the store, for when the store is what failed. Tries every route once."""
        assert all(message.audience not in EXTERNAL for message in messages)
        return tuple([(await self._attempt(Claimed(message)))[0] for message in messages])

    async def exercise(self, kind: str, make: Callable[[str], Message]) -> Mapping[str, Result]:
        """Send one internal message by each route of a channel, without the store, whatever their rests. `make` gets
        the route's name. Returns the answers by route.
        """
        answers: dict[str, Result] = {}
        routes = self._routes.get(kind)
        for channel in routes.all() if routes is not None else ():
            message = make(channel.name)
            assert message.audience not in EXTERNAL
            answers[channel.name] = await self._guarded(channel.send(message), message)
        return answers

    def statistics(self) -> DeliveryStatistics:
        """A snapshot of the figures."""
        breakers = {name: state for routes in self._routes.values() for name, state in routes.states().items()}
        latency_s = {kind: pace.latency_s for kind, pace in self._paces.items() if pace.latency_s is not None}
        return DeliveryStatistics(
            outcomes=MappingProxyType(dict(self._outcomes)),
            settled=MappingProxyType(dict(self._settled)),
            waiting=MappingProxyType(dict(self._last.waiting)),
            in_flight=MappingProxyType(dict(self._in_flight)),
            breakers=MappingProxyType(breakers),
            latency_s=MappingProxyType(latency_s),
            oldest_ready_at=self._last.oldest_ready_at,
            brake=self._last.brake,
            turned_at=self._turned_at,
            store_failures=self._store_failures,
        )

    async def _turn(self) -> Turn:
        """One transaction with the outbox. When the store refuses, what is known stays here for the next turn."""
        now = self._clock.now()
        settlements = tuple(self._done)
        lanes = () if self._stopping else tuple(self._lane(kind, now) for kind in self._routes)
        request = ClaimRequest(now, lanes, self._conditions(), self._gap_s)
        try:
            turn = await self._outbox.turn(settlements, request)
        except StorageError as error:
            self._taken = False
            self._store_failures += 1
            self._alarm(f"the outbox can't be written: {error}")
            return Turn()
        self._taken = True
        del self._done[: len(settlements)]
        self._turned_at = now
        return turn

    def _lane(self, kind: str, now: float) -> Lane:
        routes = self._routes[kind]
        left_s = concurrency.left_s(now - (self._last.oldest_ready_at or now), self._settings)
        capacity = routes.capacity(now)
        remaining = self._last.waiting.get(kind, 0) + self._in_flight[kind]
        if not remaining:
            self._paces[kind] = concurrency.rested(self._paces[kind])
        pace = self._paces[kind]
        at_once = min(concurrency.at_once(pace, remaining, left_s, max(capacity, 1), self._settings), capacity)
        free = 0 if now < pace.until_at else max(0, at_once - self._in_flight[kind])
        # A single place must not be kept for internal alerts that may never come: it may be a route's probe.
        reserve = self._settings.internal_reserve if at_once > self._settings.internal_reserve + 1 else 0
        return Lane(kind, free, max(0, free - reserve), routes.idempotent, bool(routes.asked))

    async def _deliver(self, claimed: Claimed, since_at: float) -> None:
        kind = claimed.message.channel
        asked = await self._ask(claimed) if claimed.unknowns and not self._routes[kind].idempotent else None
        if asked is not None:
            self._settle(claimed, asked)
            return
        sent_at = self._clock.now()
        result, route = await self._attempt(claimed)
        now = self._clock.now()
        if result.outcome is Outcome.ACCEPTED:
            # A place is taken from the claim to the next claim, so a slow store's turns count on both sides.
            self._paces[kind] = concurrency.after(self._paces[kind], now - since_at + (sent_at - since_at))
        routes = self._routes[kind]
        settlement = settle(
            claimed,
            result,
            self._settings,
            self._random,
            now=now,
            route=route,
            route_free_at=max(routes.free_at(now), self._paces[kind].until_at),
            idempotent=routes.idempotent,
            asks=bool(routes.asked),
        )
        self._settle(claimed, settlement)

    def _settle(self, claimed: Claimed, settlement: Settlement) -> None:
        message = claimed.message
        if settlement.state is State.FAILED and message.audience not in EXTERNAL:
            self._alarm(f"an alert to {message.recipient} can't be delivered by {message.channel}: {settlement.reason}")
        self._settled[message.channel, settlement.state.value] += 1
        self._in_flight[message.channel] -= 1
        self._done.append(settlement)
        self._wake.set()

    async def _ask(self, claimed: Claimed) -> Settlement | None:
        """Ask the peers what became of a message in doubt. None: it is to be sent again, or nobody can be asked."""
        found, name = None, ""
        channels = self._routes[claimed.message.channel].asked
        for channel in channels:
            answer = await self._guarded(channel.lookup(claimed.message), claimed.message)
            if answer is not None:
                found, name = answer, channel.name
                if answer.outcome is Outcome.ACCEPTED:
                    break
        if not channels:
            return None
        return settle_asked(claimed, found, self._settings, now=self._clock.now(), route=name)

    async def _attempt(self, claimed: Claimed) -> tuple[Result, str]:
        """Try route after route until one gives an answer that stands. Returns the last answer and its route."""
        message = claimed.message
        last, name = Result(Outcome.CHANNEL_TEMPORARY, "no route is free"), ""
        tried: set[str] = set()
        routes = self._routes.get(message.channel)
        while routes is not None:
            channel = routes.next(tried, self._failed(), self._clock.now())
            if channel is None:
                break
            tried.add(channel.name)
            answer = await self._guarded(channel.send(message), message)
            last, name = answer, channel.name
            self._account(channel, routes, last)
            if not next_route(claimed, last.outcome):
                break
        return last, name

    async def _guarded(self, work: Coroutine[Any, Any, AnswerT], message: Message) -> AnswerT | Result:
        try:
            async with asyncio.timeout(self._settings.send_timeout_s):
                return await work
        except TimeoutError:
            return Result(Outcome.UNKNOWN, "cut off by us")
        except Exception as error:  # noqa: BLE001 - the supervisor of all sends: a defect costs its own message only
            # The exception's own words may hold an address; its kind and place don't.
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} at {place.filename}:{place.lineno}"
            _log.error("defect while sending", extra={"message_id": message.id, "defect": where})
            return Result(Outcome.DEFECT, type(error).__name__)

    def _account(self, channel: Channel, routes: Routes, result: Result) -> None:
        now = self._clock.now()
        kind = channel.kind
        self._outcomes[kind, result.outcome.value] += 1
        if result.outcome is Outcome.THROTTLED:
            self._paces[kind] = concurrency.throttled(self._paces[kind], now, result.retry_after_s)
        elif result.busy:
            self._paces[kind] = concurrency.eased(self._paces[kind], now)
        if routes.after(channel, result.outcome, now):
            _log.warning("route rests", extra={"route": channel.name, "detail": result.detail})
            self._alarm(f"{channel.name} fails and rests: {result.detail}")

    async def _pause(self) -> None:
        """Sleep until something ended, came in, or is due."""
        now = self._clock.now()
        until_at = now + (_WAITING_S if any(self._last.waiting.values()) else _IDLE_S)
        if self._last.next_at is not None:
            until_at = min(until_at, max(self._last.next_at, now + 0.01))
        if not self._done:
            await self._woken(until_at)
        if self._done and len(self._done) < self._in_flight.total():
            await self._clock.sleep_until(self._clock.now() + _GATHER_S)

    async def _woken(self, until_at: float) -> None:
        sleeper = asyncio.ensure_future(self._clock.sleep_until(until_at))
        # A sleeper that is given up must not wake: the next pause would end at once, and the loop would run hot.
        sleeper.add_done_callback(lambda task: None if task.cancelled() else self._wake.set())
        try:
            await self._wake.wait()
        finally:
            sleeper.cancel()
