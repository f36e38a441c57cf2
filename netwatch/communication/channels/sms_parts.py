"""An SMS as octets: the alphabet it needs, and the segments it is cut into. Pure.

Source: 3GPP TS 23.038 (GSM 7-bit default alphabet and extension table, one septet an octet as SMPP carries it; UCS-2),
3GPP TS 23.040 section 9.2.3.24.1 (concatenated short messages, 8-bit reference).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netwatch.communication.texts.sms import Alphabet, size

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_OCTETS: Final = {
    **{char: bytes([place]) for place, char in enumerate(_BASIC) if char != "\x1b"},
    **{char: bytes([0x1B, code]) for char, code in _EXTENDED.items()},
}
#: Octets of one segment alone and as a part; 140 octets on the air, of which 6 are the part's header.
_LENGTHS: Final = {Alphabet.GSM7: (160, 153), Alphabet.UCS2: (140, 134)}
_MOST_PARTS: Final = 255


@dataclass(frozen=True, slots=True)
class Segments:
    """`parts` without headers, in order; never more than 255."""

    alphabet: Alphabet
    parts: tuple[bytes, ...]

    @property
    def whole(self) -> bytes:
        """All of it in one."""
        return b"".join(self.parts)

    def with_headers(self, reference: int) -> tuple[bytes, ...]:
        """Each part as the phone joins it; `reference`: 0 to 255, the same for all parts of a text."""
        if len(self.parts) == 1:
            return self.parts
        return tuple(
            bytes((5, 0, 3, reference, len(self.parts), number)) + part for number, part in enumerate(self.parts, 1)
        )


def segments(text: str) -> Segments:
    """Cut `text`; a character is never split between two parts.

    Raises:
        ValueError: it needs more than 255 parts, or holds half a character.
    """
    alphabet = size(text).alphabet
    encoded = [_OCTETS[char] if alphabet is Alphabet.GSM7 else char.encode("utf-16-be") for char in text]
    single, most = _LENGTHS[alphabet]
    if sum(map(len, encoded)) <= single:
        return Segments(alphabet, (b"".join(encoded),))
    parts: list[bytes] = [b""]
    for octets in encoded:
        if len(parts[-1]) + len(octets) > most:
            parts.append(b"")
        parts[-1] += octets
    if len(parts) > _MOST_PARTS:
        raise ValueError("a text of more than 255 segments")
    return Segments(alphabet, tuple(parts))
