"""What survives a restart: the believed state of devices and ports."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Final

from netwatch.diagnosis.beliefs import Beliefs
from netwatch.diagnosis.evidence import NEVER, DeviceEvidence, Standing
from netwatch.diagnosis.model import Memory
from netwatch.diagnosis.port_evidence import PortEvidence

_MANY = 99
#: What nearly all devices are, so that one object does for them.
_STEADY: Final = ("up", NEVER)


def remember(beliefs: Beliefs) -> tuple[Memory, ...]:
    """One memory for each device that was ever heard and each port that was ever up, sorted by kind and id."""
    devices = [
        _memory(f"device:{device}", _state(known), _since(known), _good(known))
        for device, known in beliefs.devices.items()
        if known.known
    ]
    ports = [(device, interface, port) for device, interface, port in beliefs.all_ports() if port.ever_up]
    return (*devices, *(_port_memory(*port) for port in sorted(ports, key=itemgetter(0, 1))))


def changes(beliefs: Beliefs) -> tuple[Memory, ...]:
    """Devices and ports whose memory says something else than when it was handed out last; all of them at first.

    That something is still up is no change: whoever saves knows when he saved last.
    """
    found: list[Memory] = []
    for device, known in beliefs.devices.items():
        if known.known:
            state = (_state(known), _since(known))
            if known.saved != state:
                known.saved = _STEADY if state == _STEADY else state
                found.append(_memory(f"device:{device}", *state, _good(known)))
    for device, interface, port in beliefs.all_ports():
        if port.ever_up and port.saved_down is not port.down:
            port.saved_down = port.down
            found.append(_port_memory(device, interface, port))
    return tuple(found)


def _port_memory(device: str, interface: str, known: PortEvidence) -> Memory:
    state = "down" if known.down else "up"
    return _memory(f"port:{device}:{interface}", state, known.changed_at, known.last_up_at)


def _memory(ref: str, state: str, since_at: float, good_at: float) -> Memory:
    return Memory(ref, state, max(since_at, 0.0), max(good_at, 0.0))


def _since(known: DeviceEvidence) -> float:
    return known.onset_at if known.is_down else known.returned_at


def _good(known: DeviceEvidence) -> float:
    return known.good_before_at if known.is_down else known.answered_at


def _state(known: DeviceEvidence) -> str:
    filtered = known.views and all(not view.icmp_known for view in known.views)
    return ("down" if known.is_down else "up") + ("-snmp" if filtered else "")


def recall(beliefs: Beliefs, memories: Iterable[Memory]) -> None:
    """Take up what was remembered; elements that the inventory no longer has are ignored."""
    for memory in memories:
        kind, _, name = memory.ref.partition(":")
        if kind == "device" and name in beliefs.devices:
            _recall_device(beliefs, name, memory)
        elif kind == "port":
            device, _, interface = name.partition(":")
            port = beliefs.port(device, interface)
            if port is not None:
                port.ever_up = True
                port.last_up_at = max(port.last_up_at, memory.last_good_at)
    beliefs.version += 1


def _recall_device(beliefs: Beliefs, device: str, memory: Memory) -> None:
    evidence = beliefs.devices[device]
    evidence.known = True
    evidence.by_snmp = memory.state.endswith("-snmp")
    evidence.answered_at = max(evidence.answered_at, memory.last_good_at)
    if memory.state.startswith("down"):
        evidence.standing = Standing.DOWN
        evidence.onset_at = evidence.confirmed_at = evidence.last_fail_at = memory.since_at
        evidence.good_before_at = memory.last_good_at
        view = evidence.view("")
        fails = ((memory.since_at, _MANY),)
        if evidence.by_snmp:
            view.snmp_fails = fails
        else:
            view.icmp_fails = fails
        beliefs.down.add(device)
    else:
        evidence.standing = Standing.UP
