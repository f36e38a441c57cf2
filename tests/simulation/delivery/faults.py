"""The network's faults as the diagnosis would explain them: the truth, which outlives every process of netwatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netwatch.diagnosis.model import (
    Affected,
    Diagnosis,
    Explanation,
    Feedback,
    InventoryDoubt,
    Memory,
    Scenario,
    Scope,
)
from netwatch.polling.model import Observation

DEVICES = tuple(f"d{number}" for number in range(10))
#: Customer c3 hangs on device d3.
CUSTOMER_OF = {device: f"c{device[1:]}" for device in DEVICES}
SCENARIOS = (Scenario.CABLE, Scenario.POWER, Scenario.EQUIPMENT, Scenario.UNKNOWN)


@dataclass
class Fault:
    """One fault; `swallowed` are roots of others that it explains too."""

    name: str
    onset_at: float
    devices: frozenset[str]
    scenario: Scenario = Scenario.CABLE
    root: str = ""
    strong: bool = True
    confidence: float = 0.95
    swallowed: frozenset[str] = frozenset()
    explanation: Explanation | None = field(default=None, repr=False)

    def change(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        self.explanation = None


class Truth:
    """What is broken now."""

    def __init__(self) -> None:
        self.faults: dict[str, Fault] = {}
        self.isolated = False
        self.warm_at = 0.0
        self.out_since_s: dict[str, float] = {}

    def look(self, now_s: float) -> None:
        """Note who is out for certain, and since when: what one kind of evidence says may be no outage at all."""
        certain = [fault for fault in self.live() if fault.strong and fault.confidence > 0.9]
        out = {CUSTOMER_OF[device] for fault in certain for device in fault.devices}
        self.out_since_s = {name: self.out_since_s.get(name, now_s) for name in sorted(out)}

    def live(self) -> list[Fault]:
        return [fault for fault in self.faults.values() if fault.devices]

    def explain(self) -> tuple[Explanation, ...]:
        found = []
        for fault in self.live():
            if fault.explanation is None:
                fault.explanation = _explanation(fault)
            found.append(fault.explanation)
        return tuple(found)


def _explanation(fault: Fault) -> Explanation:
    out = frozenset(CUSTOMER_OF[device] for device in fault.devices)
    return Explanation(
        key=fault.name,
        roots=(fault.root or f"link:{fault.name}",),
        scope=Scope.REGIONAL if len(out) > 1 else Scope.CUSTOMER,
        scenario=fault.scenario,
        onset_at=fault.onset_at,
        last_good_at=fault.onset_at - 5,
        confirmed_at=fault.onset_at + 1,
        confidence=fault.confidence,
        strong=fault.strong,
        settled=True,
        down=fault.devices,
        cut_links=frozenset(root.partition(":")[2] for root in fault.swallowed),
        affected=Affected(out),
        reasons=("simulated",),
    )


class Engine:
    """`pipeline.DiagnosisStage` over the truth."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._last = Diagnosis(0.0, ())

    def observe(self, observation: Observation) -> None:
        raise AssertionError(f"nobody probes here: {observation}")

    def step(self, now: float, feedback: Feedback) -> Diagnosis:
        del feedback
        truth = self._truth
        # While it can't see, the picture is the frozen one.
        found = self._last.explanations if truth.isolated else truth.explain()
        self._last = Diagnosis(now, found, truth.isolated, now >= truth.warm_at)
        return self._last

    def inventory_doubts(self) -> tuple[InventoryDoubt, ...]:
        return ()

    def remember(self) -> tuple[Memory, ...]:
        return ()

    def remember_changes(self) -> tuple[Memory, ...]:
        return ()

    def recall(self, memories: Sequence[Memory]) -> None:
        assert not memories
