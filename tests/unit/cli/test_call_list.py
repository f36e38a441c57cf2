"""`incidents --calls`: the call list on paper, with what to say."""

import json
import subprocess
import sys
from dataclasses import replace
from types import MappingProxyType

from netwatch.communication.model import Promise
from netwatch.diagnosis.model import Affected
from netwatch.web import sample


def test_the_call_list_can_be_printed_and_ticked_off(netwatch, daemon, doors):
    doors.picture = replace(doors.picture, promises=(Promise("", 0, sample.FAULT_AT + 10, customer="c-3", by="anna"),))
    said = netwatch("incidents", "--calls", "--socket", str(daemon.socket))
    assert said.code == 0
    assert "[ ]   1. 0687654321  Streekziekenhuis Hengelo  OUT since" in said.out
    assert "c-3, critical, nl; has had no notice" in said.out
    assert "by anna, OVERDUE" in said.out


def test_the_script_stands_below_in_the_languages_that_are_needed(netwatch, daemon):
    said = netwatch("incidents", "nw-20261122", "--calls", "--script", "--socket", str(daemon.socket))
    assert said.code == 0
    assert "Begin met begrip" in said.out
    assert "Begin with understanding" not in said.out
    assert "nw-20261122-0214-7f3a" in said.out


def test_programs_get_it_as_json(netwatch, daemon):
    said = netwatch("incidents", "--calls", "--json", "--socket", str(daemon.socket))
    (entry,) = json.loads(said.out)["entries"]
    assert (entry["place"], entry["customer"], entry["state"]) == (1, "c-3", "out")


def test_nobody_to_ring_is_exit_code_1(netwatch, daemon, doors):
    incident = doors.picture.incidents["nw-20261122-0214-7f3a"]
    gone = replace(incident, affected=Affected(), ever_affected=frozenset())
    doors.picture = replace(doors.picture, incidents=MappingProxyType({gone.id: gone}))
    said = netwatch("incidents", "--calls", "--socket", str(daemon.socket))
    assert said.code == 1
    assert "Nobody is to be rung up." in said.out


def test_an_incident_alone_is_no_question(netwatch, daemon):
    assert netwatch("incidents", "nw-20261122", "--socket", str(daemon.socket)).code == 2


def test_without_a_daemon_the_lists_that_it_kept_are_printed(tmp_path):
    (tmp_path / "netwatch.yaml").write_text("inventory: [n.yaml]\nstorage: {directory: store}\n", encoding="utf-8")
    (tmp_path / "store" / "calls").mkdir(parents=True)
    for name in ("nw-1", "nw-2"):
        (tmp_path / "store" / "calls" / f"{name}.txt").write_text(f"Call list of {name}: x\n", encoding="utf-8")

    def said(*which: str) -> subprocess.CompletedProcess[str]:
        # A process of its own: the HTTP library leaves the socket of a refused connection to the collector.
        words = ["incidents", *which, "--calls", "-c", "netwatch.yaml", "--socket", "none"]
        return subprocess.run(
            [sys.executable, "-m", "netwatch", *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    both = said()
    assert (both.returncode, both.stdout) == (3, "Call list of nw-2: x\n\nCall list of nw-1: x\n")
    assert "What it kept before it went" in both.stderr
    nothing = said("nw-3")
    assert (nothing.returncode, nothing.stdout) == (3, "")
    assert "netwatch does not run" in nothing.stderr
