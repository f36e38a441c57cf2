from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netwatch.communication.delivery.model import Claimed, ClaimRequest, Lane, Settlement, Turn
from netwatch.communication.model import (
    EXTERNAL,
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
from netwatch.diagnosis.model import Affected, Scenario, Scope
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings


class HandClock:
    """A clock that a test moves by hand."""

    def __init__(self, at: float = 10_000.0) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def utc(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, tz=UTC)

    def wall_step_s(self) -> float:
        return 0.0

    async def sleep_until(self, at: float) -> None:
        self.at = max(self.at, at)


class Desk:
    """Plans, claims and settles on one store, with little to say each time."""

    def __init__(self, store: Store, clock: HandClock) -> None:
        self.store = store
        self.clock = clock
        self.revision = 0

    def message(
        self,
        recipient: str = "c-1",
        phase: Phase = Phase.OPENED,
        update: int = 0,
        audience: Audience = Audience.CUSTOMER,
        channel: str = "email",
        incident: str = "i-1",
        priority: int = 5,
        expires_s: float = 7200.0,
        body: str = "text",
        segment: str = "",
    ) -> Message:
        now = self.clock.now()
        return Message(
            id=message_id(incident, phase, update, channel, recipient),
            incident=incident,
            phase=phase,
            update=update,
            audience=audience,
            channel=channel,
            recipient=recipient,
            address=f"{recipient}@example.net",
            language="nl",
            subject="Storing",
            body=body,
            priority=priority,
            planned_at=now,
            expires_at=now + expires_s,
            segment=segment,
        )

    def change(
        self,
        status: Status = Status.OPEN,
        incident: str = "i-1",
        kind: ChangeKind = ChangeKind.OPENED,
        out: frozenset[str] = frozenset(),
        restored_at: float | None = None,
    ) -> Change:
        self.revision += 1
        now = self.clock.now()
        value = Incident(
            incident,
            "key",
            status,
            Scope.REGIONAL,
            Scenario.CABLE,
            ("link:trunk-17",),
            now - 5,
            now,
            opened_at=now,
            resolved_at=now if status is Status.RESOLVED else None,
            revision=self.revision,
            affected=Affected(out=out),
            restored_at=restored_at,
        )
        return Change(now, kind, value, reason="seen")

    def automatic(self, update: int = 0, incident: str = "i-1") -> Approval:
        return Approval(incident, update, ApprovalKind.AUTO, self.clock.now(), 0, "small")

    async def plan(
        self,
        *messages: Message,
        status: Status = Status.OPEN,
        approval: Approval | None = None,
        supersede: tuple[tuple[str, int], ...] = (),
    ) -> int:
        """Save `messages`; the external ones are approved at once unless an approval is given."""
        approvals = {
            (m.incident, m.update): self.automatic(m.update, m.incident) for m in messages if m.audience in EXTERNAL
        }
        if approval is not None:
            approvals[approval.incident, approval.update] = approval
        incidents = dict.fromkeys(m.incident for m in messages)
        changes = [self.change(status, incident) for incident in incidents]
        plan = Plan(messages=messages, approvals=tuple(approvals.values()), supersede=supersede)
        return await self.store.save(changes, plan)

    async def turn(self, *settlements: Settlement, free: int = 20, gap_s: float = 600.0, **conditions: object) -> Turn:
        lanes = (
            Lane("email", free, free),
            Lane("sms", free, free, asks=True),
            Lane("webhook", free, free, idempotent=True),
        )
        request = ClaimRequest(self.clock.now(), lanes, replace(Conditions(), **conditions), gap_s)
        return await self.store.turn(settlements, request)

    async def claim(self, free: int = 20, gap_s: float = 600.0, **conditions: object) -> tuple[Claimed, ...]:
        return (await self.turn(free=free, gap_s=gap_s, **conditions)).claimed

    async def settle(
        self,
        claimed: Claimed,
        state: State,
        ready_at: float | None = None,
        *,
        refused: bool = False,
        asked: bool = False,
    ) -> None:
        """The outcome of one message; nothing is claimed by it."""
        settlement = Settlement(
            claimed.message.id, state, self.clock.now(), "said", ready_at, refused=refused, asked=asked
        )
        await self.store.turn((settlement,), ClaimRequest(self.clock.now(), (), Conditions()))

    async def deliver(self, state: State = State.ACCEPTED) -> tuple[Claimed, ...]:
        """Claim all that may go, with one outcome for all."""
        claimed = await self.claim()
        for item in claimed:
            await self.settle(item, state)
        return claimed

    async def states(self, incident: str = "i-1") -> dict[tuple[str, str, str], str]:
        """State by (recipient, phase, channel)."""
        return {
            (message.recipient, message.phase.value, message.channel): state.value
            for message, state in await self.store.messages_of(incident)
        }


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def settings(tmp_path: Path) -> StorageSettings:
    return StorageSettings(directory=str(tmp_path / "store"), ballast_mib=0)


@pytest.fixture
async def store(settings: StorageSettings, clock: HandClock) -> AsyncIterator[Store]:
    opened = await Store.open(settings, clock)
    yield opened
    await opened.close()


@pytest.fixture
def desk(store: Store, clock: HandClock) -> Desk:
    return Desk(store, clock)


@pytest.fixture
def desk_of(clock: HandClock) -> Callable[[Store], Desk]:
    return lambda store: Desk(store, clock)


@pytest.fixture
def crash() -> Callable[[Store], object]:
    """Ends a store as kill -9 would: what was committed stays, nothing is marked as stopped."""

    async def end(store: Store) -> None:
        await store._database.close()
        store._log.close()

    return end
