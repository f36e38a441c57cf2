"""Mail addresses by a grammar of our own: stricter than the standard, so that nothing can be smuggled in.

Source: RFC 5321 section 4.1.2 (without quoted local parts, comments and address literals), RFC 5891 (IDNA).
"""

from __future__ import annotations

import re
from typing import Final

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def envelope_address(text: str) -> str | None:
    """The address as it goes over the wire (ASCII, the domain in its IDNA form); None when it isn't one."""
    local, at, domain = text.rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        return None
    try:
        ascii_domain = domain.encode("ascii").decode() if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if not all(_LABEL.fullmatch(label) for label in ascii_domain.split(".")):
        return None
    address = f"{local}@{ascii_domain}"
    return address if len(address) <= 254 else None
