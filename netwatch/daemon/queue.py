"""The daemon's side of the phone queue: one answer a caller, from memory and the operator's own files."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from netwatch.communication.settings import CommunicationSettings
from netwatch.config.doors import PhoneSettings
from netwatch.errors import OperatingError
from netwatch.web.phone import PhoneAnswer, Recording, language_of, phone_answer
from netwatch.web.phonebook import Phonebook
from netwatch.web.views import Picture

#: Of an own text so much is read: nobody listens longer.
_OWN_BYTES: Final = 4096


class PhoneQueue:
    """Implements `netwatch.web.queue.Queue`."""

    def __init__(
        self,
        settings: PhoneSettings,
        phonebook: Phonebook,
        *,
        picture: Callable[[], Picture],
        communication: Callable[[], CommunicationSettings],
    ) -> None:
        """`picture`: what is so now, of which inventory, incidents, conditions and page are looked at."""
        self._settings = settings
        self._phonebook = phonebook
        self._picture = picture
        self._communication = communication

    async def run(self) -> None:
        """Follow the inventory until cancelled; nothing to do where nobody may ask."""
        if self._settings.port is not None:
            await self._phonebook.run()

    async def phone(self, caller: str, language: str) -> PhoneAnswer:
        owners, picture, spoken_by = self._phonebook.whose(caller), self._picture(), self._communication()
        code = language_of(picture, owners, language, spoken_by.default_language)
        own = await asyncio.to_thread(recording_in, self._settings.own_directory, code)
        return phone_answer(picture, owners, code, own, min_confidence=spoken_by.min_confidence)


def recording_in(directory: Path | None, language: str) -> Recording:
    """What the operator put in front in `language`: `phone.nl.txt` to be spoken, `phone.nl.url` to be played."""
    if directory is None:
        return Recording()
    url = " ".join(_read(directory / f"phone.{language}.url").split())
    parts = urlsplit(url)
    right = parts.scheme in {"http", "https"} and parts.netloc and " " not in url
    return Recording(_read(directory / f"phone.{language}.txt").strip(), url if right else "")


def _read(path: Path) -> str:
    """The beginning of a file; "" where there is none that can be read: the queue goes on without it."""
    try:
        with path.open("rb") as file:
            return file.read(_OWN_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def token_of(settings: PhoneSettings, base: Path) -> str:
    """What the queue must bear to be answered; "" = nothing, on this machine alone.

    Raises:
        OperatingError: the token can't be read or is empty, or none is named though others may ask.
    """
    if not settings.token_file:
        if settings.port is not None and not ipaddress.ip_address(settings.bind).is_loopback:
            mend = "name the file with its token, or keep web.phone.bind on this machine"
            raise OperatingError("web.phone.token_file is needed: others than this machine may ask", mend)
        return ""
    path = base / settings.token_file
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatingError(f"web.phone.token_file: {path} can't be read", "give netwatch's user the right") from error
    if not token:
        raise OperatingError(f"web.phone.token_file: {path} is empty", "write the token into it")
    return token
