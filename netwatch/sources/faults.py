"""Collecting faults, and the words that help to mend them."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from netwatch.errors import Fault, InputError, Place

_SHOWN = 60
_SMALL = 300


def quoted(text: str | None) -> str:
    """`text` in quotes for a message: at most 60 characters, what can't be seen as an escape."""
    if text is None:
        return "nothing"
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    visible = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    return f'"{visible}"'


def counted(count: int, noun: str) -> str:
    """`1 fault`, `2 faults`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def one_of(choices: Iterable[str], wrong: str = "") -> str:
    """The mend of a wrong word: all that is allowed, and the nearest one."""
    allowed = list(choices)
    return f"use one of {', '.join(allowed)}{Suggester(allowed).hint(wrong)}"


class Suggester:
    """The nearest known word, for `Did you mean ...?`; quick also among tens of thousands of ids."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known: Sequence[str] = sorted(set(known))
        self._folded: dict[str, str] = {}
        self._shortened: dict[str, list[str]] = {}

    def nearest(self, word: str) -> str | None:
        """The known word that `word` was probably meant to be; None when nothing is near."""
        if not word:
            return None
        if not self._folded:
            self._folded = {known.casefold(): known for known in reversed(self._known)}
        if same := self._folded.get(word.casefold()):
            return same
        if len(self._known) > _SMALL:
            return self._one_slip_away(word)
        near = difflib.get_close_matches(word.casefold(), self._folded, n=1, cutoff=0.65)
        return self._folded[near[0]] if near else None

    def hint(self, word: str) -> str:
        """` Did you mean "x"?` with the full stop before it, or nothing."""
        near = self.nearest(word)
        return f'. Did you mean "{near}"?' if near else ""

    def _one_slip_away(self, word: str) -> str | None:
        """A word that differs by one letter left out, added, changed or swapped with the next."""
        if not self._shortened:
            shortened = defaultdict(list)
            for known in self._known:
                for form in _without_one_letter(known):
                    shortened[form].append(known)
            self._shortened = dict(shortened)
        near = {known for form in _without_one_letter(word) for known in self._shortened.get(form, ())}
        return min(near, key=lambda known: (abs(len(known) - len(word)), known), default=None)


def _without_one_letter(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


class Faults:
    """Faults found so far. Keeps at most `limit` a file, so that a wrong file of a million lines stays readable."""

    def __init__(self, limit: int = 500) -> None:
        self._limit = limit
        self._found: list[Fault] = []
        self._count: defaultdict[str, int] = defaultdict(int)

    def add(self, where: Place, what: str, mend: str = "") -> None:
        """Note one fault."""
        self.extend((Fault(where, what, mend),))

    def extend(self, faults: Iterable[Fault]) -> None:
        """Note several faults."""
        for fault in faults:
            self._count[fault.where.file] += 1
            if self._count[fault.where.file] <= self._limit:
                self._found.append(fault)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Turn an InputError raised inside into noted faults, and go on after the block."""
        try:
            yield
        except InputError as error:
            self.extend(error.faults)

    def all(self) -> tuple[Fault, ...]:
        """Every fault noted, and for a file with too many one line that counts the rest."""
        rest = [
            Fault(Place(file), f"{count - self._limit} more faults in this file", "mend these first and check again")
            for file, count in self._count.items()
            if count > self._limit
        ]
        return (*self._found, *rest)

    def raise_any(self) -> None:
        """Raise what was found.

        Raises:
            InputError: at least one fault was noted.
        """
        if self._found:
            raise InputError(self.all())

    def __len__(self) -> int:
        return sum(self._count.values())
