"""All parts joined, and what each of them goes by changed when a new edition of the operator's files comes into force."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from random import SystemRandom

from netwatch.clock import Clock
from netwatch.communication.channels.build import build
from netwatch.communication.channels.protocol import Channel
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.people import Person
from netwatch.communication.planning.playbook import Reader
from netwatch.communication.planning.recipients import Directory
from netwatch.communication.planning.state import CommunicationState
from netwatch.config import Config
from netwatch.daemon.alarms import Alarms
from netwatch.daemon.doors import DaemonDoors
from netwatch.daemon.edition import Edition, planner_of, polled, summary
from netwatch.daemon.figures import Figures
from netwatch.daemon.firstlook import FirstLook, Goal
from netwatch.daemon.pages import Pages
from netwatch.daemon.recording import Recorder
from netwatch.daemon.reloading import InForce, Reloader
from netwatch.daemon.saving import Saver
from netwatch.daemon.sightings import Sightings
from netwatch.daemon.standing import Standing
from netwatch.daemon.succession import Succession
from netwatch.daemon.thinker import Thinker
from netwatch.diagnosis.engine import Engine
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory
from netwatch.pipeline import Pipeline
from netwatch.polling.plan import plan
from netwatch.polling.poller import Poller
from netwatch.storage import Store
from netwatch.storage.stored import Stored
from netwatch.web.watchdog import Notifier, Watchdog


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that runs."""

    poller: Poller
    thinker: Thinker
    store: Store
    figures: Figures
    pages: Pages
    dispatcher: Dispatcher
    doors: DaemonDoors
    alarms: Alarms
    reloader: Reloader
    first_look: FirstLook

    def work(self) -> Iterator[Coroutine[None, None, None]]:
        """What runs until it is cancelled."""
        for part in (self.poller, self.thinker, self.store, self.figures, self.pages, self.reloader):
            yield part.run()
        yield self.alarms.run(self.dispatcher)

    def is_warm(self) -> bool:
        """Whether the network is learnt."""
        return self.thinker.diagnosis.warm


async def assemble(
    config: Config,
    inventory: Inventory,
    store: Store,
    clock: Clock,
    *,
    recorder: Recorder,
    notifier: Notifier,
) -> Parts:
    """Join the parts; nothing runs yet.

    Raises:
        InputError: the playbook, a text or an address is wrong.
    """
    stored, customers = await store.load(), len(inventory.customers)
    channels = build(config.channels, clock, config.base_directory)
    kinds = tuple(dict.fromkeys(channel.kind for channel in channels))
    standing = Standing(store, clock, config.communication, customers, stored.hold)
    pages = Pages(
        config.web.page_directory, config.communication, store, clock, entries=stored.page, sees=standing.sees
    )
    alarms = Alarms(_on_call(inventory, config.people), clock, by_webhook=bool(config.channels.webhook.routes))
    saver = Saver(store, clock, saved=pages.put, unkept=alarms.send)
    topology = Topology(inventory)
    succession = Succession(Engine(topology, config.diagnosis))
    pipeline = _pipeline(config, inventory, stored, kinds, succession)
    sightings, first_look = Sightings(), FirstLook(Goal.of(inventory, config), clock, config.diagnosis.learning_s)
    thinker = Thinker(
        pipeline=pipeline,
        saver=saver,
        clock=clock,
        conditions=standing.conditions,
        worked=Watchdog(notifier).worked,
        watchers=(sightings.note, first_look.note),
    )
    standing.follow(lambda: thinker.diagnosis)
    alarms.follow(lambda: store.findings)
    alarms.watch(lambda: (saver.error, pages.error))
    engine = config.storage.snmp_engine_path(config.base_directory)
    poller = Poller(
        inventory, config.polling, config.snmp, clock, recorder.before(thinker.observe), state=engine, topology=topology
    )  # fmt: skip
    first_look.follow(poller.missing_ports)
    dispatcher = _dispatcher(config, store, channels, clock, failed=thinker.failed, standing=standing, alarms=alarms)
    reloader = Reloader(
        InForce(config, inventory, polled(plan(inventory, config.polling)), clock.now()),
        clock,
        channels=kinds,
        poller=poller,
        thinker=thinker,
        succession=succession,
        pipeline=pipeline,
    )
    figures = Figures(
        store=store, clock=clock, thinker=thinker, saver=saver, poller=poller, dispatcher=dispatcher,
        standing=standing, reloader=reloader, recorder=recorder,
    )  # fmt: skip
    doors = DaemonDoors(
        store=store, clock=clock, thinker=thinker, saver=saver, standing=standing, figures=figures, pages=pages,
        dispatcher=dispatcher, poller=poller, reloader=reloader, sightings=sightings, first_look=first_look,
    )  # fmt: skip
    adopt = partial(_adopt, standing=standing, pages=pages, alarms=alarms, sightings=sightings, thinker=thinker)
    reloader.adopt = partial(adopt, notifier=notifier)
    return Parts(poller, thinker, store, figures, pages, dispatcher, doors, alarms, reloader, first_look)


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


def _pipeline(
    config: Config, inventory: Inventory, stored: Stored, channels: Iterable[str], succession: Succession
) -> Pipeline[CommunicationState]:
    """Engine, life cycle and planner, going on from what the store kept."""
    kept = CommunicationState.from_json(stored.communication) if stored.communication else CommunicationState()
    pipeline = Pipeline(succession, config.incidents, planner_of(config, inventory, channels), kept)
    pipeline.restore(stored.incidents, kept, stored.memories)
    return pipeline


def _adopt(
    edition: Edition,
    *,
    standing: Standing,
    pages: Pages,
    alarms: Alarms,
    sightings: Sightings,
    thinker: Thinker,
    notifier: Notifier,
) -> None:
    """What is told to whom goes by `edition` from now on; look-up and figures ask the reloader what is in force."""
    config, inventory = edition.config, edition.inventory
    standing.count_on(config.communication, len(inventory.customers))
    pages.word_by(config.communication)
    alarms.reach(_on_call(inventory, config.people))
    sightings.keep(inventory.devices)
    thinker.never_answered.keep(inventory.devices)
    notifier.status(summary(inventory))


def _on_call(inventory: Inventory, people: Sequence[Person]) -> tuple[Person, ...]:
    return Directory(inventory, people).colleagues(Reader.ONCALL)
