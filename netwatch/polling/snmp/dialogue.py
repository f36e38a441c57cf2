"""Questions to an agent and what comes of them; a dialogue is a generator that asks and gets answers.

A dialogue does no I/O and knows no version, community or key: it yields a `Question`, is sent its `Answer`,
and returns what it found. The client drives it, one question in flight a device.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.codec import GET, GET_BULK, GET_NEXT, Status, VarBind, encode_varbinds

T = TypeVar("T")
_KEPT: Final = 4_096
Dialogue = Generator["Question", "Answer", T]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, encoded once: `tail` is the PDU's content after the request-id."""

    pdu: int
    oids: tuple[bytes, ...]
    tail: bytes

    def numbered(self, number: int) -> bytes:
        """The PDU with its request-id, from FIRST_REQUEST_ID to LAST_REQUEST_ID."""
        return ber.element(self.pdu, b"\x02\x04" + number.to_bytes(4) + self.tail)


class Answer(NamedTuple):
    """What became of a question. `at` is when the try that was answered (or the last one) was sent."""

    at: float
    status: Status
    error_index: int
    varbinds: list[VarBind]


def get(oids: Sequence[bytes]) -> Question:
    """Ask for these objects (encoded OIDs)."""
    return _question(GET, tuple(oids), 0, 0)


def get_next(oids: Sequence[bytes]) -> Question:
    """Ask for the objects after these."""
    return _question(GET_NEXT, tuple(oids), 0, 0)


def get_bulk(oids: Sequence[bytes], *, non_repeaters: int, max_repetitions: int) -> Question:
    """Ask for the object after each of the first `non_repeaters`, and for up to `max_repetitions` after each other."""
    return _question(GET_BULK, tuple(oids), non_repeaters, max_repetitions)


def one(question: Question) -> Dialogue[Answer]:
    """The dialogue of a single question."""
    return (yield question)


@lru_cache(maxsize=_KEPT)
def _question(pdu: int, oids: tuple[bytes, ...], first: int, second: int) -> Question:
    """The same question is asked of many devices, and again and again: it is made once."""
    tail = ber.encode_integer(first) + ber.encode_integer(second) + encode_varbinds([(o, ber.NULL, None) for o in oids])
    return Question(pdu, oids, tail)
