"""Bursts of traps into a daemon, in the namespace that its caller made: `ROUNDS DEVICES`."""

from __future__ import annotations

import json
import random
import socket
import statistics
import struct
import sys
import time
from collections.abc import Sequence

from bench.daemon_worker import LAG, POLLING, Task, daemon
from bench.icmp_worker import addresses
from bench.scraping import scrape
from netwatch.polling.settings import PollingSettings
from netwatch.polling.snmp import ber
from netwatch.polling.snmp.codec import TRAP_V2, V2C, Message, encode

PORT, BURST, BURST_S = 162, 20_000, 1.0
WARM_S, WATCH_S = 75.0, 15.0
PROBES_A_HINT = 4
"""A hint about a trunk's port pings the device and its neighbour, and reads both."""
_PACKET_INFO = struct.Struct("=i4s4s")
_IP_PKTINFO = 8  # Source: linux/in.h; the socket module lacks it in Python 3.11
_AT_ONCE = 50

UP_TIME, TRAP_OID = ber.oid("1.3.6.1.2.1.1.3.0"), ber.oid("1.3.6.1.6.3.1.1.4.1.0")
LINK_DOWN = ber.oid("1.3.6.1.6.3.1.1.5.3")
INDEX, ADMIN, OPER = (ber.oid(f"1.3.6.1.2.1.2.2.1.{column}") for column in (1, 7, 8))


def trap(index: int, number: int) -> bytes:
    """linkDown of the port with this ifIndex. Source: RFC 3418, RFC 2863."""
    bindings = [
        (UP_TIME, ber.TIME_TICKS, 8640000),
        (TRAP_OID, ber.OBJECT_IDENTIFIER, LINK_DOWN),
        (ber.instance(INDEX, index), ber.INTEGER, index),
        (ber.instance(ADMIN, index), ber.INTEGER, 1),
        (ber.instance(OPER, index), ber.INTEGER, 2),
    ]
    return encode(Message(V2C, b"public", TRAP_V2, number, 0, 0, bindings))


def send(sources: Sequence[str]) -> float:
    """Send the burst, evenly over its second, from these addresses in turn; seconds that it took."""
    packets = [trap(1 + number // len(sources) % 2, 1_000_000 + number) for number in range(BURST)]
    origins = [_PACKET_INFO.pack(0, socket.inet_aton(address), bytes(4)) for address in sources]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        begun = time.monotonic()
        for number, packet in enumerate(packets):
            control = [(socket.IPPROTO_IP, _IP_PKTINFO, origins[number % len(origins)])]
            sock.sendmsg([packet], control, 0, ("127.0.0.1", PORT))
            if number % _AT_ONCE == 0:
                time.sleep(max(0.0, begun + number / BURST * BURST_S - time.monotonic()))
        return time.monotonic() - begun


def grown(before: dict[str, float], after: dict[str, float], prefix: str) -> float:
    """What the metrics that begin so have grown by."""
    return sum(value - before.get(name, 0.0) for name, value in after.items() if name.startswith(prefix))


def asked(before: dict[str, float], after: dict[str, float]) -> float:
    return grown(before, after, "netwatch_icmp_probes_total") + grown(before, after, "netwatch_snmp_requests_total")


def lag_most_s(before: dict[str, float], after: dict[str, float]) -> float:
    """The upper bound of the highest class of the poll loop's lateness that anything came into."""
    most, below = 0.0, 0.0
    classes = [
        (float(name.partition('le="')[2].partition('"')[0]), name) for name in after if name.startswith(f"{LAG}_bucket")
    ]
    for bound, name in sorted(classes):
        count = after[name] - before.get(name, 0.0)
        if count > below:
            most, below = bound, count
    return most


def burst(sources: Sequence[str], usual: float) -> dict[str, object]:
    first = scrape()
    begun = time.monotonic()
    sent_s = send(sources)
    time.sleep(max(0.0, begun + WATCH_S - time.monotonic()))
    last = scrape()
    outcomes = {
        name.partition('outcome="')[2].partition('"')[0]: value - first.get(name, 0.0)
        for name, value in last.items()
        if name.startswith("netwatch_notifications_total")
    }
    return {
        "sent_s": sent_s,
        "counted": sum(outcomes.values()),
        "outcomes": {name: value for name, value in outcomes.items() if value},
        "drops": grown(first, last, "netwatch_socket_drops_total"),
        "late": grown(first, last, "netwatch_probes_late_total"),
        "lag_most_ms": lag_most_s(first, last) * 1e3,
        "extra": asked(first, last) - usual,
        "incidents": grown(first, last, "netwatch_incidents_opened_total"),
    }


def quiet() -> dict[str, float]:
    """A time as long as one burst is watched, without any."""
    first = scrape()
    time.sleep(WATCH_S)
    last = scrape()
    late = grown(first, last, "netwatch_probes_late_total")
    return {"asked": asked(first, last), "late": late, "lag_most_ms": lag_most_s(first, last) * 1e3}


def main(rounds: int, count: int) -> dict[str, object]:
    task = Task(count, silent_share=0, polling=dict(POLLING), snmp={"trap_port": PORT})
    limit = PollingSettings().trap_rate_per_s
    found: dict[str, object] = {"burst": BURST, "extra_most": limit * (WATCH_S + 1) * PROBES_A_HINT}
    places = addresses(count)
    random.Random(1).shuffle(places)
    with daemon(task):
        time.sleep(WARM_S)
        found["quiet"] = before = [quiet() for _ in range(rounds)]
        usual = statistics.median(one["asked"] for one in before)
        for kind, sources in (("many", places), ("one", places[:1])):
            found[kind] = [burst(sources, usual) for _ in range(rounds)]
    return found


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
