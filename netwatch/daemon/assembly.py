"""All parts joined, and what each of them goes by changed when a new edition of the operator's files comes into force."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from random import SystemRandom
from secrets import token_hex

from netwatch.clock import Clock
from netwatch.communication.channels.protocol import Channel
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.page.copying import Copies, build_copies
from netwatch.communication.planning.planner import Planner
from netwatch.communication.planning.playbook import SERVICES
from netwatch.communication.planning.state import CommunicationState
from netwatch.communication.planning.works import withdrawn
from netwatch.config import Config, Files
from netwatch.daemon.addressing import Addressing
from netwatch.daemon.alarms import Alarms
from netwatch.daemon.answers import Ear
from netwatch.daemon.callfiles import CallFiles
from netwatch.daemon.canary import DOCUMENT, Canaries
from netwatch.daemon.doors import DaemonDoors
from netwatch.daemon.edition import Edition, life_cycle, planner_of, polled, summary
from netwatch.daemon.figures import Figures
from netwatch.daemon.firstlook import FirstLook, Goal
from netwatch.daemon.pages import Pages
from netwatch.daemon.queue import PhoneQueue
from netwatch.daemon.recording import Recorder
from netwatch.daemon.reloading import InForce, Reloader
from netwatch.daemon.saving import Saver
from netwatch.daemon.sightings import Sightings
from netwatch.daemon.standing import Standing
from netwatch.daemon.succession import Succession, departed
from netwatch.daemon.thinker import Thinker
from netwatch.daemon.ways import Ways
from netwatch.daemon.whereabouts import Whereabouts, moved_since
from netwatch.diagnosis.engine import Engine
from netwatch.inventory.graph import Topology
from netwatch.pipeline import Pipeline
from netwatch.polling.plan import plan
from netwatch.polling.poller import Poller
from netwatch.storage import Store
from netwatch.storage.stored import Stored
from netwatch.web.phonebook import Phonebook
from netwatch.web.watchdog import Notifier, Watchdog


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that runs."""

    poller: Poller
    thinker: Thinker
    store: Store
    figures: Figures
    pages: Pages
    copies: Copies
    dispatcher: Dispatcher
    doors: DaemonDoors
    queue: PhoneQueue
    ear: Ear
    call_files: CallFiles
    ways: Ways
    alarms: Alarms
    canaries: Canaries
    addressing: Addressing
    reloader: Reloader
    first_look: FirstLook
    whereabouts: Whereabouts

    def work(self) -> Iterator[Coroutine[None, None, None]]:
        """What runs until it is cancelled."""
        for part in (
            self.addressing, self.poller, self.thinker, self.store, self.figures, self.pages, self.copies, self.queue, self.ear, self.call_files, self.ways, self.reloader, self.whereabouts,
        ):  # fmt: skip
            yield part.run()
        yield self.alarms.run(self.dispatcher)
        yield self.canaries.run()

    def is_warm(self) -> bool:
        """Whether the network is learnt."""
        return self.thinker.diagnosis.warm


async def assemble(files: Files, store: Store, clock: Clock, *, recorder: Recorder, notifier: Notifier) -> Parts:
    """Join the parts; nothing runs yet.

    Raises:
        InputError: a text or an address is wrong.
    """
    config, inventory = files.config, files.inventory
    stored, customers = await store.load(), len(inventory.customers)
    ways = Ways.of(config, clock, store, stored)
    standing = Standing(store, clock, config.communication, customers, stored.known)
    wanted = config.web.page_copies
    copies = Copies(build_copies(wanted, clock, config.base_directory), clock, alarm_after_s=wanted.behind_alarm_s)
    pages = Pages(
        config.web.page_directory, config.communication, store, clock, entries=stored.page, sees=standing.sees,
        copies=copies,
    )  # fmt: skip
    planner = planner_of(files, ways.kinds)
    alarms = _alarms(config, planner, clock)
    saver = Saver(store, clock, saved=pages.put, unkept=alarms.send)
    topology = Topology(inventory)
    succession = Succession(Engine(topology, config.diagnosis), moved_since(stored.documents, inventory))
    pipeline = _pipeline(config, stored, planner, succession)
    sightings, first_look = Sightings(), FirstLook(Goal.of(inventory, config), clock, config.diagnosis.learning_s)
    thinker = Thinker(
        pipeline=pipeline, saver=saver, clock=clock, conditions=standing.conditions, keep_up=standing.keep_up,
        worked=Watchdog(notifier).worked, watchers=(sightings.note, first_look.note),
    )  # fmt: skip
    standing.follow(lambda: thinker.diagnosis)
    alarms.follow(lambda: store.findings)
    alarms.watch(lambda: (saver.error, pages.error, *copies.behind(), *standing.unreachable()))
    alarms.watch(lambda: withdrawn(thinker.communication.tellings, clock.now() + clock.wall_step_s()))
    engine = config.storage.snmp_engine_path(config.base_directory)
    poller = Poller(
        inventory, config.polling, config.snmp, clock, recorder.before(thinker.observe), state=engine, topology=topology
    )  # fmt: skip
    first_look.follow(lambda: poller.statistics().reads.ports_missing)
    dispatcher = _dispatcher(
        config, store, ways.channels, clock, failed=thinker.failed, standing=standing, alarms=alarms
    )
    canaries = Canaries(
        store, clock, dispatcher, config.channels.delivery, alarm=alarms.tell, kept=stored.documents.get(DOCUMENT)
    )
    reloader = Reloader(
        InForce(config, inventory, polled(plan(inventory, config.polling)), clock.now()), clock,
        channels=ways.kinds, poller=poller, thinker=thinker, succession=succession, pipeline=pipeline,
    )  # fmt: skip
    alarms.watch(lambda: departed(thinker.book, thinker.communication.tellings, reloader.now.inventory))
    addressing = Addressing(store, clock, inventory)
    figures = Figures(
        store=store, clock=clock, thinker=thinker, saver=saver, poller=poller, dispatcher=dispatcher,
        standing=standing, reloader=reloader, recorder=recorder, copies=copies, receipts=ways.receipts,
    )  # fmt: skip
    doors = DaemonDoors(
        store=store, clock=clock, thinker=thinker, saver=saver, standing=standing, figures=figures, pages=pages,
        copies=copies, dispatcher=dispatcher, poller=poller, reloader=reloader, sightings=sightings, first_look=first_look,
    )  # fmt: skip
    queue = PhoneQueue(
        config.web.phone, Phonebook(lambda: reloader.now.inventory, config.web.phone.country_code),
        picture=doors.glance, communication=lambda: reloader.now.config.communication,
    )  # fmt: skip
    ear = _ear(config, store, ways, doors, reloader)
    call_files = CallFiles(
        config.storage.calls_path(config.base_directory), clock, doors.opened_ones, doors.call_list
    )  # fmt: skip
    adopt = partial(_adopt, standing=standing, pages=pages, alarms=alarms, sightings=sightings, addressing=addressing)
    reloader.adopt = partial(adopt, notifier=notifier)
    return Parts(
        poller, thinker, store, figures, pages, copies, dispatcher, doors, queue, ear, call_files, ways, alarms, canaries, addressing, reloader,
        first_look, Whereabouts(store, clock, lambda: reloader.now),
    )  # fmt: skip


def _dispatcher(
    config: Config,
    store: Store,
    channels: Sequence[Channel],
    clock: Clock,
    *,
    failed: Callable[[], AbstractSet[str]],
    standing: Standing,
    alarms: Alarms,
) -> Dispatcher:
    return Dispatcher(
        store,
        channels,
        clock,
        standing.conditions,
        settings=config.channels.delivery,
        random=SystemRandom(),
        gap_s=config.communication.recipient_gap_s,
        failed=failed,
        alarm=alarms.tell,
    )


def _alarms(config: Config, planner: Planner, clock: Clock) -> Alarms:
    routed = config.channels.routed()
    return Alarms(planner.duties.alerted, clock, services=routed.intersection(SERVICES), texts="sms" in routed)


def _ear(config: Config, store: Store, ways: Ways, doors: DaemonDoors, reloader: Reloader) -> Ear:
    country_code = config.channels.sms.country_code
    return Ear(
        ways.answers, store, Phonebook(lambda: reloader.now.inventory, country_code), country_code=country_code,
        mobiles=lambda customer: tuple(one.mobile for one in reloader.now.inventory.customers.get(customer, ())),
        people=lambda: {person.id: person.mobile for person in reloader.now.config.people},
        acknowledge=doors.acknowledge,
    )  # fmt: skip


def _pipeline(config: Config, stored: Stored, planner: Planner, succession: Succession) -> Pipeline[CommunicationState]:
    """Engine, life cycle and planner, going on from what the store kept."""
    kept = CommunicationState.from_json(stored.communication) if stored.communication else CommunicationState()
    kept = replace(kept, salt=kept.salt or token_hex(8))
    pipeline = Pipeline(succession, life_cycle(config), planner, kept)
    pipeline.restore(stored.incidents, kept, stored.memories)
    return pipeline


def _adopt(
    edition: Edition,
    *,
    standing: Standing,
    pages: Pages,
    alarms: Alarms,
    sightings: Sightings,
    addressing: Addressing,
    notifier: Notifier,
) -> None:
    """What is told to whom goes by `edition` from now on; look-up and figures ask the reloader what is in force."""
    config, inventory = edition.config, edition.inventory
    standing.reloaded(config.communication, len(inventory.customers))
    pages.word_by(config.communication)
    alarms.reach(edition.planner.duties.alerted)
    sightings.keep(inventory.devices)
    addressing.follow(inventory)
    notifier.status(summary(inventory))
