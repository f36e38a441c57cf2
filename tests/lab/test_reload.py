"""The files change while netwatch runs, a trunk is cut meanwhile, and nobody notices the reload by their mail."""

import re
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.lab.namespaces import plan, provider
from tests.lab.namespaces.lab import Lab, moment
from tests.lab.namespaces.provider import Customer, customers
from tests.lab.namespaces.shell import wait_until
from tests.lab.settings import QUICK

LATE = "child-3"
BROKEN = "linkz: []\n"
SEEN_S = 60
OVER_S = 60
EVERYONE = customers()
KNOWN_FIRST = tuple(customer for customer in EVERYONE if LATE not in {customer.device, customer.backup})


class Files:
    """The operator's files of one lab."""

    def __init__(self, lab: Lab) -> None:
        self._directory = lab.daemon.log.parent

    def network(self, change: Callable[[dict[str, Any]], None]) -> None:
        path = self._directory / "network.yaml"
        content = yaml.safe_load(path.read_text())
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False))

    def customers(self, everyone: tuple[Customer, ...]) -> None:
        (self._directory / "customers.csv").write_text(provider.customers_csv(everyone))

    def append(self, name: str, text: str) -> None:
        with (self._directory / name).open("a") as file:
            file.write(text)

    def take_off(self, name: str, text: str) -> None:
        path = self._directory / name
        path.write_text(path.read_text().removesuffix(text))


def without(device: str) -> Callable[[dict[str, Any]], None]:
    """Takes a device and its links out."""

    def change(content: dict[str, Any]) -> None:
        content["devices"] = [one for one in content["devices"] if one["id"] != device]
        content["links"] = [one for one in content["links"] if f"{device}:" not in one["a"] + one["b"]]

    return change


@pytest.fixture(scope="module")
def running(network, tmp_path_factory):
    made = Lab(network, tmp_path_factory.mktemp("reload") / "lab", EVERYONE, QUICK)
    files = Files(made)
    files.network(without(LATE))
    files.customers(KNOWN_FIRST)
    try:
        made.daemon.start()
        made.daemon.wait_warm()
        yield made
    finally:
        made.close()


@pytest.fixture
def lab(running):
    running.network.wait_all_answer()
    assert not running.daemon.ask("/v1/incidents")["incidents"], running.report()
    return running


@pytest.fixture
def files(lab):
    return Files(lab)


def wait_in_force(lab: Lab) -> None:
    lab._wait("the new files are in force", lambda: lab.daemon.ask("/v1/status")["reload"]["state"] == "in_force", 60)


def bring_into_force(lab: Lab, files: Files, everyone: tuple[Customer, ...]) -> None:
    """The whole network with these customers; at once when it is so already."""
    files.network(lambda content: content.update(yaml.safe_load(provider.network_yaml())))
    files.customers(everyone)
    lab.everyone = everyone
    lab.daemon.json("reload")
    wait_in_force(lab)


def refuse_a_broken_file(lab: Lab, files: Files) -> None:
    """A fault is told with its line, and nothing else comes of it."""
    files.append("network.yaml", BROKEN)
    lab.daemon._process.send_signal(signal.SIGHUP)
    wait_until(
        "the fault is told", lambda: (lab.daemon.ask("/v1/status")["reload"] or {}).get("state") == "refused", 20
    )
    (fault,) = lab.daemon.ask("/v1/status")["reload"]["faults"]
    assert re.search(r"network\.yaml:\d+", fault), fault
    assert fault in lab.daemon.command("status")
    assert "network.yaml:" in lab.daemon.tail()
    assert "netwatch_config_last_reload_successful 0.0" in scraped(lab)
    files.take_off("network.yaml", BROKEN)


def scraped(lab: Lab) -> str:
    ask = "import urllib.request as web; print(web.urlopen('http://127.0.0.1:9464/metrics', timeout=5).read().decode())"
    return lab.network.spaces["noc"].run(sys.executable, "-c", ask)


def test_amid_an_outage_a_broken_file_changes_nothing_and_a_good_one_tells_nobody_twice(lab, files):
    late_joiner = Customer("c-late", "child-1", "en")
    lab.everyone = (*EVERYONE, late_joiner)
    left = next(customer for customer in EVERYONE if customer.device == "child-2" and not customer.backup)
    hit = lab.behind("acc-1", "child-1", "child-2") - {late_joiner.email}
    cut_at = time.time()
    lab.network.cables.cut("agg-1-acc-1")
    try:
        lab.wait_told(hit, cut_at, SEEN_S)
        before = lab.incident("the cut is seen", cut_at, 1)
        refuse_a_broken_file(lab, files)
        files.network(lambda content: content.update(yaml.safe_load(provider.network_yaml())))
        files.customers(tuple(one for one in lab.everyone if one != left))
        said = lab.daemon.json("reload")
        assert said["state"] == "learning", said
        assert {"1 device added", "1 link added", "4 customers added", "1 customer removed"} <= set(said["changes"])
        assert lab.daemon.ask("/v1/status")["warm"], "no new learning time"
        wait_in_force(lab)
        assert lab.daemon.ask("/v1/status")["warm"]
        assert "netwatch_config_last_reload_successful 1.0" in scraped(lab)
        lab.wait_told({late_joiner.email}, cut_at, SEEN_S)
        after = lab.incident("it goes on", cut_at, 1)
        assert after["id"] == before["id"]
        assert moment(after["opened_at"]) == pytest.approx(moment(before["opened_at"]), abs=0.01)
        assert after["root_causes"] == ["link:agg-1-acc-1"], lab.report()
    finally:
        mended_at = time.time()
        lab.network.cables.mend("agg-1-acc-1")
    still_here = (hit | {late_joiner.email}) - {left.email}
    lab.wait_told(still_here, mended_at, OVER_S)
    lab.wait_over(before["id"], OVER_S)
    lab.only_once(hit | {late_joiner.email}, cut_at, mended_at)
    lab.only_once(still_here, mended_at)
    assert len(lab.daemon.told()) == 1, lab.report()


def test_when_a_device_that_is_down_leaves_the_inventory_its_incident_ends_and_its_customers_hear_no_lie(lab, files):
    """Its customers went with it: nobody may tell them that they have service again."""
    bring_into_force(lab, files, EVERYONE)
    gone = lab.behind("child-3")
    dead_at = time.time()
    lab.network.power_off("child-3")
    try:
        lab.wait_told(gone, dead_at, SEEN_S)
        incident = lab.incident("the dead device is seen", dead_at, 1)
        removed_at = time.time()
        files.network(without(LATE))
        files.customers(tuple(one for one in lab.everyone if LATE not in {one.device, one.backup}))
        said = lab.daemon.json("reload")
        assert [note for note in said["notes"] if "child-3" in note and incident["id"] in note], said
        wait_in_force(lab)
        over = lab.wait_over(incident["id"], OVER_S)
        assert over["status"] == "resolved"
    finally:
        lab.network.power_on("child-3")
    lab.nobody_told(removed_at)


def test_mistyped_addresses_are_told_to_nobody_and_a_real_outage_beside_them_to_its_customers(lab, files):
    bring_into_force(lab, files, EVERYONE)
    mistyped = ("child-2", LATE)

    def mistype(content: dict[str, Any]) -> None:
        for device in content["devices"]:
            if device["id"] in mistyped:
                device["address"] = f"10.99.9.{mistyped.index(device['id']) + 1}"

    lab.network.spaces["noc"].ip([f"route add 10.99.9.0/24 via {plan.trunk_address(plan.UPLINK, 'core-1')}"])
    begun_at = time.time()
    files.network(mistype)
    assert lab.daemon.json("reload")["state"] == "learning"
    wait_until(
        "the silent devices are named",
        lambda: "no answer yet from child-2, child-3" in lab.daemon.command("status"), 60
    )  # fmt: skip
    hit = lab.behind("child-1")
    lab.network.power_off("child-1")
    try:
        lab.wait_told(hit, begun_at, 2 * SEEN_S)
        incident = lab.incident("the dead device is seen", begun_at, 1)
        mended_at = time.time()
        files.network(lambda content: content.update(yaml.safe_load(provider.network_yaml())))
        assert lab.daemon.json("reload")["state"] == "learning"
    finally:
        lab.network.power_on("child-1")
    wait_in_force(lab)
    lab.wait_over(incident["id"], OVER_S)
    lab.only_once(hit, begun_at, mended_at)
    lab.wait_told(hit, mended_at, 2 * OVER_S)
    lab.only_once(hit, mended_at)
