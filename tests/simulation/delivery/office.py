"""One process of netwatch: the production pipeline, planner, saver, store and dispatcher, joined as the daemon does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from types import MappingProxyType

from netwatch.clock import Clock
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.delivery.settings import DeliverySettings
from netwatch.communication.model import Plan
from netwatch.communication.people import Duty, Person
from netwatch.communication.planning import CommunicationState, Planner, default_playbook
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts import Cell, Facts, Rendered, Texts, load_texts
from netwatch.daemon.saving import Saver
from netwatch.daemon.standing import Standing
from netwatch.incidents.model import Command
from netwatch.incidents.settings import IncidentSettings
from netwatch.inventory.model import Inventory, Port, Segment, Service
from netwatch.pipeline import Pipeline, Step
from netwatch.storage import Entry, Store
from netwatch.storage.settings import StorageSettings
from tests.simulation.delivery.faults import CUSTOMER_OF, Engine, Truth
from tests.simulation.delivery.kills import Kills, Point
from tests.simulation.delivery.relays import Route
from tests.simulation.delivery.story import Story

#: Everything that waits is shorter than by default, so that a story of twenty minutes holds what takes a day.
LIFE = IncidentSettings(
    settle_s=4, settle_settled_s=2, settle_growing_s=6, quiet_s=2, publish_at_latest_s=10, weak_wait_s=8,
    cold_wait_s=30, cause_stable_s=4, cause_final_s=60, growth_settle_s=2, growth_wait_s=6, partial_hold_s=4,
    partial_wait_s=8, close_after_s=10, close_at_most_s=20, dismiss_after_s=6, reopen_within_s=300,
)  # fmt: skip
TELLING = CommunicationSettings(
    veto_s=15, auto_customers=3, auto_share=0.2, max_share=0.5, two_person_share=0.6, next_update_s=240,
    later_update_s=480, promise_grid_s=10, recipient_gap_s=60, opened_expiry_s=600, resolved_expiry_s=700,
)  # fmt: skip
DELIVERY = DeliverySettings(
    retry_delays_s=(5, 10, 20), resend_after_s=10, send_timeout_s=8, breaker_open_s=3, breaker_open_most_s=12,
    at_once_least=2, at_once_most=4, mailing_budget_s=20,
)  # fmt: skip
#: A step now and then, and more often while timers run, seconds.
STEP_S, SOON_S, SOON_FOR_S = 15.0, 2.0, 10.0
PEOPLE = (
    Person("anna", email="anna@noc.example.net", duties=(Duty.ONCALL, Duty.LEAD)),
    Person("bram", email="bram@noc.example.net"),
)
NOTIFY = (("email",), ("email", "sms"), ("sms",), ("email",))


def _service(name: str, number: int) -> Service:
    segment = Segment.CRITICAL if number == 0 else Segment.BUSINESS if number % 3 == 0 else Segment.RESIDENTIAL
    return Service(
        name, f"Klant {name}", segment, "en", f"{name}@example.net", f"+3161234567{number}", "", "", Port(f"d{number}"),
        None, 1, NOTIFY[number % 4], number + 2,
    )  # fmt: skip


INVENTORY = Inventory(
    customers=MappingProxyType(
        {name: (_service(name, number),) for number, name in enumerate(CUSTOMER_OF.values())}
    )
)  # fmt: skip


class BriefTexts(Texts):
    """The shipped table of texts, each rendered as one line: what is said is proved elsewhere."""

    def __init__(self, words: str) -> None:
        self._words = words

    def language(self, wanted: str, default: str) -> str:
        return wanted or default

    def render(self, cell: Cell, facts: Facts | None = None) -> Rendered:
        assert facts is not None
        return Rendered(f"{self._words} {cell.text} {cell.phase}", f"{facts.incident} {facts.note}\n")


def planner(texts: Texts) -> Planner:
    return Planner(default_playbook(), texts, INVENTORY, PEOPLE, TELLING, channels=("email", "sms", "webhook"))


#: What reloads change: the words of every text.
PLANNERS = (planner(BriefTexts("first edition")), planner(BriefTexts("second edition")))


def real_planner() -> Planner:
    """The same with the shipped texts."""
    return planner(load_texts())


class Office:
    """Opened by `Office.open`; `run` is its life."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        truth: Truth,
        kills: Kills,
        chosen: Planner,
        saved: Callable[[Step[CommunicationState]], None],
    ) -> None:
        self.store = store
        self._clock = clock
        self._kills = kills
        self._planner = chosen
        self._told = saved
        self._truth = truth
        self._orders: list[Command] = []
        self._soon_until_at = clock.now() + SOON_FOR_S
        self._nudge = asyncio.Event()
        self.refused: list[str] = []

    @classmethod
    async def open(
        cls,
        directory: Path,
        clock: Clock,
        truth: Truth,
        kills: Kills,
        chosen: Planner,
        saved: Callable[[Step[CommunicationState]], None],
    ) -> Office:
        store = await Store.open(StorageSettings(directory=str(directory), ballast_mib=0, backups_kept=3), clock)
        return cls(store, clock, truth, kills, chosen, saved)

    async def begin(self, routes: Sequence[Route], random: Random, story: Story) -> None:
        stored = await self.store.load()
        kept = CommunicationState.from_json(stored.communication) if stored.communication else CommunicationState()
        settings = replace(TELLING, quiet_hours=story.quiet_hours)
        self.standing = Standing(self.store, self._clock, settings, story.ceiling, stored.known)
        self.saver = Saver(self.store, self._clock, saved=lambda _: None, unkept=lambda _: None)
        self.pipeline: Pipeline[CommunicationState] = Pipeline(Engine(self._truth), LIFE, self._planner, kept)
        self.pipeline.restore(stored.incidents, kept, stored.memories)
        self._known = kept
        self._diagnosis = Engine(self._truth).step(self._clock.now(), self.pipeline.book.feedback())
        self.standing.follow(lambda: self._diagnosis)
        self.dispatcher = Dispatcher(
            self.store,
            routes,
            self._clock,
            self.standing.conditions,
            settings=DELIVERY,
            random=random,
            gap_s=TELLING.recipient_gap_s,
            failed=frozenset,
            alarm=self.refused.append,
        )

    def follow(self, chosen: Planner) -> None:
        """A reload."""
        self.pipeline.follow(LIFE, chosen)

    def order(self, command: Command) -> None:
        self._orders.append(command)
        self.nudge()

    def nudge(self) -> None:
        """Something happened: step soon and often for a while."""
        self._soon_until_at = self._clock.now() + SOON_FOR_S
        self._nudge.set()

    async def run(self) -> None:
        """Step again and again."""
        while True:
            await self._step()
            now = self._clock.now()
            self._nudge.clear()
            alarm = asyncio.get_running_loop().call_later(
                SOON_S if now < self._soon_until_at else STEP_S, self._nudge.set
            )
            await self._nudge.wait()
            alarm.cancel()

    async def _step(self) -> None:
        await self.standing.refresh()
        commands, self._orders = self._orders, []
        step = self.pipeline.step(self._clock.now(), commands, self.standing.conditions())
        self._diagnosis = step.diagnosis
        if step.changes or step.plan or step.communication is not self._known:
            self._known = step.communication
            self._kills.pass_by(Point.DECIDED)
            self._soon_until_at = self._clock.now() + SOON_FOR_S
            self._told(step)
            self.saver.put(Entry(step.changes, step.plan or Plan(), step.communication.to_json(), ()))
        if await self.saver.save(at_once=bool(commands)) and (step.changes or step.plan):
            self._kills.pass_by(Point.SAVED)
