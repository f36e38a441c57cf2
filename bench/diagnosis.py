"""What the diagnosis costs: one step, one observation, building it, memory; by size of the network and of the fault.

The engine and the life cycle of production, fed by a plain poller with the usual intervals, one step a virtual second.
Then the daemon's thinker in its thread, beside an event loop whose lateness is measured. All times are of this process
alone, yet other programs on the same cores make them longer.
"""

from __future__ import annotations

import gc
import json
import math
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType

from bench.beside import LEARNT_S, lateness
from bench.measuring import verdict
from netwatch.daemon.collecting import bounded_collections, leave_alone
from netwatch.diagnosis.engine import Engine
from netwatch.incidents import lifecycle
from netwatch.incidents.book import Book
from netwatch.incidents.settings import IncidentSettings
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory, Region
from netwatch.polling.model import IcmpObservation, InterfaceObservation, Observation, SnmpObservation
from netwatch.simulation.faults import Breakage, Verb
from netwatch.simulation.network import Truth, VirtualNetwork
from netwatch.simulation.synthetic import ProviderPlan, generate

SIZES = (1_000, 20_000)
CUSTOMERS_EACH = 10
#: Regions of the synthetic provider are grouped into so many provinces; half of the network is half of them.
PROVINCES = 10
#: So many states of the virtual network are kept at a time.
TRUTHS = 64
#: (name, begin, end) of what is measured; faults begin 5 s after the begin, so that the failing second is in it.
SPANS = (
    ("quiet", 105.0, 135.0),
    ("one aggregation device", 135.0, 175.0),
    ("its recovery", 175.0, 225.0),
    ("power of a region", 225.0, 265.0),
    ("its recovery ", 265.0, 325.0),
    ("half of the network", 325.0, 385.0),
    ("its recovery  ", 385.0, 455.0),
    ("1 in 20 silent, scattered", 455.0, 500.0),
    ("the same, lasting", 540.0, 570.0),
)
LOSS_RATIO = 0.01
#: ms a step, median and 99th percentile of diagnosis and incidents together, with 20,000 devices.
STEP_BOUNDS_MS = {
    "quiet": 0.5,
    "one aggregation device": 2.0,
    "power of a region": 40.0,
    "half of the network": 600.0,
    "its recovery  ": 600.0,
}
LOOP_BOUND_MS, BUILD_BOUND_S, MEMORY_BOUND_MB = 50.0, 0.5, 400.0
#: The spans in which the lateness of the event loop is measured; the quiet one tells what the machine itself adds.
BESIDE = (("first look", 1.0, LEARNT_S), SPANS[0], *SPANS[3:7])


def provider(devices: int) -> Inventory:
    """A synthetic provider of provinces without batteries, about ten customers a device."""
    found = generate(ProviderPlan(devices, customers_per_access=CUSTOMERS_EACH, seed=1))
    names = sorted(name for name in found.regions if name != "backbone")
    regions = {"backbone": found.regions["backbone"]}
    for place, name in enumerate(names):
        province = f"province-{place * PROVINCES // len(names)}"
        regions.setdefault(province, Region(province, province))
        regions[name] = replace(found.regions[name], parent=province)
    sites = {
        name: site if site.region == "backbone" else replace(site, battery_minutes=0.0)
        for name, site in found.sites.items()
    }
    devices_without = {
        name: device if device.role == "core" else replace(device, battery_minutes=0.0)
        for name, device in found.devices.items()
    }
    return replace(
        found,
        regions=MappingProxyType(regions),
        sites=MappingProxyType(sites),
        devices=MappingProxyType(devices_without),
    )


def story(found: Inventory) -> list[Breakage]:
    """One aggregation device, one province, half of all provinces, and in the end one device in twenty."""
    aggregation = next(name for name in sorted(found.devices) if found.devices[name].role == "aggregation")
    faults = [
        Breakage(Verb.DOWN, f"device:{aggregation}", 140.0, 35.0),
        Breakage(Verb.POWER, "region:province-1", 230.0, 35.0),
    ]
    faults += [Breakage(Verb.POWER, f"region:province-{place}", 330.0, 55.0) for place in range(PROVINCES // 2)]
    ends = [name for name, device in sorted(found.devices.items()) if device.role in {"access", "cpe"}]
    faults += [
        Breakage(Verb.DOWN, f"device:{name}", 460.0) for name in ends[:: max(1, 20 * len(ends) // len(found.devices))]
    ]
    return faults


class Rounds:
    """Pings every device each 10 s and reads its link ports each 30 s; a first failure is confirmed and looked around.

    Plain, so that 20,000 devices take seconds; the virtual poller of `netwatch.simulation` is for right answers.
    """

    def __init__(self, found: Inventory, network: VirtualNetwork, loss_ratio: float) -> None:
        self._network = network
        self._loss_ratio = loss_ratio
        self._rng = random.Random(1)
        self._devices = list(found.devices)
        self._ports: dict[str, list[str]] = {name: [] for name in found.devices}
        for link in found.links.values():
            for end in (link.a, link.b):
                self._ports[end.device].append(end.interface)
        self._customers = sorted({service.primary for each in found.customers.values() for service in each})
        self._failing: set[str] = set()
        self._edges = network.topology.edges

    def second(self, now: float) -> Iterable[Observation]:
        """Everything seen within the second before `now`."""
        truth, at = self._network.at(now - 1.0), now - 1.0
        if now == 40.0:
            for port in self._customers:
                yield InterfaceObservation(at, port.device, port.interface, "up", "up")
        for place in range(int(now) % 10, len(self._devices), 10):
            yield from self._ping(at, self._devices[place], truth)
        for place in range(int(now) % 30, len(self._devices), 30):
            yield from self._read(at + 0.4, self._devices[place], truth)

    def _ping(self, at: float, device: str, truth: Truth) -> Iterable[Observation]:
        if device in truth.reached and not (self._loss_ratio and self._rng.random() < self._loss_ratio):
            self._failing.discard(device)
            yield IcmpObservation(at, device, 1, 1, 3.0)
            return
        yield IcmpObservation(at, device, 1, 0)
        if device in self._failing:
            return
        self._failing.add(device)
        for after_s in (0.5, 1.0, 1.5):
            good = device in truth.reached
            yield IcmpObservation(at + after_s, device, 1, int(good), 3.0 if good else None)
        for edge in self._edges[device]:
            if edge.neighbour in truth.reached:
                yield IcmpObservation(at + 2.0, edge.neighbour, 1, 1, 3.0)
                yield self._port(at + 2.1, edge.neighbour, edge.far_interface, truth)

    def _read(self, at: float, device: str, truth: Truth) -> Iterable[Observation]:
        good = device in truth.reached
        yield SnmpObservation(at, device, good, at if good else None)
        if good:
            for interface in self._ports[device]:
                yield self._port(at, device, interface, truth)

    def _port(self, at: float, device: str, interface: str, truth: Truth) -> Observation:
        return InterfaceObservation(at, device, interface, "up", self._network.oper(device, interface, truth))


def worker(devices: int, loss_ratio: float, only_quiet: bool) -> dict:
    """Play the story; milliseconds of each step by span, and what the rest cost."""
    found = provider(devices)
    network = VirtualNetwork(found, story(found), 1, SPANS[-1][2])
    poller = Rounds(found, network, loss_ratio)
    for at in network.changes_at[:TRUTHS]:
        network.at(at)  # its memory is the rehearsal's, and must not count
    gc.collect()
    gc.freeze()  # as the daemon does once the inventory is loaded
    before_mb = _memory_mb()
    begun = time.thread_time()
    topology = Topology(found)
    graph_s = time.thread_time() - begun
    engine = Engine(topology)
    engine_s = time.thread_time() - begun - graph_s
    gc.collect()
    gc.freeze()
    clock = _Clock(engine)
    until_at = SPANS[0][2] if only_quiet else SPANS[-1][2]
    with bounded_collections():
        for second in range(1, int(until_at) + 1):
            clock.step(float(second), list(poller.second(float(second))))
            if second == LEARNT_S:
                leave_alone()  # as the daemon does after its first look at everything
    return {
        "spans": {name: clock.between(begin, end) for name, begin, end in SPANS if end <= until_at},
        "observe_us": clock.observe_s / max(1, clock.observed) * 1e6,
        "unchanged_us": _unchanged_us(engine, found, until_at),
        "graph_s": graph_s,
        "engine_s": engine_s,
        "memory_mb": _memory_mb() - before_mb,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "customers": len(found.customers),
        "devices": len(found.devices),
    }


class _Clock:
    """Steps the engine and the life cycle once a second and measures both."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.book = Book()
        self.settings = IncidentSettings()
        self.steps: list[tuple[float, float, float]] = []
        self.observe_s = 0.0
        self.observed = 0

    def step(self, now: float, seen: Sequence[Observation]) -> None:
        observe, begun = self.engine.observe, time.thread_time()
        for one in seen:
            observe(one)
        taken = time.thread_time()
        diagnosis = self.engine.step(now, self.book.feedback())
        judged = time.thread_time()
        self.book, _ = lifecycle.step(self.book, diagnosis, (), now, self.settings)
        followed = time.thread_time()
        self.observe_s += taken - begun
        self.observed += len(seen)
        self.steps.append((now, (judged - taken) * 1e3, (followed - judged) * 1e3))

    def between(self, begin_at: float, end_at: float) -> dict:
        found = [step for step in self.steps if begin_at <= step[0] < end_at]
        return {
            "diagnosis": spread(step[1] for step in found),
            "incidents": spread(step[2] for step in found),
            "step": spread(step[1] + step[2] for step in found),
        }


def beside(devices: int) -> dict:
    """Lateness of an event loop beside the thinker's thread, median, 99th percentile and maximum by span."""
    found = provider(devices)
    network = VirtualNetwork(found, story(found), 1, SPANS[-1][2])
    poller = Rounds(found, network, 0.0)
    gc.collect()
    gc.freeze()
    late = lateness(Engine(Topology(found)), poller.second, BESIDE)
    return {"devices": len(found.devices), "late": {name: spread(values or [0.0]) for name, values in late.items()}}


def spread(values: Iterable[float]) -> tuple[float, float, float]:
    """Median, 99th percentile and maximum."""
    found = sorted(values)
    return statistics.median(found), found[min(len(found) - 1, int(0.99 * len(found)))], found[-1]


def _unchanged_us(engine: Engine, found: Inventory, at: float) -> float:
    """Microseconds for an answered ping of a device that answered before."""
    alive = [name for name, device in found.devices.items() if device.role == "core"]
    seen = [IcmpObservation(at + 100.0 + n / 100.0, alive[n % len(alive)], 1, 1, 3.0) for n in range(100_000)]
    begun = time.thread_time()
    for one in seen:
        engine.observe(one)
    return (time.thread_time() - begun) / len(seen) * 1e6


def _memory_mb() -> float:
    with open("/proc/self/statm") as file:  # noqa: PTH123 - a file of the kernel
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def run(rounds: int, targets: int) -> None:
    """Print the figures of each size; every one in a process of its own. One round: the spans hold many steps."""
    del rounds, targets
    medians: dict[int, dict] = {}
    for devices in SIZES:
        for words, name in (([], "no probe is lost"), (["--loss"], "1 % of the probes are lost")):
            figures = _measured(devices, *words)
            print_figures(name, figures)
            if not words:
                medians[devices] = figures["spans"]
        print_lateness(_measured(devices, "--beside"))
    print_growth(medians)


def _measured(devices: int, *words: str) -> dict:
    command = [sys.executable, "-m", "bench.diagnosis", str(devices), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def print_figures(name: str, figures: dict) -> None:
    """One table: each span with its steps, then what does not belong to a span."""
    bounded = figures["devices"] == SIZES[-1]
    print(
        f"  {figures['devices']} devices, {figures['customers']} customers, {name}: ms a step, median / p99 / max; "
        f"{os.getloadavg()[0]:.1f} programs at work on {os.cpu_count()} cores"
    )
    for span, cost in figures["spans"].items():
        each = "   ".join(f"{part} {' / '.join(f'{ms:.2f}' for ms in cost[part])}" for part in cost)
        most = STEP_BOUNDS_MS.get(span) if bounded and "lost" not in name.replace("no probe is lost", "") else None
        print(f"    {span.strip():<28} {each}{verdict(cost['step'][1], most)}")
    build_s = figures["graph_s"] + figures["engine_s"]
    print(
        f"    an observation {figures['observe_us']:.1f} us (an unchanged ping {figures['unchanged_us']:.1f} us), "
        f"graph {figures['graph_s']:.2f} s, engine {figures['engine_s']:.2f} s"
        f"{verdict(build_s, BUILD_BOUND_S if bounded else None)}, memory of both {figures['memory_mb']:.0f} MB "
        f"(process {figures['rss_mb']:.0f} MB){verdict(figures['memory_mb'], MEMORY_BOUND_MB if bounded else None)}",
        flush=True,
    )


def print_lateness(figures: dict) -> None:
    """How late the event loop's ticks of 10 ms came while the thinker's thread worked."""
    print(f"  {figures['devices']} devices: ms that the event loop waited beside the thinker, median / p99 / max")
    for span, late in figures["late"].items():
        print(f"    {span.strip():<28} {' / '.join(f'{ms:.1f}' for ms in late)}{verdict(late[2], LOOP_BOUND_MS)}")
    sys.stdout.flush()


def print_growth(spans: dict[int, dict]) -> None:
    """The power of the number of devices with which the longest step grows."""
    small, large = SIZES[0], SIZES[-1]
    for span in spans[large]:
        few, many = spans[small][span]["step"][2], spans[large][span]["step"][2]
        power = math.log(many / few) / math.log(large / small)
        print(f"  longest step, {span.strip():<28} {few:.2f} -> {many:.2f} ms: as the devices to the power {power:.2f}")


if __name__ == "__main__":
    lossy = "--loss" in sys.argv
    if "--beside" in sys.argv:
        print(json.dumps(beside(int(sys.argv[1]))))
    else:
        print(json.dumps(worker(int(sys.argv[1]), LOSS_RATIO if lossy else 0.0, only_quiet=lossy)))
