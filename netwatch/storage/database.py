"""One SQLite connection in one thread: callers wait, the event loop never does.

Jobs that arrive together share one transaction (group commit). When one fails, all are done again, each in its own:
a job that fails takes nothing with it, and a job that returned is on the disk. So a job may run more than once.
"""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from netwatch.errors import StorageError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
_Answer = tuple[asyncio.Future[Any], Any, Exception | None]

#: Jobs in one transaction at most: enough to spare syncs, few enough that none waits long.
BATCH: Final = 256
#: STRICT tables, JSON built in. Source: sqlite.org/stricttables.html, sqlite.org/json1.html.
OLDEST_SQLITE: Final = (3, 38, 0)

PRAGMAS: Final = (
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA secure_delete=ON",
    "PRAGMA journal_size_limit=67108864",
)


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]
    alone: bool


def connect(path: Path) -> sqlite3.Connection:
    """Open the store's file, alone, with all pragmas set.

    Raises:
        StorageError: SQLite is too old, another process holds the file, or it is no database.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StorageError(
            f"SQLite {sqlite3.sqlite_version} is too old for the store",
            "install SQLite 3.38 or newer (Debian 12 has 3.40)",
        )
    connection = sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        # Takes the lock now rather than at the first write.
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise refused(error, path) from error
    return connection


def refused(error: Exception, path: Path) -> StorageError:
    """The error that a user reads, for what SQLite or the system said."""
    text, place = str(error), str(path)
    if isinstance(error, OSError):
        text, place = error.strerror or text, error.filename or place
    if "locked" in text or "busy" in text:
        return StorageError(
            f"{path}: another netwatch holds the store", "stop it first, or give this one its own directory"
        )
    if _is_full(error):
        return StorageError(f"{place}: the disk is full", "free space on its disk")
    return StorageError(f"{place}: {text}", "see docs/how-to/backup.md")


class Database:
    """The thread with the connection. `before_commit` runs in it before each commit, `rolled_back` when there is none."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        before_commit: Callable[[], None] = lambda: None,
        rolled_back: Callable[[], None] = lambda: None,
        make_room: Callable[[], bool] = lambda: False,
    ) -> None:
        self._connection = connection
        self._path = path
        self._before_commit = before_commit
        self._rolled_back = rolled_back
        self._make_room = make_room
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._put_off: deque[_Job | None] = deque()
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="netwatch-store", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T], *, alone: bool = False) -> T:
        """What `work` returns, once it is on the disk; `alone` runs it outside any transaction.

        Raises:
            StorageError: closed, or the disk refuses. What `work` itself raises comes through unchanged.
        """
        if self._closed:
            raise StorageError(f"{self._path}: the store is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(work, future, alone))
        return await future

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    async def close(self) -> None:
        """Finish what was asked, then close the file. Twice does no harm."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        last = False
        while not last:
            batch, lone, last = self._gather()
            if batch:
                self._answer(self._transaction(batch))
            if lone is not None:
                self._answer([self._alone(lone)])
        self._connection.close()

    def _gather(self) -> tuple[list[_Job], _Job | None, bool]:
        batch: list[_Job] = []
        job = self._put_off.popleft() if self._put_off else self._jobs.get()
        while job is not None and not job.alone:
            batch.append(job)
            if len(batch) >= BATCH:
                return batch, None, False
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return batch, None, False
        return batch, job, job is None

    def serve_meanwhile(self) -> None:
        """For a lone job that takes long, within the thread: do what came in meanwhile, in a transaction.

        Another lone job waits, and so does closing.
        """
        batch: list[_Job] = []
        with suppress(Empty):
            while len(batch) < BATCH:
                job = self._jobs.get_nowait()
                if job is None or job.alone:
                    self._put_off.append(job)
                else:
                    batch.append(job)
        if batch:
            self._answer(self._transaction(batch))

    def _alone(self, job: _Job) -> _Answer:
        try:
            return job.future, job.work(self._connection), None
        except (sqlite3.Error, OSError) as error:
            return job.future, None, refused(error, self._path)
        except Exception as error:  # noqa: BLE001 - the supervisor of all jobs: each failure goes to its own caller
            return job.future, None, error

    def _transaction(self, batch: list[_Job]) -> list[_Answer]:
        """An answer for each job, whatever goes wrong: without its thread the store would let everybody wait for ever."""
        try:
            answers, failure = self._try_transaction(batch)
            if failure is not None and _is_full(failure) and self._make_room():
                answers, failure = self._try_transaction(batch)
        except Exception as error:  # noqa: BLE001 - the supervisor of all jobs: each failure goes to its own caller
            answers, failure = [], error
        if failure is None:
            return answers
        if len(batch) > 1:
            # Each for itself, so that only those fail that would fail alone.
            return [answer for job in batch for answer in self._transaction([job])]
        if isinstance(failure, (sqlite3.OperationalError, OSError)):
            failure = refused(failure, self._path)
        return [(batch[0].future, None, failure)]

    def _try_transaction(self, batch: list[_Job]) -> tuple[list[_Answer], Exception | None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            answers: list[_Answer] = [(job.future, job.work(self._connection), None) for job in batch]
            self._before_commit()
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - the supervisor of all jobs: each failure goes to its own caller
            if self._connection.in_transaction:
                # A disk that refuses may refuse this too; the next transaction tries it again.
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
            self._rolled_back()
            return [], error
        return answers, None

    def _answer(self, answers: list[_Answer]) -> None:
        try:
            self._loop.call_soon_threadsafe(_settle, answers)
        except RuntimeError:
            # The loop has gone; what was asked is on the disk, and nobody waits for the answer.
            return


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return isinstance(error, sqlite3.Error) and "full" in str(error)


def _settle(answers: list[_Answer]) -> None:
    for future, result, failure in answers:
        if future.cancelled():
            continue
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)
