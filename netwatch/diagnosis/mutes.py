"""Devices that answer nothing, yet forward: what lies behind them still answers."""

from __future__ import annotations

from collections.abc import Iterable

from netwatch.diagnosis.beliefs import Beliefs
from netwatch.diagnosis.net import Tree
from netwatch.diagnosis.settings import DiagnosisSettings


class Mutes:
    """Remembers when something answered from behind a silent device."""

    def __init__(self, settings: DiagnosisSettings) -> None:
        self._settings = settings
        self._heard_at: dict[str, float] = {}
        self.perhaps: frozenset[str] = frozenset()
        """Silent devices behind which something answers; their next failure decides."""
        self.undecided = False
        """Whether anything behind a silent device is not known to be down, so that its next answer may matter."""

    def find(self, tree: Tree, beliefs: Beliefs, silent: Iterable[str]) -> frozenset[str]:
        """Silent devices that must forward: behind them alone something answered after they were confirmed silent.

        They must have failed again after the first such answer, else they may just be returning; and no port toward
        them may have gone down since the last one, else that is why they fail.
        """
        left = set(silent)
        found: set[str] = set()
        self._heard_at = {device: at for device, at in self._heard_at.items() if device in left}
        self.undecided = False
        while left:
            alive = [d for d in sorted(tree.shadow(left, ()) - beliefs.down) if beliefs.devices[d].known]
            now_found = {
                above
                for device in alive
                for above in tree.ancestors(device)
                if above in left and self._passes(beliefs, above, beliefs.devices[device].answered_at)
            }
            if not now_found:
                self.undecided = bool(alive)
                break
            found |= now_found
            left -= now_found
        self.perhaps = frozenset(self._heard_at.keys() - found)
        return frozenset(found)

    def _passes(self, beliefs: Beliefs, silent: str, answered_at: float) -> bool:
        evidence = beliefs.devices[silent]
        since_at = evidence.confirmed_at + self._settings.fresh_s
        if answered_at <= since_at:
            return False
        # A failed ping is told when its time is out: the newest answer is often younger than the newest failure.
        heard_at = self._heard_at.get(silent, answered_at)
        self._heard_at[silent] = heard_at = heard_at if heard_at > since_at else answered_at
        return heard_at < evidence.last_fail_at and not any(
            (port := beliefs.known_port(edge.neighbour, edge.far_interface)) is not None
            and port.fell_after(answered_at)
            for edge in beliefs.net.edges[silent]
        )
