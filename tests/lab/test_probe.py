"""`netwatch probe` in the monitor's namespace: real pings, real agents, a real daemon beside it."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.namespaces import plan
from tests.lab.namespaces.lab import Lab
from tests.lab.namespaces.provider import customers
from tests.lab.settings import QUICK

LONGEST_S = 10.0
START_S = 5.0  # the interpreter and the files, on a busy machine


@dataclass(frozen=True)
class Probed:
    code: int
    out: str
    err: str
    took_s: float

    @property
    def report(self) -> Any:
        return json.loads(self.out)


def probe(lab: Lab, *arguments: str, config: Path | None = None, login: tuple[str, ...] = ()) -> Probed:
    """What the command says in the monitor's namespace."""
    inside = ["ip", "netns", "exec", lab.network.spaces["noc"].name, *login]
    own = [] if config is None else ["-c", str(config)]
    begun = time.monotonic()
    done = subprocess.run(
        [*inside, sys.executable, "-m", "netwatch", "probe", *arguments, *own],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return Probed(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)


@pytest.fixture(scope="module")
def lab(network, tmp_path_factory):
    made = Lab(network, tmp_path_factory.mktemp("probe") / "lab", customers(), QUICK)
    try:
        made.daemon.start()
        made.daemon.wait_warm()
        yield made
    finally:
        made.close()


@pytest.fixture
def files(lab):
    """The path of netwatch.yaml."""
    return lab.daemon.log.with_name("netwatch.yaml")


def test_a_device_that_is_well_is_shown_with_ports_the_way_there_and_what_netwatch_holds_of_it(lab, files):
    said = probe(lab, "child-1", "--json", config=files)
    report = said.report
    assert said.code == 0, said.err
    assert said.took_s < LONGEST_S + START_S
    assert report["took_s"] < LONGEST_S
    ping = report["ping"]
    assert (ping["sent"], ping["received"], ping["error"]) == (8, 8, "")
    assert 0 < ping["rtt_min_ms"] <= ping["rtt_p50_ms"] <= ping["rtt_p95_ms"] <= ping["rtt_max_ms"]
    snmp = report["snmp"]
    assert (snmp["name"], snmp["location"], snmp["error"], snmp["missing_ports"]) == ("child-1", "the lab", "", [])
    assert snmp["uptime_s"] > 0
    ports = {port["name"]: port for port in snmp["ports"]}
    assert ports["to-acc-1"]["known"]
    assert ports["to-acc-1"]["oper"] == "up"
    assert "acc-1-child-1 to acc-1" in ports["to-acc-1"]["carries"]
    assert not ports["lo"]["known"]
    trace = report["trace"]
    assert trace["reached"]
    assert [hop["device"] for hop in trace["hops"]] == ["core-1", "agg-1", "acc-1", "child-1"]
    view = report["daemon"]["view"]
    assert (view["state"], view["confidence"], view["incidents"]) == ("up", 1.0, [])
    assert {seen["probe"] for seen in view["seen"]} >= {"icmp", "snmp", "interface"}
    assert view["window"]["sent"] > 3
    assert view["window"]["lost"] == 0


def test_people_read_the_same_in_lines(lab, files):
    said = probe(lab, plan.address("acc-1"), config=files)
    assert said.code == 0, said.err
    assert said.out.startswith("acc-1  10.99.0.")
    for words in (
        "counts it as UP",
        "8 of 8 answered",
        "to-child-2",
        "acc-1-child-2 to child-2",
        "last answered a ping",
    ):
        assert words in said.out, said.out


def test_a_device_that_hangs_is_told_within_the_time_with_the_evidence_of_its_neighbours(lab, files):
    lab.network.hang("acc-2")
    try:
        lab._wait(
            "netwatch holds it for down",
            lambda: lab.daemon.ask("/v1/device?id=acc-2")["state"] == "down",
            60,
        )
        said = probe(lab, "acc-2", "--json", config=files)
        behind = lab.daemon.ask("/v1/device?id=child-3")
    finally:
        lab.network.wake("acc-2")
    report = said.report
    assert said.code == 1
    assert report["took_s"] < LONGEST_S
    assert not report["answers"]
    assert (report["ping"]["sent"], report["ping"]["received"]) == (8, 0)
    assert report["snmp"]["error"] == "no answer by SNMP in 3 tries; profile default, v2c"
    assert not report["trace"]["reached"]
    view = report["daemon"]["view"]
    assert (view["state"], len(view["incidents"])) == ("down", 1)
    why = "\n".join(view["why"])
    assert "it is held to be the cause itself" in why
    assert "port to-acc-2 of ring-2 toward it is up" in why
    assert "without an answer since" in why
    assert (behind["state"], behind["incidents"]) == ("unreachable", view["incidents"])
    assert "explained by: acc-2" in "\n".join(behind["why"])
    lab.network.wait_all_answer()
    lab.wait_over(view["incidents"][0], 60)


def test_each_part_fails_by_itself_and_says_why(lab, files, tmp_path):
    content = yaml.safe_load(files.read_text())
    content["snmp"]["profiles"]["default"] = {"community": "wrong", "timeout_s": 0.2, "retries": 1}
    content["inventory"] = [str(files.with_name(name)) for name in content["inventory"]]
    content["web"]["socket"] = str(tmp_path / "nobody-listens")
    alone = tmp_path / "netwatch.yaml"
    alone.write_text(yaml.safe_dump(content))
    said = probe(lab, "core-1", "-n", "3", config=alone)
    assert said.code == 0
    assert "3 of 3 answered" in said.out
    assert "no answer by SNMP in 2 tries; profile default, v2c" in said.out
    assert "netwatch does not run" in said.out


def test_an_unknown_device_is_met_with_what_could_be_meant(lab, files):
    said = probe(lab, "chlid-1", config=files)
    assert (said.code, said.out) == (1, "")
    assert "no device 'chlid-1' in the inventory; did you mean child-1" in said.err


def test_without_files_and_without_rights_an_address_is_met_with_one_line_each(lab, tmp_path):
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")
    said = subprocess.run(
        ["ip", "netns", "exec", lab.network.spaces["noc"].name, *nobody, sys.executable, "-m", "netwatch", "probe",
         plan.address("core-1"), "--socket", str(tmp_path / "none")],
        capture_output=True, text=True, check=False, timeout=60, cwd="/",
    )  # fmt: skip
    assert said.returncode == 1, said.stderr
    assert "this login may open no ICMP socket: use sudo" in said.stdout
    assert "this login may open no raw socket: use sudo" in said.stdout
    assert "no SNMP profile is known" in said.stdout
