"""What gateways leave at netwatch's doors, delivery receipts and answers, under addresses that only they know."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from netwatch.communication.channels import paths
from netwatch.communication.channels.answers import Answer
from netwatch.communication.channels.receipts import Receipts
from netwatch.communication.channels.sms_settings import SmsSettings
from netwatch.errors import Fault, InputError, Place

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,200}")
_ID: Final = re.compile(r"[0-9a-f]{32}")
#: Fields of a form that are read at most.
_FIELDS: Final = 100


def secret_of(settings: SmsSettings, base: Path) -> str:
    """The secret part of the receipts' address; "" = no receipts are taken.

    Raises:
        InputError: the file can't be read, or holds something short.
    """
    return _secret(settings.receipt_secret_file, "receipt_secret_file", base)


def answers_secret_of(settings: SmsSettings, base: Path) -> str:
    """The secret part of the answers' address; "" = no answers are taken. Raises as `secret_of` does."""
    return _secret(settings.answer_secret_file, "answer_secret_file", base)


def _secret(file: str, key: str, base: Path) -> str:
    if not file:
        return ""
    place = Place("netwatch.yaml", key=f"channels.sms.{key}")
    try:
        found = (base / file).read_text("utf-8").strip()
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


class _Lock:
    """Opens for whoever knows the secret. To all others it is as if there were no door."""

    def __init__(self, secret: str) -> None:
        """`secret` "" = nobody knows it."""
        self._secret = secret.encode()

    @property
    def is_there(self) -> bool:
        """Whether anybody can know the secret."""
        return bool(self._secret)

    def opens(self, secret: str) -> bool:
        """Whether that is the secret."""
        return bool(self._secret) and hmac.compare_digest(secret.encode(), self._secret)


class Door(_Lock):
    """Takes receipts."""

    def __init__(self, receipts: Receipts, secret: str) -> None:
        super().__init__(secret)
        self._receipts = receipts

    def take(self, message: str, query: Mapping[str, str], content_type: str, body: bytes) -> bool:
        """Take one receipt of `message`, an id of ours. False: it is none that anybody waits for."""
        if not _ID.fullmatch(message):
            return False
        return self._receipts.take(message, {**query, **_fields(content_type, body)})


class AnswerDoor(_Lock):
    """Takes what people answer by SMS. `says`: what a gateway wants to read when an answer was taken."""

    def __init__(self, settings: SmsSettings, secret: str) -> None:
        super().__init__(secret)
        self._settings = settings
        self.says = settings.answer_says

    def read(self, query: Mapping[str, str], content_type: str, body: bytes) -> Answer | None:
        """The answer; None where there is none in it."""
        found = {**query, **_fields(content_type, body)}
        number, text = (
            _first(found, self._settings.answer_from_fields),
            _first(found, self._settings.answer_text_fields),
        )
        return Answer(number.strip(), text) if number and text else None


def _first(document: Mapping[str, Any], fields: Sequence[str]) -> str:
    return next((value for field in fields if (value := paths.get(document, field))), "")


def _fields(content_type: str, body: bytes) -> dict[str, Any]:
    try:
        if content_type.partition(";")[0].strip().lower() == "application/json":
            found = json.loads(body)
            return found if isinstance(found, dict) else {}
        return dict(parse_qsl(body.decode("utf-8"), max_num_fields=_FIELDS))
    except (ValueError, RecursionError):
        return {}
