"""Mobile numbers as gateways want them: international, from what the operator's files hold. Pure.

Source: ITU-T E.164 (at most 15 digits, country code first).
"""

from __future__ import annotations

import re
from typing import Final

_SPACING: Final = re.compile(r"[ ().\-/]")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def international(written: str, country_code: str = "") -> str | None:
    """`written` as in +31612345678; None when it isn't one.

    `country_code`: of numbers without one, as in 31; empty = such numbers are none.
    """
    if not written.isascii():
        return None
    digits = _SPACING.sub("", written)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif not digits.startswith("+") and country_code:
        digits = f"+{country_code}{digits.removeprefix('0')}"
    return digits if _E164.fullmatch(digits) else None
