"""A short language for rehearsals in tests: what happens when, and what must be so by when.

story = Scenario(inventory)
story.at(60).cut("trunk-7").mended_after(300)
story.run()
story.within(180).expect(roots=["link:trunk-7"], scope="regional")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import Change, ChangeKind, Command, Incident, Status
from netwatch.inventory.model import Inventory
from netwatch.simulation.faults import Breakage, parse
from netwatch.simulation.noise import TIDY, Noise
from netwatch.simulation.runner import Rehearsal, RehearsalLog, simulate

#: Changes that first tell of an outage.
FIRST_TOLD = frozenset({ChangeKind.OPENED, ChangeKind.REOPENED})


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of the scenario at which something is broken."""

    scenario: Scenario
    at_s: float

    def breaks(self, text: str) -> Moment:
        """Any fault in the drill's language, without its time."""
        fault = parse(text, self.scenario.inventory)
        self.scenario.faults.append(replace(fault, at_s=self.at_s))
        return self

    def cut(self, *names: str) -> Moment:
        """Cut links, ducts, port groups or upstreams."""
        for name in names:
            self.breaks(f"cut {name}")
        return self

    def down(self, *names: str) -> Moment:
        """Switch devices off."""
        for name in names:
            self.breaks(f"down {name}")
        return self

    def mended_after(self, seconds: float) -> Moment:
        """Mend all that breaks at this moment."""
        faults = self.scenario.faults
        faults[:] = [replace(each, for_s=seconds) if each.at_s == self.at_s else each for each in faults]
        return self


@dataclass(frozen=True, slots=True)
class Deadline:
    """Checks on what was published at most `seconds` after the first fault."""

    scenario: Scenario
    seconds: float

    def expect(
        self, *, roots: Iterable[str], scope: Scope | str, out: Iterable[str] | None = None, incidents: int = 1
    ) -> Incident:
        """One published incident has exactly these roots, this scope and these customers out; gives it as told.

        `out` None compares with the network's own truth at that instant.

        Raises:
            AssertionError: with the whole log when it is not so.
        """
        scenario = self.scenario
        first_at = min(fault.at_s for fault in scenario.faults)
        told = [c for c in scenario.opened() if c.at - scenario.log.warmup_s - first_at <= self.seconds]
        fitting = [c for c in told if set(c.incident.roots) == set(roots) and c.incident.scope == scope]
        published = scenario.published()
        assert fitting, f"nothing fits {sorted(roots)} {scope}\n{scenario.log.text()}"
        assert len(published) == incidents, f"{len(published)} incidents\n{scenario.log.text()}"
        change = fitting[0]
        expected = frozenset(out) if out is not None else scenario.log.network.affected(change.at).out
        wrong = change.incident.affected.out ^ expected
        assert not wrong, f"wrong about {sorted(wrong)}\n{scenario.log.text()}"
        return change.incident


class Scenario:
    """Faults over time on one inventory, and what netwatch made of them."""

    def __init__(self, inventory: Inventory, *, seed: int = 0, noise: Noise = TIDY, duration_s: float = 600.0) -> None:
        self.inventory = inventory
        self.faults: list[Breakage] = []
        self.commands: list[Command] = []
        self.restarts_at_s: list[float] = []
        self._seed, self._noise, self._duration_s = seed, noise, duration_s
        self._log: RehearsalLog | None = None

    def at(self, seconds: float) -> Moment:
        """The instant `seconds` after the end of the warm-up."""
        return Moment(self, seconds)

    def restart_at(self, seconds: float) -> None:
        """Netwatch is killed and started again; the journal and its memories stay."""
        self.restarts_at_s.append(seconds)

    def within(self, seconds: float) -> Deadline:
        """Checks on what was published so many seconds after the first fault."""
        return Deadline(self, seconds)

    @property
    def log(self) -> RehearsalLog:
        """What happened; runs the scenario at first use."""
        if self._log is None:
            self._log = simulate(
                Rehearsal(
                    self.inventory, tuple(self.faults), self._seed, self._duration_s, noise=self._noise,
                    restarts_at_s=tuple(self.restarts_at_s), commands=tuple(self.commands),
                )
            )  # fmt: skip
        return self._log

    def changes(self, wanted: Callable[[Change], bool]) -> list[Change]:
        """Changes that fit, in order."""
        return [change for change in self.log.changes if wanted(change)]

    def opened(self) -> list[Change]:
        """Every first telling of an outage."""
        return self.changes(lambda change: change.kind in FIRST_TOLD | {ChangeKind.GREW, ChangeKind.CAUSE_CHANGED})

    def published(self) -> list[Incident]:
        """Incidents that were ever told, but for those merged into others; as they ended."""
        incidents = self.log.incidents.values()
        return [i for i in incidents if i.opened_at is not None and i.status is not Status.MERGED]
