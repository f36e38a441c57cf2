"""Who asks at the socket file: the kernel says it, nobody can claim to be another.

Source: unix(7), SO_PEERCRED. A person's orders are recorded under their login; root speaks for whom it names
(sudo keeps the login), because root could do anything anyway.
"""

from __future__ import annotations

import asyncio
import pwd
import socket
import struct

from netwatch.web.model import RefusedError

_CREDENTIALS = struct.Struct("3i")
_DIRECTORY_TIMEOUT_S = 3.0
_LONGEST_NAME = 64


def uid_of(connection: socket.socket) -> int | None:
    """The user id at the other end of a unix socket; None on any other kind."""
    if connection.family != socket.AF_UNIX:
        return None
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    uid: int = _CREDENTIALS.unpack(packed)[1]
    return uid


async def person(uid: int | None, claimed: str) -> str:
    """The name to record for an order.

    Raises:
        RefusedError: unknown peer, another's name, or the user directory is silent.
    """
    if uid is None:
        raise RefusedError("orders are taken at the socket file only", "use the netwatch command on this machine")
    name = claimed.strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise RefusedError("that is no name", f"give at most {_LONGEST_NAME} printable characters")
    if uid == 0:
        return name or "root"
    login = await _login(uid)
    if name not in {"", login}:
        raise RefusedError(f"you are {login}, not {name}", "give orders from your own login; root may name another")
    return login


async def _login(uid: int) -> str:
    try:
        # The directory may be LDAP beyond the outage: never wait for it on the loop, nor for long.
        async with asyncio.timeout(_DIRECTORY_TIMEOUT_S):
            return (await asyncio.to_thread(pwd.getpwuid, uid)).pw_name
    except (KeyError, TimeoutError) as error:
        raise RefusedError(f"user {uid} has no name here", "give the order as root: sudo netwatch ...") from error
