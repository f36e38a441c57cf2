"""What people do to netwatch and to its customers in a story: they agree, stop, hold, write, take back, do without."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from netwatch.communication.model import Extent
from netwatch.incidents.model import LIVE, PUBLISHED, Command, Order, Status
from tests.simulation.delivery.faults import CUSTOMER_OF
from tests.simulation.delivery.kills import Point
from tests.simulation.delivery.office import Office
from tests.simulation.delivery.story import Happening, What

if TYPE_CHECKING:
    from tests.simulation.delivery.world import World


async def act(world: World, office: Office, happening: Happening, dice: Random) -> None:
    if happening.what is What.HOLD:
        world.trouble(happening.lasts_s + 10)
        await office.store.set_hold(on=True, by="anna")
        world.judge.beliefs.hold = True
        world.ends_s.append((world.loop.time() + happening.lasts_s, world.release_hold))
        world.kills.pass_by(Point.ORDERED)
        return
    if happening.what is What.OPT_OUT:
        await _opt_out(world, office, dice)
        return
    if happening.what is What.CORRECT:
        _correct(world, office, dice)
        return
    live = [i for i in office.pipeline.book.incidents.values() if i.status in LIVE]
    if not live:
        return
    incident = dice.choice(sorted(i.id for i in live))
    if happening.what is What.APPROVE:
        approve = world.approve if dice.random() < 0.5 else partial(_look_and_approve, world, dice=dice)
        await approve(office, incident, dice.choice(["anna", "bram"]))
    elif happening.what is What.VETO:
        stopped = await office.store.veto(incident, "bram")
        world.judge.vetoed |= {(one.incident, one.update) for one in stopped}
        world.judge.vetoed_incidents |= {one.incident for one in stopped}
        world.judge.unanswered[incident].clear()
        await office.standing.refresh()
    elif happening.what is What.NOTE:
        office.order(Command(world.clock.now(), incident, Order.NOTE, "anna", f"words {happening.dice}"))
    elif happening.what is What.RESOLVE:
        world.judge.closed_by_hand.add(incident)
        office.order(Command(world.clock.now(), incident, Order.RESOLVE, "anna", "seen enough"))
    world.kills.pass_by(Point.ORDERED)


def _correct(world: World, office: Office, dice: Random) -> None:
    """Take back what was told, also of what is over already: of all, or of one or two customers."""
    told = [i for i in office.pipeline.book.incidents.values() if i.status in {*PUBLISHED, Status.RESOLVED}]
    if not told:
        return
    incident = dice.choice(sorted(told, key=lambda one: one.id))
    customers = sorted(incident.ever_affected) if dice.random() < 0.4 else []
    meant = frozenset(dice.sample(customers, min(len(customers), dice.choice([1, 2]))))
    if not meant:
        world.judge.closed_by_hand.add(incident.id)
    world.judge.wishes.takes_back(incident.id, meant)
    office.order(Command(world.clock.now(), incident.id, Order.CORRECT, "anna", "not so", customers=meant))
    world.kills.pass_by(Point.ORDERED)


async def _opt_out(world: World, office: Office, dice: Random) -> None:
    """Whoever was just written to is likelier to do without."""
    recipient = dice.choice(sorted(world.truth.out_since_s) or sorted(CUSTOMER_OF.values()))
    wish = (recipient, dice.choice(["", "email", "sms"]), dice.choice(list(Extent)))
    world.judge.wishes.utters(*wish)
    await office.store.opt_out(*wish, by="anna")
    world.judge.wishes.kept(*wish)
    world.kills.pass_by(Point.ORDERED)


async def _look_and_approve(world: World, office: Office, incident: str, by: str, dice: Random) -> None:
    """Agree to what was shown, some time later."""
    shown = [case.approval.update for case in await office.store.approvals_pending(incident)]

    async def agree() -> None:
        if world.office is not None:
            await world.approve(world.office, incident, by, max(shown))

    if shown:
        world.ends_s.append((world.loop.time() + dice.choice([8.0, 20.0, 45.0]), agree))
