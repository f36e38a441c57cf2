"""Who is on duty: turns, shifts, stand-ins, holes, and the two days a year on which the clock is changed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.duties.model import Roster, Rotation, StandIn
from netwatch.communication.planning.duties.roster import Duties, instant, turn_at
from netwatch.communication.planning.duties.shifts import read_shifts
from netwatch.sources import Faults

ZONE = ZoneInfo("Europe/Amsterdam")
ANNA = Person("anna", "Anna", "anna@example.net", duties=(Duty.ONCALL, Duty.LEAD))
BOB = Person("bob", "Bob", "bob@example.net", duties=(Duty.ONCALL,))
CAS = Person("cas", "Cas", "cas@example.net")
PEOPLE = (ANNA, BOB, CAS)
WEEKLY = Rotation(Duty.ONCALL, ("anna", "bob"), date(2026, 11, 23))


def at(text: str) -> float:
    return instant(datetime.fromisoformat(text), ZONE)


def duties(*turns: Rotation, **more) -> Duties:
    return Duties(Roster(turns=turns, **more), PEOPLE, ZONE)


def names(people) -> list[str]:
    return [person.id for person in people]


def shift(person: str, start: str, end: str, duty: Duty = Duty.ONCALL) -> StandIn:
    return StandIn(duty, person, datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    ("when", "who"),
    [
        ("2026-11-23 07:59:59", []),
        ("2026-11-23 08:00", ["anna"]),
        ("2026-11-30 07:59:59", ["anna"]),
        ("2026-11-30 08:00", ["bob"]),
        ("2026-12-07 08:00", ["anna"]),
        ("2027-11-22 08:00", ["anna"]),
    ],
)
def test_people_take_turns_from_handover_to_handover(when, who):
    assert names(duties(WEEKLY).on_duty(Duty.ONCALL, at(when))) == who


def test_turns_shorter_than_a_day_are_not_there_and_longer_ones_go_round():
    daily = duties(Rotation(Duty.FIELD, ("anna", "bob", "cas"), date(2026, 11, 23), time(20, 0), days=1))
    days = [names(daily.on_duty(Duty.FIELD, at(f"2026-11-{day} 21:00"))) for day in (23, 24, 25, 26)]
    assert days == [["anna"], ["bob"], ["cas"], ["anna"]]
    assert names(daily.on_duty(Duty.FIELD, at("2026-11-24 19:00"))) == ["anna"]


def test_a_week_in_which_the_clock_goes_back_is_an_hour_longer_and_still_ends_at_the_handover():
    turns = duties(Rotation(Duty.ONCALL, ("anna", "bob"), date(2026, 10, 19)))
    start, end = at("2026-10-19 08:00"), at("2026-10-26 08:00")
    assert end - start == 7 * 86_400 + 3600
    assert names(turns.on_duty(Duty.ONCALL, end - 1)) == ["anna"]
    assert names(turns.on_duty(Duty.ONCALL, end)) == ["bob"]


def test_a_handover_inside_the_doubled_hour_happens_once():
    turns = Rotation(Duty.ONCALL, ("anna", "bob"), date(2026, 10, 24), time(2, 30), days=1)
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZONE).timestamp()
    seen = [turn_at(turns, first + minutes * 60, ZONE) for minutes in range(-90, 150, 10)]
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] == 1
    assert seen.index(1) == 9  # at 02:30 summer time, and not again an hour later


def test_a_handover_inside_the_lost_hour_still_happens():
    turns = Rotation(Duty.ONCALL, ("anna", "bob"), date(2026, 3, 28), time(2, 30), days=1)
    before = datetime(2026, 3, 29, 1, 59, tzinfo=ZONE).timestamp()
    assert [turn_at(turns, before + hours * 3600, ZONE) for hours in (0, 1, 2)] == [0, 1, 1]


def test_a_stand_in_goes_before_a_shift_and_a_shift_before_the_turns():
    roster = duties(
        WEEKLY,
        shifts=(shift("bob", "2026-11-24 08:00", "2026-11-25 08:00"),),
        instead=(shift("cas", "2026-11-24 12:00", "2026-11-24 14:00"),),
    )
    for when, who in (
        ("2026-11-24 07:00", "anna"), ("2026-11-24 08:00", "bob"), ("2026-11-24 12:00", "cas"),
        ("2026-11-24 14:00", "bob"), ("2026-11-25 08:00", "anna"),
    ):  # fmt: skip
        assert names(roster.on_duty(Duty.ONCALL, at(when))) == [who], when


def test_a_time_with_its_own_zone_keeps_it():
    roster = duties(WEEKLY, instead=(shift("cas", "2026-11-24T12:00+00:00", "2026-11-24T13:00+00:00"),))
    assert names(roster.on_duty(Duty.ONCALL, at("2026-11-24 13:30"))) == ["cas"]
    assert names(roster.on_duty(Duty.ONCALL, at("2026-11-24 12:30"))) == ["anna"]


def test_a_duty_without_a_roster_is_everybodys_who_has_it_and_else_the_leads():
    plain = duties()
    assert names(plain.on_duty(Duty.ONCALL, 0.0)) == ["anna", "bob"]
    assert plain.on_duty(Duty.FIELD, 0.0) == ()
    assert names(plain.holders(Duty.FIELD, 0.0)) == ["anna"]
    assert Duties(Roster(), (CAS,), ZONE).holders(Duty.FIELD, 0.0) == ()


def test_with_a_hole_in_the_roster_all_who_could_be_on_call_are_alerted():
    assert names(duties(WEEKLY).alerted(at("2026-11-24 09:00"))) == ["anna"]
    assert names(Duties(Roster(turns=(WEEKLY,)), (BOB, CAS), ZONE).alerted(at("2026-11-20 09:00"))) == ["bob"]
    assert names(Duties(Roster(), (CAS,), ZONE).alerted(0.0)) == ["cas"]


def test_holes_are_found_with_their_ends():
    roster = duties(shifts=(
        shift("anna", "2026-11-23 08:00", "2026-11-24 08:00", Duty.FIELD),
        shift("bob", "2026-11-24 20:00", "2026-11-25 08:00", Duty.FIELD),
    ))  # fmt: skip
    gaps = roster.gaps(Duty.FIELD, at("2026-11-23 00:00"), at("2026-11-26 00:00"))
    assert [(gap.start_at, gap.end_at) for gap in gaps] == [
        (at("2026-11-23 00:00"), at("2026-11-23 08:00")),
        (at("2026-11-24 08:00"), at("2026-11-24 20:00")),
        (at("2026-11-25 08:00"), at("2026-11-26 00:00")),
    ]
    assert duties(WEEKLY).gaps(Duty.ONCALL, at("2026-11-24 00:00"), at("2027-02-01 00:00")) == ()


def test_it_is_known_until_when_someone_is_on_duty():
    roster = duties(WEEKLY, instead=(shift("cas", "2026-11-24 12:00", "2026-11-24 14:00"),))
    assert roster.until(Duty.ONCALL, at("2026-11-24 09:00")) == at("2026-11-24 12:00")
    assert roster.until(Duty.ONCALL, at("2026-11-24 13:00")) == at("2026-11-24 14:00")
    assert roster.until(Duty.ONCALL, at("2026-11-24 15:00")) == at("2026-11-30 08:00")
    alone = duties(Rotation(Duty.ONCALL, ("anna",), date(2026, 11, 23)))
    assert alone.until(Duty.ONCALL, at("2026-11-24 09:00"), 20 * 86_400.0) is None
    years = duties(shifts=(shift("anna", "2026-11-20 08:00", "2036-11-20 08:00"),))
    assert years.until(Duty.ONCALL, at("2026-11-24 09:00")) is None


def test_someone_who_left_the_company_has_no_duty():
    roster = duties(Rotation(Duty.ONCALL, ("gone", "anna"), date(2026, 11, 23)))
    assert roster.on_duty(Duty.ONCALL, at("2026-11-24 09:00")) == ()
    assert names(roster.alerted(at("2026-11-24 09:00"))) == ["anna"]  # the lead


# --- files


def test_shifts_are_read_from_a_file(tmp_path):
    path = tmp_path / "shifts.csv"
    path.write_text("duty,person,start,end\nfield,anna,2026-11-23 08:00,2026-11-24 08:00\n\n")
    faults = Faults()
    assert read_shifts(path, faults) == (shift("anna", "2026-11-23 08:00", "2026-11-24 08:00", Duty.FIELD),)
    assert len(faults) == 0


def test_every_wrong_line_of_a_file_is_told_and_the_others_are_kept(tmp_path):
    path = tmp_path / "shifts.csv"
    path.write_text(
        "duty,person,start,end\nfeild,anna,2026-11-23,2026-11-24\nfield,anna,soon,2026-11-24\nfield,anna\n"
        "field,bob,2026-11-23,2026-11-24\n"
    )
    faults = Faults()
    assert [one.person for one in read_shifts(path, faults)] == ["bob"]
    told = [str(fault).replace(f"{tmp_path}/", "") for fault in faults.all()]
    assert [one.split(" ")[0] for one in told] == ["shifts.csv:2:", "shifts.csv:3:", "shifts.csv:4:"]
    assert 'Did you mean "field"?' in told[0]
    path.write_text("who,when\n")
    again = Faults()
    assert read_shifts(path, again) == ()
    assert "write duty,person,start,end" in str(again.all()[0])


def test_a_year_of_turns_is_looked_up_in_order():
    roster = duties(WEEKLY)
    start = at("2026-11-23 08:00")
    weeks = [
        names(roster.on_duty(Duty.ONCALL, start + timedelta(days=7 * n, hours=3).total_seconds())) for n in range(52)
    ]
    assert weeks == [["anna"], ["bob"]] * 26
