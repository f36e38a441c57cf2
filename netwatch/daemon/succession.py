"""The diagnosis can be replaced while it runs: the heir looks at the network too, and takes over when it knows as much.

Until then the present diagnosis goes on concluding, so that a reload costs neither a learning time nor a fault
that begins in the middle of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from netwatch.communication.planning.state import Telling
from netwatch.diagnosis.model import Diagnosis, Feedback, InventoryDoubt, Memory, PortReading
from netwatch.incidents.book import Book
from netwatch.incidents.model import PUBLISHED, Incident
from netwatch.inventory.model import Inventory
from netwatch.pipeline import DiagnosisStage
from netwatch.polling.model import Observation

T = TypeVar("T")

_SHOWN: Final = 3
#: So long the heir may be of another opinion about an open incident before it has its way.
_AGREE_S: Final = 300.0
#: What an heir waits for at first.
LOOKING: Final = "the network is being looked at with the new inventory"


@dataclass(slots=True)
class Heir:
    """A diagnosis that learns. `obstacle` says why it can't take over yet, "" = it can; `taken_over` is told then.

    `obstacle` gets the present diagnosis, the heir's, and for how many seconds the heir has been warm.
    `failed`: it has a defect; the present diagnosis goes on.
    """

    engine: DiagnosisStage
    obstacle: Callable[[Diagnosis, Diagnosis, float], str]
    taken_over: Callable[[], None]
    failed: Callable[[Exception], None]
    ready_at: float | None = None


class Succession:
    """A `DiagnosisStage` with at most one heir."""

    def __init__(self, engine: DiagnosisStage) -> None:
        self._present = engine
        self._heir: Heir | None = None
        self.waits_for = ""

    def offer(self, heir: Heir) -> None:
        """Let `heir` learn from now on, with what is remembered; it replaces an heir that still learns."""
        heir.engine.recall(self._present.remember())
        self._heir = heir
        self.waits_for = LOOKING

    def observe(self, observation: Observation) -> None:
        """Take one observation."""
        self._present.observe(observation)
        heir = self._heir
        if heir is not None:
            self._guarded(heir, partial(heir.engine.observe, observation))

    def step(self, now: float, feedback: Feedback) -> Diagnosis:
        """What is wrong at `now`."""
        diagnosis = self._present.step(now, feedback)
        heir = self._heir
        if heir is None:
            return diagnosis
        fresh = self._guarded(heir, partial(heir.engine.step, now, feedback))
        if fresh is None:
            return diagnosis
        if heir.ready_at is None and fresh.warm and not fresh.isolated:
            heir.ready_at = now
        self.waits_for = heir.obstacle(diagnosis, fresh, now - (heir.ready_at or now))
        if self.waits_for:
            return diagnosis
        self._present, self._heir = heir.engine, None
        heir.taken_over()
        return fresh

    def _guarded(self, heir: Heir, work: Callable[[], T]) -> T | None:
        """What the heir answers; None = it has a defect, and is none any more."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the supervisor of the heir: its defect must not end a good diagnosis
            self._heir, self.waits_for = None, ""
            heir.failed(error)
            return None

    def inventory_doubts(self) -> tuple[InventoryDoubt, ...]:
        """Where the inventory and the network seem to disagree."""
        return self._present.inventory_doubts()

    def ports_of(self, device: str) -> Mapping[str, PortReading]:
        """The newest reading of each port of `device`, by name."""
        return self._present.ports_of(device)

    def remember(self) -> tuple[Memory, ...]:
        """What must survive a restart."""
        return self._present.remember()

    def remember_changes(self) -> tuple[Memory, ...]:
        """What of it changed since the last call; all of it at the first, also of a new diagnosis."""
        return self._present.remember_changes()

    def recall(self, memories: Sequence[Memory]) -> None:
        """Take up what an earlier process remembered."""
        self._present.recall(memories)


def obstacle(
    present: Diagnosis,
    fresh: Diagnosis,
    warm_s: float,
    *,
    inventory: Inventory,
    polled: Collection[str],
    book: Book,
) -> str:
    """Why the diagnosis of the new `inventory` can't take over yet; "" = it can. `polled` are devices that it polls.

    It must see, be warm, and have an opinion of each device that answered before. Customers of a live incident whom
    the new inventory hangs elsewhere must hang on a device of which it has an opinion too: else they would be told
    that they have service again, which nobody has seen. Open incidents it must see too, until they
    end or it has been warm for `_AGREE_S` (`warm_s`): loss takes longer to be sure of than the learning lasts.
    """
    if fresh.isolated or fresh.blind_until_at is not None:
        return "netwatch is cut off from the network"
    if not fresh.warm:
        return LOOKING
    late = fresh.unheard.intersection(polled) - present.unheard - _silent(fresh)
    if late:
        return f"no answer yet from {_listed(late)}"
    found = (_hinders(incident, fresh, warm_s, inventory) for incident in book.live())
    return next(filter(None, found), "")


def _hinders(incident: Incident, fresh: Diagnosis, warm_s: float, inventory: Inventory) -> str:
    """What would go wrong with one live incident by the change; "" = nothing."""
    if warm_s < _AGREE_S and _misses(incident, fresh, inventory):
        return f"incident {incident.id}: what is wrong is not seen yet with the new inventory"
    unheard = fresh.unheard - _silent(fresh)
    for customer in sorted(incident.announced | incident.affected.out | incident.affected.degraded):
        services = inventory.customers.get(customer, ())
        places = {service.primary.device for service in services}
        if services and not any(places):
            return f"incident {incident.id}: customer {customer} is cut off, and hangs nowhere now"
        unseen = places & unheard
        if unseen:
            return f"incident {incident.id}: customers cut off hang on {_listed(unseen)} now, not heard yet"
    return ""


def _misses(incident: Incident, fresh: Diagnosis, inventory: Inventory) -> bool:
    """Whether an open incident would end by the change, though it is about what is still there.

    That it seems to be over just now says little: loss comes and goes.
    """
    elements = {ref for ref in incident.elements.union(incident.roots) if _exists(ref, inventory)}
    if incident.status not in PUBLISHED or not elements:
        return False
    return not any(elements & explanation.elements for explanation in fresh.explanations)


def _exists(ref: str, inventory: Inventory) -> bool:
    """Whether a device, a port's device or a link is in the inventory; other elements are taken to be."""
    kind, _, name = ref.partition(":")
    if kind == "link":
        return name in inventory.links
    return kind not in {"device", "port"} or name.partition(":")[0] in inventory.devices


def _silent(diagnosis: Diagnosis) -> set[str]:
    """Devices of which the diagnosis holds that they are down or out of reach."""
    found: set[str] = set()
    for explanation in diagnosis.explanations:
        found |= explanation.down | explanation.unreachable
    return found


def orphaned(book: Book, inventory: Inventory) -> Iterable[str]:
    """Sentences about what live incidents are about and the new `inventory` lacks."""
    for incident in book.live():
        gone = sorted(incident.down | incident.unreachable | _devices(incident.roots))
        gone = [device for device in gone if device not in inventory.devices]
        if gone:
            yield (
                f"incident {incident.id}: {_listed(gone)} left the inventory; it ends when nothing else of it is wrong"
            )


def departed(book: Book, tellings: Mapping[str, Telling], inventory: Inventory) -> Iterator[str]:
    """Sentences about customers who were told of a live incident, not of its end, and whom the `inventory` lacks."""
    for incident in book.live():
        telling = tellings.get(incident.id)
        gone = [] if telling is None else telling.told.keys() - inventory.customers.keys() - telling.ended
        if gone:
            yield (
                f"incident {incident.id}: {_listed(gone)} may have been told of it and left the inventory;"
                " under that id nobody is told of its end"
            )


def _devices(roots: Collection[str]) -> set[str]:
    return {name for kind, _, name in (ref.partition(":") for ref in roots) if kind == "device"}


def _listed(names: Collection[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
