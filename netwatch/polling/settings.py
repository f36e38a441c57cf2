"""How often what is asked, how long is waited, and how hard the network may be asked at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from annotated_types import Ge, Gt, Le, MaxLen

from netwatch.late import late

if TYPE_CHECKING:
    import pydantic
else:
    pydantic = late("pydantic")

_STRICT: Final[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}


_Interval = Annotated[float, Ge(0), Le(86_400)]


@dataclass(frozen=True, slots=True)
class RoleSettings:
    """How often devices of one role are asked. Empty = as `polling` says, 0 = never."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    icmp_interval_s: _Interval | None = None
    """Seconds between two pings; empty = `polling.icmp_interval_s`, 0 = these devices are not pinged."""

    snmp_interval_s: _Interval | None = None
    """Seconds between two requests for sysUpTime; empty = `polling.snmp_interval_s`, 0 = only together with others."""

    interface_interval_s: _Interval | None = None
    """Seconds between two readings of the ports of links; empty = `polling.interface_interval_s`,
    0 = only on suspicion."""

    customer_port_interval_s: _Interval | None = None
    """Seconds between two readings of customers' ports; empty = `polling.customer_port_interval_s`,
    0 = only on suspicion."""

    traffic_interval_s: _Interval | None = None
    """Seconds between two readings of counters; empty = `polling.traffic_interval_s`, 0 = never."""

    power_interval_s: _Interval | None = None
    """Seconds between two readings of what feeds the device; empty = `polling.power_interval_s`, 0 = never."""

    neighbour_interval_s: _Interval | None = None
    """Seconds between two readings of BGP and OSPF neighbours; empty = `polling.neighbour_interval_s`, 0 = never."""

    optics_interval_s: _Interval | None = None
    """Seconds between two readings of light levels; empty = `polling.optics_interval_s`, 0 = never."""


def _no_roles() -> Mapping[str, RoleSettings]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PollingSettings:
    """Pings, SNMP reads, witnesses and the answer to a first suspicion."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    icmp: Literal["auto", "raw", "datagram", "off"] = "auto"
    """Which socket pings: `raw` needs CAP_NET_RAW, `datagram` the group in net.ipv4.ping_group_range;
    `auto` takes what is allowed and refuses to start when neither is; `off` polls by SNMP only."""

    icmp_interval_s: Annotated[float, Gt(0), Le(3600)] = 10.0
    """Seconds between two pings of a device."""

    icmp_timeout_s: Annotated[float, Gt(0), Le(60)] = 1.0
    """Seconds after which an unanswered ping counts as lost, measured by the kernel's time stamps."""

    icmp_rate_pps: Annotated[float, Gt(0)] = 10_000.0
    """Most regular pings in a second, whatever the inventory's size; what does not fit is counted as skipped."""

    confirm_probes: Annotated[int, Ge(0), Le(20)] = 3
    """Extra pings after a first lost one."""

    confirm_spacing_s: Annotated[float, Gt(0), Le(60)] = 0.5
    """Seconds between these extra pings."""

    confirm_rate_pps: Annotated[float, Gt(0)] = 2_000.0
    """Most pings on suspicion in a second, in all; they never take from the regular ones."""

    suspicion_spacing_s: Annotated[float, Gt(0), Le(600)] = 2.0
    """Seconds between two readings of the same device on suspicion, so that a large outage does not flood
    the devices at its edge."""

    snmp_interval_s: Annotated[float, Gt(0), Le(3600)] = 30.0
    """Seconds between two SNMP requests for sysUpTime: whether the device answers, and whether it restarted."""

    interface_interval_s: Annotated[float, Gt(0), Le(3600)] = 30.0
    """Seconds between two readings of the ports at the ends of links. 30 s suffices, since a cut that matters
    is first seen by ping within 11 s, and then the ports around it are read at once; the regular reading is for
    a redundant trunk, whose loss no ping shows."""

    customer_port_interval_s: Annotated[float, Gt(0), Le(3600)] = 60.0
    """Seconds between two readings of customers' ports and of port groups, which nothing else watches."""

    traffic_interval_s: _Interval = 300.0
    """Seconds between two readings of the traffic, errors and discards of the ports at the ends of links; 0 = never.
    Five minutes is what capacity is planned by; no outage is found by it."""

    power_interval_s: _Interval = 60.0
    """Seconds between two readings of what feeds a UPS, a rectifier or a device that tells it; 0 = never. Batteries
    last for minutes, and the cause of an outage is wanted within one."""

    neighbour_interval_s: _Interval = 60.0
    """Seconds between two readings of BGP and OSPF neighbours; 0 = never. Sessions fail by themselves only after
    tens of seconds, and a trap or a port that goes down is heard at once."""

    optics_interval_s: _Interval = 300.0
    """Seconds between two readings of light levels of the ports at the ends of links; 0 = never. Fibres and lasers
    fade over days; a cut is seen by the port."""

    roles: Mapping[str, RoleSettings] = field(default_factory=_no_roles)
    """Other intervals for the devices of a role, by the inventory's role names (core, aggregation, access ...),
    as in `cpe: {traffic_interval_s: 0, power_interval_s: 0}`."""

    snmp_timeout_s: Annotated[float, Gt(0), Le(60)] = 1.5
    """Seconds to wait for the first try's answer; retries wait twice as long."""

    snmp_retries: Annotated[int, Ge(0), Le(10)] = 2
    """Further tries after an SNMP request without an answer."""

    snmp_rate_rps: Annotated[float, Gt(0)] = 5_000.0
    """Most SNMP requests in a second, in all; what does not fit waits its turn."""

    resolve_interval_s: Annotated[float, Gt(0)] = 600.0
    """Seconds until the names of a device's ports are looked up again, and what it did not have, a port or a whole
    table, is looked for again. A restart and a changed table are noticed at once; this is for the rest."""

    witness_interval_s: Annotated[float, Gt(0), Le(3600)] = 5.0
    """Seconds between two pings of a witness."""

    local_interval_s: Annotated[float, Gt(0), Le(3600)] = 30.0
    """Seconds after which the state of netwatch's own interfaces is told again; a change is told within 1 s."""

    trap_spacing_s: Annotated[float, Ge(0), Le(3600)] = 5.0
    """Seconds between two probings that notifications about the same port may cause."""

    trap_rate_per_s: Annotated[float, Gt(0)] = 100.0
    """Most probings caused by notifications in a second, in all."""

    trap_source_rate_per_s: Annotated[float, Gt(0)] = 50.0
    """Most notifications heard of one source in a second, and four seconds' worth at once; what is above is counted
    and not even decoded."""

    trap_decode_rate_per_s: Annotated[float, Gt(0)] = 5_000.0
    """Most notifications decoded in a second, in all, and four seconds' worth at once: a burst of 20,000. Sources that
    are no device of the inventory have a quarter of it."""

    trap_buffer_bytes: Annotated[int, Ge(4096)] = 16 * 1024 * 1024
    """Receive buffer asked of the kernel for notifications: 20,000 of them while netwatch is busy for a second. It takes
    memory only while they wait; net.core.rmem_max caps it unless CAP_NET_ADMIN is held."""

    receive_buffer_bytes: Annotated[int, Ge(4096)] = 4 * 1024 * 1024
    """Receive buffer asked of the kernel for each socket; net.core.rmem_max caps it unless CAP_NET_ADMIN is held."""


def _no_des(written: Any) -> Any:
    """DES has keys of 56 bits, which are found by trying them all."""
    if isinstance(written, str) and written.lower() in {"des", "3des"}:
        raise ValueError(
            f'"{written}" protects nothing any more and is not offered; use aes128, or privacy: none with auth alone'
        )
    return written


@dataclass(frozen=True, slots=True)
class SnmpProfile:
    """How devices of one kind are asked."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    version: Literal["1", "2c", "3"] = "2c"
    """SNMP version."""

    community: str = field(default="public", repr=False)
    """The community of versions 1 and 2c, for a trial; a file keeps it out of the configuration."""

    community_file: Path | None = None
    """File that holds the community on its first line; wins over `community`."""

    user: Annotated[str, MaxLen(32)] = ""
    """The user of version 3, as it is called on the agents."""

    auth: Literal["none", "md5", "sha", "sha224", "sha256", "sha384", "sha512"] = "none"
    """How version 3 authenticates: `sha` is SHA-1. `md5` and `sha` are for gear that has nothing better."""

    auth_password_file: Path | None = None
    """File that holds the user's authentication password on its first line, at least 8 characters."""

    privacy: Annotated[
        Literal["none", "aes128", "aes192", "aes256", "aes192c", "aes256c"], pydantic.BeforeValidator(_no_des)
    ] = "none"
    """How version 3 encrypts. `aes192c` and `aes256c` make long keys as Cisco does; the others as net-snmp does."""

    privacy_password_file: Path | None = None
    """File that holds the user's privacy password on its first line, at least 8 characters."""

    context: Annotated[str, MaxLen(32)] = ""
    """The context of version 3; empty = the agent's own, nearly always right."""

    port: Annotated[int, Ge(1), Le(65535)] = 161
    """UDP port of the agents."""

    timeout_s: Annotated[float, Gt(0), Le(60)] | None = None
    """Seconds to wait for an answer; empty = `polling.snmp_timeout_s`."""

    retries: Annotated[int, Ge(0), Le(10)] | None = None
    """Further tries; empty = `polling.snmp_retries`."""

    pause_ms: Annotated[float, Ge(0), Le(60_000)] = 0.0
    """Milliseconds left between an agent's answer and the next question to it, for devices with a weak control plane;
    there is never more than one question under way at a device."""

    max_repetitions: Annotated[int, Ge(1), Le(100)] = 24
    """Values asked in the first GETBULK; afterwards as many as fit a packet and the agent gives, fewer for an agent
    that answers tooBig."""

    max_objects: Annotated[int, Ge(1), Le(100)] = 48
    """Objects asked in one GET; halved by itself for an agent that answers tooBig."""


def _default_profiles() -> Mapping[str, SnmpProfile]:
    return MappingProxyType({"default": SnmpProfile()})


@dataclass(frozen=True, slots=True)
class SnmpSettings:
    """The profiles that devices name by `snmp: <profile>`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    profiles: Mapping[str, SnmpProfile] = field(default_factory=_default_profiles)
    """Profiles by name. Without any, `default` asks by v2c with the community `public`."""

    trap_port: Annotated[int, Ge(0), Le(65535)] = 0
    """UDP port on which traps and informs are heard, those of version 3 by the users of the profiles; 0 = not at all.
    They are hints that make netwatch look at once, never evidence. Port 162 needs CAP_NET_BIND_SERVICE."""

    trap_address: str = ""
    """Own address on which they are heard; empty = all."""
