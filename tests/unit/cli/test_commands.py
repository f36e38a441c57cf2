"""Every command that speaks to the daemon, against its doors."""

import getpass
import json
from dataclasses import replace
from datetime import datetime

import pytest

from netwatch.communication.model import ApprovalKind, Conditions
from netwatch.incidents.model import Status
from netwatch.web import sample
from netwatch.web.model import Check, Health, HoldView, StatusView
from netwatch.web.wire import decode

INCIDENT = "nw-20261122-0214-7f3a"
ME = getpass.getuser()


def in_local_time(text):
    return f"{datetime.fromisoformat(f'2026-11-22T{text}+00:00').astimezone():%H:%M:%S}"


def test_status_tells_what_is_open_and_what_waits_with_the_command_that_answers(netwatch):
    said = netwatch("status")
    assert said.code == 0
    assert "netwatch 1.2.3  ready" in said.out
    assert "3 devices: 1 up  2 unreachable   5 customers" in said.out
    assert " REGIONAL  nw-20261122-0214-7f3a  Link trunk-17 (ens-core-1 - hgl-agg-1) is cut" in said.out
    assert "4 customers out  0 told" in said.out
    assert (
        f"GOES OUT at {in_local_time('02:15:00')} (in 14 s): notices of nw-20261122-0214-7f3a to 4 customers"
        in said.out
    )
    assert "stop it: netwatch veto nw-20261122-0214-7f3a" in said.out
    assert "email: 3 accepted, 4 held" in said.out


def test_status_says_first_what_is_wrong_with_netwatch_itself(netwatch, doors):
    doors.condition = Health(ready=(Check("store", ok=False, detail="the disk is full"), Check("warm", ok=False)))
    doors.held = HoldView(on=True, by="jan")
    doors.picture = replace(doors.picture, conditions=Conditions(isolated=True, warm=False, hold=True), incidents={})
    said = netwatch("status")
    assert said.code == 1
    for words in (
        "NOT READY",
        "BAD store: the disk is full",
        "CUT OFF",
        "HOLD by jan",
        "WARMING UP",
        "No open incidents.",
    ):
        assert words in said.out


def test_status_as_json_is_the_whole_answer(netwatch):
    said = netwatch("status", "--json")
    assert decode(StatusView, said.out.encode()).incidents[0].id == INCIDENT


def test_incidents_lists_open_ones_and_all_on_demand(netwatch, doors):
    assert INCIDENT in netwatch("incidents").out
    over = replace(sample.incident(), status=Status.RESOLVED, resolved_at=sample.FAULT_AT + 900)
    doors.picture = replace(doors.picture, incidents={over.id: over})
    assert netwatch("incidents").out == "No open incidents.\n"
    assert "resolved at" in netwatch("incidents", "--all").out
    assert json.loads(netwatch("incidents", "-a", "--json").out)["incidents"][0]["status"] == "resolved"


@pytest.mark.parametrize("named", [(), (INCIDENT,), ("nw-2026",), ("7f3a",), ("0214-7F3A",)])
def test_why_explains_the_only_incident_or_the_one_that_is_named(netwatch, named):
    said = netwatch("why", *named)
    assert said.code == 0
    for words in (
        "Link trunk-17 (ens-core-1 - hgl-agg-1) is cut (scenario cable, 97% sure).",
        "- Port xe-0/1/0 of ens-core-1 towards hgl-agg-1 went down at 02:14:05.",
        "+24.0 s  incident opened",
        "hgl-agg-1 (Hengelo Noord): 40 times less likely",
        "4 customers out: 2 residential, 1 business, 1 critical.",
        "No customer has been told.",
        "netwatch veto nw-20261122-0214-7f3a",
    ):
        assert words in said.out
    assert json.loads(netwatch("why", *named, "--json").out)["incident"]["id"] == INCIDENT


def test_an_unknown_incident_is_a_negative_answer(netwatch):
    said = netwatch("why", "1999")
    assert (said.code, said.out) == (1, "")
    assert said.err == "no incident begins or ends with '1999'; see them with: netwatch incidents --all\n"


def test_several_incidents_are_listed_for_the_person_to_choose(netwatch, doors):
    other = replace(sample.incident(), id="nw-20261122-0219-2c9d")
    doors.picture = replace(doors.picture, incidents={**doors.picture.incidents, other.id: other})
    said = netwatch("why")
    assert said.code == 2
    assert "2 incidents could be meant: nw-20261122-0214-7f3a, nw-20261122-0219-2c9d" in " ".join(
        said.err.replace("│", "").split()
    )
    assert netwatch("why", "nw-20261122-0219-2c9d").code == 0
    assert netwatch("why", "2C9D").code == 0


def test_an_end_that_two_incidents_share_is_asked_back_in_one_message(netwatch, doors):
    other = replace(sample.incident(), id="nw-20261122-0219-7f3a")
    doors.picture = replace(doors.picture, incidents={**doors.picture.incidents, other.id: other})
    said = netwatch("why", "7f3a")
    assert said.code == 2
    assert f"2 incidents could be meant: {INCIDENT}, {other.id}" in " ".join(said.err.replace("│", "").split())


@pytest.mark.parametrize("part", ["f3a", "3a", "0214"])
def test_a_piece_out_of_the_middle_of_an_id_names_no_incident(netwatch, part):
    assert netwatch("why", part).code == 1


def test_lookup_answers_what_the_helpdesk_may_say(netwatch):
    said = netwatch("lookup", "jansen")
    assert said.code == 0
    assert " OUT   Bakkerij Jansen  c-1, business, nl" in said.out
    assert "You may say:" in said.out
    assert "Er is een kabelbreuk bij Hengelo." in said.out
    assert f"next update: {in_local_time('02:44:00')}" in said.out
    assert json.loads(netwatch("lookup", "jansen", "--json").out)["customers"][0]["state"] == "out"
    assert " NO KNOWN OUTAGE " in netwatch("lookup", "c-5").out


def test_lookup_of_nobody_is_a_negative_answer(netwatch):
    said = netwatch("lookup", "nobody at all")
    assert (said.code, "Nobody matches 'nobody at all'" in said.out) == (1, True)
    assert netwatch("lookup", "x").code == 4


@pytest.mark.parametrize("order", ["veto", "approve"])
def test_veto_and_approve_need_no_id_when_one_thing_waits(netwatch, doors, order):
    said = netwatch(order)
    assert (said.code, said.out) == (0, f"{order} of {INCIDENT} taken\n")
    assert doors.orders == [(order, INCIDENT, ME)]


def test_without_anything_waiting_there_is_nothing_to_answer(netwatch, doors):
    doors.picture = replace(doors.picture, approvals=())
    said = netwatch("approve")
    assert (said.code, said.err) == (1, "nothing waits for approval; see: netwatch status\n")
    assert netwatch("approve", INCIDENT).code == 4
    # Notices that wait for nobody can be vetoed until they are sent: the daemon knows whether any are left.
    assert netwatch("veto").err.startswith(f"nothing of incident {INCIDENT} waits")
    doors.picture = replace(doors.picture, incidents={})
    assert netwatch("veto").code == 1


def test_a_manual_approval_shows_who_agreed_and_both_commands(netwatch, doors):
    manual = replace(doors.picture.approvals[0], kind=ApprovalKind.MANUAL, needed=2, approved_by=("jan",))
    doors.picture = replace(doors.picture, approvals=(manual,))
    said = netwatch("status")
    assert "WAITS FOR YOU notices of nw-20261122-0214-7f3a to 4 customers; 1 approval missing" in said.out
    assert "agreed: jan" in said.out
    assert f"send them: netwatch approve nw-20261122-0214-7f3a --update {manual.update}" in said.out
    assert netwatch("approve", INCIDENT, "--update", "2").code == 0
    assert doors.orders == [("approve", INCIDENT, "up to 2", ME)]
    doors.picture = replace(doors.picture, approvals=(replace(manual, vetoed_by="ada"),))
    assert "VETOED notices of nw-20261122-0214-7f3a to 4 customers, by ada; they never go." in netwatch("status").out


def test_update_carries_words_and_scenario(netwatch, doors):
    said = netwatch("update", "nw-2026", "Our engineer is on site.", "--scenario", "power", "--json")
    assert said.code == 0
    assert json.loads(said.out)["text"].count("taken") == 2
    assert doors.orders == [("scenario", INCIDENT, "power", ME), ("update", INCIDENT, "Our engineer is on site.", ME)]
    assert netwatch("update", INCIDENT).code == 2


def test_resolve_and_hold(netwatch, doors):
    assert netwatch("resolve", INCIDENT, "all is well").code == 0
    assert netwatch("hold", "on").out == "HOLD is on\n"
    assert netwatch("hold", "off").code == 0
    assert doors.orders == [("resolve", INCIDENT, "all is well", ME), ("hold", "True", ME), ("hold", "False", ME)]
    assert netwatch("hold", "perhaps").code == 2


def test_the_login_behind_sudo_is_recorded(netwatch, doors, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "ada" if ME == "root" else ME)
    netwatch("veto")
    assert doors.orders[0][-1] == ("ada" if ME == "root" else ME)


def test_hostile_names_command_no_terminal(netwatch, doors):
    hostile = replace(sample.incident(), note="\x1b[2J\x9b31m\u202egone")
    doors.picture = replace(doors.picture, incidents={hostile.id: hostile})
    for command in ("status", "why"):
        out = netwatch(command).out
        assert not any(c in out for c in "\x1b\x9b\u202e")
        assert "note: \ufffd[2J\ufffd31m\ufffdgone" in out


def test_a_fault_of_the_daemon_is_told_in_words(netwatch, doors):
    async def broken():
        raise ZeroDivisionError

    doors.status = broken
    said = netwatch("status")
    assert said.code == 1
    assert said.err == "netwatch failed inside (ZeroDivisionError); see its log and report it\n"
