"""What of one device falls due together is asked together: one reading of ports, then the details, without another."""

from __future__ import annotations

from netwatch.polling.overload import Overload
from netwatch.polling.plan import DevicePlan, Intervals
from netwatch.polling.reads import Reads
from netwatch.polling.settings import PollingSettings, SnmpSettings
from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.codec import GET
from netwatch.polling.snmp.profiles import access
from netwatch.simulation.clock import SimulatedClock
from tests.unit.polling.objects.responder import COUNTER, GAUGE, INTEGER, TEXT, TICKS, WIDE, Responder

IF = "1.3.6.1.2.1.2.2.1"
IFX = "1.3.6.1.2.1.31.1.1.1"
START = 9_000.0


class Agents:
    """A client whose one agent answers at once; a dialogue that is begun while another is held waits its turn."""

    def __init__(self, clock):
        self.clock = clock
        self.agent = Responder()
        self.waiting = []

    def open(self, addresses):
        pass

    def converse(self, agent, dialogue, done, *, retries=None, urgent=False):
        del agent, retries, urgent
        self.waiting.append((dialogue, done))
        return True

    def tick(self):
        while self.waiting:
            dialogue, done = self.waiting.pop(0)
            done(self.agent.hold(dialogue, self.clock.now()))


def port(index, name, now):
    return {
        f"{IFX}.1.{index}": (TEXT, name.encode()),
        f"{IF}.7.{index}": (INTEGER, 1),
        f"{IF}.8.{index}": (INTEGER, 1),
        f"{IF}.9.{index}": (TICKS, 0),
        f"{IFX}.6.{index}": (WIDE, int(now * 1000)),
        f"{IFX}.10.{index}": (WIDE, int(now * 1000)),
        f"{IFX}.15.{index}": (GAUGE, 1000),
        f"{IF}.14.{index}": (COUNTER, 0),
    }


def play(seconds, **intervals):
    """Read one device for so long; when each question was asked, and all observations."""
    clock, seen, asked = SimulatedClock(START), [], []
    client, settings, profiles = Agents(clock), PollingSettings(), SnmpSettings()
    reads = Reads(client=client, clock=clock, settings=settings, emit=seen.append, read=lambda *_: None)
    never = {"power_interval_s": 0.0, "neighbour_interval_s": 0.0, "optics_interval_s": 0.0, "traffic_interval_s": 0.0}
    plan = DevicePlan(
        "agg-1", "127.0.0.1", icmp=False, profile="default", link_ports=("to-core",), customer_ports=("c1", "c2"),
        intervals=Intervals(**{**never, **intervals}),
    )  # fmt: skip
    reads.apply({"agg-1": plan}, profiles, {"default": access(profiles.profiles["default"])})
    for tick in range(int(seconds * 10)):
        now = START + tick / 10
        clock.set(now)
        client.agent.objects = {
            "1.3.6.1.2.1.1.3.0": (TICKS, int(now * 100)), "1.3.6.1.2.1.31.1.5.0": (TICKS, 5),
            **port(1, "to-core", now), **port(2, "c1", now), **port(3, "c2", now),
        }  # fmt: skip
        reads.due(now, Overload())
        client.tick()
        asked += [(now, question) for question in client.agent.asked]
        client.agent.asked.clear()
    return asked, seen


def readings(asked):
    """When ports were read, and of how many."""
    column = ber.oid(mib_dotted(mib.IF_OPER_STATUS))
    found = [
        (at, sum(oid.startswith(column) for oid in question.oids)) for at, question in asked if question.pdu == GET
    ]
    return [(at, count) for at, count in found if count]


def mib_dotted(column):
    return ".".join(map(str, ber.sub_identifiers(column)))


def test_customers_ports_ride_on_a_reading_of_the_link_ports():
    asked, _ = play(400.0, interface_interval_s=30.0, customer_port_interval_s=60.0)
    counts = [count for _, count in readings(asked)][1:]  # the first look asks once more when the names are known
    assert sorted(set(counts)) == [1, 3]
    assert abs(counts.count(1) - counts.count(3)) <= 1
    assert len(counts) <= 400 / 30 + 1


def test_counters_are_read_right_after_the_ports_without_reading_these_again():
    asked, seen = play(700.0, interface_interval_s=30.0, customer_port_interval_s=0.0, traffic_interval_s=60.0)
    assert len(readings(asked)) <= 700 / 30 + 2
    rates = [one for one in seen if type(one).__name__ == "TrafficObservation"]
    assert len(rates) >= 9
    assert {round(one.in_bps) for one in rates} == {8000}


def test_counters_that_fall_due_alone_have_the_ports_read_first():
    asked, _ = play(700.0, interface_interval_s=0.0, customer_port_interval_s=0.0, traffic_interval_s=60.0)
    assert len(readings(asked)) >= 10
