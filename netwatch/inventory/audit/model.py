"""What an audit finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """One element, alone or with all that fails with it, and whom its failure cuts off.

    `ref` is `kind:id`: device, link, upstream, port_group, duct, site, feed or provider. `customers` lose every way out;
    `critical` of them are critical. `devices` lose their way out, the failed ones included. `defeated`: customers who
    would live if any one member failed alone: their redundancy shares this risk (0 for a device, link or upstream).
    `members` fail together (empty = only the element itself). `also`: other elements whose failure cuts off exactly
    the same customers. `battery_minutes`: how long power may be gone before the first of the customers is cut off;
    None = not known, or not a matter of power.
    """

    ref: str
    customers: int
    critical: int
    devices: int
    defeated: int = 0
    members: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    battery_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Blind:
    """Devices that netwatch sees only through one other.

    `through` is the device; `devices` are hidden when it fails, with `customers` on them; `served` of those devices
    would still have a way out, so that their customers would be held for cut off though they work.
    """

    through: str
    devices: int
    customers: int
    served: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is not written down, or can't help. All sorted by id.

    `unattached`: customers none of whose services says where it hangs. `without_battery`: sites with a device whose
    battery nobody wrote down. `without_duct`: links with a way round and no duct: nobody can tell what they share.
    `same_device`: customers whose backup hangs on the same device as the primary. `no_way_out`: devices from which no
    exit can be reached. `first_hops`: devices that netwatch itself hangs on. `witnesses`: how many tell that it sees.
    """

    unattached: tuple[str, ...] = ()
    without_battery: tuple[str, ...] = ()
    without_duct: tuple[str, ...] = ()
    same_device: tuple[str, ...] = ()
    no_way_out: tuple[str, ...] = ()
    first_hops: tuple[str, ...] = ()
    witnesses: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """All findings. `points` by customers, `shared` by customers whose redundancy is defeated, `blind` by devices.

    `exits`: what counts as the way out: upstreams, or else where netwatch stands. `attached`: customers of whom it is
    known where they hang; `redundant`: those whom no single device, link or upstream cuts off.
    """

    customers: int
    attached: int
    redundant: int
    devices: int
    links: int
    exits: tuple[str, ...]
    points: tuple[Point, ...]
    shared: tuple[Point, ...]
    blind: tuple[Blind, ...]
    gaps: Gaps
