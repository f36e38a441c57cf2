"""Which ways out a rehearsal has, and what goes nowhere because the configuration sets none up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from netwatch.communication.planning.playbook import Playbook
from netwatch.communication.planning.playbook_proof import unrouted
from netwatch.communication.planning.recipients import Directory
from netwatch.config import Config
from netwatch.inventory.model import Inventory
from netwatch.simulation.replay import ways_out
from netwatch.simulation.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Routes:
    """`real`: the channels that have a route. `supposed`: those by which the rehearsal tells."""

    playbook: Playbook
    directory: Directory
    real: frozenset[str]
    supposed: frozenset[str]

    @classmethod
    def of(cls, settings: Config, inventory: Inventory) -> Routes:
        """Those of a configuration."""
        return cls(
            settings.load_playbook(),
            Directory(inventory, settings.people),
            settings.channels.routed(),
            ways_out(settings),
        )

    def missing_for(self, customer: str) -> bool:
        """Whether the customer could be told if the channels that he chose had a route."""
        known = self.directory.customer(customer)
        return known is not None and bool(known.addresses) and not known.addresses.keys() & self.supposed

    def account(self, verdict: Verdict) -> dict[str, Any]:
        """For the account of a drill: the sentence on it, the ways there are, and what those there are not would cost."""
        sentence = verdict.sentence if self.real else f"On paper only, as no channel has a route: {verdict.sentence}"
        return {"sentence": sentence, "routes": sorted(self.real), "routes_missing": list(self._sentences())}

    def _sentences(self) -> Iterator[str]:
        if not self.real:
            yield (
                "Nothing would leave: no channel has a route (channels.email.routes and others). "
                f"Rehearsed as if there were {' and '.join(sorted(self.supposed))}."
            )
            return
        seen: set[str] = set()
        for procedure in self.playbook.procedures:
            for step in procedure.steps:
                if unrouted(step, self.real):
                    ways = " or ".join(f"channels.{channel.value}" for channel in step.by)
                    seen.add(f"{step.tell.value} would be told nothing: no route under {ways}.")
        yield from sorted(seen)
