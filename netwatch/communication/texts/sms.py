"""How many segments a text takes as SMS, and in which alphabet. Pure.

Source: 3GPP TS 23.038 (GSM 7-bit default alphabet and its extension table), TS 23.040 (concatenation: 6 octets of
user data header leave 153 septets or 67 UCS-2 units a segment).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Each of these takes two septets: an escape and itself.
_EXTENDED: Final = frozenset("^{}\\[~]|€\f")
#: Letters that do not decompose into a plain letter and a mark.
_PLAIN: Final = str.maketrans({
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2026": "...", "\u00a0": " ",
})  # fmt: skip


class Alphabet(StrEnum):
    """The coding that a text needs."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class SmsSize:
    """`units`: septets or UCS-2 units. `segments`: what is sent and paid. `offenders`: what forces UCS-2, sorted."""

    alphabet: Alphabet
    units: int
    segments: int
    offenders: tuple[str, ...] = ()


def size(text: str) -> SmsSize:
    """The size of `text` as one message, as an SMSC counts it."""
    offenders = tuple(sorted({char for char in text if char not in _BASIC and char not in _EXTENDED}))
    if offenders:
        widths = [2 if ord(char) > 0xFFFF else 1 for char in text]
        return SmsSize(Alphabet.UCS2, sum(widths), _segments(widths, 70, 67), offenders)
    widths = [2 if char in _EXTENDED else 1 for char in text]
    return SmsSize(Alphabet.GSM7, sum(widths), _segments(widths, 160, 153))


def _segments(widths: list[int], single: int, part: int) -> int:
    """A character that takes two units is never split between two segments."""
    if sum(widths) <= single:
        return 1
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return segments


def transliterated(text: str) -> str:
    """`text` with letters that GSM-7 lacks replaced by plain ones where there are any: ó and ł become o and l."""
    made = []
    for char in text.translate(_PLAIN):
        if char in _BASIC or char in _EXTENDED:
            made.append(char)
            continue
        base = unicodedata.normalize("NFKD", char)[0]
        made.append(base if base in _BASIC else char)
    return "".join(made)
