"""What a person resolves while it is still seen: silent for as long as it lasts, and for no longer."""

from dataclasses import replace

from netwatch.diagnosis.model import Affected, Explanation
from netwatch.incidents import record
from netwatch.incidents.model import ChangeKind, Command, Order, Status

from .test_lifecycle import MONITORING, Story, fault

LARGE = fault("k9", ("device:core",), 100.0, (1, 2, 3, 4), unreachable=frozenset({"acc-1", "acc-2", "acc-3", "acc-4"}))
BOTH_TOLD = [ChangeKind.OPENED, ChangeKind.RESOLVED]


def resolved(*explanations: Explanation, published: bool = True) -> Story:
    """A story in which a person resolved what is still seen."""
    story = Story().play(30 if published else 5, *explanations)
    command = Command(story.now, story.only.id, Order.RESOLVE, "eva", "false alarm")
    return story.play(1, *explanations, commands=(command,))


def test_it_stays_silent_for_hours_while_the_same_fault_is_seen():
    story = resolved(fault()).play(7200, fault())
    assert story.told() == BOTH_TOLD
    assert story.only.muted == {"c-1", "c-2"}


def test_it_stays_silent_over_a_restart():
    story = resolved(fault()).restart().play(40, warm=False).play(900, fault(key="other-run"))
    assert story.told() == BOTH_TOLD


def test_it_stays_silent_when_it_was_never_told():
    story = resolved(fault(), published=False).play(900, fault()).restart().play(900, fault())
    assert story.told() == []
    assert story.only.status is Status.DISMISSED


def test_it_stays_silent_at_hand_for_longer_than_finished_incidents_are_kept():
    story = Story(keep_resolved_s=60.0).play(30, fault())
    command = Command(story.now, story.only.id, Order.RESOLVE, "eva")
    story.play(1, fault(), commands=(command,)).play(900, fault())
    assert story.told() == BOTH_TOLD


def test_it_stays_silent_when_the_explanation_falls_apart():
    whole = fault(unreachable=frozenset({"a", "b"}), cut_links=frozenset(), out=(1, 2))
    parts = [
        fault(f"p-{name}", (f"device:{name}",), unreachable=frozenset({name}), cut_links=frozenset(), out=(number,))
        for number, name in enumerate("ab", 1)
    ]
    assert resolved(whole).play(900, *parts).told() == BOTH_TOLD


def test_it_stays_silent_when_it_is_away_for_less_than_the_stable_period():
    story = resolved(fault()).play(700, fault()).play(44).play(300, fault())
    assert story.told() == BOTH_TOLD


def test_a_fault_that_returns_after_the_stable_period_is_news():
    story = resolved(fault()).play(700, fault()).play(50)
    assert story.only.muted is None
    story.play(30, fault("k2", onset=story.now))
    assert story.told() == [*BOTH_TOLD, ChangeKind.OPENED]


def test_a_fault_that_returns_after_the_stable_period_but_within_ten_minutes_reopens():
    story = resolved(fault()).play(50).play(30, fault())
    assert story.told() == [*BOTH_TOLD, ChangeKind.REOPENED]


def test_what_was_no_longer_seen_when_a_person_resolved_it_is_not_muted():
    story = Story().play(30, fault()).play(10)
    story.play(1, commands=(Command(story.now, story.only.id, Order.RESOLVE, "eva"),)).play(30, fault())
    assert story.told() == [*BOTH_TOLD, ChangeKind.REOPENED]


def test_not_being_seen_counts_only_while_netwatch_can_see():
    story = resolved(fault()).play(700, fault()).play(300, MONITORING, isolated=True)
    story.play(60, warm=False).play(60, unheard=frozenset({"acc-1", "acc-2"})).play(60, fault())
    told = [c.kind for c in story.changes if c.kind is not ChangeKind.INTERNAL and c.incident.roots != ("monitor",)]
    assert told == BOTH_TOLD


def test_more_customers_end_the_silence_when_they_stay():
    story = resolved(fault()).play(5, LARGE).play(900, fault())
    assert story.told() == BOTH_TOLD
    story.play(60, replace(LARGE, key="k1", roots=("link:trunk-1",)))
    assert story.told() == [*BOTH_TOLD, ChangeKind.OPENED]
    assert len(story.book.incidents) == 2


def test_who_had_service_meanwhile_ends_the_silence_when_he_is_cut_off_again():
    story = resolved(fault()).play(700, fault()).play(60, fault(out=(1,)))
    muted = {incident.muted for incident in story.book.incidents.values()}
    assert muted == {frozenset({"c-1"})}
    story.play(40, fault())
    assert story.told() == [*BOTH_TOLD, ChangeKind.OPENED]


def test_a_larger_fault_in_front_hides_what_is_muted_and_does_not_end_it():
    elsewhere = fault("k9", ("link:t-9",), 900.0, (7, 8), unreachable=frozenset({"acc-1", "acc-2", "x", "y", "z"}))
    elsewhere = replace(elsewhere, cut_links=frozenset({"t-9", "trunk-1"}))
    own = fault(roots=("device:acc-1",), unreachable=frozenset({"acc-1", "acc-2"}), cut_links=frozenset())
    story = resolved(own).play(800, own).play(300, elsewhere)
    muted = [incident.muted for incident in story.book.incidents.values() if incident.roots == ("device:acc-1",)]
    assert muted == [{"c-1", "c-2"}]


def test_an_id_that_is_taken_is_never_used_again_however_often_the_same_fault_is_resolved_by_hand():
    story, crowd = Story(), 2
    for _ in range(4):
        seen = fault(out=range(1, crowd + 1))
        story.play(60, seen)
        (live,) = story.book.live()
        story.play(700, seen, commands=(Command(story.now, live.id, Order.RESOLVE, "eva"),))
        crowd += 1
    opened = [change.incident.id for change in story.of_kind(ChangeKind.OPENED)]
    assert len(set(opened)) == len(opened) == 4
    assert all(name.startswith("nw-19700101-0001-") for name in opened)


def test_a_muted_incident_survives_its_json_and_an_older_record_is_not_muted():
    incident = resolved(fault()).only
    assert record.from_json(record.to_json(incident)) == incident
    older = record.to_dict(incident)
    del older["muted"]
    assert record.from_dict(older).muted is None


def test_a_note_ends_with_its_incident():
    story = Story().play(30, fault())
    note = Command(story.now, story.only.id, Order.NOTE, "eva", "crew on site")
    story.play(5, fault(), commands=(note,)).play(60)
    assert story.only.note == ""
    assert story.of_kind(ChangeKind.RESOLVED)[0].incident.note == ""
    assert any("crew on site" in revision.change for revision in story.only.revisions)
    assert story.only.affected == Affected()
