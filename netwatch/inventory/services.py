"""One customer's service from the texts of its columns, whether they come from CSV or YAML.

A million of them must load: what repeats (ports, priorities, ways to be told) is read once and shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from sys import intern
from typing import Final

from netwatch.errors import Place
from netwatch.inventory.draft import Draft
from netwatch.inventory.model import LANGUAGES, NOTIFY, Port, Segment, Service
from netwatch.inventory.values import MAIL, MAIL_LENGTH, PHONE, WrongValueError, mail, phone, text
from netwatch.sources import hidden_character, one_of, quoted

COLUMNS: Final = (
    "id", "name", "segment", "language", "email", "mobile", "phone", "postcode",
    "device", "interface", "backup_device", "backup_interface", "priority", "notify",
)  # fmt: skip
REQUIRED: Final = ("id", "name", "segment", "language", "device", "notify")
_PRIORITY: Final = {Segment.CRITICAL: 1, Segment.WHOLESALE: 2, Segment.BUSINESS: 2, Segment.RESIDENTIAL: 3}
_HIGHEST: Final = 1000
_ID_LENGTH: Final = 120
_LINE_LENGTH: Final = 300
_MEND_OF_WAY: Final = "give one, or take it out of notify"

PlaceOf = Callable[[str], Place]
Cells = tuple[str, ...]


class Services:
    """Turns rows into services and hangs them under their customers in the draft."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._ports: dict[tuple[str, str], Port] = {}
        self._segments = {segment.value: segment for segment in Segment}
        self._priorities: dict[str, int] = {}
        self._notify: dict[str, tuple[str, ...]] = {"": (), "none": ()}
        self.unattached = 0
        self.doubled: list[Place] = []
        self.at_odds: list[Place] = []
        self._wrong = 0

    def take(self, cells: Cells, line: int, place_of: PlaceOf) -> None:
        """Read one service; `cells` are stripped texts in the order of COLUMNS, "" where absent."""
        (ident, name, segment, language, email, mobile, phone_number, postcode,
         device, interface, backup_device, backup_interface, priority, notify) = cells  # fmt: skip
        self._wrong = 0
        kind = self._segments.get(segment) or self._wrong_segment(segment, place_of)
        if language not in LANGUAGES:
            self._fault(place_of("language"), *_wrong_word("language", language, LANGUAGES))
        if email and (not MAIL.match(email) or len(email) > MAIL_LENGTH):
            self._refuse(mail, email, place_of("email"))
        if mobile and (not PHONE.match(mobile) or "(0)" in mobile):
            self._refuse(phone, mobile, place_of("mobile"))
        if phone_number and (not PHONE.match(phone_number) or "(0)" in phone_number):
            self._refuse(phone, phone_number, place_of("phone"))
        joined = "".join(cells)
        if not ident or not name or len(joined) > _LINE_LENGTH or hidden_character(joined):
            self._check_texts(cells, place_of)
        ways = self._notify.get(notify)
        if ways is None:
            ways = self._read_notify(notify, place_of)
        if ways:
            self._check_ways(ways, email, mobile, phone_number, place_of)
        primary = self._ports.get((device, interface)) or self._port(device, interface, "", place_of)
        backup = None
        if backup_device or backup_interface:
            backup = self._backup(primary, backup_device, backup_interface, place_of)
        rank = self._priorities.get(priority) or self._read_priority(priority, kind, place_of)
        if self._wrong:
            return
        self._hang(Service(
            ident, name, kind, intern(language), email, mobile, phone_number, intern(postcode), primary, backup, rank, ways, line,
        ), place_of)  # fmt: skip

    def _hang(self, service: Service, place_of: PlaceOf) -> None:
        customers = self._draft.customers
        known = customers.get(service.customer)
        if known is None:
            customers[service.customer] = (service,)
            return
        if any(other.primary == service.primary and other.backup == service.backup for other in known):
            self.doubled.append(place_of("id"))
        if _is_somebody_else(known[0], service):
            self.at_odds.append(place_of("id"))
        customers[service.customer] = (*known, service)

    def _port(self, device: str, interface: str, prefix: str, place_of: PlaceOf) -> Port:
        port = Port(intern(device), intern(interface))
        if not device:
            if interface:
                what = f"there is an interface, but no {prefix}device"
                self._fault(place_of(f"{prefix}device"), what, "name the device too")
            elif not prefix:
                self.unattached += 1
            return port
        if device in self._draft.declared["device"]:
            self._ports[port.device, port.interface] = port
        elif self._draft.whole:
            self._wrong += 1
            self._draft.unknown(place_of(f"{prefix}device"), "device", device)
        return port

    def _backup(self, primary: Port, device: str, interface: str, place_of: PlaceOf) -> Port:
        backup = self._ports.get((device, interface)) or self._port(device, interface, "backup_", place_of)
        if backup == primary:
            what = f"the backup is the same port as the primary ({quoted(str(primary))})"
            self._fault(place_of("backup_device"), what, "name the other port, or leave the backup empty")
        elif not primary.device and device:
            self._fault(place_of("device"), "there is a backup, but no primary device", "name the primary device")
        return backup

    def _read_notify(self, written: str, place_of: PlaceOf) -> tuple[str, ...]:
        words = written.replace(",", " ").replace(";", " ").replace("|", " ").replace("+", " ").split()
        wrong = [word for word in words if word not in {*NOTIFY, "none"}]
        for word in wrong:
            self._fault(place_of("notify"), *_wrong_word("way to notify", word, (*NOTIFY, "none")))
        if "none" in words and len(words) > 1:
            self._fault(
                place_of("notify"), f'"none" stands beside other ways ({quoted(written)})', "keep one of the two"
            )
        ways = tuple(word for word in dict.fromkeys(words) if word in NOTIFY)
        if not wrong and ("none" not in words or len(words) == 1):
            self._notify[written] = ways
        return ways

    def _check_ways(self, ways: tuple[str, ...], email: str, mobile: str, number: str, place_of: PlaceOf) -> None:
        if not email and "email" in ways:
            self._fault(place_of("email"), "notify says email, but there is no mail address", _MEND_OF_WAY)
        if not mobile and "sms" in ways:
            self._fault(place_of("mobile"), "notify says sms, but there is no mobile number", _MEND_OF_WAY)
        if not mobile and not number and "call" in ways:
            self._fault(place_of("phone"), "notify says call, but there is no phone number", _MEND_OF_WAY)

    def _read_priority(self, written: str, kind: Segment, place_of: PlaceOf) -> int:
        if not written:
            return _PRIORITY[kind]
        if not (written.isascii() and written.isdigit() and len(written) <= 4 and int(written) <= _HIGHEST):
            mend = f"write a whole number from 0 (told first) to {_HIGHEST}"
            self._fault(place_of("priority"), f"{quoted(written)} is no priority", mend)
            return 0
        return self._priorities.setdefault(written, int(written))

    def _check_texts(self, cells: Cells, place_of: PlaceOf) -> None:
        for column, written in zip(COLUMNS, cells, strict=True):
            if not written and column in {"id", "name"}:
                self._fault(place_of(column), "there is no value", "give one")
            elif column == "id" and len(written) > _ID_LENGTH:
                mend = f"use at most {_ID_LENGTH} characters"
                self._fault(place_of("id"), f"the id {quoted(written)} is too long", mend)
            elif column not in {"email", "mobile", "phone"}:  # their own grammars refuse more
                self._refuse(text, written, place_of(column))

    def _wrong_segment(self, written: str, place_of: PlaceOf) -> Segment:
        self._fault(place_of("segment"), *_wrong_word("segment", written, self._segments))
        return Segment.RESIDENTIAL

    def _refuse(self, read: Callable[[str], object], written: str, place: Place) -> None:
        try:
            read(written)
        except WrongValueError as error:
            self._fault(place, error.what, error.mend)

    def _fault(self, place: Place, what: str, mend: str) -> None:
        self._wrong += 1
        self._draft.faults.add(place, what, mend)


def _wrong_word(name: str, written: str, choices: Iterable[str]) -> tuple[str, str]:
    what = f"unknown {name} {quoted(written)}" if written else f"there is no {name}"
    return what, one_of(choices, written)


def _is_somebody_else(one: Service, other: Service) -> bool:
    """Whether two services under one customer's id look like two customers'; a branch with its own name does not."""
    renamed = one.name != other.name and one.email != other.email
    return renamed or one.segment is not other.segment or one.language != other.language
