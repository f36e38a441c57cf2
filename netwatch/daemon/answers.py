"""Does what people answer by SMS: a customer's STOP is an opt-out, a colleague's code takes that task."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from netwatch.communication.channels.answers import Answer
from netwatch.communication.channels.callback import AnswerDoor
from netwatch.communication.channels.numbers import international
from netwatch.communication.model import Extent
from netwatch.errors import NetwatchError, StorageError
from netwatch.storage import Store
from netwatch.web.model import RefusedError
from netwatch.web.phonebook import Phonebook

_log = logging.getLogger(__name__)

#: Who opted out, as `netwatch optout` shows it.
BY: Final = "an SMS of theirs"
#: Answers in hand at once; the gateway tells further ones again.
_AT_ONCE: Final = 50


class Acknowledges(Protocol):
    """The part of the doors at which tasks are taken."""

    def __call__(self, incident: str, task: str, person: str, by: str) -> Awaitable[object]: ...


class Ear:
    """Implements `netwatch.web.answers.Ear`. Numbers and texts never reach the log."""

    def __init__(
        self,
        door: AnswerDoor,
        store: Store,
        phonebook: Phonebook,
        *,
        country_code: str,
        mobiles: Callable[[str], tuple[str, ...]],
        people: Callable[[], dict[str, str]],
        acknowledge: Acknowledges,
    ) -> None:
        """`mobiles`: the mobile numbers of a customer. `people`: ids of colleagues with their mobile numbers."""
        self.door = door
        self._store = store
        self._phonebook = phonebook
        self._country_code = country_code
        self._mobiles = mobiles
        self._people = people
        self._acknowledge = acknowledge
        self._in_hand = 0

    async def run(self) -> None:
        """Know whose number it is, until cancelled; nothing to do where no answers are taken."""
        if self.door.is_there:
            await self._phonebook.run()

    async def hear(self, answer: Answer) -> bool:
        """Do what `answer` says; whatever else it says is ignored. False: not now, tell it again."""
        if self._in_hand >= _AT_ONCE or not self._phonebook.ready:
            return False
        self._in_hand += 1
        try:
            return await (self._stop(answer) if answer.stops else self._take(answer))
        finally:
            self._in_hand -= 1

    async def _stop(self, answer: Answer) -> bool:
        number = self._whole(answer.number)
        owners = [
            customer
            for customer in self._phonebook.whose(number)
            if number in {self._whole(mobile) for mobile in self._mobiles(customer)}
        ]
        try:
            for customer in owners:
                await self._store.opt_out(customer, "sms", Extent.EVERYTHING, BY)
                _log.info("opted out by SMS", extra={"customer": customer})
        except StorageError as error:
            _log.warning("an opt-out by SMS can't be kept now: %s", error)
            return False
        if not owners:
            _log.info("an SMS that says stop is ignored: no customer has its number")
        return True

    async def _take(self, answer: Answer) -> bool:
        number = self._whole(answer.number)
        person = next((one for one, mobile in self._people().items() if number and self._whole(mobile) == number), None)
        if person is None:
            _log.info("an SMS is ignored: it says neither stop nor comes from a colleague")
            return True
        for code in answer.codes:
            try:
                await self._acknowledge("", code, person, person)
            except RefusedError:
                continue
            except NetwatchError as error:  # taken, but not kept by the store yet
                _log.warning("a task taken by SMS: %s", error.what)
            _log.info("a task was taken by SMS", extra={"person": person})
            return True
        _log.info("an SMS of a colleague is ignored: no open task has its code", extra={"person": person})
        return True

    def _whole(self, written: str) -> str:
        """A number with its country code; "" = it is none. Gateways also write 31612345678."""
        plain = written.strip()
        if plain.isdigit() and not plain.startswith("0"):
            whole = international(f"+{plain}")
            if whole is not None and (not self._country_code or plain.startswith(self._country_code)):
                return whole
        return international(plain, self._country_code) or ""
