"""What an operator may tune in the diagnosis. The defaults were measured; change them with care."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Interval

Seconds = Annotated[float, Gt(0)]
Cost = Annotated[float, Ge(0)]
Share = Annotated[float, Interval(gt=0, le=1)]
Count = Annotated[int, Ge(1)]


@dataclass(frozen=True, slots=True)
class CostSettings:
    """How unlikely each cause is, in powers of ten: a cause of cost 5 is ten times rarer than one of cost 4."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "use_attribute_docstrings": True}

    core: Cost = 5.6
    """A core, upstream or router device that fails."""
    aggregation: Cost = 5.2
    """An aggregation or distribution device that fails."""
    access: Cost = 4.85
    """An access device (switch, OLT, radio) that fails."""
    cpe: Cost = 4.3
    """A customer's device that fails."""
    link: Cost = 4.6
    """A link that is cut."""
    link_without_duct: Cost = 0.7
    """Added to a link that lies in no duct, where the inventory records ducts."""
    link_unseen: Cost = 0.4
    """Added to a link when no port of it can be read."""
    link_port_up: Cost = 2.5
    """Added to a link when the port before it is still up after the onset."""
    device_port_up: Cost = 0.7
    """Added to a device when a port toward it is still up after the onset."""
    link_side_port_down: Cost = 3.0
    """Added to a device's links when a further neighbour lost its port to the device too."""
    device_side_port_up: Cost = 1.1
    """Added to a device when a further neighbour still has its port to the device up."""
    link_beside_cut: Cost = 0.7
    """Taken off from a link when another link of the same device was cut before it: digging goes on."""
    flapping: Cost = 2.5
    """Taken off, at most, from a link that went up and down lately."""
    flap: Cost = 0.8
    """Taken off for each time that the link went down lately."""
    sticky: Cost = 1.0
    """Taken off from a cause that is part of an open incident."""
    duct: Cost = 5.6
    """A duct that is cut."""
    site: Cost = 5.5
    """A site that loses power."""
    feed: Cost = 6.0
    """A power feed that fails."""
    region: Cost = 6.5
    """A region that loses power."""
    provider: Cost = 6.0
    """A provider that loses several links."""
    port_group: Cost = 5.3
    """A line card or PON that fails."""
    contradiction: Cost = 2.5
    """Penalty for each link of a duct, provider or line card that is seen up after the onset."""
    still_powered: Cost = 2.0
    """Penalty for each device that still answers although its power should be gone: one without battery, and one
    beside a failed device on the same site."""
    still_powered_unknown: Cost = 0.3
    """The same for any other device of which nobody knows whether it has a battery."""
    battery_held: Cost = 2.5
    """Penalty for each site whose devices fell silent at once although a battery should have kept them up."""
    gap: Cost = 2.0
    """Penalty for each gap of more than `spread_s` between the onsets that one cause should explain."""
    gap_with_battery: Cost = 0.3
    """The same when the later device has a battery."""
    gap_with_unknown: Cost = 1.0
    """The same when nobody knows whether the later device has one."""
    on_battery: Cost = 2.0
    """Taken off from a power cause when a device in it reported that it ran on battery."""
    least_gain: Cost = 0.3
    """A shared cause must be cheaper by more than this than what it replaces."""


@dataclass(frozen=True, slots=True)
class DiagnosisSettings:
    """Windows and thresholds of the diagnosis."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "use_attribute_docstrings": True}

    failed_pings: Count = 4
    """A device is down after so many pings without an answer in between."""
    failed_polls: Count = 2
    """The same for a device that can only be judged by SNMP."""
    recover_s: Seconds = 12.0
    """A device is up again after so many seconds of answers."""
    fresh_s: Seconds = 1.0
    """An answer counts as later than an onset only when it is later by this much."""
    port_stale_s: Seconds = 4.0
    """A port that reads up counts as later than an onset only after this; agents answer from caches."""
    poller_silent_s: Seconds = 65.0
    """A poller that reported nothing of a device for so long has no say about it."""
    learning_s: Seconds = 62.0
    """Two full polling cycles: until then after the start nothing is told to customers."""
    polled_share: Share = 0.9
    """Share of the devices that must have been polled before the picture counts as warm."""
    reconverge_s: Seconds = 16.0
    """What is still silent so long after its neighbour returned has a fault of its own."""
    spread_s: Seconds = 30.0
    """Onsets further apart than this speak against one cause."""
    key_memory_s: Seconds = 60.0
    """What comes back within this time is the same fault."""
    joint_s: Seconds = 60.0
    """Faults within this time that only together cut something off are one event."""
    orphan_s: Seconds = 20.0
    """A silent device without known neighbours joins an event of its region within this time."""
    isolation_margin_s: Seconds = 15.0
    """When the monitor is cut off, the picture from so long before is kept."""
    blind_s: Seconds = 16.0
    """After the view returned, conclusions wait until every device was pinged again."""
    blind_snmp_s: Seconds = 31.0
    """The same for devices that are judged by SNMP."""
    silent_share: Share = 0.9
    """Where the monitor's place is unknown, it is cut off when so many of the devices are silent."""
    witness_s: Seconds = 12.0
    """The upstream is down when all witnesses failed for so long."""
    session_s: Seconds = 20.0
    """An upstream whose port is up counts as lost when no BGP session of its device came back for so long."""
    flap_window_s: Seconds = 600.0
    """How long a link's going down is remembered as flapping."""
    group_window_s: Seconds = 60.0
    """Ports that die within this time may have one cause."""
    group_ports: Count = 3
    """So many dead ports of a group, and half of them, are the group."""
    group_share: Share = 0.5
    """See `group_ports`."""
    device_ports: Count = 6
    """So many dead customer ports of a device, and `device_share`, are the device."""
    device_share: Share = 0.6
    """See `device_ports`."""
    port_hold_s: Seconds = 20.0
    """A single business customer's port must be dead for so long."""
    loss_window_s: Seconds = 60.0
    """Loss is judged over this window."""
    loss_over_base: Share = 0.045
    """Loss must exceed the network's background by this ratio."""
    loss_least: Share = 0.06
    """Loss below this ratio is never an outage."""
    loss_chance: Share = 1e-6
    """How unlikely the loss must be as mere chance."""
    loss_every_s: Seconds = 5.0
    """How often loss is judged."""
    battery_report_s: Seconds = 28800.0
    """A report of running on battery counts as evidence for a power failure for so long."""
    costs: CostSettings = field(default_factory=CostSettings)
    """How unlikely each cause is."""
