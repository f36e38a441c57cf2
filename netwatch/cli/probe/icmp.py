"""Ping and traceroute of one address by icmplib."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping
from typing import Final

import icmplib  # type: ignore[import-untyped]  # it has no types

from netwatch.cli.probe.model import PART_S, HopRow, PingPart, TracePart

_SPACING_S: Final = 0.1
#: The other parts begin first: what that costs shall not be measured.
_LATER_S: Final = 0.25
_PING_TIMEOUT_S: Final = 1.0
_HOP_TIMEOUT_S: Final = 0.5
_MOST_HOPS: Final = 30
#: After so many hops in a row that do not answer the way is taken to end there.
_SILENT: Final = 5
_NO_PING: Final = "this login may open no ICMP socket: use sudo, or add its group to net.ipv4.ping_group_range"
_NO_TRACE: Final = "this login may open no raw socket: use sudo"


async def ping(address: str, count: int) -> PingPart:
    """`count` echo requests, one after another."""
    await asyncio.sleep(_LATER_S)
    timeout_s = min(_PING_TIMEOUT_S, (PART_S - _LATER_S) / count - _SPACING_S)
    for privileged in (True, False):
        try:
            # In a thread that only waits, so that no other part's work is measured with it.
            host = await asyncio.to_thread(
                icmplib.ping, address, count=count, interval=_SPACING_S, timeout=timeout_s, privileged=privileged
            )
        except icmplib.SocketPermissionError:
            continue
        except (icmplib.ICMPLibError, OSError) as error:
            return PingPart(error=f"no ping could be sent: {_words(error)}")
        return summed_up(host.packets_sent, list(host.rtts))
    return PingPart(error=_NO_PING)


def summed_up(sent: int, rtts_ms: list[float]) -> PingPart:
    """The figures of `sent` pings, of which those with a round trip were answered, in the order of sending."""
    if not sent:
        return PingPart(error="no ping could be sent")
    if not rtts_ms:
        return PingPart(sent, 0, 1.0)
    ranked = sorted(rtts_ms)
    steps = [abs(later - earlier) for earlier, later in itertools.pairwise(rtts_ms)]
    return PingPart(
        sent=sent,
        received=len(rtts_ms),
        loss_ratio=1.0 - len(rtts_ms) / sent,
        rtt_min_ms=ranked[0],
        rtt_p50_ms=ranked[(len(ranked) - 1) // 2],
        rtt_p95_ms=ranked[-(-len(ranked) * 95 // 100) - 1],
        rtt_max_ms=ranked[-1],
        jitter_ms=sum(steps) / len(steps) if steps else None,
    )


async def trace(address: str, known: Mapping[str, str]) -> TracePart:
    """The way to `address`, hop by hop until it answers, nobody does, or the time is over. `known`: ids by address."""
    hops: list[HopRow] = []
    until = time.monotonic() + PART_S - _HOP_TIMEOUT_S
    while len(hops) < _MOST_HOPS and time.monotonic() < until and not _ends_silent(hops):
        distance = len(hops) + 1
        try:
            found = await asyncio.to_thread(
                icmplib.traceroute,
                address,
                count=1,
                interval=0,
                timeout=_HOP_TIMEOUT_S,
                first_hop=distance,
                max_hops=distance,
            )
        except icmplib.SocketPermissionError:
            return TracePart(error=_NO_TRACE)
        except (icmplib.ICMPLibError, OSError) as error:
            return TracePart(tuple(hops), error=f"stopped: {_words(error)}")
        if not found:
            hops.append(HopRow(distance))
            continue
        source = found[0].address
        hops.append(HopRow(distance, source, found[0].avg_rtt, known.get(source, "")))
        if source == address:
            return TracePart(tuple(hops), reached=True)
    return TracePart(tuple(_without_silent_end(hops)))


def _ends_silent(hops: list[HopRow]) -> bool:
    return len(hops) >= _SILENT and not any(hop.address for hop in hops[-_SILENT:])


def _without_silent_end(hops: list[HopRow]) -> list[HopRow]:
    """One silent hop at the end says as much as five."""
    last = max((place for place, hop in enumerate(hops) if hop.address), default=-1)
    return hops[: last + 2]


def _words(error: Exception) -> str:
    strerror = getattr(error, "strerror", None)
    return (
        str(strerror or error).rstrip(".").splitlines()[0].lower() if str(strerror or error) else type(error).__name__
    )
