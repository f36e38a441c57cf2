"""What readings overload leaves, in its stated order and by equal shares."""

from __future__ import annotations

from collections import Counter

import pytest

from netwatch.clock import SystemClock
from netwatch.polling.overload import HIGHEST, Duty, Overload
from netwatch.polling.plan import DevicePlan, Intervals
from netwatch.polling.reads import Reads
from netwatch.polling.settings import PollingSettings, SnmpSettings
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.dialogue import Answer
from netwatch.polling.snmp.profiles import access

INTERVAL_S = 10.0
DEVICES = 80
NEVER = dict.fromkeys(
    ("icmp_interval_s", "snmp_interval_s", "interface_interval_s", "customer_port_interval_s", "traffic_interval_s",
     "power_interval_s", "neighbour_interval_s", "optics_interval_s"), 0.0,
)  # fmt: skip


class Unsent:
    """A client whose every question can't be sent: what is asked of whom is counted, and nothing else happens."""

    def __init__(self):
        self.asked = Counter()

    def open(self, addresses):
        pass

    def converse(self, agent, dialogue, done, *, retries=None, urgent=False):
        del retries
        self.asked[agent.device, urgent] += 1
        answer = None
        try:
            while True:
                dialogue.send(answer)
                answer = Answer(0.0, Status.NOT_SENT, 0, [])
        except StopIteration as end:
            done(end.value)
        return True

    def forget(self, agent):
        pass


@pytest.fixture
def reads():
    client, settings, profiles = Unsent(), PollingSettings(), SnmpSettings()
    made = Reads(client=client, clock=SystemClock(), settings=settings, emit=list, read=lambda *_: None)

    def reading(interval, **ports):
        plans = {
            f"d{number}": DevicePlan(
                f"d{number}", "127.0.0.1", icmp=False, profile="default",
                intervals=Intervals(**{**NEVER, interval: INTERVAL_S}), **ports,
            )
            for number in range(DEVICES)
        }  # fmt: skip
        made.apply(plans, profiles, {"default": access(profiles.profiles["default"])})
        made.due(1000.0, Overload())
        return made, client

    return reading


PURPOSES = [
    ("optics_interval_s", {"link_ports": ("a",)}, Duty.DETAILS),
    ("traffic_interval_s", {"link_ports": ("a",)}, Duty.DETAILS),
    ("neighbour_interval_s", {}, Duty.DETAILS),
    ("customer_port_interval_s", {"customer_ports": ("c",)}, Duty.CUSTOMER_PORTS),
    ("interface_interval_s", {"link_ports": ("a",)}, Duty.LINK_PORTS),
    ("power_interval_s", {}, Duty.LINK_PORTS),
    ("snmp_interval_s", {}, Duty.LINK_PORTS),
]


@pytest.mark.parametrize(("interval", "ports", "duty"), PURPOSES, ids=[interval for interval, _, _ in PURPOSES])
def test_a_reading_is_left_out_from_its_level_on_three_times_in_four_and_for_nobody_longer(
    reads, interval, ports, duty
):
    made, client = reads(interval, **ports)
    overload, now = Overload(), 1000.0
    for level in range(HIGHEST + 1):
        overload.level = level
        client.asked.clear()
        for _ in range(800):  # eight intervals
            now += 0.1
            made.due(now, overload)
        each = 8 if level < duty else 2
        assert sum(client.asked.values()) == pytest.approx(each * DEVICES, abs=DEVICES * 0.05)
        assert all(abs(count - each) <= 1 for count in client.asked.values())
        assert len(client.asked) == DEVICES
    assert made.statistics().thinned > 0


def test_what_is_asked_on_suspicion_is_never_left_out(reads):
    made, client = reads("interface_interval_s", link_ports=("a",))
    for number in range(DEVICES):
        made.ask(f"d{number}", ["a"])
    assert client.asked == Counter({(f"d{number}", True): 1 for number in range(DEVICES)})
