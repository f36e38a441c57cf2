"""Whether the monitor can reach every device over the links of the inventory."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping

from netwatch.errors import Place
from netwatch.inventory.draft import Draft
from netwatch.inventory.model import Device
from netwatch.sources import quoted

_NAMED = 5


def check_islands(draft: Draft) -> None:
    """A fault for each group of devices without any path to the monitor; a warning for those behind a
    device that does not forward. Not judged while other faults hide links or devices.
    """
    devices: Mapping[str, Device] = draft.records["device"]
    if not devices or not _complete(draft):
        return
    starts = draft.monitor.attached_to
    if not starts:
        place = (
            draft.monitor_block.place
            if draft.monitor_block
            else Place(next(iter(draft.declared["device"].values())).file)
        )
        mend = 'add "monitor: {attached_to: [...]}" with the devices nearest to netwatch'
        draft.warn(place, "it is not told where netwatch stands, so it can't tell its own isolation", mend)
        return
    neighbours = _neighbours(draft)
    linked = _reached(starts, neighbours, set())
    for island in _islands([ident for ident in devices if ident not in linked], neighbours):
        what = f"no chain of links joins {_names(island)} to the monitor"
        mend = "add the missing link, or name one of them under monitor.attached_to"
        draft.faults.add(draft.declared["device"][island[0]].place, what, mend)
    closed = {ident for ident, device in devices.items() if not device.transit} - set(starts)
    forwarded = _reached(starts, neighbours, closed)
    behind = [ident for ident in devices if ident in linked and ident not in forwarded]
    if behind:
        what = f"only devices that do not forward lead to {_names(behind)}"
        mend = 'say "transit: true" for those in between, or add the missing link'
        draft.warn(draft.declared["device"][behind[0]].place, what, mend)


def _complete(draft: Draft) -> bool:
    ends = {end.device for link in draft.records["link"].values() for end in (link.a, link.b)}
    named = ends | set(draft.monitor.attached_to)
    kinds_read = all(len(draft.records[kind]) == len(draft.declared[kind]) for kind in ("device", "link"))
    looped = any(link.a.device == link.b.device for link in draft.records["link"].values())
    return draft.whole and not looped and kinds_read and named <= draft.records["device"].keys()


def _neighbours(draft: Draft) -> Mapping[str, list[str]]:
    neighbours: defaultdict[str, list[str]] = defaultdict(list)
    for link in draft.records["link"].values():
        neighbours[link.a.device].append(link.b.device)
        neighbours[link.b.device].append(link.a.device)
    return neighbours


def _reached(starts: tuple[str, ...], neighbours: Mapping[str, list[str]], closed: set[str]) -> set[str]:
    """All that can be reached from `starts`; `closed` devices are reached but not passed."""
    seen = set(starts)
    queue = deque(starts)
    while queue:
        here = queue.popleft()
        if here not in closed:
            fresh = [device for device in neighbours.get(here, ()) if device not in seen]
            seen.update(fresh)
            queue.extend(fresh)
    return seen


def _islands(devices: list[str], neighbours: Mapping[str, list[str]]) -> list[list[str]]:
    """The connected groups of `devices`, each in the order given."""
    groups: list[list[str]] = []
    order = {device: number for number, device in enumerate(devices)}
    seen: set[str] = set()
    for device in devices:
        if device not in seen:
            group = _reached((device,), neighbours, set())
            seen |= group
            groups.append(sorted(group, key=lambda one: order[one]))
    return groups


def _names(devices: list[str]) -> str:
    named = ", ".join(quoted(device) for device in devices[:_NAMED])
    return named if len(devices) <= _NAMED else f"{named} and {len(devices) - _NAMED} more"
