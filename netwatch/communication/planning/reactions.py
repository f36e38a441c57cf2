"""What each kind of change means for those who are told. Each function plans one change on a `Turn`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from netwatch.communication.model import ApprovalKind, Phase
from netwatch.communication.planning.errands import ring_back
from netwatch.communication.planning.estimates import is_news, published
from netwatch.communication.planning.overlap import hit, in_doubt, sorted_out, takes_over
from netwatch.communication.planning.promises import gap_s
from netwatch.communication.planning.scene import public_cause
from netwatch.communication.planning.state import Release, Telling
from netwatch.communication.planning.turn import Round, Turn
from netwatch.incidents.model import Change, Incident, Status

_OPEN = frozenset({Status.OPEN, Status.RECOVERING})


def read_by_now(turn: Turn, telling: Telling, customers: Collection[str]) -> tuple[frozenset[str], Mapping[str, int]]:
    """The same, but who has read nothing yet, though nothing holds him back here, is with those who wait.

    What is known of that is some seconds old. So it decides who gets a first notice, which the store sends to nobody
    who has read one meanwhile; it never takes anybody out of an end, or out of what stands for one.
    """
    free, pending = sorted_out(turn, telling, customers)
    released = {release.update for release in telling.releases}
    unread = {
        name: telling.told[name]
        for name in sorted(free)
        if (telling.incident, name) in turn.conditions.unread and telling.told[name] in released
    }
    return free.difference(unread), MappingProxyType({**pending, **unread})


def _still_told(telling: Telling) -> frozenset[str]:
    return frozenset(telling.told).difference(telling.ended)


def opened(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    """The first telling; of an incident that was told before, its growth or its return."""
    incident = change.incident
    if turn.telling(incident.id).opened:
        again = turn.telling(incident.id).closed_at is not None
        (reopened if again else grew)(turn, change, incidents)
        return
    first = hit(incident).difference(turn.telling(incident.id).told)
    first = _without_those_told_elsewhere(turn, incident, first, incidents)
    from_at, until_at = published(incident, turn.office.stage.settings)
    if until_at is not None and until_at <= turn.now:
        from_at = until_at = None
    telling = replace(turn.telling(incident.id), estimate_from_at=from_at, estimate_until_at=until_at)
    turn.put(replace(telling, opened=True, closed_at=None, words=incident.note))
    turn.hold(Round(incident, Phase.OPENED, first=first, renew=turn.telling(incident.id).due_at is None))


def grew(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    """First notices to those who joined; an update to those who were told that it was over for them."""
    incident = change.incident
    telling = turn.telling(incident.id)
    joined, known = change.newly_affected & hit(incident), frozenset(telling.told)
    first = _without_those_told_elsewhere(turn, incident, joined - known, incidents)
    telling = turn.telling(incident.id)
    back, unread = read_by_now(turn, telling, joined & telling.ended)
    back -= _read_elsewhere(turn, incident, back, incidents)
    news = _reads_differently(turn, incident)
    waiting = (_still_told(telling) & known) - change.restored if news else frozenset()
    free, pending = read_by_now(turn, telling, waiting)
    turn.put(replace(telling, opened=True, ended=telling.ended - back))
    first |= frozenset(unread)
    turn.hold(Round(incident, Phase.UPDATE, first=first, free=free, pending=pending, renew=news, change=change.reason))
    if back:
        turn.follow_up(incident, Phase.UPDATE, back, again=True)
    if news:
        turn.put(replace(turn.telling(incident.id), said=public_cause(incident, turn.office.stage.settings)))
    _tell_restored(turn, change, incidents)


def partly_restored(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    """The end for those who have service again; the rest goes on."""
    turn.hold(Round(change.incident, Phase.PARTLY_RESTORED, change=change.reason))
    _tell_restored(turn, change, incidents)


def _tell_restored(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    incident = change.incident
    over = (change.restored & _still_told(turn.telling(incident.id))) - hit(incident)
    # Whom a fault keeps out that is not told yet stays told of this one, and passes to that, or hears the end here.
    over -= in_doubt(turn, incident, over, incidents)
    _end_for(turn, incident, Phase.PARTLY_RESTORED, over, incidents)


def _end_for(
    turn: Turn, incident: Incident, phase: Phase, customers: frozenset[str], incidents: Mapping[str, Incident]
) -> None:
    """Tell customers that it is over, except those whom another incident still keeps out: they pass to that one.

    Who is overtaken by the end before his first notice was released was never told: hit again, he is new.
    """
    telling = turn.telling(incident.id)
    free, unread = sorted_out(turn, telling, customers)
    gone = _pass_on(turn, incident, customers, free, incidents)
    # The store knows who was really told, also half-way a veto: there the end overtakes a first notice that waits, and
    # whose notice never left hears neither.
    over = (customers - gone).union(unread)
    telling = turn.telling(incident.id)
    told = {name: update for name, update in telling.told.items() if name not in unread}
    ended = (telling.ended | customers).difference(unread)
    turn.put(replace(telling, told=MappingProxyType(told), ended=ended))
    if over:
        turn.follow_up(incident, phase, over)


def _pass_on(
    turn: Turn,
    incident: Incident,
    customers: frozenset[str],
    told: frozenset[str],
    incidents: Mapping[str, Incident],
) -> frozenset[str]:
    """Those of `customers` whom another incident still keeps out; who was `told` of this one passes to that one."""
    kept_out = _elsewhere(turn, incident, customers, incidents)
    for other, names in kept_out.items():
        hand_over(turn, incident, incidents[other], names & told)
    return frozenset[str]().union(*kept_out.values())


def resolved(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    """Colleagues first, the page, and the end to everyone told who has not read it yet."""
    incident = change.incident
    telling = turn.telling(incident.id)
    if not telling.opened or telling.closed_at is not None:
        return
    below = telling.next_update
    turn.put(replace(telling, words=""))
    turn.hold(Round(incident, Phase.RESOLVED, change=change.reason))
    # Whose own end was held back until it was stale was told of the outage, and of no end.
    lapsed = frozenset(name for name in telling.told if (incident.id, name) in turn.conditions.lapsed)
    over = _still_told(telling) | lapsed
    waits = in_doubt(turn, incident, over, incidents)
    turn.put(replace(turn.telling(incident.id), end_waits=waits, ended=telling.ended - waits))
    _end_for(turn, incident, Phase.RESOLVED, over - waits, incidents)
    still_out = _elsewhere(turn, incident, telling.to_ring, incidents)
    ring_back(turn, incident, frozenset().union(*still_out.values()))
    turn.supersede(incident.id, below)
    turn.close(incident.id)


def late_end(turn: Turn, incident: Incident, incidents: Mapping[str, Incident]) -> None:
    """The end for those of whom it was in doubt when all was over: they pass to the other outage once it is told, or
    hear the end once that hits them no more; of one that stays uncertain no later than an update would be promised.
    """
    telling = turn.telling(incident.id)
    if not telling.end_waits or telling.closed_at is None:
        return
    left = _still_told(telling) & telling.end_waits
    late = turn.now >= telling.closed_at + turn.office.stage.settings.next_update_s
    left -= in_doubt(turn, incident, left, incidents, late=late)
    if left:
        _end_for(turn, incident, Phase.RESOLVED, left, incidents)


def reopened(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    """An update, not a second first notice, to those who were told; a first notice to the others."""
    incident = change.incident
    telling = turn.telling(incident.id)
    if not telling.opened:
        opened(turn, change, incidents)
        return
    turn.put(replace(telling, closed_at=None))
    known = hit(incident) & frozenset(telling.told)  # who passes to this one now reads so, and nothing besides
    first = _without_those_told_elsewhere(turn, incident, hit(incident) - known, incidents)
    telling = turn.telling(incident.id)
    back, unread = read_by_now(turn, telling, known)
    back -= _read_elsewhere(turn, incident, back, incidents)
    turn.put(replace(telling, ended=telling.ended - back))
    first |= frozenset(unread)
    turn.hold(Round(incident, Phase.UPDATE, first=first, free=back, renew=True, again=True, change=change.reason))


def noted(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    """A person's words go to everyone who was told, once, with a new promise; page and colleagues keep them."""
    del incidents
    incident = change.incident
    turn.put(replace(turn.telling(incident.id), words=incident.note))
    _news(turn, incident, Phase.UPDATE, "", words=incident.note)


def estimated(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    """A person's estimate, and words that came with it: told when it is news, once; else words alone are."""
    incident, settings = change.incident, turn.office.stage.settings
    telling = turn.telling(incident.id)
    words = incident.note if incident.note != telling.words else ""
    from_at, until_at = published(incident, settings)
    if is_news(telling, until_at, settings):
        turn.put(replace(telling, words=incident.note))
        _new_estimate(turn, incident, from_at, until_at, words=words)
    elif words:
        noted(turn, change, incidents)


def _new_estimate(
    turn: Turn, incident: Incident, from_at: float | None, until_at: float | None, *, words: str = ""
) -> None:
    telling = turn.telling(incident.id)
    turn.put(
        replace(
            telling,
            estimate_from_at=from_at,
            estimate_until_at=until_at,
            estimate_before_at=telling.estimate_until_at,
            estimate_asked=False,
        )
    )
    _news(turn, incident, Phase.ESTIMATE_CHANGED, "", words=words)
    turn.put(replace(turn.telling(incident.id), estimate_before_at=None))


def estimate_passed(turn: Turn, incident: Incident) -> None:
    """The time that customers read has come, and it is not over: nobody can say any more."""
    turn.put(replace(turn.telling(incident.id), words=""))
    _new_estimate(turn, incident, None, None)


def corrected(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    """It was a mistake: those who were told hear that, and nobody else. Hit again, they read a first notice.

    Whom another outage keeps out passes to that one: that his connection was not disturbed would be the next mistake.
    """
    incident = change.incident
    telling = turn.telling(incident.id)
    below = telling.next_update
    told = frozenset(telling.told)
    if change.restored:
        told &= change.restored
    free, _ = sorted_out(turn, telling, told - telling.ended)
    told -= _pass_on(turn, incident, told, free, incidents)
    if change.restored:
        over = telling.closed_at is not None
        tell = turn.inform if over else turn.hold
        tell(Round(incident, Phase.RESOLVED if over else Phase.UPDATE, change=change.reason))
    else:
        turn.put(replace(turn.telling(incident.id), words=""))
        turn.hold(Round(incident, Phase.CORRECTION, change=change.reason))
    turn.follow_up(incident, Phase.CORRECTION, told)
    telling = turn.telling(incident.id)
    rest = {name: update for name, update in telling.told.items() if name not in told}
    turn.put(replace(telling, told=MappingProxyType(rest), ended=telling.ended - told))
    if not change.restored:
        turn.supersede(incident.id, below)
        turn.close(incident.id)


def _news(
    turn: Turn, incident: Incident, phase: Phase, change: str, spared: Collection[str] = (), *, words: str = ""
) -> None:
    telling = turn.telling(incident.id)
    free, pending = read_by_now(turn, telling, _still_told(telling).difference(spared))
    turn.hold(Round(incident, phase, free=free, pending=pending, renew=True, words=words, change=change))
    turn.put(replace(turn.telling(incident.id), said=public_cause(incident, turn.office.stage.settings)))


def cause_changed(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    """Colleagues and the page; customers only when their text says something else now."""
    incident = change.incident
    if _reads_differently(turn, incident):
        _news(turn, incident, Phase.UPDATE, change.reason)
    else:
        turn.hold(Round(incident, Phase.UPDATE, change=change.reason))
    _tell_restored(turn, change, incidents)


def _reads_differently(turn: Turn, incident: Incident) -> bool:
    telling = turn.telling(incident.id)
    cause = public_cause(incident, turn.office.stage.settings)
    return bool(_still_told(telling)) and cause not in {"unknown", telling.said}


def merged(turn: Turn, change: Change, incidents: Mapping[str, Incident]) -> None:
    """Those told are told the larger incident's number and belong to it from then on; the rest is superseded."""
    incident = change.incident
    telling = turn.telling(incident.id)
    home = incidents.get(incident.merged_into or "")
    if not telling.opened or telling.closed_at is not None:
        return
    below = telling.next_update
    if home is not None:
        free, _ = sorted_out(turn, telling, _still_told(telling))
        hand_over(turn, incident, home, free)
        there = turn.telling(home.id)
        turn.put(replace(there, to_ring=there.to_ring | telling.to_ring))
    turn.hold(Round(incident, Phase.UPDATE, change=change.reason, merged_into=home.id if home else ""))
    turn.withdraw(incident)
    turn.supersede(incident.id, below)
    turn.close(incident.id)


def hand_over(turn: Turn, source: Incident, home: Incident, customers: frozenset[str]) -> None:
    """Customers told of `source` belong to `home` from now on, and read so; each once.

    Who has read of `home` already isn't told again; whose notice of it waits or was stopped has not read it.
    """
    telling = turn.telling(source.id)
    turn.put(replace(telling, ended=telling.ended | customers))
    turn.drop_promise_to_nobody(source)
    there = turn.telling(home.id)
    fresh = customers - read_by_now(turn, there, customers & _still_told(there))[0]
    if not fresh:
        return
    turn.promise_for(home)
    update = turn.follow_up(home, Phase.UPDATE, fresh, told_as=source.id)
    there = turn.telling(home.id)
    release = Release(update, turn.now, ApprovalKind.AUTO, turn.now, 0)
    turn.put(
        replace(
            there,
            told=MappingProxyType({**there.told, **dict.fromkeys(sorted(fresh), update)}),
            ended=there.ended - fresh,
            releases=(*there.releases, release),
        )
    )


def _elsewhere(
    turn: Turn, incident: Incident, customers: Collection[str], incidents: Mapping[str, Incident]
) -> dict[str, frozenset[str]]:
    """Customers whom another open incident that was told keeps out, by that incident; each under one only.

    One that may be no outage at all keeps nobody out but those who have read of it.
    """
    found: dict[str, frozenset[str]] = {}
    left = frozenset(customers)
    for name, telling in sorted(turn.tellings().items()):
        other = incidents.get(name)
        if name != incident.id and other is not None and telling.opened and other.status in _OPEN:
            mine = left & hit(other)
            if mine and not takes_over(turn, other):
                mine = sorted_out(turn, telling, mine & frozenset(telling.told))[0]
            if mine:
                found[name] = mine
                left -= mine
    return found


def _without_those_told_elsewhere(
    turn: Turn, incident: Incident, customers: frozenset[str], incidents: Mapping[str, Incident]
) -> frozenset[str]:
    """Who is out already by another incident and was told of that one reads an update, not a second first notice.

    An incident that may be no outage at all takes over nobody: its first notices wait for a person.
    """
    left = customers
    if not takes_over(turn, incident):
        return left
    for name, telling in sorted(turn.tellings().items()):
        other = incidents.get(name)
        if name == incident.id or other is None or telling.closed_at is not None or not left:
            continue
        free, _ = read_by_now(turn, telling, left & _still_told(telling))
        if free:
            hand_over(turn, other, incident, free)
            left -= free
    return left


def _read_elsewhere(
    turn: Turn, incident: Incident, customers: frozenset[str], incidents: Mapping[str, Incident]
) -> frozenset[str]:
    """Those who passed to another open incident: they never read that it works, and its end passes them back."""
    found = frozenset[str]()
    for name, telling in turn.tellings().items():
        other = incidents.get(name)
        if name != incident.id and other is not None and other.status in _OPEN:
            found |= sorted_out(turn, telling, customers & _still_told(telling))[0]
    return found


def no_news(turn: Turn, incident: Incident) -> None:
    """A promise came due without news: say so, and promise again. Who was told only now was promised later.

    Nothing is said where nobody outside is left. A person's words are old by now and end here.
    """
    turn.drop_promise_to_nobody(incident)
    telling = turn.telling(incident.id)
    if telling.due_at is None:
        return
    turn.put(replace(telling, words=""))
    recent_at = telling.due_at - gap_s(turn.office.stage.settings)
    just_told = {release.update for release in telling.releases if release.at > recent_at}
    spared = {name for name, update in telling.told.items() if update in just_told}
    _news(turn, incident, Phase.NO_NEWS, "", spared)
