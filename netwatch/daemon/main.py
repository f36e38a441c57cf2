"""Opens everything in order, runs it in one TaskGroup, and closes it in order."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import SystemRandom
from types import TracebackType
from typing import Final

import netwatch
from netwatch import config as configuration
from netwatch.clock import Clock, SystemClock
from netwatch.communication.channels.build import build
from netwatch.communication.channels.protocol import Channel
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.planning.planner import Planner
from netwatch.communication.planning.playbook import Reader
from netwatch.communication.planning.playbook_file import default_playbook, load_playbook
from netwatch.communication.planning.recipients import Directory
from netwatch.communication.planning.state import CommunicationState
from netwatch.communication.texts.loading import load_texts
from netwatch.config import Config
from netwatch.daemon.alarms import Alarms
from netwatch.daemon.doors import DaemonDoors
from netwatch.daemon.figures import Figures
from netwatch.daemon.listening import Listening
from netwatch.daemon.pages import Pages
from netwatch.daemon.recording import Recorder
from netwatch.daemon.saving import Saver
from netwatch.daemon.standing import Standing
from netwatch.daemon.thinker import Thinker
from netwatch.diagnosis.engine import Engine
from netwatch.errors import NetwatchError
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory
from netwatch.pipeline import Pipeline
from netwatch.polling.poller import Poller
from netwatch.storage import Store
from netwatch.storage.stored import Stored
from netwatch.web.watchdog import Notifier, Watchdog

_log = logging.getLogger("netwatch")

#: A relay that hangs does not hold the stop up; what was in flight then is dealt with at the next start.
_STOP_S: Final = 12.0


def run(config_path: Path, *, record: Path | None = None) -> None:
    """Run the daemon until SIGTERM, SIGINT or SIGHUP.

    Raises:
        InputError: the configuration or inventory is wrong; every fault is listed.
        OperatingError: a socket, directory or permission is missing.
    """
    config = configuration.load(config_path)
    inventory = config.load_inventory()
    # What was loaded lives as long as the process: the collector need not walk it again and again.
    gc.freeze()
    try:
        asyncio.run(_serve(config, inventory, record))
    except ExceptionGroup as group:
        _log.critical("netwatch ends by a failure", exc_info=group)
        expected, unexpected = group.split(NetwatchError)
        if expected is not None and unexpected is None:
            raise _first(expected) from group
        raise


def pipeline_of(
    config: Config, inventory: Inventory, stored: Stored, channels: Iterable[Channel]
) -> Pipeline[CommunicationState]:
    """Engine, life cycle and planner, going on from what the store kept.

    Raises:
        InputError: the playbook or a text is wrong.
    """
    playbook = load_playbook(config.playbook) if config.playbook else default_playbook()
    planner = Planner(
        playbook,
        load_texts(config.templates),
        inventory,
        config.people,
        config.communication,
        channels={channel.kind for channel in channels},
    )
    kept = CommunicationState.from_json(stored.communication) if stored.communication else CommunicationState()
    pipeline = Pipeline(Engine(Topology(inventory), config.diagnosis), config.incidents, planner, kept)
    pipeline.restore(stored.incidents, kept, stored.memories)
    return pipeline


async def _serve(config: Config, inventory: Inventory, record: Path | None) -> None:
    clock, notifier = SystemClock(), Notifier()
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(Listening.open(config.web, config.metrics))
        store = await Store.open(config.storage, clock, config.base_directory)
        stack.push_async_exit(partial(_close, store))
        recorder = stack.enter_context(Recorder.open(record))
        parts = await _assemble(config, inventory, store, clock, recorder=recorder, worked=Watchdog(notifier).worked)
        stop = _stop_on_signals()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in parts.work()]
            delivering = group.create_task(parts.dispatcher.run())
            serving = group.create_task(listening.serve(parts.doors, stop))
            told = f"polling {len(inventory.devices):,} devices for {len(inventory.customers):,} customers"
            await parts.thinker.begun.wait()
            notifier.ready(told)
            _log.info("netwatch %s: %s", netwatch.__version__, told)
            await stop.wait()
            notifier.stopping()
            _log.info("stopping: messages in flight are finished first")
            for task in tasks:
                task.cancel()
            parts.dispatcher.stop()
            await asyncio.wait({delivering, serving}, timeout=_STOP_S)
            delivering.cancel()


async def _close(
    store: Store, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
) -> None:
    """A death by exception is no orderly stop: several of them in a row start netwatch in its safe mode."""
    await store.close(orderly=kind is None)


def _first(group: ExceptionGroup[NetwatchError]) -> NetwatchError:
    found = group.exceptions[0]
    return found if isinstance(found, NetwatchError) else _first(found)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Everything that runs."""

    poller: Poller
    thinker: Thinker
    store: Store
    figures: Figures
    pages: Pages
    dispatcher: Dispatcher
    doors: DaemonDoors
    alarms: Alarms

    def work(self) -> Iterator[Coroutine[None, None, None]]:
        """What runs until it is cancelled."""
        for part in (self.poller, self.thinker, self.store, self.figures, self.pages):
            yield part.run()
        yield self.alarms.run(self.dispatcher)


async def _assemble(
    config: Config,
    inventory: Inventory,
    store: Store,
    clock: Clock,
    *,
    recorder: Recorder,
    worked: Callable[[float], None],
) -> _Parts:
    """Join the parts; nothing runs yet."""
    stored, customers = await store.load(), len(inventory.customers)
    channels = build(config.channels, clock, config.base_directory)
    standing = Standing(store, clock, config.communication, customers, stored.hold)
    pages = Pages(
        config.web.page_directory, config.communication, store, clock, entries=stored.page, sees=standing.sees
    )
    on_call = Directory(inventory, config.people).colleagues(Reader.ONCALL)
    alarms = Alarms(on_call, clock, by_webhook=bool(config.channels.webhook.routes))
    saver = Saver(store, clock, saved=pages.put, unkept=alarms.send)
    thinker = Thinker(
        pipeline=pipeline_of(config, inventory, stored, channels),
        saver=saver,
        clock=clock,
        conditions=standing.conditions,
        worked=worked,
    )
    standing.follow(lambda: thinker.diagnosis)
    alarms.follow(lambda: store.findings)
    alarms.watch(lambda: (saver.error, pages.error))
    poller = Poller(inventory, config.polling, config.snmp, clock, recorder.before(thinker.observe))
    dispatcher = Dispatcher(
        store,
        channels,
        clock,
        standing.conditions,
        settings=config.channels.delivery,
        random=SystemRandom(),
        gap_s=config.communication.recipient_gap_s,
        failed=thinker.failed,
        alarm=alarms.tell,
    )
    figures = Figures(
        store=store,
        clock=clock,
        thinker=thinker,
        saver=saver,
        poller=poller,
        dispatcher=dispatcher,
        standing=standing,
        customers=customers,
    )
    doors = DaemonDoors(
        inventory=inventory,
        store=store,
        clock=clock,
        thinker=thinker,
        saver=saver,
        standing=standing,
        figures=figures,
        pages=pages,
        dispatcher=dispatcher,
        gap_s=config.communication.recipient_gap_s,
        page_url=config.communication.page_url,
    )
    return _Parts(poller, thinker, store, figures, pages, dispatcher, doors, alarms)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    return stop
