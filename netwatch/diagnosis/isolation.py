"""Whether the monitor itself is cut off. Then nothing new is concluded, and the picture from before is kept."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from netwatch.diagnosis.beliefs import Beliefs
from netwatch.diagnosis.evidence import NEVER, DeviceEvidence, Standing
from netwatch.diagnosis.model import Explanation
from netwatch.diagnosis.net import Net
from netwatch.diagnosis.settings import DiagnosisSettings

_KEEP_EVERY_S: Final = 5.0


class Sight(StrEnum):
    """How much the monitor sees."""

    CLEAR = "clear"
    DOUBTFUL = "doubtful"
    ISOLATED = "isolated"
    RETURNING = "returning"


@dataclass(slots=True)
class Isolation:
    """The monitor's own state over time."""

    sight: Sight = Sight.CLEAR
    since_at: float = NEVER
    last_good_at: float = NEVER
    returned_at: float = NEVER
    reason: str = ""
    kept: tuple[Explanation, ...] = ()
    down_before: frozenset[str] = frozenset()
    history: deque[tuple[float, tuple[Explanation, ...], frozenset[str]]] = field(default_factory=deque)

    def keep(self, now: float, explanations: tuple[Explanation, ...], down: set[str], margin_s: float) -> None:
        """Remember the picture every few seconds, so that the one from before an isolation can be had."""
        due = not self.history or now - self.history[-1][0] >= _KEEP_EVERY_S
        if due and not (self.history and self.history[-1][1] is explanations):
            self.history.append((now, explanations, frozenset(down)))
        while len(self.history) > 1 and self.history[1][0] <= now - 2 * margin_s:
            self.history.popleft()

    def before(self, at: float) -> tuple[tuple[Explanation, ...], frozenset[str]]:
        """The picture as it was at `at`."""
        found: tuple[tuple[Explanation, ...], frozenset[str]] = ((), frozenset())
        for kept_at, explanations, down in self.history:
            if kept_at <= at:
                found = (explanations, down)
        return found


@dataclass(frozen=True, slots=True)
class Blindness:
    """What the evidence says now: `certain` isolation, or at least no first hop that answers (`doubtful`)."""

    certain: bool
    doubtful: bool
    onset_at: float = NEVER
    last_good_at: float = NEVER
    reason: str = ""


def look(net: Net, beliefs: Beliefs, settings: DiagnosisSettings) -> Blindness:
    """Judge whether the monitor can see: its own interface, its first hops, everything else."""
    local = _local(beliefs)
    if local is not None:
        return local
    hops = [device for device in (*net.starts, *net.strays) if beliefs.devices[device].known]
    silent = [device for device in hops if device in beliefs.down or device in beliefs.suspects]
    if not hops or len(silent) < len(hops):
        return Blindness(certain=False, doubtful=False)
    onset_at = min(beliefs.devices[device].onset_at for device in silent)
    last_good_at = max(beliefs.devices[device].answered_at for device in silent)
    if _others_answer(beliefs, silent, onset_at, settings):
        return Blindness(certain=False, doubtful=False)
    certain = all(_is_silent(beliefs.devices[device]) for device in silent)
    if certain and not net.monitor_known:
        known = [evidence for evidence in beliefs.devices.values() if evidence.known]
        certain = sum(_is_silent(evidence) for evidence in known) >= settings.silent_share * len(known)
    names = ", ".join(net.inventory.devices[device].name or device for device in silent[:3])
    reason = f"none of the monitor's first hops answers: {names}"
    return Blindness(certain, doubtful=True, onset_at=onset_at, last_good_at=last_good_at, reason=reason)


def _is_silent(evidence: DeviceEvidence) -> bool:
    """Whether it failed often enough. Whether anything else was heard meanwhile is asked elsewhere."""
    return evidence.standing == Standing.DOWN or (evidence.standing == Standing.SUSPECT and evidence.exhausted)


def _local(beliefs: Beliefs) -> Blindness | None:
    """The monitor's own interface or sockets refuse, and nothing was heard since."""
    bad = [at for at in beliefs.local_bad.values() if beliefs.answered_at <= at + 1.0]
    if not bad:
        return None
    names = ", ".join(sorted(interface or "sockets" for _, interface in beliefs.local_bad))
    reason = f"the monitor's own {names} cannot send"
    return Blindness(certain=True, doubtful=True, onset_at=min(bad), last_good_at=beliefs.answered_at, reason=reason)


def _others_answer(beliefs: Beliefs, hops: list[str], onset_at: float, settings: DiagnosisSettings) -> bool:
    """Whether any other device has answered since the hops fell silent."""
    if beliefs.answered_at <= onset_at + settings.fresh_s:
        return False
    held = set(hops)
    return any(
        evidence.answered_at > onset_at + settings.fresh_s and not evidence.is_down
        for device, evidence in beliefs.devices.items()
        if device not in held
    )
