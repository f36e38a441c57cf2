"""An SNMP agent in memory: it answers a dialogue's questions from a table of objects, as RFC 3416 and RFC 1157 say."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Generator, Mapping
from typing import Any

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.codec import GET, GET_BULK, V1, V2C, Status
from netwatch.polling.snmp.dialogue import Answer, Question

Objects = Mapping[str, tuple[int, Any]]
"""Dotted OID -> type and value."""

COUNTER = ber.COUNTER32
WIDE = ber.COUNTER64
GAUGE = ber.GAUGE32
INTEGER = ber.INTEGER
TICKS = ber.TIME_TICKS
TEXT = ber.OCTET_STRING
OID = ber.OBJECT_IDENTIFIER


class Responder:
    """Answers from `objects`, which may change between readings; `asked` are the questions it was asked.

    `largest` is how many bindings fit an answer, `spoil` may change an answer before it leaves.
    """

    def __init__(self, objects: Objects | None = None, *, version: int = V2C, largest: int = 1000) -> None:
        self.objects: dict[str, tuple[int, Any]] = dict(objects or {})
        self.version = version
        self.largest = largest
        self.asked: list[Question] = []
        self.spoil: Callable[[Question, Answer], Answer] = lambda _, answer: answer
        self._table: list[tuple[tuple[int, ...], tuple[int, Any]]] = []

    def hold(self, dialogue: Generator[Question, Answer, Any], at: float) -> Any:
        """Hold a dialogue to its end, each question a hundredth of a second after the one before."""
        self._table = sorted((ber.sub_identifiers(ber.oid(name)), value) for name, value in self.objects.items())
        try:
            question = next(dialogue)
            while True:
                self.asked.append(question)
                question = dialogue.send(self.spoil(question, self._answer(question, at)))
                at += 0.01
        except StopIteration as end:
            return end.value

    def _answer(self, question: Question, at: float) -> Answer:
        table = self._table
        names = [name for name, _ in table]
        wanted = [ber.sub_identifiers(oid) for oid in question.oids]
        found = []
        if question.pdu == GET:
            have = dict(table)
            found = [
                (oid, *have.get(name, (ber.NO_SUCH_INSTANCE, None)))
                for oid, name in zip(question.oids, wanted, strict=True)
            ]
        else:
            turns = self._repetitions(question) if question.pdu == GET_BULK else 1
            while turns and (turns := turns - 1) >= 0:
                for place, name in enumerate(wanted):
                    following = bisect_right(names, name)
                    if following == len(table):
                        found.append((encoded(name), ber.END_OF_MIB_VIEW, None))
                    else:
                        wanted[place] = names[following]
                        found.append((encoded(names[following]), *table[following][1]))
        if self.version == V1:
            missing = [place for place, (_, tag, _) in enumerate(found, 1) if tag >= ber.NO_SUCH_OBJECT]
            if missing:
                return Answer(at, Status.NO_SUCH_NAME, missing[0], [])
        if len(found) > self.largest:
            if question.pdu != GET_BULK:
                return Answer(at, Status.TOO_BIG, 0, [])
            found = found[: self.largest]
        return Answer(at, Status.NO_ERROR, 0, found)

    @staticmethod
    def _repetitions(question: Question) -> int:
        _, at = ber.integer(question.tail, 0, len(question.tail))
        return ber.integer(question.tail, at, len(question.tail))[0]


def encoded(name: tuple[int, ...]) -> bytes:
    return ber.oid(".".join(map(str, name)))


def silent(_: Question, answer: Answer) -> Answer:
    """An agent that never answers."""
    return Answer(answer.at, Status.TIMEOUT, 0, [])
