"""SMS by SMPP, for operators with a message centre (SMSC) of their own."""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict
from pathlib import Path
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.channels import pacing, smpp_pdu
from netwatch.communication.channels.http import secret, unreadable
from netwatch.communication.channels.numbers import international
from netwatch.communication.channels.receipts import Receipts
from netwatch.communication.channels.smpp_session import LostError, Session
from netwatch.communication.channels.sms import KIND, text_of
from netwatch.communication.channels.sms_parts import Segments, segments
from netwatch.communication.channels.sms_settings import LongText, SmppRoute, SmsSettings
from netwatch.communication.delivery.outcome import Outcome, Result
from netwatch.communication.model import Message
from netwatch.communication.texts.sms import Alphabet

_LONGEST_WAIT_S: Final = 20.0
#: A part of a begun text that the centre finds too fast is offered again so often, so many seconds later.
_AGAIN: Final = 3
_AGAIN_S: Final = 1.0
_RECEIPTS: Final = 50_000


class SmppChannel:
    """One message centre. A text of several segments is accepted when its last segment is."""

    kind = KIND
    idempotent = False

    def __init__(
        self,
        settings: SmsSettings,
        route: SmppRoute,
        clock: Clock,
        *,
        base: Path = Path(),
        receipts: Receipts | None = None,
    ) -> None:
        """Raises InputError when the library isn't installed."""
        smpp_pdu.require_library()
        self.name = f"{KIND}/{route.host}:{route.port}"
        self.limit = route.window
        self.depends_on = route.depends_on
        self._country_code = settings.country_code
        self._route = route
        self._clock = clock
        self._base = base
        self._receipts = receipts or Receipts()
        self._ours: OrderedDict[str, str] = OrderedDict()
        self._bucket = pacing.Bucket(route.rate_per_s)
        self._session: Session | None = None
        self._connecting = asyncio.Lock()

    async def send(self, message: Message) -> Result:
        """Try once. Silence after a segment was handed over leaves doubt, and so does a refusal of a later one."""
        to, text = international(message.address, self._country_code), text_of(message)
        if to is None:
            return Result(Outcome.REFUSED_BY_US, "no mobile number")
        if text is None:
            return Result(Outcome.REFUSED_BY_US, "control characters in a text")
        try:
            cut = segments(text)
        except ValueError as error:
            return Result(Outcome.REFUSED_BY_US, str(error))
        session = await self._bound()
        return session if isinstance(session, Result) else await self._submit(session, message.id, to, cut)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _bound(self) -> Session | Result:
        """The session, opened anew when it is gone."""
        async with self._connecting:
            if self._session is not None and self._session.alive:
                return self._session
            await self.close()
            try:
                password = await secret(self._base / self._route.password_file) if self._route.password_file else ""
                tls = await asyncio.to_thread(self._tls) if self._route.tls else None
            except (OSError, UnicodeDecodeError) as error:
                return unreadable(error, "the password or certificate")
            try:
                session, answer = await Session.open(self._route, tls, password, self._receipt)
            except ssl.SSLCertVerificationError:
                return Result(Outcome.CONFIGURATION, "the centre's certificate isn't trusted")
            except (OSError, TimeoutError, LostError) as error:
                return Result(Outcome.CHANNEL_TEMPORARY, f"{type(error).__name__} at bind")
            if answer.status:
                await session.close()
                return smpp_pdu.outcome(answer.status)
            self._session = session
            return session

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._base / self._route.tls_ca) if self._route.tls_ca else None)

    async def _submit(self, session: Session, message: str, to: str, cut: Segments) -> Result:
        whole = self._route.long_text is LongText.PAYLOAD and len(cut.parts) > 1
        # The reference is the message's own, so that a second try of it is joined with the first.
        parts = (cut.whole,) if whole else cut.with_headers(int(message[:2], 16))
        unicode, udh = cut.alphabet is Alphabet.UCS2, len(parts) > 1
        bucket, wait_s = pacing.take(self._bucket, self._clock.now(), len(cut.parts))
        if wait_s > _LONGEST_WAIT_S:
            return Result(Outcome.THROTTLED, "our own rate", wait_s)
        self._bucket = bucket
        await self._clock.sleep_until(self._clock.now() + wait_s)
        id_there = ""
        for number, octets in enumerate(parts):
            fields = smpp_pdu.submit(to, self._route.sender, octets, unicode=unicode, udh=udh, payload=whole)
            result, id_there = await self._hand_over(session, fields, patient=number > 0)
            if result.outcome is not Outcome.ACCEPTED:
                begun = number > 0 and result.outcome is not Outcome.UNKNOWN
                return Result(Outcome.UNKNOWN, f"{result.detail} in segment {number + 1}") if begun else result
        self._ours[id_there] = message
        while len(self._ours) > _RECEIPTS:
            self._ours.popitem(last=False)
        self._receipts.expect(message)
        return Result(Outcome.ACCEPTED, "smpp 0x00")

    async def _hand_over(self, session: Session, fields: dict[str, object], *, patient: bool) -> tuple[Result, str]:
        """One segment. `patient`: wait and offer it again when the centre finds it too fast."""
        for _ in range(_AGAIN if patient else 1):
            try:
                answer = await session.ask("submit_sm", **fields)
            except (TimeoutError, LostError) as error:
                return Result(Outcome.UNKNOWN, f"{type(error).__name__} at submit"), ""
            if not answer.status:
                return Result(Outcome.ACCEPTED, "smpp 0x00"), answer.message_id
            result = smpp_pdu.outcome(answer.status)
            if result.outcome is not Outcome.THROTTLED:
                break
            if patient:
                await self._clock.sleep_until(self._clock.now() + _AGAIN_S)
        return result, ""

    def _receipt(self, receipt: smpp_pdu.Receipt) -> None:
        """Count a receipt. A text of several segments is on the phone when the last of them is."""
        if receipt.delivered is not None and (message := self._ours.pop(receipt.id, None)) is not None:
            self._receipts.note(message, delivered=receipt.delivered)
