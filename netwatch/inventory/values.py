"""What single values of the inventory may look like: ids, addresses, mail, phones, numbers, times.

Every reader takes the text as written and returns the value, or raises `WrongValueError` with the mend.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from netwatch.sources import hidden_character, one_of, quoted

_ID_LENGTH: Final = 120
_TEXT_LENGTH: Final = 300
_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
MAIL_LENGTH: Final = 254
#: Our own grammar of a mail address: the dot-atom form only, as every relay takes it. Source: RFC 5321 4.1.2.
MAIL: Final = re.compile(rf"{_LOCAL}@(?:{_LABEL}\.)+{_LABEL}\Z")
#: A number as people write it; separators allowed. Source: E.164 (at most 15 digits).
PHONE: Final = re.compile(r"\(?(?:\+|00)?[0-9](?:[ .\-/()]{0,2}[0-9]){5,14}\Z")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?P<zone>[Zz]|[+-]\d\d:\d\d)?\Z")
_BLANK: Final = re.compile(r"\s")
_TRUE: Final = frozenset({"true", "yes", "on"})
_FALSE: Final = frozenset({"false", "no", "off"})
_ANY_INTERFACE: Final = frozenset({"0.0.0.0", "::", "255.255.255.255"})  # noqa: S104  refused, not bound


class WrongValueError(ValueError):
    """A value that can't be taken: what is wrong, and what mends it."""

    def __init__(self, what: str, mend: str) -> None:
        self.what = what
        self.mend = mend
        super().__init__(f"{what}; {mend}")


def text(written: str) -> str:
    """A name for people: one line, at most 300 characters."""
    if hidden := hidden_character(written):
        raise WrongValueError(f"the invisible character {hidden} is not allowed", "remove it")
    if len(written) > _TEXT_LENGTH:
        raise WrongValueError(f"{quoted(written)} is too long", f"use at most {_TEXT_LENGTH} characters")
    return written


def ident(written: str) -> str:
    """An id that stands in references and commands: no blanks, at most 120 characters."""
    text(written)
    if _BLANK.search(written):
        raise WrongValueError(f"the id {quoted(written)} holds a blank", 'use "-" or "_" instead')
    if len(written) > _ID_LENGTH:
        raise WrongValueError(f"the id {quoted(written)} is too long", f"use at most {_ID_LENGTH} characters")
    return written


def device_ident(written: str) -> str:
    """A device's id: no colon, since `device:interface` names a port."""
    if ":" in written:
        raise WrongValueError(f"the device id {quoted(written)} holds a colon", 'use "-" or "_" instead')
    return ident(written)


def word(choices: Iterable[str], name: str) -> Callable[[str], str]:
    """A reader of one of `choices`."""
    allowed = tuple(choices)

    def read(written: str) -> str:
        if written not in allowed:
            raise WrongValueError(f"unknown {name} {quoted(written)}", one_of(allowed, written))
        return written

    return read


def boolean(written: str) -> bool:
    """Whether it says true or false (also yes, no, on, off)."""
    lower = written.lower()
    if lower not in _TRUE and lower not in _FALSE:
        raise WrongValueError(f"expected true or false, found {quoted(written)}", "write true or false")
    return lower in _TRUE


def number(low: float, high: float) -> Callable[[str], float]:
    """A reader of a number from `low` to `high`."""

    def read(written: str) -> float:
        try:
            value = float(written) if "_" not in written else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise WrongValueError(f"expected a number, found {quoted(written)}", "write it as in 240 or 52.27")
        if not low <= value <= high:
            raise WrongValueError(f"{written} is out of range", f"it must be from {low:.9g} to {high:.9g}")
        return value

    return read


def instant(written: str) -> float:
    """An RFC 3339 time with its zone, as Unix seconds."""
    form = _TIME.match(written)
    mend = "write it as in 2026-12-01T01:00:00+01:00"
    if form is None:
        raise WrongValueError(f"{quoted(written)} is no time", mend)
    if not form["zone"]:
        raise WrongValueError(f"the time {quoted(written)} has no zone", 'add it: "+01:00", or "Z" for UTC')
    try:
        return datetime.fromisoformat(written.upper()).timestamp()
    except ValueError:
        raise WrongValueError(f"the time {quoted(written)} does not exist", mend) from None


def address(written: str) -> str:
    """An IPv4 or IPv6 address of one device, in its canonical form. Host names are refused: names fail with the net."""
    try:
        found = ipaddress.ip_address(written)
    except ValueError:
        raise WrongValueError(f"{quoted(written)} is no IPv4 or IPv6 address", _mend_of_address(written)) from None
    if str(found) in _ANY_INTERFACE or found.is_multicast:
        raise WrongValueError(f"{written} is not the address of one device", "give the device's own address")
    if "%" in written:
        raise WrongValueError(f"{quoted(written)} holds a zone", "give an address that is not link-local")
    return str(found)


def _mend_of_address(written: str) -> str:
    if "/" in written:
        return f"leave out the mask ({quoted('/' + written.split('/', 1)[1])})"
    if re.fullmatch(r"[0-9.]+", written) and re.search(r"(?:^|\.)0[0-9]", written):
        return "remove the zeros before the numbers"
    if re.search(r"[A-Za-z]", written) and ":" not in written:
        return "give the address that the name resolves to: names may not resolve during an outage"
    return "write it as in 192.0.2.1 or 2001:db8::1"


def mail(written: str) -> str:
    """A mail address in the plain form that every relay takes."""
    if MAIL.match(written) and len(written) <= MAIL_LENGTH:
        return written
    raise WrongValueError(f"{quoted(written)} is no mail address", _mend_of_mail(written))


def _mend_of_mail(written: str) -> str:
    local, at, domain = written.rpartition("@")
    if not at:
        return "write it as in name@example.net"
    if "@" in local or re.search(r"[,;\s]", written):
        return "give one address only, without blanks"
    if not domain.isascii():
        return "write the domain in its ASCII form (xn--...)"
    if not local.isascii():
        return "use ASCII letters before the @"
    if "." not in domain:
        return "give the whole domain, as in name@example.net"
    return "write it as in name@example.net"


def phone(written: str) -> str:
    """A phone number, kept as written: +44 7700 900200, 07700900123."""
    if PHONE.match(written) and "(0)" not in written:
        return written
    if "(0)" in written:
        raise WrongValueError(f"{quoted(written)} can't be dialled as it stands", 'leave out "(0)"')
    mend = "write it as in +447700900123 or 07700900123, 6 to 15 digits"
    if re.search(r"[A-Za-z]", written):
        mend = "use digits only, as in +447700900123; put remarks elsewhere"
    raise WrongValueError(f"{quoted(written)} is no phone number", mend)
