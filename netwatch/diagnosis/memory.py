"""What survives a restart: the believed state of devices and ports."""

from __future__ import annotations

from collections.abc import Iterable

from netwatch.diagnosis.beliefs import Beliefs
from netwatch.diagnosis.evidence import DeviceEvidence, Standing
from netwatch.diagnosis.model import Memory

_MANY = 99


def remember(beliefs: Beliefs) -> tuple[Memory, ...]:
    """One memory for each device that was ever heard and each port that was ever up, sorted by kind and id."""
    devices = [
        _memory(f"device:{device}", _state(known), _since(known), _good(known))
        for device, known in beliefs.devices.items()
        if known.known
    ]
    ports = [
        _memory(f"port:{device}:{interface}", "down" if known.down else "up", known.changed_at, known.last_up_at)
        for (device, interface), known in sorted(beliefs.ports.items())
        if known.ever_up
    ]
    return (*devices, *ports)


def _memory(ref: str, state: str, since_at: float, good_at: float) -> Memory:
    return Memory(ref, state, max(since_at, 0.0), max(good_at, 0.0))


def _since(known: DeviceEvidence) -> float:
    return known.onset_at if known.is_down else known.returned_at


def _good(known: DeviceEvidence) -> float:
    return known.good_before_at if known.is_down else known.answered_at


def _state(known: DeviceEvidence) -> str:
    filtered = known.views and all(not view.icmp_known for view in known.views.values())
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
        (view.snmp_fails if evidence.by_snmp else view.icmp_fails).append((memory.since_at, _MANY))
        beliefs.down.add(device)
    else:
        evidence.standing = Standing.UP
