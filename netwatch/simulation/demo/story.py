"""The story: a trunk is cut, netwatch finds it, customers are told; it is mended, they hear that too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from netwatch.errors import OperatingError
from netwatch.simulation.demo.account import Finding, Truth, judge, notices
from netwatch.simulation.demo.agents import Agents
from netwatch.simulation.demo.daemon import Daemon, unix
from netwatch.simulation.demo.mailbox import Mail, Mailbox
from netwatch.simulation.demo.provider import VICTIM, Provider
from netwatch.simulation.demo.screen import Screen
from netwatch.web.model import IncidentView

_LOOK_S: Final = 0.2
_WARM_WITHIN_S: Final = 120.0
_TOLD_WITHIN_S: Final = 120.0
_CLEAR_WITHIN_S: Final = 150.0
#: The cut lasts so much longer after all are told: to look at the page, and so that a mail too many is seen.
_LOOK_AROUND_S: Final = 15.0
#: The same after the all-clear.
_AFTERMATH_S: Final = 5.0


@dataclass(slots=True)
class Outcome:
    """What the story came to. `seconds` since the cut, by step; since the mending for `all_clear`."""

    seconds: dict[str, float] = field(default_factory=dict)
    incident: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        return bool(self.findings) and all(finding.ok for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays. `page` is the directory that netwatch publishes the outage page to."""

    provider: Provider
    agents: Agents
    daemon: Daemon
    mailbox: Mailbox
    page: Path


class Story:
    """One telling."""

    def __init__(self, cast: Cast, screen: Screen) -> None:
        self._provider = provider = cast.provider
        self._agents = cast.agents
        self._daemon = cast.daemon
        self._mailbox = cast.mailbox
        self._page = cast.page
        self._screen = screen
        self._victim = provider.trunks[VICTIM]
        self._behind = provider.behind(VICTIM)
        self._hit = provider.cut_off(self._behind)
        self._everyone = frozenset(service.email for service in provider.customers)
        self._cut_at = 0.0
        self.outcome = Outcome()

    async def warm_up(self) -> None:
        """Until netwatch has seen the whole network and would tell customers.

        Raises:
            OperatingError: it does not get there.
        """
        self._screen.begin("watching")

        async def is_warm() -> bool:
            status = await self._daemon.status()
            return status is not None and status.warm

        begun = time.monotonic()
        if not await _within(_WARM_WITHIN_S, is_warm):
            raise OperatingError("netwatch does not get warm", f"see {self._daemon.log}")
        text = f"netwatch polls them all and knows the network after {time.monotonic() - begun:.0f} s"
        self._screen.done("watching", text)

    async def tell(self) -> None:
        """From the cut to the account."""
        self._cut()
        incident = await self._wait_told()
        if incident is not None:
            why = await asyncio.to_thread(self._daemon.say, "why", incident.id)
            self._screen.quote(f"netwatch why {incident.id}", why)
        self._screen.say(f"The trunk stays cut for another {_LOOK_AROUND_S:.0f} s: open the page and the mails.")
        await asyncio.sleep(_LOOK_AROUND_S)
        mended_at = self._mend()
        await self._wait_all_clear(mended_at)
        truth = Truth(self._hit, self._everyone, VICTIM, self._cut_at, mended_at)
        roots = incident.root_causes if incident is not None else ()
        self.outcome.findings = judge(truth, self._mailbox.mails, roots)

    def _cut(self) -> None:
        trunk = self._victim
        self._cut_at = time.time()
        self._agents.carrier((trunk.a, trunk.b), on=False)
        self._agents.silence(self._behind)
        text = f"{trunk.id} is cut: {len(self._behind)} routers and {len(self._hit)} customers are behind it"
        self._screen.done("fault", text, 0.0)

    def _mend(self) -> float:
        trunk = self._victim
        mended_at = time.time()
        self._agents.unsilence(self._behind)
        self._agents.carrier((trunk.a, trunk.b), on=True)
        self._screen.done("mended", f"{trunk.id} carries light again", mended_at - self._cut_at)
        return mended_at

    async def _wait_told(self) -> IncidentView | None:
        """Follows one fault through netwatch until the last customer is told, or time is over."""
        incident: IncidentView | None = None

        async def detected() -> str | None:
            nonlocal incident
            incident = await self._daemon.incident(self.outcome.incident)
            if incident is None:
                return None
            self.outcome.incident = incident.id
            return f"incident {incident.id}, {incident.status}"

        async def diagnosed() -> str | None:
            await detected()
            if incident is None or incident.opened_at is None:
                return None
            return f"{incident.title} ({incident.confidence:.0%} sure)"

        async def page() -> str | None:
            shown = self._page / "outages.json"
            text = shown.read_text(encoding="utf-8") if shown.exists() else ""
            return "the outage page tells it" if (self.outcome.incident or "?") in text else None

        async def first() -> str | None:
            told = self._told_since_cut()
            return f"{told[0].recipient}: {told[0].subject}" if told else None

        async def everybody() -> str | None:
            told = {mail.recipient for mail in self._told_since_cut()}
            return f"{len(told)} customers told" if told >= self._hit else None

        steps = {
            "detected": detected,
            "diagnosed": diagnosed,
            "page": page,
            "first customer": first,
            "all customers": everybody,
        }
        for step, look in steps.items():
            said = await self._step(step, look)
            if said is not None:
                since_cut_s = self._instant(step, incident) - self._cut_at
                self.outcome.seconds[step] = round(since_cut_s, 1)
                self._screen.done(step, said, since_cut_s)
        return incident

    def _instant(self, step: str, incident: IncidentView | None) -> float:
        """When the step truly happened, where netwatch or the mail server noted it; else now."""
        told = self._told_since_cut()
        noted = {
            "detected": unix(incident.confirmed_at) if incident else None,
            "diagnosed": unix(incident.opened_at) if incident else None,
            "first customer": told[0].at if told else None,
            "all customers": told[-1].at if told else None,
        }
        return noted.get(step) or time.time()

    async def _step(self, step: str, look: Callable[[], Awaitable[str | None]]) -> str | None:
        """What `look` said as soon as it said something; None when time is over."""
        self._screen.begin(step)
        said: str | None = None

        async def seen() -> bool:
            nonlocal said
            said = await look()
            return said is not None

        if not await _within(self._cut_at + _TOLD_WITHIN_S - time.time(), seen):
            self._screen.done(step, "not in time")
        return said

    async def _wait_all_clear(self, mended_at: float) -> None:
        self._screen.begin("all-clear")

        async def all_clear() -> bool:
            cleared = notices(self._mailbox.mails, self._everyone, mended_at, float("inf"))
            return {mail.recipient for mail in cleared} >= self._hit

        if await _within(_CLEAR_WITHIN_S, all_clear):
            after_s = self._mailbox.mails[-1].at - mended_at
            self.outcome.seconds["all_clear"] = round(after_s, 1)
            text = f"sent, {after_s:.0f} s after the mending"
            self._screen.done("all-clear", text, self._mailbox.mails[-1].at - self._cut_at)
        else:
            self._screen.done("all-clear", "not in time")
        await asyncio.sleep(_AFTERMATH_S)

    def _told_since_cut(self) -> list[Mail]:
        return notices(self._mailbox.mails, self._everyone, self._cut_at, float("inf"))


async def _within(seconds: float, condition: Callable[[], Awaitable[bool]]) -> bool:
    """Whether `condition` came true in time."""
    deadline = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_LOOK_S)
    return True
