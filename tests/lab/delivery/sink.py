"""A real SMTP server on loopback that may misbehave. Prints `port N`, then `<recipient> <message-id> answered|dropped` a mail.

python sink.py [--seed 1] [--greylist 0.03] [--drop-after-dot 0.01] [--storm 0.01] [--slow-s 0.005] [--stall 0.01]
"""

from __future__ import annotations

import argparse
import asyncio
import re
from random import Random

from aiosmtpd.smtp import SMTP, Envelope, Session

MESSAGE_ID = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE)
#: A storm refuses so many recipients in a row; a stall lasts so long, seconds.
STORM, STALL_S = 8, 0.25


class Misbehaving:
    """Takes mails, save when the dice say otherwise. What it printed it has taken."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._random = Random(options.seed)
        self._seen: set[str] = set()
        self._refusing = 0

    # The names and arguments of the handlers are aiosmtpd's.
    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        if not self._refusing and self._random.random() < self._options.storm:
            self._refusing = STORM
        if self._refusing:
            self._refusing -= 1
            return "421 4.3.2 too busy"
        if address not in self._seen and self._random.random() < self._options.greylist:
            self._seen.add(address)
            return "450 4.2.0 greylisted, try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        wait_s = STALL_S if self._random.random() < self._options.stall else self._options.slow_s
        if wait_s:
            await asyncio.sleep(wait_s)
        found = MESSAGE_ID.search(envelope.content)
        dropped = self._random.random() < self._options.drop_after_dot
        print(envelope.rcpt_tos[0], found[1].decode(), "dropped" if dropped else "answered", flush=True)
        if dropped:
            server.transport.abort()
        return "250 OK"


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--greylist", type=float, default=0.0)
    parser.add_argument("--drop-after-dot", type=float, default=0.0)
    parser.add_argument("--storm", type=float, default=0.0)
    parser.add_argument("--slow-s", type=float, default=0.0)
    parser.add_argument("--stall", type=float, default=0.0)
    handler = Misbehaving(parser.parse_args())
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler, hostname="sink"), "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
