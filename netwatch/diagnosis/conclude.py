"""From evidence to explanations, once over: ghosts, announced work, mutes, frontier, causes, zones, words.

Computed again only when something that matters has changed, or when time alone can change the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from netwatch.diagnosis.beliefs import Beliefs
from netwatch.diagnosis.brownouts import describe_brownout
from netwatch.diagnosis.causes import find_causes
from netwatch.diagnosis.customers import Attachments, Gone
from netwatch.diagnosis.describe import Impact, describe, planned
from netwatch.diagnosis.evidence import NEVER
from netwatch.diagnosis.islands import find_frontier
from netwatch.diagnosis.keys import Candidate, assign
from netwatch.diagnosis.maintenance import Excuse, Plan, excused
from netwatch.diagnosis.model import Explanation, Feedback
from netwatch.diagnosis.mutes import Mutes
from netwatch.diagnosis.net import Net, Tree
from netwatch.diagnosis.picture import Picture, find_ghosts
from netwatch.diagnosis.ports import PortIndex, describe_port_fault, find_port_faults
from netwatch.diagnosis.risks import RiskIndex
from netwatch.diagnosis.scope import find_scope
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.diagnosis.shadow import Zone, find_zones
from netwatch.diagnosis.upstream import exits_of, look_out

_RETRY_S = 1.0


class Conclusions:
    """The explanations of now, and what is needed to follow them over time."""

    def __init__(self, net: Net, attachments: Attachments, beliefs: Beliefs, settings: DiagnosisSettings) -> None:
        self._net = net
        self._beliefs = beliefs
        self._settings = settings
        self._index = RiskIndex(net)
        self._plan = Plan(net, self._index)
        self._attachments = attachments
        self._ports = PortIndex(net.inventory, self._attachments)
        self._everyone = frozenset(net.inventory.customers)
        self._tree = Tree(net)
        self._computed: tuple[int, Feedback] | None = None
        self._again_at = NEVER
        self._mutes = Mutes(settings)
        self._near: dict[str, frozenset[str]] = {}
        self._recent: dict[str, tuple[float, frozenset[str]]] = {}
        self.explanations: tuple[Explanation, ...] = ()

    @property
    def tree(self) -> Tree:
        """The tree over all links that are no ghosts."""
        return self._tree

    def see(self, now: float, feedback: Feedback) -> tuple[Explanation, ...]:
        """The explanations at `now`."""
        lossy = self._beliefs.loss.judge(now, self._tree, self._beliefs.unsteady)
        if lossy or self._computed != (self._beliefs.version, feedback) or now >= self._again_at:
            self._computed = (self._beliefs.version, feedback)
            self._again_at = self._plan.next_change_at(now)
            shown = {one.key for one in self.explanations}
            self._recent = {
                key: (now if key in shown else at, elements)
                for key, (at, elements) in self._recent.items()
                if key in shown or at >= now - self._settings.key_memory_s
            }
            before = {one.key: one for one in self.explanations}
            found = self._compute(now, feedback)
            # What has not changed stays the same object, so that nobody need look at it again.
            self.explanations = tuple(old if (old := before.get(one.key)) == one else one for one in found)
            for one in self.explanations:
                if one.planned is None:
                    self._recent[one.key] = (now, one.elements | self._near.get(one.key, frozenset()))
        return self.explanations

    def _compute(self, now: float, feedback: Feedback) -> tuple[Explanation, ...]:
        ghosts = find_ghosts(self._net, self._beliefs, self._settings)
        if ghosts != self._tree.ghosts:
            self._tree = Tree(self._net, ghosts)
        excuses = [(excuse, excused(excuse, self._beliefs)) for excuse in self._plan.active(now, self._tree)]
        picture = self._picture(now, feedback, excuses)
        impact = Impact(self._attachments, self._everyone, exits_of(self._net))
        work = [one for excuse, devices in excuses if (one := planned(picture, excuse, devices, impact)) is not None]
        frontier = find_frontier(picture)
        zones = find_zones(picture, find_causes(picture, self._index, frontier.items + frontier.orphans))
        zone_keys = self._keys([_candidate(zone) for zone in zones], feedback)
        zones, zone_keys, pieces = self._fold(zones, zone_keys, feedback)
        self._near = {
            key: frozenset(f"link:{link}" for item in zone.cause.items for link in item.links)
            for zone, key in zip(zones, zone_keys, strict=True)
        }
        held, carried = self._place_held(frontier.held, zone_keys)
        held = {key: held.get(key, frozenset()) | pieces.get(key, frozenset()) for key in {*held, *pieces}}
        overruns = self._plan.overrun(now, self._tree)
        fresh = []
        for zone, key in zip(zones, zone_keys, strict=True):
            own = replace(zone, unreachable=zone.unreachable | held.get(key, frozenset()) - zone.cause.dead)
            fresh.append(replace(describe(picture, own, impact, overruns), key=key))
        fresh += [self._carry(one, devices, impact) for one, devices in carried]
        others, undecided = self._others(picture, impact, fresh)
        self._plan_next(now, picture, fresh, frontier.held, undecided)
        return (*work, *fresh, *self._named(others, feedback, {one.key for one in fresh}))

    def _others(self, picture: Picture, impact: Impact, fresh: Sequence[Explanation]) -> tuple[list[Explanation], bool]:
        """What is wrong without a silent device: ports, loss, the ways out; and whether time must decide more."""
        silenced = frozenset[str]().union(*[one.down for one in fresh], *[one.unreachable for one in fresh])
        dead = find_port_faults(picture, self._ports, silenced)
        found = [describe_port_fault(picture, fault, impact) for fault in dead.faults]
        found += [describe_brownout(picture, one, impact) for one in self._beliefs.loss.found]
        outlook = look_out(picture, silenced, self._everyone)
        return [*found, *outlook.explanations], dead.undecided or outlook.undecided

    def _named(self, others: Sequence[Explanation], feedback: Feedback, taken: set[str]) -> list[Explanation]:
        candidates = [Candidate(one.roots, one.elements, one.onset_at) for one in others]
        keys = self._keys(candidates, feedback, taken)
        return [replace(one, key=key) for one, key in zip(others, keys, strict=True)]

    def _picture(self, now: float, feedback: Feedback, excuses: Sequence[tuple[Excuse, frozenset[str]]]) -> Picture:
        known = frozenset().union(*(devices for _, devices in excuses))
        covered = frozenset().union(*(excuse.links for excuse, _ in excuses))
        silent = frozenset(self._beliefs.down) - known
        mutes = self._mutes.find(self._tree, self._beliefs, silent)
        sticky = frozenset(root for roots in feedback.published.values() for root in roots)
        return Picture(
            self._net,
            self._tree,
            self._beliefs,
            self._settings,
            now,
            ghosts=self._tree.ghosts,
            silent=silent,
            covered=covered,
            mutes=mutes,
            perhaps_mute=self._mutes.perhaps,
            sticky=sticky,
            dark=frozenset(self._beliefs.down) - mutes,
        )

    def _keys(self, candidates: Sequence[Candidate], feedback: Feedback, taken: Iterable[str] = ()) -> list[str]:
        used = set(taken)
        before = {key: elements for key, (_, elements) in self._recent.items()}
        for key, roots in sorted((*feedback.settling.items(), *feedback.published.items())):
            before.setdefault(key, frozenset(roots))
        free = {key: elements for key, elements in before.items() if key not in used}
        return assign(candidates, free, frozenset(feedback.published))

    def _fold(
        self, zones: Sequence[Zone], keys: Sequence[str], feedback: Feedback
    ) -> tuple[list[Zone], list[str], dict[str, frozenset[str]]]:
        """Keep what splits off a published explanation with it while that is still seen: it was told already.

        Returns the zones that are left, their keys, and the devices that stay with each of these.
        """
        known = {one.key for one in self.explanations} | set(feedback.settling) | set(feedback.published)
        homes = {one.key: one.down | one.unreachable for one in self.explanations if one.planned is None}
        homes = {key: homes[key] for key in keys if key in homes and key in feedback.published}
        left: list[tuple[Zone, str]] = []
        pieces: dict[str, frozenset[str]] = {}
        for zone, key in zip(zones, keys, strict=True):
            mine = zone.silenced
            home = next((one for one in homes if mine and mine <= homes[one]), None) if key not in known else None
            if home is None:
                left.append((zone, key))
            else:
                pieces[home] = pieces.get(home, frozenset()) | mine
        return [zone for zone, _ in left], [key for _, key in left], pieces

    def _place_held(
        self, islands: Iterable[frozenset[str]], keys: Sequence[str]
    ) -> tuple[dict[str, frozenset[str]], list[tuple[Explanation, frozenset[str]]]]:
        """Silent devices that can't be judged now stay with the explanation that had them before."""
        held: dict[str, frozenset[str]] = {}
        waiting = frozenset().union(*islands)
        carried = []
        for one in self.explanations if waiting else ():
            mine = waiting & (one.down | one.unreachable) if one.planned is None else frozenset()
            if not mine:
                continue
            waiting -= mine
            if one.key in keys:
                held[one.key] = mine
            else:
                carried.append((one, mine))
        return held, carried

    def _carry(self, one: Explanation, devices: frozenset[str], impact: Impact) -> Explanation:
        """An explanation whose cause is not in sight any more, while some of its devices are still silent."""
        affected, served = impact.add(Gone(devices))
        return replace(
            one,
            down=one.down & devices,
            unreachable=devices - one.down,
            affected=affected,
            scope=find_scope(affected, served),
        )

    def _plan_next(
        self,
        now: float,
        picture: Picture,
        found: Sequence[Explanation],
        held: Sequence[frozenset[str]],
        undecided: bool,
    ) -> None:
        """Decide what must trigger the next computation: answers of watched devices, or mere time."""
        unconfirmed = frozenset().union(*(one.unreachable for one in found)) - picture.dark
        watched = {device for device in unconfirmed if picture.device(device).known}
        open_ends = [one for one in found if not one.settled]
        if held or open_ends:
            self._again_at = min(self._again_at, now + _RETRY_S)
            near = frozenset[str]().union(*held, *(one.down for one in open_ends))
            watched.update(*[self._net.near[device] for device in near])
        if watched or undecided or self._mutes.undecided:
            self._again_at = min(self._again_at, now + _RETRY_S)
        # An end of a lone link that was not heard yet is a possible cause until it is.
        roots = {root for one in found for option in one.alternatives for root in option.roots}
        ends = {root.removeprefix("device:") for root in roots if root.startswith("device:")}
        watched |= {device for device in ends if picture.device(device).known} - picture.dark
        # What nobody polls is judged by those behind it.
        for device in unconfirmed - watched:
            watched.add(device)
            watched.update(self._tree.children.get(device, ()))
        self._beliefs.watched = watched


def _candidate(zone: Zone) -> Candidate:
    devices = {f"device:{device}" for device in zone.silenced}
    links = {f"link:{link}" for link in zone.cause.cut}
    return Candidate(zone.cause.roots, frozenset({*zone.cause.roots, *devices, *links}), zone.cause.onset_at)
