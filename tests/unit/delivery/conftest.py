from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.delivery.outcome import Outcome, Result
from netwatch.communication.delivery.settings import DeliverySettings
from netwatch.communication.model import (
    EXTERNAL,
    Approval,
    ApprovalKind,
    Audience,
    Conditions,
    Message,
    Phase,
    Plan,
    message_id,
)
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings


class LeapClock:
    """Time leaps to whatever is slept for."""

    def __init__(self) -> None:
        self.at = 10_000.0

    def now(self) -> float:
        return self.at

    def utc(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, tz=UTC)

    def wall_step_s(self) -> float:
        return 0.0

    async def sleep_until(self, at: float) -> None:
        await asyncio.sleep(0.001)
        self.at = max(self.at, at)


class ScriptedChannel:
    """Answers as scripted, then with ACCEPTED; keeps what it was given."""

    def __init__(self, name: str, *script: Outcome | Exception, kind: str = "email", limit: int = 10) -> None:
        self.name = name
        self.kind = kind
        self.limit = limit
        self.idempotent = kind == "webhook"
        self.depends_on = ""
        self.script = deque(script)
        self.taken: list[Message] = []
        self.together = 0
        self.most_together = 0
        self.closed = False

    async def send(self, message: Message) -> Result:
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        await asyncio.sleep(0)
        self.together -= 1
        self.taken.append(message)
        answer = self.script.popleft() if self.script else Outcome.ACCEPTED
        if isinstance(answer, Exception):
            raise answer
        return Result(answer, answer.value)

    async def close(self) -> None:
        self.closed = True


class AskedChannel(ScriptedChannel):
    """One that can be asked what became of a message; `known` is what it says, by recipient."""

    def __init__(self, name: str, *script: Outcome | Exception, **more) -> None:
        super().__init__(name, *script, **more)
        self.known: dict[str, Outcome] = {}
        self.asked: list[str] = []

    async def lookup(self, message: Message) -> Result | None:
        self.asked.append(message.recipient)
        outcome = self.known.get(message.recipient)
        return None if outcome is None else Result(outcome, f"the peer says {outcome.value}")


class Post:
    """A store, scripted channels and a dispatcher."""

    def __init__(self, store: Store, clock: LeapClock) -> None:
        self.store = store
        self.clock = clock
        self.alarms: list[str] = []
        self.conditions = Conditions()
        self.failed: frozenset[str] = frozenset()

    def message(
        self,
        recipient: str = "c-1",
        audience: Audience = Audience.CUSTOMER,
        channel: str = "email",
        priority: int = 5,
        phase: Phase = Phase.OPENED,
    ) -> Message:
        now = self.clock.now()
        return Message(
            id=message_id("i-1", phase, 0, channel, recipient),
            incident="i-1",
            phase=phase,
            update=0,
            audience=audience,
            channel=channel,
            recipient=recipient,
            address=f"{recipient}@example.net",
            language="nl",
            subject="Storing",
            body="text",
            priority=priority,
            planned_at=now,
            expires_at=now + 7200,
        )

    async def plan(self, *messages: Message) -> None:
        now = self.clock.now()
        incident = Incident(
            "i-1", "k", Status.OPEN, Scope.REGIONAL, Scenario.CABLE, ("link:x",), now, now, opened_at=now, revision=1
        )
        approvals = (Approval("i-1", 0, ApprovalKind.AUTO, now, 0, "small"),)
        external = any(message.audience in EXTERNAL for message in messages)
        change = Change(now, ChangeKind.OPENED, incident)
        await self.store.save([change], Plan(messages=messages, approvals=approvals if external else ()))

    def dispatcher(self, *channels: ScriptedChannel, settings: DeliverySettings | None = None) -> Dispatcher:
        return Dispatcher(
            self.store,
            channels,
            self.clock,
            lambda: self.conditions,
            settings=settings or DeliverySettings(),
            random=Random(1),
            failed=lambda: self.failed,
            alarm=self.alarms.append,
        )

    async def states(self) -> dict[str, str]:
        return {message.recipient: state.value for message, state in await self.store.messages_of("i-1")}

    async def run(self, dispatcher: Dispatcher, until: Callable[[], Awaitable[bool]] | None = None) -> dict[str, str]:
        """Deliver until nothing is left that moves by itself (or `until`), then stop in order. Returns the states."""

        async def settled() -> bool:
            states = await self.states()
            return not set(states.values()) & {"held", "ready", "blocked", "sending"}

        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            group.create_task(dispatcher.run())
            while not await (until or settled)():
                await asyncio.sleep(0)
            dispatcher.stop()
        return await self.states()


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    clock = LeapClock()
    store = await Store.open(StorageSettings(directory=str(tmp_path / "store"), ballast_mib=0), clock)
    yield Post(store, clock)
    await store.close()


@pytest.fixture
def asked() -> type[AskedChannel]:
    return AskedChannel


@pytest.fixture
def scripted() -> type[ScriptedChannel]:
    return ScriptedChannel


class Service:
    """An HTTP server that keeps requests and answers as told; None = it hangs up without an answer."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: bytes | None = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
        self.script: deque[bytes | None] = deque()
        self.silent = False
        self.url = ""

    def says(self, status: int, document: object = None, *, headers: str = "", raw: bytes | None = None) -> bytes:
        """Bytes of an answer with a JSON document, or with `raw` as its body."""
        body = raw if raw is not None else b"" if document is None else json.dumps(document).encode()
        return f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.requests.append((head[0], headers, body))
                if self.silent:
                    await reader.read()
                answer = self.script.popleft() if self.script else self.answer
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook/secret"
    yield service
    server.close()
    await server.wait_closed()
