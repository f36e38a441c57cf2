"""Play one seed: a world of its own, from its first trouble to its judgement."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from random import Random

from netwatch.storage import store as store_module
from netwatch.storage.opening import open_store
from netwatch.storage.settings import StorageSettings
from tests.simulation.delivery.disk import InlineDatabase
from tests.simulation.delivery.kills import Point
from tests.simulation.delivery.loop import VirtualLoop
from tests.simulation.delivery.story import story_of
from tests.simulation.delivery.world import BEGINS_AT, World


def shared_memory() -> str | None:
    """Thousands of syncs tell nothing here."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@cache
def empty_store() -> bytes:
    """A store with the newest schema and nothing in it."""
    with tempfile.TemporaryDirectory(dir=shared_memory()) as folder:
        opened = open_store(StorageSettings(directory=folder, ballast_mib=0), Path(folder), BEGINS_AT)
        opened.connection.execute("DELETE FROM kept")
        opened.connection.close()
        opened.log.close()
        return Path(folder, "netwatch.db").read_bytes()


@dataclass
class Played:
    """What a seed came to. `trace` is the same for the same seed."""

    seed: int
    messages: int
    taken: int
    kills: dict[Point, int]
    processes: int
    virtual_s: float
    trace: tuple[str, ...] = field(repr=False, default=())


@contextmanager
def inline_store(world: World) -> Iterator[None]:
    """The production store on the loop's own thread."""
    threaded = store_module.Database
    random = Random(f"disk {world.story.seed}")
    made = partial(InlineDatabase, world.kills, world.judge, lambda: random.choice([0.0005, 0.001, 0.01, 0.2]))
    setattr(store_module, "Database", made)  # noqa: B010 - a class gives way to a factory
    try:
        yield
    finally:
        setattr(store_module, "Database", threaded)  # noqa: B010


def play(seed: int) -> Played:
    """Play one seed to its end.

    Raises:
        RuleError: a rule was broken.
    """
    loop = VirtualLoop()
    loop.set_exception_handler(lambda *_: None)
    folder = Path(tempfile.mkdtemp(prefix="netwatch-seed-", dir=shared_memory()))
    try:
        asyncio.set_event_loop(None)
        (folder / "netwatch.db").write_bytes(empty_store())
        (folder / "netwatch.db").chmod(0o600)
        world = World(story_of(seed), folder, loop)
        with inline_store(world):
            loop.run_until_complete(world.play())
        connection = sqlite3.connect(folder / "netwatch.db")
        try:
            world.judge.at_rest(connection)
            count = connection.execute("SELECT COUNT(*) FROM messages").fetchone()[0]
        finally:
            connection.close()
        trace = tuple(f"{one.route} {one.message.id}" for one in world.peers.taken)
        return Played(
            seed, count, len(world.peers.taken), dict(world.kills.struck), world.peers.process, loop.time(), trace
        )
    finally:
        loop.close()
        shutil.rmtree(folder, ignore_errors=True)
