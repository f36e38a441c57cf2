"""What may happen to the faults, decided by dice."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.simulation.delivery.faults import DEVICES, SCENARIOS, Fault, Truth
from tests.simulation.delivery.story import What


def _begin(truth: Truth, dice: Random, now: float) -> None:
    name = f"f{len(truth.faults)}"
    devices = frozenset(dice.sample(DEVICES, dice.choice([1, 1, 2, 3, 4, 6])))
    truth.faults[name] = Fault(
        name, now, devices, dice.choice(SCENARIOS), strong=dice.random() < 0.9, confidence=dice.choice([0.95, 0.95, 0.5])
    )  # fmt: skip


def _some(truth: Truth, dice: Random, *, live: bool) -> Fault | None:
    found = [fault for fault in truth.faults.values() if bool(fault.devices) is live]
    return dice.choice(found) if found else None


def _grow(truth: Truth, dice: Random, now: float) -> None:
    del now
    fault = _some(truth, dice, live=True)
    if fault is not None:
        fault.change(devices=fault.devices | frozenset(dice.sample(DEVICES, dice.choice([1, 2, 3]))))


def _shrink(truth: Truth, dice: Random, now: float) -> None:
    del now
    fault = _some(truth, dice, live=True)
    if fault is not None:
        fault.change(devices=frozenset(device for device in sorted(fault.devices) if dice.random() < 0.5))


def _end(truth: Truth, dice: Random, now: float) -> None:
    del now
    fault = _some(truth, dice, live=True)
    if fault is not None:
        fault.change(devices=frozenset())


def _back(truth: Truth, dice: Random, now: float) -> None:
    fault = _some(truth, dice, live=False)
    if fault is not None:
        fault.change(devices=frozenset(dice.sample(DEVICES, dice.choice([1, 2, 4]))), onset_at=now)


def _cause(truth: Truth, dice: Random, now: float) -> None:
    fault = _some(truth, dice, live=True)
    if fault is not None:
        fault.change(root=f"device:root{now:.0f}", scenario=dice.choice(SCENARIOS))


def _swallow(truth: Truth, dice: Random, now: float) -> None:
    del now
    live = truth.live()
    if len(live) > 1:
        larger, smaller = dice.sample(live, 2)
        larger.change(
            devices=larger.devices | smaller.devices, swallowed=larger.swallowed | {smaller.root or f"link:{smaller.name}"}
        )  # fmt: skip
        smaller.change(devices=frozenset())


FAULTS: Final = {
    What.BEGIN: _begin, What.GROW: _grow, What.SHRINK: _shrink, What.END: _end, What.BACK: _back, What.CAUSE: _cause,
    What.SWALLOW: _swallow,
}  # fmt: skip
