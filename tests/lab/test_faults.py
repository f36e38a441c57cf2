"""One fault of every kind that an operator meets, on networks of their own that stand side by side.

A fault takes its time to be seen and to be over, nearly all of it waiting; so several networks wait at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.lab.namespaces.lab import Lab, moment
from tests.lab.namespaces.network import Network
from tests.lab.namespaces.provider import HOUSE, STAFF, Paper, customers
from tests.lab.namespaces.shell import wait_until
from tests.lab.settings import QUICK

SEEN_S = 120
OVER_S = 90
START_S = 60
AT_ONCE = 6
EAST = ("agg-1", "acc-1", "child-1", "child-2")
NORTH = ("ring-1", "ring-2", "acc-2", "child-3")


@dataclass(frozen=True)
class Fault:
    """What is broken how, and what netwatch must make of it.

    `out` are the devices whose customers are told, once of the beginning and once of the end. `causes` are the root
    causes of which one set must be named; more than one where nobody who looks from here can tell them apart.
    """

    break_it: Callable[[Lab], None]
    mend_it: Callable[[Lab], None]
    scope: str
    causes: tuple[tuple[str, ...], ...]
    out: tuple[str, ...] = ()
    paper: Callable[[], Paper] = Paper
    changes: dict[str, dict[str, object]] = field(default_factory=lambda: QUICK)


def cut(*cables: str) -> tuple[Callable[[Lab], None], Callable[[Lab], None]]:
    return lambda lab: lab.network.cables.cut(*cables), lambda lab: lab.network.cables.mend(*cables)


def flap(lab: Lab) -> None:
    """Down and up again, each time until netwatch believes it; at last it stays down."""
    for _ in range(3):
        for change, up in ((lab.network.cables.cut, False), (lab.network.cables.mend, True)):
            change("acc-1-child-1")
            wait_until(f"child-1 is up: {up}", lambda up=up: is_up(lab, "child-1") is up, 30)
    lab.network.cables.cut("acc-1-child-1")


def is_up(lab: Lab, device: str) -> bool:
    return bool(lab.daemon.ask(f"/v1/device?id={device}")["state"] == "up")


FAULTS = {
    "a ring's trunk is cut": Fault(*cut("ring-1-ring-2"), "redundancy", (("link:ring-1-ring-2",),)),
    "an access router hangs with its ports up": Fault(
        lambda lab: lab.network.hang("acc-1"),
        lambda lab: lab.network.wake("acc-1"),
        "regional",
        (("device:acc-1",),),
        ("acc-1", "child-1", "child-2"),
    ),
    "a router with two trunks loses power": Fault(
        lambda lab: lab.network.power_off("acc-2"),
        lambda lab: lab.network.power_on("acc-2"),
        "regional",
        (("device:acc-2",),),
        ("acc-2", "child-3"),
    ),
    "netwatch's own uplink is cut": Fault(*cut("noc-core-1"), "monitoring", (("monitor",),)),
    "a duct with two trunks is cut": Fault(
        *cut("core-1-agg-1", "core-1-ring-1"),
        "regional",
        (("duct:duct-east",),),
        EAST,
        paper=lambda: Paper(ducts={"core-1-agg-1": "duct-east", "core-1-ring-1": "duct-east"}),
    ),
    "a house without battery loses power": Fault(
        lambda lab: lab.network.power_off("ring-1", "ring-2", "acc-2"),
        lambda lab: lab.network.power_on("ring-1", "ring-2", "acc-2"),
        "regional",
        ((f"site:{HOUSE}",),),
        NORTH,
        paper=lambda: Paper(house=("ring-1", "ring-2", "acc-2")),
    ),
    "a ring is cut twice": Fault(
        *cut("core-1-ring-1", "ring-2-ring-3"),
        "regional",
        (("link:core-1-ring-1", "link:ring-2-ring-3"),),
        NORTH,
        paper=lambda: Paper(unlisted=("ring-3-acc-2",)),
    ),
    "a trunk keeps its light and passes nothing": Fault(
        lambda lab: lab.network.cables.mute("agg-1-acc-1"),
        lambda lab: lab.network.cables.unmute("agg-1-acc-1"),
        "regional",
        (("device:acc-1",), ("link:agg-1-acc-1",)),
        ("acc-1", "child-1", "child-2"),
    ),
    "a router answers nothing and forwards all": Fault(
        lambda lab: lab.network.silence("acc-1"),
        lambda lab: lab.network.unsilence("acc-1"),
        "redundancy",
        (("device:acc-1",),),
    ),
    "a trunk flaps": Fault(
        flap,
        lambda lab: lab.network.cables.mend("acc-1-child-1"),
        "regional",
        (("device:child-1",), ("link:acc-1-child-1",)),
        ("child-1",),
        changes={**QUICK, "incidents": {**QUICK["incidents"], "reopen_within_s": 600}},
    ),
    "a trunk loses 30 % one way": Fault(
        lambda lab: lab.network.cables.damage("core-1-agg-1"),
        lambda lab: lab.network.cables.repair("core-1-agg-1"),
        "regional",
        (("link:core-1-agg-1",), ("device:agg-1",)),
        EAST,
    ),
}


def story(fault: Fault, lab: Lab) -> None:
    """From fault to end: one incident, the right cause, the right customers, each of them once."""
    hit = lab.behind(*fault.out)
    begun_at = time.time()
    fault.break_it(lab)
    incident = lab.incident("the fault is seen", begun_at, SEEN_S)
    lab.wait_told({*hit, STAFF}, begun_at, SEEN_S)
    seen = lab.daemon.incident(incident["id"])
    assert lab.daemon.ask("/v1/status")["isolated"] is (fault.scope == "monitoring")
    assert seen["scope"] == fault.scope, lab.report()
    assert tuple(sorted(seen["root_causes"])) in fault.causes, lab.report()
    lab.only_once(hit, begun_at)
    mended_at = time.time()
    fault.mend_it(lab)
    lab.wait_over(incident["id"], OVER_S)
    lab.wait_told({*hit, STAFF}, mended_at, OVER_S)
    lab.only_once(hit, mended_at)
    assert [one["id"] for one in lab.daemon.told()] == [incident["id"]], lab.report()


def killed_in_mid_incident(lab: Lab) -> None:
    """After kill -9 the same incident goes on, and nobody is told twice."""
    hit = lab.behind("child-1")
    begun_at = time.time()
    lab.network.cables.cut("acc-1-child-1")
    lab.wait_told(hit, begun_at, SEEN_S)
    before = lab.incident("the cut is seen", begun_at, 1)
    lab.daemon.kill_9()
    lab.daemon.start(START_S)
    lab.daemon.wait_warm()
    after = lab.daemon.incident(before["id"])
    assert moment(after["opened_at"]) == pytest.approx(moment(before["opened_at"]), abs=1.0)
    mended_at = time.time()
    lab.network.cables.mend("acc-1-child-1")
    lab.wait_told(hit, mended_at, OVER_S)
    lab.wait_over(before["id"], OVER_S)
    lab.only_once(hit, begun_at, mended_at)
    lab.only_once(hit, mended_at)
    assert [one["id"] for one in lab.daemon.told()] == [before["id"]], lab.report()


def hung_agent(lab: Lab) -> None:
    """A router whose SNMP agent hangs is up: nothing is told, and a look at it says so."""
    lab.network.stall_agent("acc-1")
    wait_until("its readings fail", lambda: not reading(lab, "acc-1")["good"], SEEN_S)
    assert is_up(lab, "acc-1")
    lab.network.wake_agent("acc-1")
    wait_until("its readings are back", lambda: reading(lab, "acc-1")["good"], OVER_S)
    assert not lab.daemon.incidents(), lab.report()
    lab.nobody_told(0.0)


def reading(lab: Lab, device: str) -> dict[str, object]:
    """What its SNMP agent said last."""
    seen = lab.daemon.ask(f"/v1/device?id={device}")["seen"]
    return next(one for one in seen if one["probe"] == "snmp")


def announced_work(lab: Lab) -> None:
    """What announced work takes out is followed, and told to nobody outside."""
    lab.network.cables.cut("core-1-agg-1")
    wait_until("the cut is followed", lambda: lab.daemon.incidents() and everyone_east_is_out(lab), SEEN_S)
    lab.network.cables.mend("core-1-agg-1")
    wait_until("it is over", lambda: not lab.daemon.ask("/v1/incidents")["incidents"], OVER_S)
    lab.nobody_told(0.0)


def everyone_east_is_out(lab: Lab) -> bool:
    (incident,) = lab.daemon.incidents()
    assert (incident["planned"], incident["root_causes"]) == ("m-1", ["link:core-1-agg-1"]), lab.report()
    return bool(incident["customers_out"] == len(lab.behind(*EAST)))


def announced() -> Paper:
    """The files of a provider that works on the eastern trunk for two more hours."""
    start = datetime.now(UTC) - timedelta(hours=1)
    ends = {"start": start.isoformat(), "end": (start + timedelta(hours=3)).isoformat()}
    return Paper(maintenance=({"id": "m-1", "elements": ["core-1-agg-1"], **ends},))


STORIES: dict[str, Callable[[Lab], None]] = {
    **{name: (lambda lab, fault=fault: story(fault, lab)) for name, fault in FAULTS.items()},
    "kill -9 in mid-incident": killed_in_mid_incident,
    "an SNMP agent hangs": hung_agent,
    "announced work takes a trunk out": announced_work,
}


PAPERS: dict[str, Callable[[], Paper]] = {
    **{name: fault.paper for name, fault in FAULTS.items()},
    "announced work takes a trunk out": announced,
}


def told(name: str, number: int, folder: Path) -> None:
    """One story on a network of its own."""
    folder.mkdir()
    network = Network(folder, f"{number}-")
    try:
        paper = PAPERS.get(name, Paper)()
        changes = FAULTS[name].changes if name in FAULTS else QUICK
        for trunk in paper.unlisted:
            network.cables.cut(trunk)
        lab = Lab(network, folder / "lab", customers(), changes, paper=paper)
        try:
            lab.daemon.start(START_S)
            lab.daemon.wait_warm()
            STORIES[name](lab)
        finally:
            lab.close()
    finally:
        network.remove()


@pytest.fixture(scope="module")
def stories(root, tmp_path_factory) -> Iterator[dict[str, Future[None]]]:
    assert root
    folder = tmp_path_factory.mktemp("faults")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(told, name, number, folder / str(number)) for number, name in enumerate(STORIES)}


@pytest.mark.parametrize("name", STORIES)
def test_a_fault_gives_one_incident_with_its_cause_and_tells_its_customers_once(stories, name):
    stories[name].result()
