"""Whatever the diagnosis says, second by second, the life cycle keeps its promises."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.diagnosis.model import Affected, Diagnosis, Explanation, Scenario, Scope
from netwatch.incidents import lifecycle, record
from netwatch.incidents.book import Book
from netwatch.incidents.model import LIVE, ChangeKind
from netwatch.incidents.settings import IncidentSettings

DEVICES = [f"d{number}" for number in range(6)]
SETTINGS = IncidentSettings()


@st.composite
def explanations(draw):
    devices = draw(st.sets(st.sampled_from(DEVICES), min_size=1, max_size=4))
    root = draw(st.sampled_from(sorted(devices)))
    people = frozenset(f"c-{name}" for name in devices)
    scope = draw(st.sampled_from([Scope.REGIONAL, Scope.REGIONAL, Scope.CUSTOMER, Scope.REDUNDANCY]))
    onset = float(draw(st.integers(80, 140)))
    return Explanation(
        key=draw(st.sampled_from(["k1", "k2", "k3"])) + root,
        roots=(f"device:{root}",),
        scope=scope,
        scenario=Scenario.EQUIPMENT,
        onset_at=onset,
        last_good_at=onset - 5,
        confirmed_at=draw(st.sampled_from([None, onset + 2, onset + 2])),
        confidence=0.9,
        strong=draw(st.booleans()),
        settled=draw(st.booleans()),
        planned=draw(st.sampled_from([None, None, None, "m-1"])),
        down=frozenset({root}),
        unreachable=frozenset(devices - {root}),
        affected=Affected(at_risk=people) if scope is Scope.REDUNDANCY else Affected(out=people),
    )


def distinct(found):
    return tuple({explanation.key: explanation for explanation in found}.values())


scripts = st.lists(
    st.tuples(st.integers(1, 40), st.lists(explanations(), max_size=3).map(distinct), st.booleans()), max_size=6
)


def play(script, shuffle=None):
    """Each part for its seconds, then health for ten minutes; gives the last book and all changes."""
    book, now, changes = Book(), 100.0, []
    for seconds, seen, isolated in [*script, (620, (), False)]:
        for _ in range(seconds):
            ordered = list(seen)
            if shuffle is not None:
                shuffle.shuffle(ordered)
            book, found = lifecycle.step(book, Diagnosis(now, tuple(ordered), isolated=isolated), (), now, SETTINGS)
            changes += found
            now += 1.0
    return book, changes


@given(scripts)
@settings(max_examples=30, deadline=None)
def test_healing_everything_closes_everything(script):
    book, _ = play(script)
    assert not [incident for incident in book.incidents.values() if incident.status in LIVE]


@given(scripts)
@settings(max_examples=30, deadline=None)
def test_who_is_told_of_an_outage_is_told_of_its_end_and_nobody_twice(script):
    _, changes = play(script)
    announced: dict[str, set[str]] = {}
    for change in changes:
        told = announced.setdefault(change.incident.id, set())
        assert not told & change.newly_affected, "told again without having been restored"
        assert change.restored <= told, "told the end without the beginning"
        told |= change.newly_affected
        told -= change.restored
        assert change.incident.status.value == "merged" or told == change.incident.announced
        if change.kind is ChangeKind.RESOLVED:
            assert not told


@given(scripts)
@settings(max_examples=30, deadline=None)
def test_an_incident_is_opened_once_and_its_revisions_count_up(script):
    _, changes = play(script)
    opened: list[str] = []
    revisions: dict[str, int] = {}
    for change in changes:
        name = change.incident.id
        assert change.incident.revision == revisions.get(name, 0) + 1
        revisions[name] = change.incident.revision
        if change.kind is ChangeKind.OPENED:
            assert name not in opened
            opened.append(name)
        elif change.kind is not ChangeKind.INTERNAL:
            assert name in opened


@given(scripts, st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_the_order_of_explanations_changes_nothing(script, seed):
    assert play(script)[1] == play(script, Random(seed))[1]


@given(scripts)
@settings(max_examples=30, deadline=None)
def test_every_incident_survives_its_json(script):
    book, changes = play(script)
    for change in changes:
        assert record.from_json(record.to_json(change.incident)) == change.incident
    assert record.book_from_json(record.book_to_json(book)).incidents == book.incidents


@given(scripts)
@settings(max_examples=30, deadline=None)
def test_nothing_is_told_while_isolated_but_the_isolation(script):
    _, changes = play([(seconds, seen, True) for seconds, seen, _ in script])
    assert not changes
