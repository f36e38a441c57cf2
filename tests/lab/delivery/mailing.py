"""Mails an incident's first notice through the production store, dispatcher and mail channel, then exits.

Started again after a kill it goes on where it was. Prints `saved N`, then `done` with the seconds taken.

    python mailing.py DIRECTORY PORT COUNT
"""

from __future__ import annotations

import asyncio
import sys
import time
from random import Random

from netwatch.clock import SystemClock
from netwatch.communication.channels.build import build
from netwatch.communication.channels.settings import ChannelSettings, EmailRoute, EmailSettings
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.delivery.settings import DeliverySettings
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
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings

BODY = "Beste klant,\n\nEr is een storing in uw buurt. Wij werken eraan. Zażółć gęślą jaźń.\n" * 6


def mailing(count: int, at: float) -> tuple[Change, Plan]:
    incident = Incident(
        "i-1", "k", Status.OPEN, Scope.REGIONAL, Scenario.CABLE, ("link:trunk-17",), at, at, opened_at=at, revision=1
    )
    messages = tuple(
        Message(
            id=message_id("i-1", Phase.OPENED, 0, "email", f"c-{number}"),
            incident="i-1",
            phase=Phase.OPENED,
            update=0,
            audience=Audience.CUSTOMER,
            channel="email",
            recipient=f"c-{number}",
            address=f"c-{number}@example.net",
            language="nl",
            subject="Storing in Hengelo",
            body=BODY,
            priority=number % 7,
            planned_at=at,
            expires_at=at + 7200,
        )
        for number in range(count)
    )
    approval = Approval("i-1", 0, ApprovalKind.AUTO, at, 0, "few customers")
    return Change(at, ChangeKind.OPENED, incident), Plan(messages=messages, approvals=(approval,))


async def finished(store: Store) -> None:
    """Return when nothing may leave any more; a person releases what was quarantined."""
    while True:
        quarantined = await store.messages_in(State.QUARANTINED)
        for message, _ in quarantined:
            await store.release_quarantined(message.id)
        if not quarantined and not await store.unfinished():
            return
        await asyncio.sleep(0.05)


async def main(directory: str, port: int, count: int) -> None:
    clock = SystemClock()
    store = await Store.open(StorageSettings(directory=directory, ballast_mib=0, crash_limit=0), clock)
    if not await store.tally():
        change, plan = mailing(count, clock.now())
        await store.save((change,), plan)
    print("saved", count, flush=True)
    delivery = DeliverySettings(
        retry_delays_s=(0.2, 0.4), resend_after_s=0.2, breaker_open_s=0.1, breaker_open_most_s=0.2
    )
    settings = ChannelSettings(EmailSettings(routes=(EmailRoute("127.0.0.1", port),)), delivery=delivery)
    channels = build(settings, clock)
    dispatcher = Dispatcher(store, channels, clock, Conditions, settings=delivery, random=Random(1))
    started_s = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        group.create_task(dispatcher.run())
        await finished(store)
        dispatcher.stop()
    print("done", round(time.perf_counter() - started_s, 2), dispatcher.statistics(), flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
