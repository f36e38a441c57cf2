"""`reload`, and what `status` says of one and of the first look."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from netwatch.web.model import FirstLookView, ReloadView

AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
FAULT = 'network.yaml:41:7: devices[3].role: unknown role "rooter"'


def test_what_changed_is_told_and_that_it_is_looked_at_first(netwatch, doors):
    doors.reloaded = ReloadView(AT, "learning", "", changes=("2 devices added",), waits_for="looking")
    said = netwatch("reload", "--by", "anna")
    assert said.code == 0
    assert said.out.startswith("Read and good; in force once netwatch has looked")
    assert "  2 devices added\n" in said.out
    assert doors.orders == [("reload", "anna")]


def test_faults_are_all_shown_and_end_with_1(netwatch, doors):
    doors.reloaded = ReloadView(AT, "refused", "", faults=(FAULT, "another"))
    said = netwatch("reload")
    assert said.code == 1
    assert FAULT in said.out
    assert "another" in said.out
    assert "the files from before are in force" in said.out


def test_programs_get_it_as_json(netwatch, doors):
    doors.reloaded = ReloadView(AT, "in_force", "", needs_restart=("storage.directory",))
    said = json.loads(netwatch("reload", "--json").out)
    assert (said["state"], said["needs_restart"]) == ("in_force", ["storage.directory"])


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (ReloadView(AT, "refused", "eve", faults=(FAULT,)), ["RELOAD REFUSED at", "by eve", FAULT]),
        (
            ReloadView(AT, "learning", "eve", waits_for="no answer yet from a"),
            ["RELOADING since", "no answer yet from a"],
        ),
        (ReloadView(AT, "in_force", "eve", needs_restart=("web.socket",)), ["NEEDS A RESTART web.socket"]),
        (ReloadView(AT, "in_force", "eve", notes=("incident nw-1: a left",)), ["note: incident nw-1: a left"]),
    ],
)
def test_status_shows_what_a_person_must_know_of_a_reload(netwatch, doors, view, words):
    doors.reloaded = view
    out = netwatch("status").out
    assert all(word in out for word in words), out


def test_a_reload_that_went_well_leaves_no_trace_in_the_status(netwatch, doors):
    before = netwatch("status").out
    doors.reloaded = ReloadView(AT, "in_force", "eve", changes=("1 device added",))
    assert netwatch("status").out == before


def test_status_shows_how_far_the_first_look_is(netwatch, doors):
    doors.first_look = FirstLookView(9120, 9000, 10_000, 8000, 7957, 9500, 12_000, 12, 20_000, 12.4)
    doors.picture = cold(doors.picture)
    out = netwatch("status").out
    assert (
        "first look: 9,120 of 10,000 devices pinged (9,000 answer), 7,957 of 9,500 agents answered (43 silent), "
        "12,000 of 20,000 ports resolved; about 12 s left"
    ) in out


def cold(picture):
    """The same before the network is learnt."""
    return replace(picture, conditions=replace(picture.conditions, warm=False))
