"""The life cycle, told by diagnoses that a test writes second by second."""

from dataclasses import replace

import pytest

from netwatch.diagnosis.model import Affected, Alternative, Diagnosis, Explanation, Scenario, Scope
from netwatch.incidents import lifecycle, record
from netwatch.incidents.book import Book
from netwatch.incidents.model import ChangeKind, Command, Order, Status
from netwatch.incidents.settings import IncidentSettings

TOLD = frozenset(ChangeKind) - {ChangeKind.INTERNAL}


def customers(*numbers):
    return frozenset(f"c-{number}" for number in numbers)


def fault(key="k1", roots=("link:trunk-1",), onset=100.0, out=(1, 2), **more):
    facts = {
        "key": key,
        "roots": roots,
        "scope": Scope.REGIONAL,
        "scenario": Scenario.CABLE,
        "onset_at": onset,
        "last_good_at": onset - 8,
        "confirmed_at": onset + 2,
        "confidence": 0.95,
        "strong": True,
        "unreachable": frozenset({"acc-1", "acc-2"}),
        "cut_links": frozenset({"trunk-1"}),
        "affected": Affected(out=customers(*out)),
    }
    return Explanation(**{**facts, **more})


REDUNDANCY = fault(
    roots=("link:trunk-1",), scope=Scope.REDUNDANCY, unreachable=frozenset(), affected=Affected(at_risk=customers(9))
)
MONITORING = fault(
    key="mon", roots=("monitor",), scope=Scope.MONITORING, affected=Affected(), unreachable=frozenset(),
    cut_links=frozenset(),
)  # fmt: skip


class Story:
    """Plays explanations over time, one step a second, and collects the changes."""

    def __init__(self, at=103.0, **settings):
        self.now = at
        self.book = Book()
        self.changes = []
        self.settings = IncidentSettings(**settings)

    def play(self, seconds, *explanations, commands=(), **diagnosis):
        for number in range(int(seconds)):
            seen = Diagnosis(self.now, explanations, **diagnosis)
            orders = commands if number == 0 else ()
            self.book, changes = lifecycle.step(self.book, seen, orders, self.now, self.settings)
            self.changes += changes
            self.now += 1.0
        return self

    def restart(self):
        self.book = record.book_from_json(record.book_to_json(self.book))
        return self

    def told(self):
        return [change.kind for change in self.changes if change.kind in TOLD]

    def of_kind(self, kind):
        return [change for change in self.changes if change.kind is kind]

    @property
    def only(self):
        (incident,) = self.book.incidents.values()
        return incident


def test_a_stable_fault_is_published_after_fifteen_seconds():
    story = Story().play(60, fault())
    (opened,) = story.of_kind(ChangeKind.OPENED)
    assert opened.at == 103 + 15
    assert opened.newly_affected == customers(1, 2)
    assert opened.incident.opened_at == opened.at
    assert story.told() == [ChangeKind.OPENED]


def test_a_settled_fault_is_published_after_five_seconds():
    story = Story().play(60, fault(settled=True))
    assert story.of_kind(ChangeKind.OPENED)[0].at == 103 + 5


def test_a_growing_fault_waits_as_long_as_the_promise_allows():
    story = Story()
    for number in range(60):
        story.play(1, fault(unreachable=frozenset(f"acc-{n}" for n in range(number + 1))))
    assert story.of_kind(ChangeKind.OPENED)[0].at == 100 + 32


def test_a_fault_that_changes_its_cause_all_the_time_is_published_when_the_promise_allows_no_more():
    story = Story()
    for number in range(80):
        story.play(1, fault(roots=(f"link:trunk-{number % 2}",)))
    assert story.of_kind(ChangeKind.OPENED)[0].at == 100 + 32


def test_a_weak_fault_waits_for_thirty_five_seconds():
    story = Story().play(60, fault(strong=False))
    assert story.of_kind(ChangeKind.OPENED)[0].at == 135


def test_a_suspicion_is_never_published():
    assert Story().play(200, fault(confirmed_at=None)).told() == []


def test_lost_redundancy_that_is_seen_again_for_a_moment_does_not_count_what_was_before_it_went():
    story = Story().play(10, REDUNDANCY).play(20).play(8, REDUNDANCY).play(100)
    assert story.told() == []
    assert Story().play(10, REDUNDANCY).play(20).play(20, REDUNDANCY).told() == [ChangeKind.OPENED]


def test_an_outage_that_comes_again_and_again_is_told_though_no_time_is_long_enough():
    assert Story().play(10, fault()).play(8).play(10, fault()).told() == [ChangeKind.OPENED]


def test_a_fault_that_goes_away_before_it_settles_is_told_to_nobody():
    story = Story().play(10, fault()).play(60)
    assert story.told() == []
    assert story.only.status is Status.DISMISSED


def test_planned_maintenance_is_told_to_nobody_until_it_overruns():
    story = Story().play(100, fault(planned="m-1"))
    assert story.told() == []
    assert story.only.status is Status.SETTLING
    story.play(20, fault())
    assert story.told() == [ChangeKind.OPENED]
    assert story.only.planned is None


def test_planned_maintenance_that_ends_in_time_is_dismissed():
    story = Story().play(100, fault(planned="m-1")).play(40)
    assert story.told() == []
    assert story.only.status is Status.DISMISSED


def test_a_monitoring_incident_opens_at_once():
    story = Story().play(1, MONITORING, isolated=True)
    assert story.told() == [ChangeKind.OPENED]


def test_while_isolated_nothing_else_is_opened_or_closed():
    story = Story().play(20, fault()).play(300, MONITORING, isolated=True)
    assert story.told() == [ChangeKind.OPENED, ChangeKind.OPENED]
    other = fault("k2", ("device:acc-9",), onset=130.0, unreachable=frozenset(), down=frozenset({"acc-9"}))
    story.play(100, MONITORING, other, isolated=True)
    assert len(story.book.incidents) == 2


def test_after_isolation_the_stable_period_begins_when_the_view_has_returned():
    story = Story().play(20, fault()).play(100, MONITORING, isolated=True)
    back = story.now
    story.play(100, blind_until_at=back + 31)
    resolved = {change.incident.scope: change.at for change in story.of_kind(ChangeKind.RESOLVED)}
    assert resolved[Scope.REGIONAL] == back + 31 + 45


def test_an_incident_is_resolved_after_forty_five_seconds_of_health_and_all_who_were_told_are_restored():
    story = Story().play(30, fault())
    healed = story.now
    story.play(60)
    (resolved,) = story.of_kind(ChangeKind.RESOLVED)
    assert resolved.at == healed + 45
    assert resolved.restored == customers(1, 2)
    assert resolved.incident.restored_at == healed
    assert resolved.incident.affected == Affected()
    assert resolved.incident.ever_affected == customers(1, 2)


def test_nothing_is_resolved_while_the_diagnosis_is_not_warm():
    story = Story().play(30, fault()).restart().play(300, warm=False)
    assert ChangeKind.RESOLVED not in story.told()


def test_after_a_restart_the_same_incident_goes_on_and_nobody_is_told_twice():
    story = Story().play(30, fault()).restart().play(30, warm=False).play(60, fault(key="other-run"))
    assert story.told() == [ChangeKind.OPENED]
    warm = story.now
    story.play(60)
    assert story.of_kind(ChangeKind.RESOLVED)[0].at == warm + 45


def test_the_same_fault_within_ten_minutes_reopens_the_same_incident():
    story = Story().play(30, fault()).play(300).play(30, fault("k2", onset=433.0))
    assert story.told() == [ChangeKind.OPENED, ChangeKind.RESOLVED, ChangeKind.REOPENED]
    assert story.only.reopened == 1
    assert story.only.status is Status.OPEN
    assert story.of_kind(ChangeKind.REOPENED)[0].newly_affected == customers(1, 2)


def test_the_same_fault_after_ten_minutes_is_a_new_incident():
    story = Story().play(30, fault()).play(700).play(30, fault("k2", onset=833.0))
    assert story.told() == [ChangeKind.OPENED, ChangeKind.RESOLVED, ChangeKind.OPENED]
    assert len(story.book.incidents) == 2


def test_a_fault_that_keeps_coming_back_must_stay_away_longer_each_time():
    story = Story().play(30, fault()).play(60).play(30, fault())
    healed = story.now
    story.play(200)
    assert story.of_kind(ChangeKind.RESOLVED)[1].at == healed + 90


def test_customers_who_join_are_told_once_growth_is_quiet():
    story = Story().play(30, fault())
    grown = story.now
    story.play(5, fault(out=(1, 2, 3))).play(30, fault(out=(1, 2, 3, 4)))
    (grew,) = story.of_kind(ChangeKind.GREW)
    assert grew.newly_affected == customers(3, 4)
    assert grew.at == grown + 5 + 10


def test_growth_that_never_ends_is_told_every_thirty_seconds():
    story = Story().play(30, fault())
    for number in range(90):
        story.play(1, fault(out=range(1, number + 4)))
    assert [change.at for change in story.of_kind(ChangeKind.GREW)][:2] == [133 + 30, 133 + 61]


def test_staged_recovery_is_one_message_for_a_stage_and_one_for_the_end():
    story = Story().play(30, fault(out=(1, 2, 3, 4)))
    for left in ((1, 2, 3), (1, 2), (1,)):
        story.play(5, fault(out=left, unreachable=frozenset({"acc-1"})))
    story.play(60, fault(out=(1,), unreachable=frozenset({"acc-1"}))).play(60)
    assert story.told() == [ChangeKind.OPENED, ChangeKind.PARTLY_RESTORED, ChangeKind.RESOLVED]
    assert story.of_kind(ChangeKind.PARTLY_RESTORED)[0].restored == customers(2, 3, 4)
    assert story.of_kind(ChangeKind.RESOLVED)[0].restored == customers(1)


def test_during_recovery_the_cause_stays_what_it_was():
    site = fault(roots=("site:x",), down=frozenset({"a", "b", "c", "d"}), unreachable=frozenset())
    rest = fault(roots=("device:d",), down=frozenset({"d"}), unreachable=frozenset(), cut_links=frozenset())
    story = Story().play(60, site).play(100, rest)
    assert story.only.roots == ("site:x",)
    assert story.only.status is Status.RECOVERING
    assert ChangeKind.CAUSE_CHANGED not in story.told()


def test_a_published_cause_changes_only_after_twenty_seconds():
    story = Story().play(30, fault()).play(10, fault(roots=("device:agg-1",))).play(10, fault())
    assert story.told() == [ChangeKind.OPENED]
    changed = story.now
    story.play(30, fault(roots=("device:agg-1",)))
    (change,) = story.of_kind(ChangeKind.CAUSE_CHANGED)
    assert change.at == changed + 20
    assert change.incident.roots == ("device:agg-1",)


def test_a_cause_that_is_hardly_likelier_does_not_replace_the_published_one():
    near = fault(roots=("device:agg-1",), alternatives=(Alternative(("link:trunk-1",), 0.1),))
    assert Story().play(30, fault()).play(60, near).told() == [ChangeKind.OPENED]


def test_after_two_minutes_without_growth_the_published_cause_is_final():
    story = Story().play(200, fault()).play(100, fault(roots=("device:agg-1",)))
    assert story.told() == [ChangeKind.OPENED]
    assert story.only.roots == ("link:trunk-1",)


def test_redundancy_that_becomes_an_outage_tells_the_customers():
    story = Story().play(60, REDUNDANCY)
    assert story.of_kind(ChangeKind.OPENED)[0].newly_affected == frozenset()
    worse = story.now
    story.play(30, fault(roots=("link:trunk-1", "link:trunk-2"), onset=worse))
    (grew,) = story.of_kind(ChangeKind.GREW)
    assert grew.newly_affected == customers(1, 2)
    assert grew.incident.scope is Scope.REGIONAL
    assert grew.at == worse + 15


def test_an_outage_that_leaves_redundancy_lost_is_resolved_for_the_customers():
    story = Story().play(60, fault(roots=("link:trunk-1", "link:trunk-2"))).play(90, REDUNDANCY)
    assert story.told() == [ChangeKind.OPENED, ChangeKind.RESOLVED, ChangeKind.OPENED]
    scopes = {incident.scope: incident.status for incident in story.book.incidents.values()}
    assert scopes == {Scope.REGIONAL: Status.RESOLVED, Scope.REDUNDANCY: Status.OPEN}
    (resolved,) = story.of_kind(ChangeKind.RESOLVED)
    assert resolved.reason == (
        "Resolved: nobody is cut off any more; link:trunk-1 is still missing and goes on as lost redundancy."
    )


def test_redundancy_that_returns_soon_after_the_outage_is_no_incident_of_its_own():
    story = Story().play(60, fault(roots=("link:trunk-1", "link:trunk-2"))).play(40, REDUNDANCY).play(60)
    assert story.told() == [ChangeKind.OPENED, ChangeKind.RESOLVED]


def test_an_incident_swallowed_by_a_larger_one_is_merged_into_it():
    small = fault("k1", ("device:a",), unreachable=frozenset(), down=frozenset({"a"}), out=(1,), cut_links=frozenset())
    other = fault("k2", ("device:b",), unreachable=frozenset(), down=frozenset({"b"}), out=(2,), cut_links=frozenset())
    both = fault("k3", ("site:s",), unreachable=frozenset(), down=frozenset({"a", "b"}), cut_links=frozenset())
    story = Story().play(30, small, other).play(60, both)
    assert sorted(story.told())[:1] == [ChangeKind.CAUSE_CHANGED] or ChangeKind.GREW in story.told()
    statuses = sorted(incident.status for incident in story.book.incidents.values())
    assert statuses == [Status.MERGED, Status.OPEN]
    (merged,) = story.of_kind(ChangeKind.MERGED)
    assert merged.incident.merged_into in story.book.incidents


def test_a_published_outage_is_never_merged_into_maintenance_that_nobody_hears_of():
    small = fault("k1", ("device:a",), unreachable=frozenset(), down=frozenset({"a"}), out=(1,), cut_links=frozenset())
    work = fault("k2", ("link:t-9",), 110.0, (1, 2, 3), unreachable=frozenset({"a", "b", "c"}), planned="m-1")
    story = Story().play(30, small).play(200, work).play(100)
    assert story.told() == [ChangeKind.OPENED, ChangeKind.RESOLVED]


def test_a_later_larger_fault_that_hides_an_earlier_one_is_new_and_the_earlier_is_kept():
    small = fault("k1", ("device:a",), unreachable=frozenset(), down=frozenset({"a"}), out=(1,), cut_links=frozenset())
    large = fault("k9", ("link:t-9",), 400.0, (1, 2, 3), unreachable=frozenset({"a", "b", "c"}))
    story = Story().play(300, small).play(200, large)
    assert story.told() == [ChangeKind.OPENED, ChangeKind.OPENED]
    story.play(200, small)
    assert story.told() == [ChangeKind.OPENED, ChangeKind.OPENED, ChangeKind.RESOLVED]
    assert story.of_kind(ChangeKind.RESOLVED)[0].incident.roots == ("link:t-9",)


def test_a_published_incident_is_not_split_when_its_explanation_falls_apart():
    whole = fault(roots=("site:s",), down=frozenset({"a", "b", "c"}), unreachable=frozenset(), out=(1, 2, 3))
    parts = [
        fault(f"p-{name}", (f"device:{name}",), down=frozenset({name}), unreachable=frozenset(), out=(number,),
              cut_links=frozenset())
        for number, name in enumerate("abc", 1)
    ]  # fmt: skip
    story = Story().play(60, whole).play(60, *parts)
    assert story.told() == [ChangeKind.OPENED]
    assert story.only.affected.out == customers(1, 2, 3)


def test_two_distant_faults_are_two_incidents():
    other = fault("k2", ("device:z",), unreachable=frozenset(), down=frozenset({"z"}), out=(7,), cut_links=frozenset())
    story = Story().play(60, fault(), other)
    assert story.told() == [ChangeKind.OPENED, ChangeKind.OPENED]


def test_before_warm_up_nothing_is_published_until_two_minutes_have_passed():
    story = Story().play(300, fault(), warm=False)
    assert story.of_kind(ChangeKind.OPENED)[0].at == 220


def order(story, order, text=""):
    return Command(story.now, story.only.id, order, "anna", text)


def test_a_note_is_kept_for_the_next_update():
    story = Story().play(30, fault())
    story.play(1, fault(), commands=(order(story, Order.NOTE, "crew on site"),))
    assert story.told() == [ChangeKind.OPENED, ChangeKind.NOTED]
    assert story.only.note == "crew on site"


def test_a_scenario_set_by_a_person_is_not_changed_by_the_diagnosis():
    story = Story().play(30, fault())
    story.play(100, fault(), commands=(order(story, Order.SCENARIO, "weather"),))
    assert story.only.scenario is Scenario.WEATHER


@pytest.mark.parametrize("text", ["", "storm"])
def test_an_unknown_scenario_changes_nothing(text):
    story = Story().play(30, fault())
    story.play(5, fault(), commands=(order(story, Order.SCENARIO, text),))
    assert story.only.scenario is Scenario.CABLE


def test_an_incident_resolved_by_a_person_stays_resolved_while_the_fault_is_still_seen():
    story = Story().play(30, fault())
    story.play(300, fault(), commands=(order(story, Order.RESOLVE, "lab gear"),))
    assert story.told() == [ChangeKind.OPENED, ChangeKind.RESOLVED]


def test_an_incident_resolved_by_a_person_comes_back_when_more_fails():
    story = Story().play(30, fault())
    story.play(30, fault(), commands=(order(story, Order.RESOLVE),))
    story.play(30, fault(out=(1, 2, 3), unreachable=frozenset({"acc-1", "acc-2", "acc-3"})))
    assert story.told() == [ChangeKind.OPENED, ChangeKind.RESOLVED, ChangeKind.REOPENED]


def test_ids_are_readable_and_the_same_for_the_same_inputs():
    story = Story(at=1795338843.0).play(1, fault(onset=1795338840.0))
    assert story.only.id.startswith("nw-20261122-0914-")
    assert Story(at=1795338843.0).play(1, fault(onset=1795338840.0)).only.id == story.only.id


def test_the_order_of_explanations_changes_nothing():
    parts = [fault(f"k{n}", (f"device:d{n}",), down=frozenset({f"d{n}"}), unreachable=frozenset()) for n in range(4)]
    forward, backward = Story().play(40, *parts), Story().play(40, *reversed(parts))
    assert forward.changes == backward.changes


def test_a_quiet_step_gives_the_same_book_back():
    book = Book()
    after, changes = lifecycle.step(book, Diagnosis(5.0, ()), (), 5.0, IncidentSettings())
    assert after is book
    assert changes == ()


def test_an_incident_survives_its_json():
    story = Story().play(40, replace(fault(), alternatives=(Alternative(("device:x",), 0.5),)))
    assert record.from_json(record.to_json(story.only)) == story.only


def test_after_a_restart_an_outage_is_not_over_while_none_of_its_devices_was_heard():
    story = Story().play(60, fault())
    assert story.only.status is Status.OPEN
    silent = frozenset({"acc-1", "acc-2"})
    story.restart().play(600, unheard=silent)
    assert story.only.status is Status.OPEN
    story.play(120, unheard=silent - {"acc-1"})
    assert story.only.status is Status.RESOLVED


def test_an_incident_that_recovered_in_part_first_notes_when_the_rest_came_back():
    many = frozenset(f"acc-{number}" for number in range(8))
    story = Story().play(60, fault(unreachable=many))
    story.play(60, fault(unreachable=frozenset(sorted(many)[:5])))
    assert (story.only.status, story.only.restored_at) == (Status.RECOVERING, None)
    story.play(20)
    assert story.only.status is Status.RECOVERING
    assert story.only.restored_at is not None
