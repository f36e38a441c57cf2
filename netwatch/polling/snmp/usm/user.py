"""One user of many agents: its passwords, made into keys once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from netwatch.errors import OperatingError
from netwatch.late import late
from netwatch.polling.snmp import ber
from netwatch.polling.snmp.usm.keys import AUTH, PRIVACY, AuthProtocol, PrivacyProtocol, key_of, localised, privacy_key
from netwatch.polling.snmp.usm.message import AUTHENTIC, ENCRYPTED, LONGEST_USER, SALTED, UNSALTED, header_end
from netwatch.polling.snmp.usm.privacy import AesCfb

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hmac
else:
    hmac = late("cryptography.hazmat.primitives.hmac")

_LONGEST_CONTEXT: Final = 32  # RFC 3415 section 4, vacmContextName


@dataclass(frozen=True, slots=True, eq=False)
class UsmUser:
    """Who asks, with which protocols. Shared by the sessions of all agents of a profile.

    `salts` counts on for all of them, so that no salt returns for a key, also when two agents share an engine id.
    """

    name: bytes
    auth: AuthProtocol | None
    privacy: PrivacyProtocol | None
    context: bytes
    auth_key: bytes = field(repr=False)
    privacy_key: bytes = field(repr=False)
    salts: Iterator[int] = field(repr=False)
    level: int = field(init=False)
    """The flags that each of its messages has."""
    mac_bytes: int = field(init=False)
    header: bytes = field(init=False)
    """What follows the message id in the header."""
    tail: bytes = field(init=False)
    """The name, and the MAC's head."""
    zeros: bytes = field(init=False)
    """What stands in the MAC's place while it is calculated."""
    salted: bytes = field(init=False)
    """The salt's head."""

    def __post_init__(self) -> None:
        level = (AUTHENTIC if self.auth else 0) | (ENCRYPTED if self.privacy else 0)
        mac_bytes = self.auth.mac_bytes if self.auth else 0
        made = {
            "level": level,
            "mac_bytes": mac_bytes,
            "header": header_end(level),
            "tail": ber.element(ber.OCTET_STRING, self.name) + bytes((ber.OCTET_STRING, mac_bytes)),
            "zeros": bytes(mac_bytes),
            "salted": SALTED if self.privacy else UNSALTED,
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def authenticator(self, engine_id: bytes) -> hmac.HMAC | None:
        """The HMAC of an engine with its key taken in, to be copied for each message; None without authentication."""
        if self.auth is None:
            return None
        return hmac.HMAC(localised(self.auth, self.auth_key, engine_id), self.auth.algorithm())

    def cipher(self, engine_id: bytes) -> AesCfb | None:
        """The cipher of an engine; None without privacy."""
        if self.auth is None or self.privacy is None:
            return None
        return AesCfb(privacy_key(self.auth, self.privacy, self.privacy_key, engine_id))


def user(
    name: str,
    *,
    auth: str = "none",
    auth_password: bytes = b"",
    privacy: str = "none",
    privacy_password: bytes = b"",
    context: str = "",
    first_salt: int,
) -> UsmUser:
    """A user by the names of its protocols (`none` without). A few milliseconds for each password.

    `first_salt` is where the salts begin: 64 random bits, so that they differ after a restart.

    Raises:
        OperatingError: a name that is empty or too long, privacy without authentication, or a short password.
    """
    named, within = name.encode(), context.encode()
    if not named:
        raise OperatingError("a profile of SNMP version 3 has no user", "add user")
    if len(named) > LONGEST_USER:
        raise OperatingError(f"the SNMP user {name} has {len(named)} bytes", f"SNMP allows {LONGEST_USER}")
    if len(within) > _LONGEST_CONTEXT:
        raise OperatingError(f"the SNMP context {context} has {len(within)} bytes", f"SNMP allows {_LONGEST_CONTEXT}")
    by = None if auth == "none" else AUTH[auth]
    cipher = None if privacy == "none" else PRIVACY[privacy]
    if by is None and cipher is not None:
        raise OperatingError("privacy without authentication does not exist in SNMP version 3", "add auth")
    return UsmUser(
        named,
        by,
        cipher,
        within,
        b"" if by is None else key_of(by, auth_password),
        b"" if by is None or cipher is None else key_of(by, privacy_password),
        count(first_salt),
    )
