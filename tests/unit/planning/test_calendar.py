"""Shifts from iCalendar files: whose they are, repeated ones on the wall, moved and cancelled ones, and broken files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.duties.calendar import read_calendar
from netwatch.communication.planning.duties.model import Roster
from netwatch.communication.planning.duties.roster import Duties, instant
from netwatch.communication.planning.playbook_file import read_playbook
from netwatch.sources import Faults

ZONE = ZoneInfo("Europe/Amsterdam")
ANNA = Person("anna", "Anna Example", "anna@example.net")
BOB = Person("bob", "Bob Example", "bob@example.net")


def calendar(tmp_path: Path, *events: str) -> Path:
    path = tmp_path / "field.ics"
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    path.write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{body}END:VCALENDAR\n")
    return path


def on_duty(path: Path, when: str) -> list[str]:
    faults = Faults()
    shifts = read_calendar(path, Duty.FIELD, faults)
    assert len(faults) == 0, faults.all()
    duties = Duties(Roster(shifts=shifts), (ANNA, BOB), ZONE)
    return [person.id for person in duties.on_duty(Duty.FIELD, instant(datetime.fromisoformat(when), ZONE))]


def test_an_event_is_a_shift_of_its_attendee_or_of_whom_its_title_names(tmp_path):
    path = calendar(
        tmp_path,
        "UID:1\nSUMMARY:On call\nATTENDEE:mailto:Anna@example.net\n"
        "DTSTART;TZID=Europe/Amsterdam:20261123T080000\nDTEND;TZID=Europe/Amsterdam:20261124T080000",
        "UID:2\nSUMMARY:Bob Example\nDTSTART:20261124T070000Z\nDURATION:PT10H",
        "UID:3\nSUMMARY:anna\nDTSTART;VALUE=DATE:20261126\nDTEND;VALUE=DATE:20261127",
    )
    assert on_duty(path, "2026-11-23 08:00") == ["anna"]
    assert on_duty(path, "2026-11-24 08:00") == ["bob"]  # 07:00 UTC
    assert on_duty(path, "2026-11-24 18:00") == []
    assert on_duty(path, "2026-11-26 23:59") == ["anna"]
    assert on_duty(path, "2026-11-27 00:00") == []


def test_a_repeated_event_keeps_its_time_on_the_wall_when_the_clock_is_changed(tmp_path):
    path = calendar(
        tmp_path,
        "UID:1\nSUMMARY:anna\nDTSTART;TZID=Europe/Amsterdam:20261005T080000\n"
        "DTEND;TZID=Europe/Amsterdam:20261005T180000\nRRULE:FREQ=WEEKLY;UNTIL=20261231T225959Z\n"
        "EXDATE;TZID=Europe/Amsterdam:20261116T080000",
    )
    for day, who in (("10-19", ["anna"]), ("10-26", ["anna"]), ("11-16", []), ("12-28", ["anna"])):
        assert on_duty(path, f"2026-{day} 08:00") == who, day
        assert on_duty(path, f"2026-{day} 07:59") == []
    assert on_duty(path, "2027-01-04 09:00") == []


def test_a_moved_occurrence_stands_where_it_was_moved_to_and_a_cancelled_one_nowhere(tmp_path):
    path = calendar(
        tmp_path,
        "UID:1\nSUMMARY:anna\nDTSTART;TZID=Europe/Amsterdam:20261123T080000\nDURATION:PT2H\nRRULE:FREQ=DAILY;COUNT=4",
        "UID:1\nSUMMARY:bob\nRECURRENCE-ID;TZID=Europe/Amsterdam:20261124T080000\n"
        "DTSTART;TZID=Europe/Amsterdam:20261124T120000\nDURATION:PT2H",
        "UID:9\nSTATUS:CANCELLED\nSUMMARY:bob\nDTSTART:20261128T070000Z\nDURATION:PT2H",
    )
    assert on_duty(path, "2026-11-24 09:00") == []
    assert on_duty(path, "2026-11-24 13:00") == ["bob"]
    assert on_duty(path, "2026-11-26 09:00") == ["anna"]
    assert on_duty(path, "2026-11-27 09:00") == []
    assert on_duty(path, "2026-11-28 09:00") == []


def test_an_endless_event_is_followed_for_years_and_not_for_ever(tmp_path):
    path = calendar(tmp_path, "UID:1\nSUMMARY:anna\nDTSTART:20200101T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY")
    assert len(read_calendar(path, Duty.FIELD, Faults())) == 3661
    path.write_text(path.read_text().replace("DAILY", "SECONDLY"))
    faults = Faults()
    assert read_calendar(path, Duty.FIELD, faults) == ()
    assert "by days, weeks, months or years" in str(faults.all()[0])


def test_what_can_not_be_read_is_told_and_the_rest_is_kept(tmp_path):
    path = calendar(
        tmp_path, "UID:1\nDTSTART:20261123T070000Z", "UID:2\nSUMMARY:bob\nDTSTART:20261123T070000Z\nDURATION:PT1H"
    )
    faults = Faults()
    assert [one.person for one in read_calendar(path, Duty.FIELD, faults)] == ["bob"]
    assert "names no time or no person" in str(faults.all()[0])
    path.write_text("hello")
    faults = Faults()
    assert read_calendar(path, Duty.FIELD, faults) == ()
    assert "no iCalendar file" in str(faults.all()[0])


def test_a_playbook_names_calendars_beside_itself(tmp_path):
    calendar(tmp_path, "UID:1\nSUMMARY:bob\nDTSTART:20261123T070000Z\nDURATION:PT1H")
    plan = "procedures:\n  - {name: a, when: {}, steps: [{tell: oncall, by: [email]}]}\nroster: {calendars: [{duty: field, file: %s}]}\n"
    (tmp_path / "playbook.yaml").write_text(plan % "field.ics")
    playbook, faults = read_playbook(tmp_path / "playbook.yaml")
    assert faults == ()
    assert playbook is not None
    assert [one.person for one in playbook.roster.shifts] == ["bob"]
    (tmp_path / "playbook.yaml").write_text(plan % "none.ics")
    _, faults = read_playbook(tmp_path / "playbook.yaml")
    assert "roster.calendars[0].file" in str(faults[0])
