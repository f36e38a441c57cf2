"""The diagnosis can be replaced while it runs: the heir looks at the network too, and takes over when it knows as much.

Until then the present diagnosis goes on concluding, so that a reload costs neither a learning time nor a fault
that begins in the middle of it. What is asked otherwise since the reload is the heir's alone: that a device does not
answer at another address, or with another secret, may be a mistake in the files, and no outage.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Final, TypeVar

from netwatch.communication.planning.state import Telling
from netwatch.diagnosis.model import Diagnosis, Feedback, InventoryDoubt, Memory, PortReading
from netwatch.incidents.book import Book
from netwatch.incidents.model import PUBLISHED, Incident
from netwatch.inventory.model import Inventory
from netwatch.pipeline import DiagnosisStage
from netwatch.polling.asked import Otherwise
from netwatch.polling.model import Observation, SnmpObservation, WitnessObservation

T = TypeVar("T")

_SHOWN: Final = 3
#: So long the heir may be of another opinion about an open incident before it has its way; and so long it waits for
#: the first answer of what is asked otherwise.
_AGREE_S: Final = 300.0
#: What an heir waits for at first.
LOOKING: Final = "the network is being looked at with the new inventory"
#: The state in a memory of what is not known any more.
_FORGOTTEN: Final = ""


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
    knows: int = 0
    """How many of the changes of what is asked belong to its inventory or to one before."""


class Succession:
    """A `DiagnosisStage` with at most one heir."""

    def __init__(self, engine: DiagnosisStage, moved: frozenset[str] = frozenset()) -> None:
        """`moved`: devices that were asked elsewhere when the memories to `recall` were made."""
        self._present = engine
        self._moved = Otherwise(moved)
        self._heir: Heir | None = None
        self._changes: tuple[Otherwise, ...] = ()
        self._withheld = Otherwise()
        self._withheld_since_at = 0.0
        self._forgotten: frozenset[str] = frozenset()
        self.waits_for = ""

    @property
    def strangers(self) -> frozenset[str]:
        """Devices that are asked otherwise than the present diagnosis knows them."""
        return self._withheld.moved | self._withheld.asked

    def withhold(self, changed: Otherwise, at: float) -> None:
        """This is asked otherwise since `at`: an heir judges what is seen then, and it is kept from the present diagnosis.

        What was seen before and still waits to be observed is shown to neither.
        """
        self._changes = (*self._changes, changed)
        self._withheld |= changed
        self._withheld_since_at = at

    def offer(self, heir: Heir) -> None:
        """Let `heir` learn from now on, with what is remembered; it replaces an heir that still learns.

        That something was well where it was asked before says nothing about where it is asked now.
        """
        heir.engine.recall(self._lasting(self._present.remember(), self._withheld))
        heir.knows = len(self._changes)
        self._heir = heir
        self.waits_for = LOOKING

    def observe(self, observation: Observation) -> None:
        """Take one observation."""
        withheld = self._withheld
        if not (withheld and _is_kept_back(observation, withheld)):
            self._present.observe(observation)
        heir = self._heir
        if heir is not None and not (observation.at <= self._withheld_since_at and _is_of(observation, withheld)):
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
        self._changes = self._changes[heir.knows :]
        self._withheld = reduce(or_, self._changes, Otherwise())
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
        found = self._present.remember_changes()
        if self._heir is not None or not self._forgotten:
            return found
        forgotten, self._forgotten = self._forgotten.difference(memory.ref for memory in found), frozenset()
        return (*found, *(Memory(ref, _FORGOTTEN, 0.0, 0.0) for ref in sorted(forgotten)))

    def recall(self, memories: Sequence[Memory]) -> None:
        """Take up what an earlier process remembered."""
        known = [memory for memory in memories if memory.state != _FORGOTTEN]
        self._present.recall(self._lasting(known, self._moved))

    def _lasting(self, memories: Sequence[Memory], changed: Otherwise) -> Sequence[Memory]:
        """Those that still say something; the others are forgotten."""
        if not changed:
            return memories
        doubtful = {memory.ref for memory in memories if _in_doubt(memory, changed)}
        self._forgotten |= doubtful
        return [memory for memory in memories if memory.ref not in doubtful]


def _is_kept_back(seen: Observation, withheld: Otherwise) -> bool:
    """Whether it may come from the change alone. A device at its old address is the same one: what it answers is true."""
    if _device(seen) in withheld.asked and _device(seen) not in withheld.moved:
        return isinstance(seen, SnmpObservation) and not seen.ok
    return _is_of(seen, withheld)


def _is_of(seen: Observation, withheld: Otherwise) -> bool:
    """Whether it tells of what is asked otherwise."""
    if isinstance(seen, WitnessObservation):
        return seen.witness in withheld.witnesses
    return _device(seen) in withheld.moved or _device(seen) in withheld.asked


def _device(seen: Observation) -> str:
    return getattr(seen, "device", "")


def _in_doubt(memory: Memory, withheld: Otherwise) -> bool:
    """Whether it says that something is well which may merely be asked in vain from now on.

    What was down before the change is no mistake in the files.
    """
    if not memory.state.startswith("up"):
        return False
    device = memory.ref.split(":")[1]
    return device in withheld.moved or (memory.state == "up-snmp" and device in withheld.asked)


def obstacle(
    present: Diagnosis,
    fresh: Diagnosis,
    warm_s: float,
    *,
    inventory: Inventory,
    polled: Collection[str],
    book: Book,
    strangers: AbstractSet[str] = frozenset(),
) -> str:
    """Why the diagnosis of the new `inventory` can't take over yet; "" = it can. `polled` are devices that it polls.

    It must see, be warm, and have an opinion of each device that answered before. Customers of a live incident whom
    the new inventory hangs elsewhere must hang on a device of which it has an opinion too: else they would be told
    that they have service again, which nobody has seen. Open incidents it must see too, until they
    end or it has been warm for `_AGREE_S` (`warm_s`): loss takes longer to be sure of than the learning lasts. So long
    it also waits for the first answer of `strangers`, devices that are asked otherwise than before; then it takes them
    for devices that never answered, of which nothing is told.
    """
    if fresh.isolated or fresh.blind_until_at is not None:
        return "netwatch is cut off from the network"
    if not fresh.warm:
        return LOOKING
    late = fresh.unheard.intersection(polled) - present.unheard - _silent(fresh)
    if warm_s >= _AGREE_S:
        late -= strangers
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
