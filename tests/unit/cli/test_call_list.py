"""`incidents --calls`: the call list on paper, with what to say."""

import json
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
    said = netwatch("incidents", "20261122", "--calls", "--script", "--socket", str(daemon.socket))
    assert said.code == 0
    assert "Begin met begrip" in said.out
    assert "Begin with understanding" not in said.out
    assert "20261122-1" in said.out


def test_programs_get_it_as_json(netwatch, daemon):
    said = netwatch("incidents", "--calls", "--json", "--socket", str(daemon.socket))
    (entry,) = json.loads(said.out)["entries"]
    assert (entry["place"], entry["customer"], entry["state"]) == (1, "c-3", "out")


def test_nobody_to_ring_is_exit_code_1(netwatch, daemon, doors):
    incident = doors.picture.incidents["20261122-1"]
    gone = replace(incident, affected=Affected(), ever_affected=frozenset())
    doors.picture = replace(doors.picture, incidents=MappingProxyType({gone.id: gone}))
    said = netwatch("incidents", "--calls", "--socket", str(daemon.socket))
    assert said.code == 1
    assert "Nobody is to be rung up." in said.out


def test_an_incident_alone_is_no_question(netwatch, daemon):
    assert netwatch("incidents", "20261122", "--socket", str(daemon.socket)).code == 2
