"""The customers' mail server of the demo: takes every mail by SMTP, keeps it, and never lies about it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import time
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient, as accepted. `at` in Unix seconds; `body` is its plain text."""

    number: int
    at: float
    recipient: str
    sender: str
    subject: str
    body: str
    message_id: str


class Mailbox:
    """All mails in the order in which they were accepted; each also lies in `directory` as a file."""

    def __init__(self, directory: Path) -> None:
        self.mails: list[Mail] = []
        self._directory = directory
        self._server: asyncio.Server | None = None

    async def open(self, listener: socket.socket) -> None:
        """Takes mail on `listener` from now on."""
        self._directory.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="mail.example.com", ident="netwatch demo", loop=loop), sock=listener
        )

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keeps the mail before it says so."""
        del server, session
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        text = parsed.get_body(preferencelist=("plain", "html"))
        for recipient in envelope.rcpt_tos:
            number = len(self.mails) + 1
            (self._directory / f"{number:04d}.eml").write_bytes(raw)
            self.mails.append(
                Mail(
                    number=number,
                    at=time.time(),
                    recipient=recipient,
                    sender=envelope.mail_from or "",
                    subject=str(parsed.get("Subject", "")),
                    body=str(text.get_content()) if text is not None else "",
                    message_id=str(parsed.get("Message-ID", "")),
                )
            )
        return "250 2.0.0 kept"
