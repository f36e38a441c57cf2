"""A playbook that can't be kept is refused before the outage: with the stage, and with what mends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning import default_playbook
from netwatch.communication.planning.playbook import Channel
from netwatch.communication.planning.playbook_file import read_playbook, steps_of
from netwatch.communication.planning.playbook_proof import (
    COVER_DAYS,
    Timing,
    deadline_faults,
    reach_faults,
    reaches,
    roster_faults,
    uncovered,
)
from netwatch.errors import Place
from netwatch.inventory.model import Segment
from netwatch.sources import read_yaml

from .story import inventory, service

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=ZONE).timestamp()
PEOPLE = (
    Person("anna", "Anna", "anna@example.net", duties=(Duty.ONCALL, Duty.LEAD)),
    Person("bob", "Bob", "bob@example.net", duties=(Duty.FIELD,)),
    Person("dumb", "Dumb"),
)
PLACES = MappingProxyType({"email": Place("netwatch.yaml", 4), "sms": Place("netwatch.yaml", 5)})
TIMING = Timing(internal_s=49.5, notices_s=79.5, reserve_s=40.0)
PLAN = """\
procedures:
  - name: rest
    when: {{}}
    steps: [{{tell: oncall, by: [email], within_s: 60}}]
    tasks: [{{duty: field, do: {{en: Go.}}}}]
roster:
{roster}
"""


def found(tmp_path: Path, roster: str) -> list[str]:
    path = tmp_path / "playbook.yaml"
    path.write_text(PLAN.format(roster=roster))
    playbook, faults = read_playbook(path)
    assert playbook is not None
    made = [*faults, *roster_faults(playbook, PEOPLE, ZONE, NOW, read_yaml(path))]
    return [str(fault).replace(f"{tmp_path}/", "") for fault in made]


def test_a_roster_without_holes_is_fine(tmp_path):
    assert found(tmp_path, "  turns: [{duty: oncall, people: [anna, bob], since: 2026-11-23}]") == []


def test_without_a_roster_there_is_nothing_to_prove(tmp_path):
    path = tmp_path / "playbook.yaml"
    path.write_text(PLAN.format(roster="").replace("roster:\n", ""))
    playbook, faults = read_playbook(path)
    assert playbook is not None
    assert (*faults, *roster_faults(playbook, (), ZONE, NOW, read_yaml(path))) == ()
    assert uncovered(playbook, PEOPLE) == ()
    assert uncovered(playbook, PEOPLE[:1]) == (Duty.FIELD,)


def test_a_hole_within_the_next_weeks_is_told_with_its_times(tmp_path):
    (fault,) = found(tmp_path, "  turns: [{duty: oncall, people: [anna], since: 2026-11-30}]")
    assert fault.startswith("playbook.yaml:7:")
    assert "nobody is on duty as oncall from Tue 24 Nov 2026 12:00 to Mon 30 Nov 2026 08:00" in fault


def test_a_hole_after_these_weeks_is_not_looked_at(tmp_path):
    assert COVER_DAYS == 28
    shift = "{duty: oncall, person: anna, start: 2026-11-20 08:00, end: 2026-12-23 08:00}"
    assert found(tmp_path, f"  shifts: [{shift}]") == []
    (fault,) = found(tmp_path, f"  shifts: [{shift.replace('12-23', '12-20')}]")
    assert "from Sun 20 Dec 2026 08:00" in fault


@pytest.mark.parametrize(
    ("roster", "words"),
    [
        ("  turns: [{duty: oncall, people: [ana], since: 2026-11-23}]", 'Did you mean "anna"?'),
        ("  turns: [{duty: oncall, people: [anna, dumb], since: 2026-11-23}]", "dumb can't be reached"),
        ("  instead: [{duty: field, person: bob, start: 2026-12-02, end: 2026-12-01}]", "ends before it begins"),
        ("  turns: [{duty: remote, people: [], since: 2026-11-23}]", "people"),
        ("  turns: [{duty: oncall, people: [anna], since: 2026-11-33}]", "since"),
        ("  turns: [{duty: oncal, people: [anna], since: 2026-11-23}]", 'Did you mean "oncall"?'),
        ("  shift_files: [missing.csv]", "roster.shift_files[0]: the file"),
    ],
)
def test_a_roster_that_can_not_be_kept_is_refused(tmp_path, roster, words):
    assert any(words in fault for fault in found(tmp_path, roster)), found(tmp_path, roster)


def test_with_a_roster_a_duty_that_nobody_has_is_told(tmp_path):
    roster = "  turns: [{duty: oncall, people: [anna], since: 2026-11-23}]"
    path = tmp_path / "playbook.yaml"
    path.write_text(PLAN.format(roster=roster))
    playbook, _ = read_playbook(path)
    assert playbook is not None
    (fault,) = roster_faults(playbook, PEOPLE[:1], ZONE, NOW, read_yaml(path))
    assert "tasks for field, and nobody has that duty" in str(fault)


# --- the 180 seconds


def network(mails: int, texts: int = 0):
    critical = [
        service(f"s{number}", segment=Segment.CRITICAL, mobile="+447700900234", notify=("sms", "email"))
        for number in range(texts)
    ]
    return inventory(*critical, count=mails)


def test_the_largest_region_is_reckoned_with_at_the_channels_rates():
    (reach,) = reaches(default_playbook(), network(90), PEOPLE, {"email": 10.0, "sms": 1.0})
    assert (reach.region, reach.channel, reach.customers, reach.seconds) == ("Twente", "email", 90, 9.0)
    assert TIMING.left_s == 60.5
    assert list(reach_faults([reach], TIMING, PLACES)) == []


def test_a_region_too_large_is_refused_with_the_stage_the_rate_needed_and_what_mends_it():
    found = reaches(default_playbook(), network(1210), PEOPLE, {"email": 10.0})
    (fault,) = reach_faults(found, TIMING, PLACES)
    assert str(fault).startswith("netwatch.yaml:4: ")
    for words in (
        "the stage of customers' notices",
        "Twente",
        "1210 notices",
        "take 121 s",
        "60 s are left",
        "20 a second",
    ):
        assert words in str(fault), words
    assert "communication.veto_s" in fault.mend


def test_each_channel_is_proved_by_itself():
    playbook = default_playbook()
    texted = replace(
        playbook,
        procedures=tuple(
            replace(one, steps=tuple(
                replace(step, by=(Channel.EMAIL,)) if step.tell == "customer" else step for step in one.steps
            ))
            for one in playbook.procedures
        ),
    )  # fmt: skip
    found = reaches(texted, network(100, texts=100), PEOPLE, {"email": 100.0, "sms": 1.0})
    assert [(one.channel, one.customers) for one in found] == [("sms", 100), ("email", 200)]
    (fault,) = reach_faults(found, TIMING, PLACES)
    assert "by sms" in fault.what


def test_settings_that_leave_no_time_at_all_are_told_elsewhere():
    found = reaches(default_playbook(), network(1210), PEOPLE, {"email": 10.0})
    assert list(reach_faults(found, replace(TIMING, notices_s=150.0), PLACES)) == []


def test_a_deadline_earlier_than_the_settings_allow_is_refused(tmp_path):
    path = tmp_path / "playbook.yaml"
    path.write_text(
        "procedures:\n  - name: a\n    when: {scope: [regional]}\n    steps:\n"
        "      - {tell: oncall, by: [email], within_s: 30}\n"
        "      - {tell: customer, by: [email], within_s: 60}\n"
        "      - {tell: staff, by: [email], within_s: 60}\n"
    )
    told = [str(fault).replace(f"{tmp_path}/", "") for fault in deadline_faults(steps_of(read_yaml(path)), TIMING)]
    assert len(told) == 2
    assert told[0].startswith("playbook.yaml:5:")
    assert "oncall is told 49.5 s after a fault at worst, not within 30 s" in told[0]
    assert "customers' notices leave 79.5 s after a fault at worst, not within 60 s" in told[1]
