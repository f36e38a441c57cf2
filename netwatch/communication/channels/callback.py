"""Delivery receipts that gateways leave at netwatch's door, under an address that only they know."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from netwatch.communication.channels.receipts import Receipts
from netwatch.communication.channels.sms_settings import SmsSettings
from netwatch.errors import Fault, InputError, Place

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,200}")
_ID: Final = re.compile(r"[0-9a-f]{32}")
#: Fields of a form that are read at most.
_FIELDS: Final = 100


def secret_of(settings: SmsSettings, base: Path) -> str:
    """The secret part of the address; "" = no receipts are taken.

    Raises:
        InputError: the file can't be read, or holds something short.
    """
    if not settings.receipt_secret_file:
        return ""
    place = Place("netwatch.yaml", key="channels.sms.receipt_secret_file")
    try:
        found = (base / settings.receipt_secret_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            [Fault(place, "the file can't be read", "write the secret into it, and chmod 0400 it")]
        ) from error
    if not _SECRET.fullmatch(found):
        raise InputError(
            [Fault(place, "the secret is too short or holds other signs", "openssl rand -hex 24 makes one")]
        )
    return found


def address_of(settings: SmsSettings, base: Path) -> str:
    """The address that gateways are given; "" = none. Raises as `secret_of` does."""
    part = secret_of(settings, base)
    return f"{settings.receipt_url.rstrip('/')}/receipts/{part}" if part and settings.receipt_url else ""


class Door:
    """Takes receipts from whoever knows the secret. It answers the same to all others as if there were no door."""

    def __init__(self, receipts: Receipts, secret: str) -> None:
        """`secret` "" = nobody knows it."""
        self._receipts = receipts
        self._secret = secret.encode()

    def opens(self, secret: str) -> bool:
        """Whether that is the secret."""
        return bool(self._secret) and hmac.compare_digest(secret.encode(), self._secret)

    def take(self, message: str, query: Mapping[str, str], content_type: str, body: bytes) -> bool:
        """Take one receipt of `message`, an id of ours. False: it is none that anybody waits for."""
        if not _ID.fullmatch(message):
            return False
        return self._receipts.take(message, {**query, **_fields(content_type, body)})


def _fields(content_type: str, body: bytes) -> dict[str, Any]:
    try:
        if content_type.partition(";")[0].strip().lower() == "application/json":
            found = json.loads(body)
            return found if isinstance(found, dict) else {}
        return dict(parse_qsl(body.decode("utf-8"), max_num_fields=_FIELDS))
    except (ValueError, RecursionError):
        return {}
