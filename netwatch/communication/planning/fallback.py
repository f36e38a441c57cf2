"""Another way to customers whose addresses refuse: the other channel that they agreed to, else a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from netwatch.communication.model import ENDING, Phase, Promise, Refusal
from netwatch.communication.planning import calls as ledger
from netwatch.communication.planning.playbook import Channel, Step
from netwatch.communication.planning.recipients import step_for
from netwatch.communication.planning.turn import Turn
from netwatch.incidents.model import Incident

#: Where people are written to, the better one first.
_WAYS: Final = (Channel.EMAIL, Channel.SMS)
_ALWAYS: Final = ENDING | {Phase.CORRECTION}


def find_other_ways(turn: Turn, incidents: Mapping[str, Incident]) -> None:
    """Write by another channel what an address refused, once; whom nothing reaches is to be rung up.

    It keeps its update and so its approval. Of several refusals of one customer only the newest is news.
    """
    newest: dict[tuple[str, str], Refusal] = {}
    for refusal in sorted(turn.conditions.refusals, key=lambda one: one.update):
        newest[refusal.incident, refusal.recipient] = refusal
        turn.dealt_with.append(refusal.id)
    for (name, customer), refusal in sorted(newest.items()):
        incident = incidents.get(name)
        step = _other_step(turn, incident, refusal) if incident is not None else None
        if incident is not None and step is not None:
            turn.tell_again(incident, refusal, {customer: step})
    for name, customer in sorted(turn.conditions.unreachable):
        incident = incidents.get(name)
        if incident is not None and turn.telling(name).closed_at is None:
            _put_on_the_list(turn, incident, customer)


def _other_step(turn: Turn, incident: Incident, refusal: Refusal) -> Step | None:
    """The customers' step with the channels that it does not use and that reach this one; None when there are none."""
    telling = turn.telling(incident.id)
    stopped = any(name == incident.id for name, _ in turn.conditions.vetoed)
    told = refusal.recipient in telling.told and refusal.recipient not in telling.ended
    if refusal.phase not in _ALWAYS and (telling.closed_at is not None or stopped or not told):
        return None
    customer = turn.office.stage.directory.customer(refusal.recipient)
    external = tuple(step for step in turn.usable(turn.procedure(incident)) if step.tell.external)
    step = step_for(customer, external) if customer is not None else None
    if customer is None or step is None:
        return None
    there = turn.office.channels
    ways = tuple(
        way
        for way in _WAYS
        if way not in step.by and way.value in customer.addresses and (there is None or way.value in there)
    )
    return replace(step, by=ways) if ways else None


def _put_on_the_list(turn: Turn, incident: Incident, name: str) -> None:
    """A call is owed to them, once for each incident."""
    telling, settings = turn.telling(incident.id), turn.office.stage.settings
    customer = turn.office.stage.directory.customer(name)
    full = len(turn.calls.owed) >= ledger.CALLS_MOST
    if customer is None or not customer.phone or name in telling.to_ring or full:
        return
    within_s = settings.call_back_within_s or settings.next_update_s
    due_at = turn.now + within_s
    turn.calls, call = ledger.promise(turn.calls, name, incident=incident.id, by="", due_at=due_at, now=turn.now)
    turn.promises.append(Promise(call.incident, call.number, call.due_at, None, customer=name))
    turn.put(replace(telling, to_ring=telling.to_ring | {name}))
