"""How often what is asked, how long is waited, and how hard the network may be asked at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Literal

from annotated_types import Ge, Gt, Le

_STRICT: Final[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}


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

    snmp_timeout_s: Annotated[float, Gt(0), Le(60)] = 1.5
    """Seconds to wait for the first try's answer; retries wait twice as long."""

    snmp_retries: Annotated[int, Ge(0), Le(10)] = 2
    """Further tries after an SNMP request without an answer."""

    snmp_rate_rps: Annotated[float, Gt(0)] = 2_000.0
    """Most SNMP requests in a second, in all; what does not fit waits its turn."""

    resolve_interval_s: Annotated[float, Gt(0)] = 600.0
    """Seconds until a port that a device did not have is looked for again."""

    witness_interval_s: Annotated[float, Gt(0), Le(3600)] = 5.0
    """Seconds between two pings of a witness."""

    local_interval_s: Annotated[float, Gt(0), Le(3600)] = 30.0
    """Seconds after which the state of netwatch's own interfaces is told again; a change is told within 1 s."""

    trap_spacing_s: Annotated[float, Ge(0), Le(3600)] = 5.0
    """Seconds between two probings that notifications about the same port may cause."""

    trap_rate_per_s: Annotated[float, Gt(0)] = 100.0
    """Most probings caused by notifications in a second, in all."""

    receive_buffer_bytes: Annotated[int, Ge(4096)] = 4 * 1024 * 1024
    """Receive buffer asked of the kernel for each socket; net.core.rmem_max caps it unless CAP_NET_ADMIN is held."""


@dataclass(frozen=True, slots=True)
class SnmpProfile:
    """How devices of one kind are asked."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    version: Literal["1", "2c"] = "2c"
    """SNMP version."""

    community: str = field(default="public", repr=False)
    """The community, for a trial; a file keeps it out of the configuration."""

    community_file: Path | None = None
    """File that holds the community on its first line; wins over `community`."""

    port: Annotated[int, Ge(1), Le(65535)] = 161
    """UDP port of the agents."""

    timeout_s: Annotated[float, Gt(0), Le(60)] | None = None
    """Seconds to wait for an answer; empty = `polling.snmp_timeout_s`."""

    retries: Annotated[int, Ge(0), Le(10)] | None = None
    """Further tries; empty = `polling.snmp_retries`."""

    max_repetitions: Annotated[int, Ge(1), Le(100)] = 24
    """Rows asked in one GETBULK; halved by itself for an agent that answers tooBig."""

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
    """UDP port on which traps and informs of v1 and v2c are heard; 0 = not at all. They are hints that make
    netwatch look at once, never evidence. Port 162 needs CAP_NET_BIND_SERVICE."""

    trap_address: str = ""
    """Own address on which they are heard; empty = all."""
