"""One seed: a story, played against as many processes of netwatch as it takes, then brought to rest and judged."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

from netwatch.communication.model import State
from netwatch.communication.settings import zone_of
from netwatch.incidents.model import PUBLISHED
from netwatch.storage.sentlog import replay
from tests.simulation.delivery.disk import InlineDatabase
from tests.simulation.delivery.faults import Truth
from tests.simulation.delivery.judge import Judge
from tests.simulation.delivery.kills import Kills, Point
from tests.simulation.delivery.loop import VirtualClock, VirtualLoop
from tests.simulation.delivery.moves import FAULTS
from tests.simulation.delivery.office import PLANNERS, TELLING, Office, real_planner
from tests.simulation.delivery.people import act
from tests.simulation.delivery.relays import AskedRoute, Mood, Peers, Route
from tests.simulation.delivery.story import Happening, Story, What
from tests.simulation.delivery.wishes import RuleError, Wishes, rule

BEGINS_AT = 1_795_352_700.0
_ZONE = zone_of(TELLING)
#: All must be at rest so long after the last trouble, seconds.
REST_S = 2400.0
#: How a process ends.
KILLED, STOPPED, DONE = "killed", "stopped", "done"


@cache
def _shipped() -> Any:
    return real_planner()


class World:
    """Outlives the processes: truth, peers, people, the disk."""

    def __init__(self, story: Story, folder: Path, loop: VirtualLoop) -> None:
        self.story = story
        self.random = Random(f"world {story.seed}")
        self.folder = folder
        self.loop = loop
        self.truth = Truth()
        self.kills = Kills()
        self.peers = Peers(self.random)
        self.peers.refuses = story.refuses
        self.clock = VirtualClock(loop, BEGINS_AT)
        self.peers.greylists = {name: BEGINS_AT + 10 + wait_s for name, wait_s in story.greylists.items()}
        self.peers.asked = frozenset({"sms"} if story.asks else ())
        wishes = Wishes(story.quiet_hours, self._wall, loop.time)
        self.judge = Judge(self.peers, self.truth, self._now, loop.time, wishes)
        self.judge.beliefs.ceiling = max(int(0.5 * story.ceiling), 3)
        self.planners = (_shipped(), _shipped()) if story.real_texts else PLANNERS
        self.edition = 0
        self.left = list(story.happenings)
        self.calm = False
        self.due_s = self.left[0].after_s
        self.ends_s: list[tuple[float, Any]] = []
        self.office: Office | None = None
        self.damage = self.torn = False

    def _now(self) -> float:
        """By the clock of the process that runs."""
        return self.clock.now()

    def _wall(self) -> datetime:
        """What the clock on the wall shows where the customers live."""
        return self.clock.utc(self.clock.now()).astimezone(_ZONE)

    # --- processes ---

    async def play(self) -> None:
        ended = KILLED
        while ended is not DONE:
            ended = await self._process()
            if ended is not DONE:
                await self._down(ended)

    async def _process(self) -> str:
        """One process from its start to its end."""
        self.peers.process += 1
        over = self.kills.begin(None)
        self.truth.warm_at = self.clock.now() + 2
        opening = Office.open(
            self.folder, self.clock, self.truth, self.kills, self.planners[self.edition], self._decided
        )
        office = self.office = await opening
        self._look_at_hold(office)
        routes = self._routes()
        tasks: list[asyncio.Task[Any]] = []
        try:
            begun = await self._unless_killed(over, office.begin(routes, self.random, self.story))
            if begun:
                tasks = [
                    asyncio.create_task(work) for work in (office.run(), office.dispatcher.run(), self._tell_story())
                ]
                await asyncio.wait({over, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            if self.judge.broken:
                raise self.judge.broken
            if self.kills.dead:
                return KILLED
            for task in tasks:
                if task.done():
                    task.result()
            return await self._stop(office, tasks)
        finally:
            self.kills.dead = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._bury(office)

    async def _unless_killed(self, over: asyncio.Future[None], work: Coroutine[Any, Any, None]) -> bool:
        task = asyncio.create_task(work)
        await asyncio.wait({over, task}, return_when=asyncio.FIRST_COMPLETED)
        if self.kills.dead:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return False
        task.result()
        return True

    async def _stop(self, office: Office, tasks: list[asyncio.Task[Any]]) -> str:
        """As systemd asks for it: what is in flight is finished first."""
        tasks[0].cancel()
        office.dispatcher.stop()
        await asyncio.wait({tasks[1]}, timeout=12)
        in_time = tasks[1].done()
        if not self.kills.dead:
            closing = asyncio.create_task(office.store.close())
            await asyncio.wait({closing}, timeout=5)
            # A dead process closes nothing later on: the number of its file is another's by then.
            closing.cancel()
            await asyncio.gather(closing, return_exceptions=True)
        if self.kills.dead or not in_time:
            return KILLED
        return DONE if self.calm else STOPPED

    def _bury(self, office: Office) -> None:
        database = office.store._database
        assert isinstance(database, InlineDatabase)
        with suppress(OSError):
            office.store._log.close()
        facts = replay(self.folder / "sent.log", 3)
        database.drop(lambda connection: self.judge.died(connection, facts))

    async def _down(self, ended: str) -> None:
        began_at = self.clock.now()
        self.trouble(100)
        self._harm()
        await asyncio.sleep(self.random.choice([0.2, 1.0, 3.0, 10.0, 30.0]) if ended == KILLED else 1.0)
        step_s = self.clock.wall_step_s()
        self.clock = VirtualClock(self.loop, self.clock.now() + step_s)
        # A time line that was set anew may look as if the process had been away for longer.
        self.judge.down_s.append((began_at - abs(step_s), max(began_at, self.clock.now()) + abs(step_s) + 20))

    def _harm(self) -> None:
        """What a bad disk does while nobody looks."""
        if self.torn:
            log = self.folder / "sent.log"
            log.write_bytes(log.read_bytes()[:-9])
        if self.damage and list((self.folder / "backups").glob("*.db")):
            database = self.folder / "netwatch.db"
            for ending in ("-wal", "-shm"):
                database.with_name(database.name + ending).unlink(missing_ok=True)
            whole = database.read_bytes()
            database.write_bytes(b"\0" * 4096 + whole[4096:])
            self.judge.beliefs.restored = True
        self.damage = self.torn = False

    def _routes(self) -> list[Route]:
        made = partial(Route, peers=self.peers, kills=self.kills, clock=self.clock)
        return [
            made("email/one", "email", idempotent=False),
            made("email/two", "email", idempotent=False),
            (partial(AskedRoute, **made.keywords) if self.story.asks else made)("sms/one", "sms", idempotent=False),
            made("webhook/one", "webhook", idempotent=True),
        ]

    def _decided(self, step: Any) -> None:
        self.judge.decided(step.plan, step.changes)

    def _look_at_hold(self, office: Office) -> None:
        """A start may have put customers on hold by itself; a person looks and releases that."""
        connection = office.store._database._connection
        self.judge.began(connection, older=self.judge.beliefs.restored)
        row = connection.execute("SELECT document FROM kept WHERE name='hold'").fetchone()
        on = row is not None and '"on": true' in row[0]
        if self.judge.beliefs.restored:
            rule(on or self._released_after_restore, "an older store, and customers are not on hold")
        self.judge.beliefs.hold = on
        if on and not any(act == self.release_hold for _, act in self.ends_s):
            self.ends_s.append((self.loop.time() + 20, self.release_hold))

    _released_after_restore = False

    # --- the story ---

    async def _tell_story(self) -> None:
        """Do what is due until the process ends; after the last happening all is brought to rest."""
        office = self.office
        assert office is not None
        while True:
            wait_s = self._next_s() - self.loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            for over in self._ended():
                await over()
            if not self.left and not self.ends_s:
                await self._to_rest(office)
                return
            if self.left and self.loop.time() >= self.due_s:
                happening = self.left.pop(0)
                self.due_s = self.loop.time() + (self.left[0].after_s if self.left else 0.0)
                if await self._happen(office, happening) == STOPPED:
                    return

    def _next_s(self) -> float:
        instants = [at for at, _ in self.ends_s] + ([self.due_s] if self.left else [])
        return min(instants, default=self.loop.time())

    def _ended(self) -> list[Any]:
        now = self.loop.time()
        over = [act for at, act in self.ends_s if at <= now]
        self.ends_s = [(at, act) for at, act in self.ends_s if at > now]
        return over

    async def _happen(self, office: Office, happening: Happening) -> str:
        dice, what = Random(happening.dice), happening.what
        if what in FAULTS:
            FAULTS[what](self.truth, dice, self.clock.now())
            self.truth.look(self.loop.time())
            office.nudge()
        elif what in {What.KILL, What.DAMAGE, What.TORN}:
            self._kill(happening)
        elif what is What.STOP:
            return STOPPED
        elif what is What.BACKUP:
            await office.store.back_up()
        elif what is What.RELOAD:
            self.edition = 1 - self.edition
            office.follow(self.planners[self.edition])
            self.kills.pass_by(Point.RELOADED)
        elif what is What.CLOCK:
            self.judge.wishes.stepped_s = self.loop.time()
            self.clock.step_wall(dice.choice([-60.0, -5.0, 3.0, 90.0, 400.0]))
            self.kills.pass_by(Point.STEPPED)
        elif what is What.MOOD:
            self._mood(happening, dice.choice(["email/one", "email/one", "email/two", "sms/one", "webhook/one"]))
        elif what is What.HANG:
            self._hang(happening)
        elif what is What.ISOLATE:
            self._isolate(happening)
        else:
            await act(self, office, happening, dice)
        return ""

    def _kill(self, happening: Happening) -> None:
        self.damage, self.torn = happening.what is What.DAMAGE, happening.what is What.TORN
        if happening.at is Point.ANY:
            self.kills.strike()
        else:
            self.kills.aim(happening.at, happening.passing)

    def _hang(self, happening: Happening) -> None:
        for route in ("email/one", "email/two", "sms/one"):
            self._mood(replace(happening, mood=Mood.HANGING), route)

    def _mood(self, happening: Happening, route: str) -> None:
        self.trouble(happening.lasts_s + 30)  # and the rests of the routes after it
        self.peers.moods[route] = happening.mood

        async def mend() -> None:
            self.peers.moods[route] = Mood.WELL

        self.ends_s.append((self.loop.time() + happening.lasts_s, mend))

    def _isolate(self, happening: Happening) -> None:
        if not self.truth.isolated:
            self.trouble(happening.lasts_s + 15)
            self.truth.isolated = True
            self.judge.beliefs.isolated_since_s = self.loop.time()

            async def rejoin() -> None:
                self.truth.isolated = False
                self.judge.beliefs.isolated_since_s = None

            self.ends_s.append((self.loop.time() + happening.lasts_s, rejoin))

    def trouble(self, lasts_s: float) -> None:
        self.judge.troubles_s.append((self.loop.time(), self.loop.time() + lasts_s))

    # --- people ---

    async def approve(self, office: Office, incident: str, by: str, up_to: int | None = None) -> None:
        judge = self.judge
        known = by not in judge.unanswered[incident]
        judge.unanswered[incident].add(by)
        for one in await office.store.approve(incident, by, up_to):
            if up_to is None or one.update <= up_to:
                judge.approvers[incident, one.update].add(by)
        if known:
            judge.unanswered[incident].discard(by)
        await office.standing.refresh()

    async def release_hold(self) -> None:
        office = self.office
        assert office is not None
        self.judge.beliefs.hold = False
        self._released_after_restore = True
        await office.store.set_hold(on=False, by="anna")
        await office.standing.refresh()

    # --- the end ---

    async def _to_rest(self, office: Office) -> None:
        """The troubles are over; people do what they are asked; then everything must come to an end."""
        self.peers.moods.clear()
        for fault in self.truth.live():
            fault.change(devices=frozenset())
        self.truth.look(self.loop.time())
        office.nudge()
        until_s = self.loop.time() + REST_S
        while self.loop.time() < until_s:
            await asyncio.sleep(12)
            if (await office.store.hold()).on:
                await self.release_hold()
            for case in await office.store.approvals_pending():
                await self.approve(office, case.approval.incident, "anna")
                await self.approve(office, case.approval.incident, "bram")
            for message, _ in await office.store.messages_in(State.QUARANTINED):
                self.judge.freed.add(message.id)
                if not await office.store.release_quarantined(message.id):
                    self.judge.laid_aside.add(message.id)
            open_ = [i for i in office.pipeline.book.incidents.values() if i.status in PUBLISHED]
            if not open_ and not await office.store.unfinished():
                break
        else:
            raise RuleError("it does not come to rest")
        self.calm = True
