"""What is remembered of the telling of each incident, so that it goes on after a restart. Frozen; JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Self

from netwatch.communication.model import ApprovalKind
from netwatch.communication.planning.calls import Calls, calls_in, calls_out
from netwatch.communication.planning.duties.record import book_in, book_out
from netwatch.communication.planning.duties.tasks import TaskBook
from netwatch.errors import StorageError

_FORMAT: Final = 1


def _nobody() -> Mapping[str, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Release:
    """What releases the customers' notices of one update; see `Approval`. `at` is when it was planned."""

    update: int
    at: float
    kind: ApprovalKind
    release_at: float
    needed: int


@dataclass(frozen=True, slots=True)
class Telling:
    """One incident's telling.

    `next_update`: number of the next update. `told`: customers who were planned to be told, each with the update
    whose release frees what they get. `ended`: those of them who were planned to be told that it is over.
    `due_at`, `due_update`: the promise owed (None = none); `promises`: how many were made. `said`: the cause that
    customers last read. `on_page`, `page_waits`: the public page shows it, or waits for the brakes. `procedure`:
    the outward one that was followed. `words`: a person's, which page and colleagues still read. `closed_at`: when the
    end was planned, None = still open. `reminded`: the `due_update` for which words were asked for. `to_ring`: customers
    who were on the list of those to ring up, or were promised a call. `estimate_...`: what customers may read, the end that
    they read before, and whether a new one was asked for. `asked`: customers were asked how it was. `work`: of announced work, when it begins and
    ends as told, on the wall; `called_off`: it is no longer announced so. `end_waits`: of whom it was in doubt
    at the end whether another fault keeps them out.
    """

    incident: str
    next_update: int = 0
    opened: bool = False
    told: Mapping[str, int] = field(default_factory=_nobody)
    ended: frozenset[str] = frozenset()
    releases: tuple[Release, ...] = ()
    due_at: float | None = None
    due_update: int = 0
    promises: int = 0
    said: str = ""
    on_page: bool = False
    page_waits: bool = False
    procedure: str = ""
    words: str = ""
    closed_at: float | None = None
    reminded: int = -1
    to_ring: frozenset[str] = frozenset()
    estimate_from_at: float | None = None
    estimate_until_at: float | None = None
    estimate_before_at: float | None = None
    estimate_asked: bool = False
    asked: bool = False
    work: tuple[float, float] | None = None
    called_off: bool = False
    end_waits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CommunicationState:
    """The tellings by incident, the tasks in people's hands, and the calls that are owed.

    `salt` makes the tasks' codes unguessable; empty where nobody from outside could use one.
    """

    tellings: Mapping[str, Telling] = field(default_factory=lambda: MappingProxyType({}))
    tasks: TaskBook = field(default_factory=TaskBook)
    calls: Calls = field(default_factory=Calls)
    salt: str = ""

    def to_json(self) -> str:
        """One line of JSON, with sorted keys: the same state gives the same text."""
        tellings = [_telling_out(self.tellings[key]) for key in sorted(self.tellings)]
        held = {
            "format": _FORMAT,
            "tellings": tellings,
            "tasks": book_out(self.tasks),
            "calls": calls_out(self.calls),
            "salt": self.salt,
        }
        return json.dumps(held, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The state that `to_json` wrote; what an older netwatch did not write yet is empty.

        Raises:
            StorageError: the text is damaged or of a newer format.
        """
        try:
            held = json.loads(text)
            if held["format"] != _FORMAT:
                raise StorageError(
                    f"what is remembered of messages has format {held['format']}, not {_FORMAT}", "run the newer one"
                )
            tellings = [_telling_in(one) for one in held["tellings"]]
            tasks = book_in(held.get("tasks", ()))
            calls = calls_in(held["calls"]) if "calls" in held else Calls()
            salt = str(held.get("salt", ""))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError("what is remembered of messages is damaged", "restore a back-up of the store") from error
        return cls(MappingProxyType({one.incident: one for one in tellings}), tasks, calls, salt)


def _telling_out(telling: Telling) -> dict[str, Any]:
    return {
        "incident": telling.incident,
        "next_update": telling.next_update,
        "opened": telling.opened,
        "told": dict(telling.told),
        "ended": sorted(telling.ended),
        "releases": [[one.update, one.at, one.kind.value, one.release_at, one.needed] for one in telling.releases],
        "due_at": telling.due_at,
        "due_update": telling.due_update,
        "promises": telling.promises,
        "said": telling.said,
        "on_page": telling.on_page,
        "page_waits": telling.page_waits,
        "procedure": telling.procedure,
        "words": telling.words,
        "closed_at": telling.closed_at,
        "reminded": telling.reminded,
        "to_ring": sorted(telling.to_ring),
        "estimate_from_at": telling.estimate_from_at,
        "estimate_until_at": telling.estimate_until_at,
        "estimate_before_at": telling.estimate_before_at,
        "estimate_asked": telling.estimate_asked,
        "asked": telling.asked,
        "end_waits": sorted(telling.end_waits),
        "work": telling.work,
        "called_off": telling.called_off,
    }


def _telling_in(held: dict[str, Any]) -> Telling:
    return Telling(
        **{
            **held,
            "told": MappingProxyType({str(key): int(update) for key, update in held["told"].items()}),
            "ended": frozenset(held["ended"]),
            "to_ring": frozenset(held.get("to_ring", ())),
            "end_waits": frozenset(held.get("end_waits", ())),
            "work": tuple(held["work"]) if held.get("work") else None,
            "releases": tuple(
                Release(int(update), float(at), ApprovalKind(kind), float(release_at), int(needed))
                for update, at, kind, release_at, needed in held["releases"]
            ),
        }
    )
