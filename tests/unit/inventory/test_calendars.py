"""Announced work from iCalendar files with X-MAINTNOTE fields."""

from datetime import UTC, datetime

import pytest

from netwatch.config import loading
from netwatch.errors import InputError
from netwatch.inventory.loader import read

NETWORK = """
devices:
  - {id: core1, role: core, address: 127.0.0.1}
  - {id: agg1, role: aggregation, address: 127.0.0.2, object_ids: [rack-7]}
links:
  - {id: trunk-1, a: "core1:x1", b: "agg1:x1", provider: fibreco, object_ids: [FC-1001, FC-1002]}
providers:
  - {id: fibreco, name: FibreCo}
monitor: {attached_to: [core1]}
"""

EVENT = {
    "UID": "42",
    "DTSTAMP": "20261101T120000Z",
    "DTSTART": "20261201T010000Z",
    "DTEND": "20261201T050000Z",
    "SEQUENCE": "1",
    "X-MAINTNOTE-PROVIDER": "example.com",
    "X-MAINTNOTE-ACCOUNT": "137",
    "X-MAINTNOTE-MAINTENANCE-ID": "WO-31415",
    "X-MAINTNOTE-OBJECT-ID": "FC-1001",
    "X-MAINTNOTE-IMPACT": "OUTAGE",
    "X-MAINTNOTE-STATUS": "CONFIRMED",
}


def event(**changes):
    """The lines of one event; a change to None leaves the property out, a key may carry parameters."""
    wanted = {**EVENT, **{key.replace("_", "-"): value for key, value in changes.items()}}
    return [f"{name}:{value}" if name[-1] != "=" else value for name, value in wanted.items() if value is not None]


def calendar(*events):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN"]
    for one in events:
        lines += ["BEGIN:VEVENT", *one, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def loaded(tmp_path, *texts):
    (tmp_path / "network.yaml").write_text(NETWORK)
    paths = []
    for number, text in enumerate(texts):
        paths.append(tmp_path / f"work-{number}.ics")
        paths[-1].write_text(text, newline="")
    return read([tmp_path / "network.yaml"], calendars=paths)


def windows(found):
    return [(one.id, one.elements) for one in found.inventory.maintenance]


def faults(tmp_path, *texts):
    with pytest.raises(InputError) as caught:
        loaded(tmp_path, *texts)
    return [str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults]


def test_a_confirmed_note_is_announced_work_on_the_links_with_its_object_id(tmp_path):
    (work,) = loaded(tmp_path, calendar(event())).inventory.maintenance
    assert (work.id, work.elements) == ("example.com:WO-31415", ("link:trunk-1",))
    assert work.start_at == datetime(2026, 12, 1, 1, tzinfo=UTC).timestamp()
    assert work.end_at == datetime(2026, 12, 1, 5, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("name", "elements"),
    [
        ("FC-1002", ("link:trunk-1",)),
        ("rack-7", ("device:agg1",)),
        ("agg1", ("device:agg1",)),
        ("provider:fibreco", ("provider:fibreco",)),
    ],
)
def test_an_object_is_found_by_its_object_ids_or_by_its_id(tmp_path, name, elements):
    found = loaded(tmp_path, calendar(event(X_MAINTNOTE_OBJECT_ID=name)))
    assert windows(found) == [("example.com:WO-31415", elements)]
    assert found.warnings == ()


def test_local_times_with_a_zone_and_a_duration_are_understood(tmp_path):
    local = event(DTSTART=None, DTEND=None, DURATION="PT90M")
    (work,) = loaded(
        tmp_path, calendar([*local, "DTSTART;TZID=Europe/Amsterdam:20260701T010000"])
    ).inventory.maintenance
    assert work.start_at == datetime(2026, 6, 30, 23, tzinfo=UTC).timestamp()
    assert work.end_at - work.start_at == 5400


@pytest.mark.parametrize("status", ["TENTATIVE", "CANCELLED", "COMPLETED"])
def test_work_that_is_not_sure_excuses_nothing(tmp_path, status):
    assert windows(loaded(tmp_path, calendar(event(X_MAINTNOTE_STATUS=status)))) == []


def test_an_event_cancelled_in_the_words_of_its_own_calendar_excuses_nothing(tmp_path):
    assert windows(loaded(tmp_path, calendar(event(STATUS="CANCELLED")))) == []


def test_the_highest_sequence_counts_in_whatever_file_and_order(tmp_path):
    later = event(SEQUENCE="2", DTEND="20261201T060000Z", DTSTART="20261201T020000Z")
    for texts in (
        [calendar(event()), calendar(later)],
        [calendar(later), calendar(event())],
        [calendar(later, event())],
    ):
        (work,) = loaded(tmp_path, *texts).inventory.maintenance
        assert work.start_at == datetime(2026, 12, 1, 2, tzinfo=UTC).timestamp()


def test_a_later_cancellation_takes_the_work_away(tmp_path):
    gone = event(SEQUENCE="2", X_MAINTNOTE_STATUS="CANCELLED")
    assert windows(loaded(tmp_path, calendar(event()), calendar(gone))) == []


def test_several_windows_of_one_maintenance_all_count(tmp_path):
    second = event(UID="43", DTSTART="20261202T010000Z", DTEND="20261202T050000Z")
    names = [name for name, _ in windows(loaded(tmp_path, calendar(event(), second)))]
    assert names == ["example.com:WO-31415:1", "example.com:WO-31415:2"]


def test_the_same_id_of_two_providers_is_two_maintenances(tmp_path):
    other = event(X_MAINTNOTE_PROVIDER="example.net", SEQUENCE="7")
    assert len(windows(loaded(tmp_path, calendar(event(), other)))) == 2


@pytest.mark.parametrize("impact", ["NO-IMPACT", "REDUCED-REDUNDANCY", "DEGRADED"])
def test_who_announces_less_than_an_outage_does_not_excuse_one(tmp_path, impact):
    lines = [*event(), f"X-MAINTNOTE-OBJECT-ID;X-MAINTNOTE-OBJECT-IMPACT={impact}:agg1"]
    assert windows(loaded(tmp_path, calendar(lines))) == [("example.com:WO-31415", ("link:trunk-1",))]
    assert windows(loaded(tmp_path, calendar(event(X_MAINTNOTE_IMPACT=impact)))) == []


def test_an_unknown_object_is_a_warning_with_its_line(tmp_path):
    (warning,) = loaded(tmp_path, calendar(event(X_MAINTNOTE_OBJECT_ID="FC-1003"))).warnings
    text = str(warning).replace(f"{tmp_path}/", "")
    assert text.startswith(
        'work-0.ics:13: the object "FC-1003" is not in the inventory, so its outage is not excused; '
    )
    assert text.endswith(('Did you mean "FC-1001"?', 'Did you mean "FC-1002"?'))


def test_an_event_without_any_such_field_is_left_out_with_a_warning(tmp_path):
    plain = [line for line in event() if not line.startswith("X-")]
    found = loaded(tmp_path, calendar(plain))
    assert windows(found) == []
    assert "no X-MAINTNOTE field" in str(found.warnings[0])


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"X_MAINTNOTE_PROVIDER": None}, "work-0.ics:4: the event lacks X-MAINTNOTE-PROVIDER; "),
        (
            {"X_MAINTNOTE_STATUS": "CONFIRMD"},
            'work-0.ics:15: unknown status "CONFIRMD"; use one of TENTATIVE, CONFIRMED',
        ),
        ({"X_MAINTNOTE_IMPACT": "BIG"}, 'work-0.ics:14: unknown impact "BIG"; use one of NO-IMPACT'),
        ({"DTSTART": "2026garbage"}, "work-0.ics:7: DTSTART is wrong: "),
        ({"DTSTART": "20261201T010000"}, "work-0.ics:7: DTSTART has no time zone; "),
        ({"DTEND": "20261130T010000Z"}, "work-0.ics:8: the end is not after the start; "),
        ({"DTEND": None}, "work-0.ics:4: the event lacks DTEND; "),
        ({"SEQUENCE": "two"}, "work-0.ics:9: SEQUENCE is wrong: "),
        ({"RRULE": "FREQ=DAILY"}, "work-0.ics:16: the event repeats, "),
    ],
)
def test_what_is_wrong_in_an_event_is_a_fault_with_its_line(tmp_path, changes, fault):
    found = faults(tmp_path, calendar(event(**changes)))
    assert len(found) == 1
    assert found[0].startswith(fault)


@pytest.mark.parametrize("text", ["", "garbage", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n", "\x00\x01"])
def test_what_is_no_calendar_is_a_fault(tmp_path, text):
    (fault,) = faults(tmp_path, text)
    assert fault.startswith("work-0.ics:1: this is no calendar: ")


def test_a_day_without_a_time_is_a_fault(tmp_path):
    lines = [*event(DTSTART=None), "DTSTART;VALUE=DATE:20261201"]
    assert "DTSTART is a day without a time" in faults(tmp_path, calendar(lines))[0]


def test_the_configuration_names_the_calendars_and_a_missing_one_is_a_fault_there(tmp_path):
    (tmp_path / "network.yaml").write_text(NETWORK)
    (tmp_path / "work.ics").write_text(calendar(event()), newline="")
    path = tmp_path / "netwatch.yaml"
    path.write_text("inventory: [network.yaml]\nmaintenance_calendars: [work.ics]\n")
    assert len(loading.load(path).load_inventory().maintenance) == 1
    path.write_text("inventory: [network.yaml]\nmaintenance_calendars: [gone.ics]\n")
    with pytest.raises(InputError) as caught:
        loading.load(path).load_inventory()
    assert f"{path}:2:" in str(caught.value)
    assert "gone.ics" in str(caught.value)
