"""A mail server in a process of its own: writes down each delivery before it confirms it.

    python mail_server.py PORT LOG [DELAY_MS]

LOG gets one JSON line a recipient: when, to whom, Message-ID, subject. DELAY_MS is what each mail takes.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import os
import sys
import time

from aiosmtpd.smtp import SMTP


class Recorder:
    def __init__(self, path: str, delay_s: float) -> None:
        self._log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._delay_s = delay_s

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Durable first, then the answer: whoever hears 250 has delivered."""
        del server, session
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = parsed.get_body(preferencelist=("plain",))
        for recipient in envelope.rcpt_tos:
            record = {
                "at": time.time(),
                "to": recipient,
                "id": str(parsed["Message-ID"]),
                "subject": str(parsed["Subject"]),
                "body": body.get_content() if body is not None else "",
            }
            os.write(self._log, json.dumps(record).encode() + b"\n")
        os.fdatasync(self._log)
        await asyncio.sleep(self._delay_s)
        return "250 2.0.0 written down"


async def main(port: int, path: str, delay_ms: float) -> None:
    recorder = Recorder(path, delay_ms / 1000)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(recorder, hostname="mail.example.com", loop=loop), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]) if len(sys.argv) > 3 else 0.0))
