"""How far the first look at the network has come: what people who wait for a start want to know."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from netwatch.clock import Clock
from netwatch.config import Config
from netwatch.daemon.memory import give_back
from netwatch.inventory.model import Inventory
from netwatch.polling.model import IcmpObservation, InterfaceObservation, Observation, SnmpObservation
from netwatch.polling.plan import plan
from netwatch.web.model import FirstLookView
from netwatch.web.names import progress

_log = logging.getLogger("netwatch")

#: Gets the progress every second, None at the end.
Show = Callable[[FirstLookView | None], None]
_TOLD_EVERY_S: Final = 1.0
#: Of so many tellings one is logged.
_LOGGED_EACH: Final = 10
#: The present rate is that of the last so many seconds.
_RATE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Goal:
    """What there is to look at: devices that are pinged, agents, ports that hang on something."""

    pinged: int
    agents: int
    ports: int

    @classmethod
    def of(cls, inventory: Inventory, config: Config) -> Goal:
        """Read off the inventory."""
        plans = plan(inventory, config.polling).values()
        asked = [entry for entry in plans if entry.profile]
        ports = sum(len(entry.link_ports) + len(entry.customer_ports) for entry in asked)
        return cls(sum(entry.icmp for entry in plans), len(asked), ports)


class FirstLook:
    """Counts devices, agents and ports until the network is learnt; then it forgets them and costs nothing.

    Ports that devices proved not to have count as looked for.
    """

    def __init__(self, goal: Goal, clock: Clock, learning_s: float) -> None:
        self._goal = goal
        self._clock = clock
        self._begun_at = clock.now()
        self._learning_s = learning_s
        self._missing: Callable[[], int] = int
        self._pinged: set[str] = set()
        self._answered: set[str] = set()
        self._asked: set[str] = set()
        self._told: set[str] = set()
        self._ports: set[tuple[str, str]] = set()
        self._marks: deque[tuple[float, tuple[int, int, int]]] = deque(maxlen=64)
        self._over = False

    def follow(self, missing: Callable[[], int]) -> None:
        """Ask here how many ports devices do not have."""
        self._missing = missing

    async def report(self, is_warm: Callable[[], bool], show: Show) -> None:
        """Tell `show` every second how far it is, until the network is learnt; then None."""
        while not is_warm():
            show(self.view())
            await self._clock.sleep_until(self._clock.now() + _TOLD_EVERY_S)
        self.finish()
        give_back()  # what the start needed, and this look
        show(None)

    def note(self, observation: Observation) -> None:
        """Look at one observation."""
        if self._over:
            return
        match observation:
            case IcmpObservation(device=device, received=received):
                self._pinged.add(device)
                if received:
                    self._answered.add(device)
            case SnmpObservation(device=device, ok=ok):
                self._asked.add(device)
                if ok:
                    self._told.add(device)
            case InterfaceObservation(device=device, interface=interface):
                self._ports.add((device, interface))

    def view(self) -> FirstLookView | None:
        """How far it is now; None when it is over."""
        if self._over:
            return None
        now, goal = self._clock.now(), self._goal
        missing = self._missing()
        ports = min(goal.ports, len(self._ports) + missing)
        done = (len(self._pinged), len(self._asked), ports)
        if not self._marks or now - self._marks[-1][0] >= 1.0:
            self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[1][0] <= now - _RATE_S:
            self._marks.popleft()
        return FirstLookView(
            pinged=len(self._pinged),
            answered=len(self._answered),
            to_ping=goal.pinged,
            agents_asked=len(self._asked),
            agents_answered=len(self._told),
            agents=goal.agents,
            ports_resolved=ports,
            ports_missing=missing,
            ports=goal.ports,
            left_s=self._left_s(now, done),
        )

    def finish(self) -> None:
        """The network is learnt."""
        self._over = True
        for known in (self._pinged, self._answered, self._asked, self._told):
            known.clear()
        self._ports.clear()

    def _left_s(self, now: float, done: tuple[int, int, int]) -> float | None:
        """At the present rate, and not before the learning time is over; None = it does not move at present."""
        goal = (self._goal.pinged, self._goal.agents, self._goal.ports)
        since_at, before = self._marks[0]
        left_s = max(0.0, self._begun_at + self._learning_s - now)
        for have, had, want in zip(done, before, goal, strict=True):
            if have >= want:
                continue
            if have <= had or now <= since_at:
                if have == done[-1] and done[1] >= goal[1]:
                    continue  # the rest are ports of agents that do not answer: nothing comes of waiting
                return None
            left_s = max(left_s, (want - have) * (now - since_at) / (have - had))
        return left_s


def logged() -> Show:
    """Logs the progress every ten seconds."""
    calls = itertools.count()

    def show(look: FirstLookView | None) -> None:
        if look is not None and next(calls) % _LOGGED_EACH == 0:
            _log.info("%s", progress(look))

    return show
