"""What is remembered of the telling of each incident, so that it goes on after a restart. Frozen; JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Self

from netwatch.communication.model import ApprovalKind
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
    end was planned, None = still open.
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


@dataclass(frozen=True, slots=True)
class CommunicationState:
    """The tellings by incident."""

    tellings: Mapping[str, Telling] = field(default_factory=lambda: MappingProxyType({}))

    def to_json(self) -> str:
        """One line of JSON, with sorted keys: the same state gives the same text."""
        tellings = [_telling_out(self.tellings[key]) for key in sorted(self.tellings)]
        return json.dumps({"format": _FORMAT, "tellings": tellings}, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The state that `to_json` wrote.

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
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError("what is remembered of messages is damaged", "restore a back-up of the store") from error
        return cls(MappingProxyType({one.incident: one for one in tellings}))


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
    }


def _telling_in(held: dict[str, Any]) -> Telling:
    return Telling(
        **{
            **held,
            "told": MappingProxyType({str(key): int(update) for key, update in held["told"].items()}),
            "ended": frozenset(held["ended"]),
            "releases": tuple(
                Release(int(update), float(at), ApprovalKind(kind), float(release_at), int(needed))
                for update, at, kind, release_at, needed in held["releases"]
            ),
        }
    )
