"""Opens everything in order, runs it in one TaskGroup, and closes it in order."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final

import netwatch
from netwatch.clock import SystemClock
from netwatch.config import Files
from netwatch.daemon.apart import read_files
from netwatch.daemon.assembly import Parts, assemble
from netwatch.daemon.collecting import bounded_collections, leave_alone
from netwatch.daemon.edition import summary
from netwatch.daemon.firstlook import Show, logged
from netwatch.daemon.listening import Listening
from netwatch.daemon.memory import use_one_heap
from netwatch.daemon.queue import token_of
from netwatch.daemon.recording import Recorder, Recording
from netwatch.errors import NetwatchError
from netwatch.storage import Store
from netwatch.web.watchdog import Notifier

_log = logging.getLogger("netwatch")

#: A relay that hangs does not hold the stop up; what was in flight then is dealt with at the next start.
_STOP_S: Final = 12.0
#: So long the diagnosis, in its thread, may keep the interpreter while the event loop wants it.
_TURN_S: Final = 0.001


def run(config_path: Path, *, record: Recording | None = None, show: Show | None = None) -> None:
    """Run the daemon until SIGTERM or SIGINT. SIGHUP makes it read its files again.

    `show` gets the progress of the first look at the network every second, and None when that is over. Without it
    the progress is logged.

    Raises:
        InputError: the configuration, the inventory or the playbook is wrong; every fault of it is listed.
        OperatingError: a socket, directory or permission is missing.
    """
    use_one_heap()
    # Only what serves holds the first reading, so that it goes when a reload replaces it.
    serving = _serve(read_files(config_path, check=False), record, show or logged())
    gc.collect()
    sys.setswitchinterval(_TURN_S)
    try:
        with bounded_collections():
            asyncio.run(serving)
    except ExceptionGroup as group:
        _log.critical("netwatch ends by a failure", exc_info=group)
        expected, unexpected = group.split(NetwatchError)
        if expected is not None and unexpected is None:
            raise _first(expected) from group
        raise


async def _serve(files: Files, record: Recording | None, show: Show) -> None:
    config = files.config
    clock, notifier = SystemClock(config.storage.clock_path(config.base_directory)), Notifier()
    phone_token = token_of(config.web.phone, config.base_directory)
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(Listening.open(config.web, config.metrics))
        store = await Store.open(config.storage, clock, config.base_directory)
        stack.push_async_exit(partial(_close, store))
        recorder = stack.enter_context(Recorder.open(record))
        parts = await assemble(files, store, clock, recorder=recorder, notifier=notifier)
        told = summary(files.inventory)
        del files
        stop = _heed_signals(parts.reloader.ask)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in parts.work()]
            delivering = group.create_task(parts.dispatcher.run())
            serving = group.create_task(
                listening.serve(
                    parts.doors,
                    parts.queue,
                    stop,
                    phone_token=phone_token,
                    receipts=parts.ways.door,
                    ear=parts.ear,
                )
            )
            tasks.append(group.create_task(_first_look(parts, show)))
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


async def _first_look(parts: Parts, show: Show) -> None:
    """Show how the network is learnt; what was made for it then lives for long as well."""
    leave_alone()
    await parts.first_look.report(parts.is_warm, show)
    leave_alone()


async def _close(
    store: Store, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
) -> None:
    """A death by exception is no orderly stop: several of them in a row start netwatch in its safe mode."""
    await store.close(orderly=kind is None)


def _first(group: ExceptionGroup[NetwatchError]) -> NetwatchError:
    found = group.exceptions[0]
    return found if isinstance(found, NetwatchError) else _first(found)


def _heed_signals(reload: Callable[[], None]) -> asyncio.Event:
    """Set on SIGTERM and SIGINT; SIGHUP calls `reload`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload)
    return stop
