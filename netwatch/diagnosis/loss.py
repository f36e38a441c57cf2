"""Loss without silence: the highest element below which far more is lost than anywhere else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from netwatch.diagnosis.evidence import NEVER
from netwatch.diagnosis.loss_counts import LossCounts
from netwatch.diagnosis.loss_window import BUCKET_S, Tally, Window, began_at, by_bucket, sum_up, tally, unlikely
from netwatch.diagnosis.net import Tree
from netwatch.diagnosis.settings import DiagnosisSettings

_LONGER: Final = 3
_REST_CHANCE: Final = 1e-3
#: The later half of a span alone must be less likely than this: pings are denser where much is lost, so that what is
#: over would else outweigh the few since.
_LATER_CHANCE: Final = 0.05
#: So few losses of a brown-out's devices within the usual window are no loss.
_FEW_LOST: Final = 2
_KEPT_S: Final = 300.0
#: Spans over which loss is sought, as parts of the usual window, and how much less likely it must be than usual: what
#: is shorter is looked at more often. Those after the first few hold enough pings of few devices only.
_SPANS: Final = ((1 / 3, 0.01), (1 / 2, 0.01), (2 / 3, 0.1), (1.0, 1.0), (1.5, 1.0), (2.0, 1.0), (2.5, 1.0), (3.0, 1.0))
_USUAL: Final = 4


@dataclass(frozen=True, slots=True)
class Brownout:
    """Loss at and below `device`: its ratio, the background, since when, who suffers, whether replies are slow too.

    `several`: more than one device loses much. What only one device tells may be its own slowness to answer.
    """

    device: str
    ratio: float
    base: float
    onset_at: float
    devices: frozenset[str]
    slowed: bool
    several: bool


class LossWatch:
    """Loss windows of all devices, and the brown-outs found in them."""

    def __init__(self, settings: DiagnosisSettings) -> None:
        self._settings = settings
        self._windows: dict[str, Window] = {}
        self._totals: dict[float, list[float]] = {}
        self._counts = LossCounts(self._windows, settings.loss_window_s, _LONGER * settings.loss_window_s)
        self._over: dict[str, float] = {}
        self._judged_at = float("-inf")
        self.found: tuple[Brownout, ...] = ()

    def answer(self, device: str, at: float, count: int, rtt_ms: float | None) -> None:
        """Count pings of a device that were answered."""
        window = self._windows.get(device)
        if window is None:
            window = self._windows[device] = Window()
        if window.answer(at, count, rtt_ms):
            bucket = at // BUCKET_S
            total = self._totals.get(bucket)
            if total is None:
                total = self._totals[bucket] = [0.0, 0.0]
            total[0] += count

    def lose(self, device: str, at: float, count: int) -> None:
        """Count pings of a device that were lost although it answers."""
        window = self._windows.get(device)
        if window is None:
            window = self._windows[device] = Window()
        if window.lose(at, count):
            self._counts.lost(device, at)
            total = self._totals.setdefault(at // BUCKET_S, [0.0, 0.0])
            total[0] += count
            total[1] += count

    def judge(self, now: float, tree: Tree, unsteady: Callable[[float], AbstractSet[str]]) -> bool:
        """Look for brown-outs every few seconds; return whether the answer changed.

        `unsteady` tells which devices are not to be counted, since their losses are outages.
        """
        if now - self._judged_at < self._settings.loss_every_s:
            self._counts.pass_time(now)
            return False
        blind = unsteady(now)
        self._judged_at = now
        self._counts.look(now, tree, blind)
        self._totals = {bucket: total for bucket, total in self._totals.items() if bucket * BUCKET_S >= now - _KEPT_S}
        oldest_at = now - _LONGER * self._settings.loss_window_s
        self._over = {device: at for device, at in self._over.items() if at >= oldest_at}
        before = self.found
        self.found = tuple(self._search(now, tree, blind)) if self._counts.losers or before else ()
        return before != self.found

    def _note_end(self, now: float, ended: Brownout) -> None:
        """Remember of which devices a brown-out is over: what they lost until then proves no new one.

        Where much is still lost, the rest of it may yet be a smaller one.
        """
        since_at, most = now - self._settings.loss_window_s, self._least(ended.base) / 2
        for device in ended.devices:
            own = tally(self._windows, (device,), since_at, now)
            if own.lost < _FEW_LOST or own.ratio < most:
                self._over[device] = now

    def _search(self, now: float, tree: Tree, blind: AbstractSet[str]) -> Iterable[Brownout]:
        """From the monitor downward, only where much is lost, until an element explains it."""
        known = {one.device: one for one in self.found}
        explained: set[str] = set()
        for device in self._counts.in_order(self._counts.hot | known.keys()):
            if not explained.isdisjoint(tree.ancestors(device)):
                continue
            found = None
            if device in known:
                found = self._still(now, tree, blind, known[device])
                if found is None:
                    self._note_end(now, known[device])
            if found is None and device in self._counts.hot:
                spans = _SPANS[: None if self._counts.is_small(tree, device) else _USUAL]
                found = self._begun_lately(now, tree, blind, device, spans)
            if found is not None:
                explained.add(device)
                yield found

    def _begun_lately(
        self, now: float, tree: Tree, blind: AbstractSet[str], device: str, spans: Sequence[tuple[float, float]]
    ) -> Brownout | None:
        """The brown-out below `device` over the first of the spans that shows one, whenever it began."""
        devices = self._members(tree, blind, device)
        if self._over:
            over_at = max((self._over.get(one, NEVER) for one in devices), default=NEVER)
            spans = [span for span in spans if now - span[0] * self._settings.loss_window_s >= over_at]
        if not spans:
            return None
        counts = by_bucket(self._windows, devices, now - spans[-1][0] * self._settings.loss_window_s - BUCKET_S)
        for part, chance in spans:
            span_s = part * self._settings.loss_window_s
            seen = sum_up(counts, _from(now, span_s), now)
            if min(seen.halves) >= self._settings.loss_least and unlikely(
                seen, 0.0, chance * self._settings.loss_chance
            ):
                found = self._brownout(now, tree, blind, device, span_s=span_s, chance=chance)
                if found is not None:
                    return found
        return None

    def _members(self, tree: Tree, blind: AbstractSet[str], device: str) -> list[str]:
        return [one for one in tree.subtree(device) if one not in blind and one in self._windows]

    def _still(self, now: float, tree: Tree, blind: AbstractSet[str], one: Brownout) -> Brownout | None:
        """A brown-out that was found before, while its loss is above half of what it took to find it."""
        devices = self._members(tree, blind, one.device)
        seen = tally(self._windows, devices, now - self._settings.loss_window_s, now)
        if seen.ratio < self._least(one.base) / 2 or seen.lost < _FEW_LOST:
            return None
        since_at = now - _LONGER * self._settings.loss_window_s
        several = one.several or self._by_several(devices, since_at, now, one.base)
        return replace(one, devices=frozenset(devices), several=several)

    def _least(self, base: float) -> float:
        return max(base + self._settings.loss_over_base, self._settings.loss_least)

    def _brownout(
        self, now: float, tree: Tree, blind: AbstractSet[str], device: str, *, span_s: float, chance: float
    ) -> Brownout | None:
        """The brown-out whose highest element is `device`, or None. `chance`: how much less likely than usual."""
        devices = self._members(tree, blind, device)
        since_at = _from(now, span_s)
        whole = tally(self._windows, devices, since_at, now)
        if min(whole.halves) < self._settings.loss_least:
            return None
        base = self._background(now, since_at, blind, devices)
        least = self._least(base)
        if min(whole.halves) < least or not unlikely(whole, base, chance * self._settings.loss_chance):
            return None
        goes_on = unlikely(Tally(*whole.later), base, _LATER_CHANCE)
        if not goes_on or not self._own_loss(device, since_at, now, whole.ratio, blind):
            return None
        if not self._without_worst(tree, device, since_at, now, base):
            return None
        several = self._by_several(devices, since_at, now, base)
        if len(devices) > 1 and not several:
            return None
        slowed = sum(self._windows[one].slowed(since_at) for one in devices) > len(devices) / 2
        onset_at = began_at(self._windows, devices, since_at, base, whole.ratio)
        return Brownout(
            device, round(whole.ratio, 3), round(base, 3), onset_at, frozenset(devices), slowed, several=several
        )

    def _background(self, now: float, since_at: float, blind: AbstractSet[str], inside: Iterable[str]) -> float:
        """Loss outside the suspected part and other brown-outs: the control group.

        Over some minutes, or over the same span when it was worse then: a hiccup of the monitor hits everyone.
        """
        apart = {*inside, *blind, *(device for one in self.found for device in one.devices)}
        spans = (now - _LONGER * self._settings.loss_window_s, since_at)
        return max(self._total(at).without(tally(self._windows, apart, at, now)).ratio for at in spans)

    def _total(self, since_at: float) -> Tally:
        oldest = math.ceil(since_at / BUCKET_S)
        counted = [total for bucket, total in self._totals.items() if bucket >= oldest]
        return Tally(sum(sent for sent, _ in counted), sum(lost for _, lost in counted))

    def _own_loss(self, device: str, since_at: float, now: float, ratio: float, blind: AbstractSet[str]) -> bool:
        """Whether the element's own pings are lossy, or too few to tell."""
        if device in blind or device not in self._windows:
            return True
        own = tally(self._windows, (device,), since_at, now)
        return own.lost > 0 or (1.0 - ratio) ** own.sent > 0.05

    def _by_several(self, devices: Sequence[str], since_at: float, now: float, base: float) -> bool:
        """Whether clear loss remains when the worst single device is left out."""
        if len(devices) < 2:
            return False
        each = {device: tally(self._windows, (device,), since_at, now) for device in devices}
        worst = max(devices, key=lambda device: (each[device].lost, device))
        rest = tally(self._windows, (device for device in devices if device != worst), since_at, now)
        return rest.ratio >= self._least(base) and unlikely(rest, base, _REST_CHANCE)

    def _without_worst(self, tree: Tree, device: str, since_at: float, now: float, base: float) -> bool:
        """Whether clear loss remains when the worst branch below is left out."""
        branches = {child: set(tree.subtree(child)) for child in sorted(tree.children.get(device, ()))}
        if not branches:
            return True
        lost = {child: tally(self._windows, branches[child], since_at, now).lost for child in branches}
        worst = branches[max(lost, key=lambda child: (lost[child], child))]
        rest = tally(self._windows, (one for one in tree.subtree(device) if one not in worst), since_at, now)
        return rest.ratio >= self._least(base) and unlikely(rest, base, _REST_CHANCE)


def _from(now: float, span_s: float) -> float:
    """The begin of the tens of seconds in which the span begins."""
    return math.floor((now - span_s) / BUCKET_S) * BUCKET_S
