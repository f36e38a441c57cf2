"""Proves before an outage that the playbook can be kept: someone on duty, and the largest region told in time. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.atlas import Atlas
from netwatch.communication.planning.duties.model import Roster, StandIn
from netwatch.communication.planning.duties.roster import Duties, Gap, instant, known_by
from netwatch.communication.planning.playbook import PROMISE_S, Playbook, Procedure, Reader, Step
from netwatch.communication.planning.recipients import Directory, step_for
from netwatch.communication.settings import local
from netwatch.diagnosis.model import Scope
from netwatch.errors import Fault, Place
from netwatch.inventory.model import Inventory
from netwatch.sources import Node, Suggester, counted, quoted

#: The roster must have somebody for so long from now, days.
COVER_DAYS: Final = 28
_REGIONS: Final = 3
_GAPS_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds since a fault at worst: `internal_s` until colleagues and page are told, `notices_s` until customers'
    notices may leave, with `reserve_s` kept free at the end.
    """

    internal_s: float
    notices_s: float
    reserve_s: float

    @property
    def left_s(self) -> float:
        """What is left for the mailing itself."""
        return PROMISE_S - self.notices_s - self.reserve_s


@dataclass(frozen=True, slots=True)
class Reach:
    """How long the largest region's notices take on one channel."""

    region: str
    channel: str
    customers: int
    rate_per_s: float

    @property
    def seconds(self) -> float:
        """From the first notice to the last."""
        return self.customers / self.rate_per_s


# --- the roster


def roster_faults(playbook: Playbook, people: Sequence[Person], zone: ZoneInfo, now: float, node: Node) -> list[Fault]:
    """Unknown or unreachable people, impossible times, and holes within the next weeks. `node`: the playbook's file.

    Without a roster a duty is everybody's who has it, and one that nobody has falls to the lead: nothing to prove.
    """
    roster = playbook.roster
    if roster == Roster():
        return []
    block = node.get("roster") or node
    found = list(_people_faults(roster, people, zone, block))
    duties = Duties(roster, people, zone)
    needed = {*duties.rostered, *(task.duty for one in playbook.procedures for task in one.tasks)}
    for duty in sorted(needed):
        gaps = duties.gaps(duty, now, now + COVER_DAYS * 86_400.0)
        found.extend(_gap_fault(gap, duties, zone, block) for gap in gaps[:_GAPS_TOLD])
    return found


def _gap_fault(gap: Gap, duties: Duties, zone: ZoneInfo, block: Node) -> Fault:
    if gap.duty not in duties.rostered:
        what = f"the playbook has tasks for {gap.duty.value}, and nobody has that duty"
        mend = f"add turns for {gap.duty.value} here, give someone the duty under people, or give the task to another"
        return Fault(block.place, what, mend)
    start, end = (local(at, zone).strftime("%a %-d %b %Y %H:%M") for at in (gap.start_at, gap.end_at))
    what = f"nobody is on duty as {gap.duty.value} from {start} to {end}"
    return Fault(block.place, what, "add a shift or a stand-in for that time, or turns that begin before it")


def _people_faults(roster: Roster, people: Sequence[Person], zone: ZoneInfo, block: Node) -> Iterator[Fault]:
    known, called = {person.id: person for person in people}, known_by(people)
    named: dict[str, Place] = {}
    turns_name = {name for turns in roster.turns for name in turns.people}
    for number, turns in enumerate(roster.turns):
        place = _place(block, "turns", number)
        for name in turns.people:
            named.setdefault(name, place)
    for key, shifts in (("shifts", roster.shifts), ("instead", roster.instead)):
        for number, one in enumerate(shifts):
            place = _place(block, key, number)
            named.setdefault(one.person, place)
            if not _in_order(one, zone):
                yield Fault(place, f"the turn of {one.person} ends before it begins", "mend start or end")
    for name, place in named.items():
        person = called.get(name.lower()) if name not in turns_name else known.get(name)
        if person is None:
            hint = Suggester(known).hint(name)
            yield Fault(place, f"nobody under people has the id {quoted(name)}", f"name one who does{hint}")
        elif not person.email and not person.mobile:
            yield Fault(place, f"{name} can't be reached", "give them an email or a mobile under people")


def _place(block: Node, key: str, number: int) -> Place:
    listed = block.get(key)
    entries = list(listed.entries()) if listed is not None else []
    if number < len(entries):
        return entries[number].place
    return block.place_of("calendars" if block.get("calendars") is not None else "shift_files")


def _in_order(one: StandIn, zone: ZoneInfo) -> bool:
    return instant(one.start, zone) < instant(one.end, zone)


# --- the 180 seconds


def regional(playbook: Playbook) -> tuple[Procedure, ...]:
    """The procedures that a fault of a whole region may follow."""
    return tuple(
        one
        for one in playbook.procedures
        if one.when.planned is not True and (not one.when.scope or Scope.REGIONAL in one.when.scope)
    )


def reaches(
    playbook: Playbook, inventory: Inventory, people: Sequence[Person], rates: Mapping[str, float]
) -> tuple[Reach, ...]:
    """What the largest regions ask of each channel, the slowest first. `rates`: messages a second by channel."""
    directory = Directory(inventory, people)
    largest = sorted(Atlas(inventory).customers().items(), key=lambda item: (-len(item[1]), item[0]))[:_REGIONS]
    found: dict[tuple[str, str], Reach] = {}
    for procedure in regional(playbook):
        steps = tuple(step for step in procedure.steps if step.tell.external)
        for region, customers in largest:
            if procedure.when.region and region not in procedure.when.region:
                continue
            name = inventory.regions[region].name or region
            for channel, count in _by_channel(customers, steps, directory).items():
                if channel in rates:
                    made = Reach(name, channel, count, rates[channel])
                    best = found.get((region, channel))
                    if best is None or made.customers > best.customers:
                        found[region, channel] = made
    return tuple(sorted(found.values(), key=lambda one: (-one.seconds, one.region, one.channel)))


def _by_channel(customers: Sequence[str], steps: Sequence[Step], directory: Directory) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name in customers:
        customer = directory.customer(name)
        step = step_for(customer, steps) if customer is not None else None
        if customer is not None and step is not None:
            counts.update(channel.value for channel in step.by if channel.value in customer.addresses)
    return counts


def reach_faults(found: Sequence[Reach], timing: Timing, places: Mapping[str, Place]) -> Iterator[Fault]:
    """One fault a channel that is too slow for its largest region. `places`: where each channel's rate stands."""
    if timing.left_s <= 0:
        return  # the settings alone break the promise, and that is told with their own names
    told: set[str] = set()
    for one in found:
        if one.channel in told or one.seconds <= timing.left_s:
            continue
        told.add(one.channel)
        needed = one.customers / timing.left_s
        what = (
            f"the stage of customers' notices is too slow for {one.region}, the largest region by {one.channel}: "
            f"{counted(one.customers, 'notice')} at {one.rate_per_s:g} a second take {one.seconds:.0f} s, and "
            f"{timing.left_s:.0f} s are left of the {PROMISE_S:.0f}"
        )
        mend = (
            f"let {one.channel} accept {needed:.0f} a second (more or faster routes, then measure and write it here), "
            f"or shorten what comes before: communication.veto_s, incidents.settle_growing_s"
        )
        yield Fault(places[one.channel], what, mend)


def unrouted(step: Step, routed: Collection[str]) -> bool:
    """Whether nobody is told by `step`, because none of its channels has a route. `routed`: those that have one."""
    return bool(step.by) and not step.ways(routed)


def route_faults(steps: Iterable[tuple[Step, Node]], routed: Collection[str]) -> Iterator[Fault]:
    """Steps of an operator's own playbook that tell nobody. `steps` with their places."""
    for step, block in steps:
        if unrouted(step, routed):
            ways = " or ".join(f"channels.{channel.value}.routes" for channel in step.by)
            there = " or ".join(sorted(routed))
            what = f"{step.tell.value} would be told nothing: {_no_route([channel.value for channel in step.by])}"
            yield Fault(block.place_of("by"), what, f"add a route under {ways}, or tell them by {there} as well")


def _no_route(channels: Sequence[str]) -> str:
    if len(channels) == 1:
        return f"{channels[0]} has no route"
    return f"neither {' nor '.join(channels)} has a route"


def deadline_faults(steps: Iterable[tuple[Step, Node]], timing: Timing) -> Iterator[Fault]:
    """Steps of an operator's own playbook that ask for more than the settings can keep. `steps` with their places."""
    for step, block in steps:
        earliest_s = timing.notices_s if step.tell.external else timing.internal_s
        if step.within_s < earliest_s:
            who = "customers' notices leave" if step.tell.external else f"{_who(step.tell)} told"
            what = f"{who} {earliest_s:g} s after a fault at worst, not within {step.within_s:g} s"
            mend = f"write {earliest_s:g} or more, or shorten what comes before: incidents.settle_growing_s"
            yield Fault(block.place_of("within_s"), what, mend + (", veto" if step.tell.external else ""))


def _who(reader: Reader) -> str:
    return {Reader.PAGE: "the page's readers are", Reader.PHONE: "callers are"}.get(reader, f"{reader.value} is")


def uncovered(playbook: Playbook, people: Sequence[Person]) -> tuple[Duty, ...]:
    """Duties with tasks that nobody has, so that they fall to the lead or to on-call."""
    having = {duty for person in people for duty in person.duties} | {turn.duty for turn in playbook.roster.turns}
    asked = {task.duty for one in playbook.procedures for task in one.tasks}
    return tuple(sorted(asked - having))
