"""SMS by an HTTP gateway that the configuration describes."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from netwatch.clock import Clock
from netwatch.communication.channels import pacing, paths, sms_api
from netwatch.communication.channels.http import Answer, HttpPeer, place_name, secret, unreadable
from netwatch.communication.channels.numbers import international
from netwatch.communication.channels.receipts import Receipts
from netwatch.communication.channels.sms_api import Sms
from netwatch.communication.channels.sms_settings import Auth, SmsApi, SmsRoute, SmsSettings
from netwatch.communication.delivery.outcome import Outcome, Result
from netwatch.communication.model import Message
from netwatch.communication.texts.sms import Alphabet, size

KIND: Final = "sms"
#: Who would wait longer for the agreed rate is sent back to the outbox.
_LONGEST_WAIT_S: Final = 20.0
#: A receipt is asked for so long after the message, and again, until it is known or given up.
_LOOK_AFTER_S: Final = (15.0, 60.0, 300.0, 1800.0)
_LOOKS: Final = 1_000
#: Not more at a time, so that messages go before receipts.
_LOOKS_A_TURN: Final = 20


def text_of(message: Message) -> str | None:
    """The text as it may be sent; None when it holds control characters."""
    return message.body if message.body.isprintable() else None


class SmsChannel:
    """One account at one gateway. Its rate is kept here, whatever the dispatcher asks for."""

    kind = KIND

    def __init__(
        self,
        settings: SmsSettings,
        route: SmsRoute,
        api: SmsApi,
        clock: Clock,
        *,
        base: Path = Path(),
        receipts: Receipts | None = None,
        callback: str = "",
    ) -> None:
        """`callback`: address under which the gateway may leave receipts; "" = none.

        Raises:
            InputError: the gateway's address is none.
        """
        self._api = replace(api, url=route.url) if route.url else api
        self._url = sms_api.address(self._api.url, username=route.username)
        self.name = place_name(KIND, self._url, "channels.sms.apis.url")
        self.limit = route.connections
        self.depends_on = route.depends_on
        self.idempotent = api.idempotent
        self._country_code = settings.country_code
        self._route = route
        self._clock = clock
        self._base = base
        self._receipts = receipts or Receipts()
        self._callback = callback
        self._peer = HttpPeer(route.timeout_s)
        self._bucket = pacing.Bucket(route.rate_per_s)
        self._looks: deque[tuple[float, int, str, str]] = deque(maxlen=_LOOKS)

    async def send(self, message: Message) -> Result:
        """Try once. An answer that is lost leaves doubt, unless the gateway takes the same reference twice as one."""
        to, text = international(message.address, self._country_code), text_of(message)
        if to is None:
            return Result(Outcome.REFUSED_BY_US, "no mobile number")
        if text is None:
            return Result(Outcome.REFUSED_BY_US, "control characters in a text")
        if wait := await self._turn():
            return wait
        unicode = size(text).alphabet is Alphabet.UCS2
        callback = f"{self._callback}?id={message.id}" if self._callback and self._api.callback_field else ""
        sms = Sms(to, text, message.id, unicode, callback)
        answer = await self._ask(self._api.method.value, self._url, **sms_api.request(self._api, self._route, sms))
        if isinstance(answer, Result):
            result, provider = answer, ""
        else:
            result, provider = sms_api.verdict(self._api, answer)
        if result.outcome is Outcome.ACCEPTED:
            self._receipts.expect(message.id, self.told)
            if provider and self._api.receipt_url:
                self._looks.append((self._clock.now() + _LOOK_AFTER_S[0], 0, message.id, provider))
        return result

    async def close(self) -> None:
        await self._peer.close()

    async def tend(self) -> None:
        """Ask for receipts that are due; to be called now and then."""
        now = self._clock.now()
        due = [look for look in self._looks if look[0] <= now][:_LOOKS_A_TURN]
        self._looks = deque((look for look in self._looks if look not in due), maxlen=_LOOKS)
        for _, tries, message, provider in due:
            if not self._receipts.expects(message):
                continue
            told = await self._state(provider)
            if told is not None:
                self._receipts.note(message, delivered=told)
            elif tries + 1 < len(_LOOK_AFTER_S):
                self._looks.append((now + _LOOK_AFTER_S[tries + 1], tries + 1, message, provider))

    def told(self, document: Any) -> bool | None:
        """What a receipt that came by itself says; None when it isn't final or not understood."""
        return sms_api.delivered(self._api, paths.get(document, self._api.callback_state_field))

    async def _turn(self) -> Result | None:
        """Wait for the agreed rate; a result = the wait would be too long, and the message goes back."""
        bucket, wait_s = pacing.take(self._bucket, self._clock.now())
        if wait_s > _LONGEST_WAIT_S:
            return Result(Outcome.THROTTLED, "our own rate", wait_s)
        self._bucket = bucket
        if wait_s:
            await self._clock.sleep_until(self._clock.now() + wait_s)
        return None

    async def _state(self, provider: str) -> bool | None:
        url = sms_api.address(self._api.receipt_url, username=self._route.username, id=provider)
        answer = await self._ask("GET", url)
        if not isinstance(answer, Answer) or answer.status != 200:
            return None
        return sms_api.delivered(self._api, paths.get(sms_api.document_of(answer), self._api.receipt_field))

    async def _ask(self, method: str, url: str, **content: object) -> Answer | Result:
        headers = {"User-Agent": "netwatch", **self._api.headers}
        login = None
        try:
            if self._api.auth is Auth.TOKEN and self._route.token_file:
                token = await secret(self._base / self._route.token_file)
                headers[self._api.auth_header] = f"{self._api.auth_prefix}{token}"
            elif self._api.auth is Auth.BASIC:
                login = (self._route.username, await secret(self._base / self._route.password_file))
        except (OSError, UnicodeDecodeError) as error:
            return unreadable(error, "the token or password")
        if login is not None:
            content["auth"] = login
        return await self._peer.ask(method, url, headers=headers, read=True, **content)


class AskableSmsChannel(SmsChannel):
    """A gateway that can be asked for a message by our reference."""

    async def lookup(self, message: Message) -> Result | None:
        """What the gateway knows of it; None = nothing, which an answer on its way may still change."""
        answer = await self._ask(
            "GET", sms_api.address(self._api.find_url, username=self._route.username, reference=message.id)
        )
        if isinstance(answer, Result):
            return answer
        if answer.status in {404, 410}:
            return None
        result, _ = sms_api.verdict(self._api, answer)
        return None if result.outcome in {Outcome.CONTENT, Outcome.UNKNOWN} and answer.status == 200 else result
