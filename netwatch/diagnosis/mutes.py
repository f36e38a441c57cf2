"""Devices that answer nothing, yet forward: what lies behind them still answers."""

from __future__ import annotations

from collections.abc import Iterable

from netwatch.diagnosis.beliefs import Beliefs
from netwatch.diagnosis.net import Tree
from netwatch.diagnosis.settings import DiagnosisSettings


def find_mutes(
    tree: Tree, beliefs: Beliefs, settings: DiagnosisSettings, silent: Iterable[str]
) -> tuple[frozenset[str], bool]:
    """Silent devices that must forward: behind them alone something answered after they were confirmed silent.

    They must have failed again after that answer, else they may just be returning; and no port toward them may have
    gone down since, else that is why they fail. The second value says whether something behind the rest still
    answers, so that the next failure may decide.
    """
    left = set(silent)
    found: set[str] = set()
    while left:
        alive = [
            device
            for device in tree.shadow(left, ())
            if (evidence := beliefs.devices[device]).known and not evidence.is_down
        ]
        now_found = {
            above
            for device in alive
            for above in tree.ancestors(device)
            if above in left and _passes(beliefs, settings, above, beliefs.devices[device].answered_at)
        }
        if not now_found:
            return frozenset(found), bool(alive)
        found |= now_found
        left -= now_found
    return frozenset(found), False


def _passes(beliefs: Beliefs, settings: DiagnosisSettings, silent: str, answered_at: float) -> bool:
    evidence = beliefs.devices[silent]
    between = evidence.confirmed_at + settings.fresh_s < answered_at < evidence.last_fail_at
    return between and not any(
        (port := beliefs.ports.get((edge.neighbour, edge.far_interface))) is not None and port.fell_after(answered_at)
        for edge in beliefs.net.edges[silent]
    )
