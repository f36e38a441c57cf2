"""What people answer to an SMS: that they want no more, or the code of a task that they take. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: Whole answers that mean "no more", as people write them in English, Dutch and Polish.
STOP_WORDS: Final = frozenset({
    "stop", "stopall", "stop all", "stop sms", "unsubscribe", "cancel", "end", "quit", "optout", "opt out",
    "stoppen", "afmelden", "uitschrijven", "uit",
    "wypisz", "wypisz mnie", "koniec", "rezygnuję", "rezygnuje", "zakończ", "zakoncz",
})  # fmt: skip
#: Nobody writes longer, and nothing longer is read.
_LONGEST: Final = 1_600
_WORDS_READ: Final = 12
_WORD: Final = re.compile(r"\w+")
_CODE: Final = re.compile(r"[0-9A-Za-z]{4}")


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` from `number`, as the gateway wrote them. Not to be logged."""

    number: str
    text: str

    @property
    def stops(self) -> bool:
        """Whether it says "no more" and nothing else."""
        return " ".join(_WORD.findall(self.text[:_LONGEST].casefold())) in STOP_WORDS

    @property
    def codes(self) -> tuple[str, ...]:
        """What may be a task's code among its first words, in capitals."""
        words = _WORD.findall(self.text[:_LONGEST])[:_WORDS_READ]
        return tuple(dict.fromkeys(word.upper() for word in words if word.isascii() and _CODE.fullmatch(word)))
