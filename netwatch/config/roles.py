"""What `polling.roles` may say, and how long after a fault the slowest of these devices is asked."""

from __future__ import annotations

from collections import Counter
from typing import Final

from netwatch.config.places import node_at, place_at
from netwatch.inventory.model import ROLES, Inventory
from netwatch.polling.plan import Intervals, intervals
from netwatch.polling.settings import PollingSettings
from netwatch.sources import Faults, Node, counted, one_of, quoted

#: Devices that serve one customer: their fault is never the large one.
_OF_ONE_CUSTOMER: Final = frozenset({"cpe"})


def check_role_names(root: Node, faults: Faults) -> None:
    """A fault for each role that no device can have."""
    roles = node_at(root, ("polling", "roles"))
    for name, block in roles.items() if roles is not None else ():
        if name not in ROLES:
            faults.add(block.key_place, f"unknown role {quoted(name)}", one_of(ROLES, name))


def check_roles_are_asked(polling: PollingSettings, found: Inventory, root: Node, faults: Faults) -> None:
    """A fault for each role whose intervals leave devices that nothing ever asks whether they are up."""
    blind = Counter(
        device.role
        for device in found.devices.values()
        if device.role in polling.roles
        and device.address
        and (device.icmp or device.snmp)
        and not _is_asked(
            intervals(polling, device.role), pinged=device.icmp and polling.icmp != "off", snmp=device.snmp
        )
    )
    for role, count in sorted(blind.items()):
        what = f"{counted(count, 'device')} of the role {quoted(role)} would never be asked whether they are up"
        mend = "give the role an icmp_interval_s, or an snmp_interval_s for devices that are read by SNMP"
        faults.add(place_at(root, ("polling", "roles", role)), what, mend)


def _is_asked(chosen: Intervals, *, pinged: bool, snmp: str | None) -> bool:
    return bool((pinged and chosen.icmp_interval_s) or (snmp and chosen.snmp_interval_s))


def first_probe(polling: PollingSettings, *, of_one_customer: bool) -> tuple[float, tuple[str, ...]]:
    """Seconds until a device that fails is asked and its time-out is over, at worst, and the keys that decide it.

    With `of_one_customer` the devices that serve a single customer count as well.
    """
    places = {"polling": intervals(polling)}
    for role in polling.roles:
        if of_one_customer or role not in _OF_ONE_CUSTOMER:
            places[f"polling.roles.{role}"] = intervals(polling, role)
    waits = [_wait(polling, chosen, place) for place, chosen in places.items()]
    return max(waits, key=lambda wait: wait[0])


def _wait(polling: PollingSettings, chosen: Intervals, place: str) -> tuple[float, tuple[str, ...]]:
    if polling.icmp == "off" or not chosen.icmp_interval_s:
        tries = sum(polling.snmp_timeout_s * min(2**number, 4) for number in range(polling.snmp_retries + 1))
        keys = (f"{place}.snmp_interval_s", "polling.snmp_timeout_s", "polling.snmp_retries")
        return chosen.snmp_interval_s + tries, keys
    return chosen.icmp_interval_s + polling.icmp_timeout_s, (f"{place}.icmp_interval_s", "polling.icmp_timeout_s")
