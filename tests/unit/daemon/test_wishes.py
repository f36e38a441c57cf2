"""What the doors answer about opt-outs and refused addresses, on a real store."""

from __future__ import annotations

from types import MappingProxyType, SimpleNamespace

import pytest

from netwatch.communication.delivery.model import ClaimRequest, Lane, Settlement
from netwatch.communication.model import (
    Approval,
    ApprovalKind,
    Audience,
    Conditions,
    Message,
    Phase,
    Plan,
    State,
    message_id,
)
from netwatch.daemon.wishes import WishDoors
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.inventory.model import Inventory, Port, Segment, Service
from netwatch.simulation.clock import SimulatedClock
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings
from netwatch.web.model import RefusedError

NAMES = ("both", "mailed")


def customer(name: str) -> Service:
    notify = ("email", "sms") if name == "both" else ("email",)
    return Service(
        customer=name, name=f"Klant {name}", segment=Segment.RESIDENTIAL, language="nl", email=f"{name}@example.net",
        mobile="+31612345678", phone="", postcode="", primary=Port("a"), backup=None, priority=5, notify=notify, line=2,
    )  # fmt: skip


@pytest.fixture
async def doors(tmp_path):
    clock = SimulatedClock()
    store = await Store.open(StorageSettings(directory=str(tmp_path), ballast_mib=0), clock)
    found = WishDoors()
    inventory = Inventory(customers=MappingProxyType({name: (customer(name),) for name in NAMES}))
    found._store, found._clock = store, clock
    found._reloader = SimpleNamespace(now=SimpleNamespace(inventory=inventory))
    yield found
    await store.close()


async def plan_and_refuse(store: Store, now: float) -> None:
    messages = tuple(
        Message(
            message_id("i", Phase.OPENED, 0, "email", name), "i", Phase.OPENED, 0, Audience.CUSTOMER, "email", name,
            f"{name}@example.net", "nl", "s", "b", 1, now, now + 99,
        )
        for name in NAMES
    )  # fmt: skip
    incident = Incident("i", "k", Status.OPEN, Scope.REGIONAL, Scenario.CABLE, (), now, now, opened_at=now)
    approval = Approval("i", 0, ApprovalKind.AUTO, now, 0, "small")
    await store.save([Change(now, ChangeKind.OPENED, incident)], Plan(messages, (approval,)))
    request = ClaimRequest(now, (Lane("email", 9, 9),), Conditions())
    claimed = (await store.turn((), request)).claimed
    settled = [Settlement(item.message.id, State.FAILED, now, "smtp 550", refused=True) for item in claimed]
    await store.turn(settled, ClaimRequest(now, (), Conditions()))


async def test_addresses_to_mend_name_the_other_channel_or_the_number_to_ring(doors):
    await plan_and_refuse(doors._store, doors._clock.now())
    found = {one.customer: one for one in (await doors.addresses()).addresses}
    assert (found["both"].instead, found["mailed"].instead) == ("sms", "")
    assert found["mailed"].phone == "+31612345678"
    assert found["mailed"].name == "Klant mailed"
    assert "used again" in (await doors.mended("mailed")).text
    assert [one.customer for one in (await doors.addresses()).addresses] == ["both"]
    with pytest.raises(RefusedError):
        await doors.mended("mailed")


async def test_a_wish_of_a_stranger_is_refused_and_one_of_a_customer_is_kept(doors):
    with pytest.raises(RefusedError, match="no customer 'nobody'"):
        await doors.opt_out("nobody", "", "anna", but_ends=False)
    assert "nothing by sms" in (await doors.opt_out("both", "sms", "anna", but_ends=False)).text
    (kept,) = (await doors.optouts()).optouts
    assert (kept.customer, kept.name, kept.channel, kept.but_ends) == ("both", "Klant both", "sms", False)
    assert "told again" in (await doors.opt_in("both", "sms")).text
    with pytest.raises(RefusedError, match="has not opted out by sms"):
        await doors.opt_in("both", "sms")
