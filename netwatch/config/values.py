"""Settings that only make sense together, or with the rest of the world: addresses, zones, people.

Read from the nodes, not from the settings, so that these faults are told together with those of the types.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from netwatch.config.places import Location, node_at
from netwatch.config.roles import check_role_names
from netwatch.inventory.model import LANGUAGES
from netwatch.inventory.values import WrongValueError, ident, mail, phone, word
from netwatch.sources import Faults, Node, quoted

_language = word(LANGUAGES, "language")


def check_values(root: Node, base: Path, faults: Faults) -> None:
    """Every fault of single values that their types can't tell. `base` is where relative paths start."""
    _read(zone, root, ("communication", "zone"), faults)
    _read(_language, root, ("communication", "default_language"), faults)
    _read(web_address, root, ("communication", "page_url"), faults)
    _read(web_address, root, ("communication", "feedback_url"), faults)
    _read(phone, root, ("communication", "helpdesk_phone"), faults)
    _read(phone, root, ("communication", "priority_phone"), faults)
    _read(mail, root, ("channels", "email", "sender"), faults)
    _read(mail, root, ("channels", "email", "reply_to"), faults)
    _read(mail, root, ("channels", "email", "unsubscribe"), faults)
    for route in _entries(root, ("channels", "email", "routes")):
        _check_relay(route, base, faults)
    _check_phone_door(root, faults)
    _read(web_address, root, ("channels", "sms", "receipt_url"), faults)
    for service in ("webhook", "alertmanager", "pagerduty", "sms", "mastodon", "facebook"):
        for route in _entries(root, ("channels", service, "routes")):
            _read(web_address, route, ("url",), faults)
    for canary in _entries(root, ("channels", "delivery", "canaries")):
        _read(phone if _text(canary.get("channel")) == "sms" else mail, canary, ("address",), faults)
    check_role_names(root, faults)
    _check_people(_entries(root, ("people",)), faults)
    _check_templates(_entries(root, ("templates",)), base, faults)


def _check_phone_door(root: Node, faults: Faults) -> None:
    """Who may ask the phone queue's door from elsewhere bears a token. Wrong addresses are told by their type."""
    bind, token = (node_at(root, ("web", "phone", key)) for key in ("bind", "token_file"))
    if bind is None or not isinstance(bind.value, str) or (token is not None and token.value):
        return
    with suppress(ValueError):
        if not ipaddress.ip_address(bind.value).is_loopback:
            what = "others than this machine may ask the phone queue's door without a token"
            faults.add(bind.place, what, "name a file with one under web.phone.token_file")


def web_address(written: str) -> str:
    """An http or https address with a host."""
    try:
        parts = urlsplit(written)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or any(character.isspace() for character in written):
        raise WrongValueError(f"{quoted(written)} is no web address", "write it as in https://status.example.net/")
    return written


def zone(written: str) -> str:
    """A time zone that this machine knows."""
    try:
        ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f"unknown time zone {quoted(written)}"
        raise WrongValueError(what, "write an IANA name, as in Europe/Amsterdam") from None
    return written


def _text(node: Node | None) -> str:
    return node.value if node is not None and isinstance(node.value, str) else ""


def _entries(root: Node, location: Location) -> list[Node]:
    node = node_at(root, location)
    return list(node.entries()) if node is not None else []


def _read(read: Callable[[str], object], block: Node, location: Location, faults: Faults) -> None:
    node = node_at(block, location)
    if node is None or not _text(node):
        return
    try:
        read(_text(node))
    except WrongValueError as error:
        faults.add(node.place, error.what, error.mend)


def _check_people(people: list[Node], faults: Faults) -> None:
    first: dict[str, Node] = {}
    for person in people:
        _read(ident, person, ("id",), faults)
        _read(mail, person, ("email",), faults)
        _read(phone, person, ("mobile",), faults)
        _read(_language, person, ("language",), faults)
        name = _text(person.get("id"))
        other = first.setdefault(name, person)
        if name and other is not person:
            what = f"the id {quoted(name)} belongs to another person already"
            mend = f"give one of them another id (the first is on line {other.place_of('id').line})"
            faults.add(person.place_of("id"), what, mend)


def _check_relay(route: Node, base: Path, faults: Faults) -> None:
    username, password, authority = (route.get(key) for key in ("username", "password_file", "tls_ca"))
    if username is not None and _text(username) and not _text(password):
        faults.add(username.place, "there is a username, but no password_file", "add password_file")
    if password is not None and _text(password) and not _text(username):
        faults.add(password.place, "there is a password_file, but no username", "add username")
    if authority is not None and _text(authority) and not (base / _text(authority)).is_file():
        what = f"the file {quoted(str(base / _text(authority)))} does not exist"
        faults.add(authority.place, what, "name the file with the authority's certificates, or remove the key")


def _check_templates(templates: list[Node], base: Path, faults: Faults) -> None:
    for node in templates:
        if _text(node) and not (base / _text(node)).is_dir():
            what = f"the directory {quoted(str(base / _text(node)))} does not exist"
            faults.add(node.place, what, "create it, or mend its name")
