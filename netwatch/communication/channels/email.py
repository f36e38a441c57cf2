"""Mail by SMTP: a few connections that stay open, each with one mail at a time."""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiosmtplib

from netwatch.clock import Clock
from netwatch.communication.channels.address import envelope_address
from netwatch.communication.channels.http import is_ours
from netwatch.communication.channels.mime import Text, assemble, encode_text, mailbox, message_ids, unsubscribing
from netwatch.communication.channels.settings import EmailRoute, EmailSettings, Tls
from netwatch.communication.delivery.outcome import Outcome, Result, Step, of_reply, of_silence
from netwatch.communication.model import EXTERNAL, Message
from netwatch.errors import Fault, InputError, OperatingError, Place

KIND: Final = "email"
#: Encoded texts that are kept: scenarios x languages of a few incidents.
_TEXTS_KEPT: Final = 64
#: A session is closed after so many mails; some relays refuse longer ones.
_MAILS_A_SESSION: Final = 100


@dataclass(slots=True)
class _Session:
    smtp: aiosmtplib.SMTP
    used_at: float
    mails: int = 0


class EmailChannel:
    """One relay. `kind` is email; the route's name is its host and port, and its place when they occur twice."""

    kind = KIND
    idempotent = False

    def __init__(self, settings: EmailSettings, route: EmailRoute, clock: Clock, base: Path = Path()) -> None:
        sender, reply_to = envelope_address(settings.sender), envelope_address(settings.reply_to)
        unsubscribe = envelope_address(settings.unsubscribe)
        wrong = "sender" if sender is None else "reply_to" if settings.reply_to and reply_to is None else ""
        if not wrong and settings.unsubscribe and unsubscribe is None:
            wrong = "unsubscribe"
        if sender is None or wrong:
            key = f"channels.email.{wrong}"
            place = Place("netwatch.yaml", key=key)
            raise InputError([Fault(place, "is no mail address", "write it as in noc@example.net")])
        self.name = f"{KIND}/{route.host}:{route.port}"
        self.limit = route.connections
        self.depends_on = route.depends_on
        self._route = route
        self._clock = clock
        self._base = base
        self._sender = sender
        self._from = mailbox(sender, settings.sender_name)
        self._reply_to = reply_to or ""
        self._unsubscribe = unsubscribe or ""
        self._helo_name = settings.helo_name or None
        self._domain = sender.rpartition("@")[2]
        self._texts: OrderedDict[tuple[str, str, str], Text] = OrderedDict()
        self._idle: deque[_Session] = deque()
        self._places = asyncio.Semaphore(route.connections)

    async def send(self, message: Message) -> Result:
        """Try once. A connection that the relay closed while it was idle is replaced within the same attempt."""
        to = envelope_address(message.address)
        if to is None:
            return Result(Outcome.REFUSED_BY_US, "no mail address")
        try:
            mail = self._mail(message, to)
        except ValueError as error:
            return Result(Outcome.REFUSED_BY_US, str(error))
        async with self._places:
            session = self._take_idle()
            if session is not None:
                result, fresh = await self._converse(session, to, mail)
                if not fresh:
                    return result
            try:
                session = await self._connect()
            except (aiosmtplib.SMTPException, OSError, OperatingError, ValueError) as error:
                return of_connecting(error)
            return (await self._converse(session, to, mail))[0]

    async def close(self) -> None:
        """Say goodbye on idle connections, each for a second at most."""
        while self._idle:
            smtp = self._idle.pop().smtp
            try:
                await smtp.quit(timeout=1.0)
            except (aiosmtplib.SMTPException, OSError):
                smtp.close()

    def _mail(self, message: Message, to: str) -> bytes:
        key = (message.subject, message.body, message.language)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = encode_text(*key)
            if len(self._texts) > _TEXTS_KEPT:
                self._texts.popitem(last=False)
        ids = message_ids(message.id, message.incident, self._domain)
        wish = ""
        if self._unsubscribe and message.audience in EXTERNAL:
            wish = unsubscribing(self._unsubscribe, message.recipient)
        sent = self._clock.utc(self._clock.now())
        return assemble(text, self._from, to, ids, sent, reply_to=self._reply_to, unsubscribe=wish)

    def _take_idle(self) -> _Session | None:
        """The connection used last; those beyond their idle time are closed."""
        oldest_at = self._clock.now() - self._route.idle_s
        while self._idle and self._idle[0].used_at < oldest_at:
            self._idle.popleft().smtp.close()
        while self._idle:
            session = self._idle.pop()
            if session.smtp.is_connected:
                return session
        return None

    async def _connect(self) -> _Session:
        route = self._route
        smtp = aiosmtplib.SMTP(
            hostname=route.host,
            port=route.port,
            local_hostname=self._helo_name,
            timeout=route.timeout_s,
            use_tls=route.tls is Tls.TLS,
            start_tls=False,
            tls_context=None if route.tls is Tls.NONE else await asyncio.to_thread(self._tls_context),
        )
        try:
            await smtp.connect()
            if route.tls is Tls.STARTTLS:
                await self._encrypt(smtp)
            if route.username:
                await smtp.login(route.username, await asyncio.to_thread(self._password))
            await smtp.ehlo()
        except BaseException:
            smtp.close()
            raise
        return _Session(smtp, self._clock.now())

    async def _encrypt(self, smtp: aiosmtplib.SMTP) -> None:
        """TLS or nothing: a relay that doesn't offer it gets no mail."""
        await smtp.ehlo()
        if not smtp.supports_extension("starttls"):
            raise OperatingError(f"{self.name} offers no STARTTLS", "set tls: none or tls, or another port")
        await smtp.starttls(server_hostname=self._route.tls_name or self._route.host)

    def _tls_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._base / self._route.tls_ca) if self._route.tls_ca else None)

    def _password(self) -> str:
        path = self._base / self._route.password_file
        try:
            return path.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            if is_ours(error):
                raise
            raise OperatingError(
                f"{path}: the password can't be read", "set channels.email.routes.password_file"
            ) from error

    async def _converse(self, session: _Session, to: str, mail: bytes) -> tuple[Result, bool]:
        """One mail over one connection. True beside the result: the relay had closed it before anything was said."""
        step, smtp, keep = Step.SENDER, session.smtp, False
        reused = session.mails > 0
        try:
            await smtp.mail(self._sender)
            step = Step.RECIPIENT
            await smtp.rcpt(to)
            step = Step.CONTENT
            reply = await smtp.data(mail)
            keep = True
            return of_reply(reply.code, reply.message, step), False
        except aiosmtplib.SMTPResponseException as error:
            keep = error.code not in {421, -1} and await self._reset(smtp)
            if error.code < 200:
                return of_silence(step, "an answer that is none"), False
            return of_reply(error.code, error.message, step), reused and error.code == 421 and step is Step.SENDER
        except aiosmtplib.SMTPTimeoutError:
            return of_silence(step, "time-out"), False
        except (aiosmtplib.SMTPException, OSError):
            return of_silence(step, "connection lost"), reused and step is Step.SENDER
        finally:
            self._give_back(session, keep=keep)

    async def _reset(self, smtp: aiosmtplib.SMTP) -> bool:
        """Ready for the next mail after a refusal. False: the connection is of no more use."""
        try:
            await smtp.rset()
        except (aiosmtplib.SMTPException, OSError):
            return False
        return True

    def _give_back(self, session: _Session, *, keep: bool) -> None:
        session.mails += 1
        session.used_at = self._clock.now()
        if keep and session.mails < _MAILS_A_SESSION and session.smtp.is_connected:
            self._idle.append(session)
        else:
            session.smtp.close()


def of_connecting(error: Exception) -> Result:
    """The outcome when no session came about: name, connection, TLS, greeting or login."""
    if isinstance(error, (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPNotSupported, OperatingError)):
        return Result(Outcome.CONFIGURATION, f"login or TLS refused ({type(error).__name__})")
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 200:
        return of_reply(error.code, error.message, Step.CONNECT)
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return Result(Outcome.CONFIGURATION, "the relay's certificate isn't trusted")
    return of_silence(Step.CONNECT, type(error).__name__)
