"""From passwords to keys: one key a password, one localised key a password and engine.

Source: RFC 3414 section 2.6 and appendix A.2, RFC 7860 section 9, draft-blumenthal-aes-usm-04 section 3.1.2.1,
draft-reeder-snmpv3-usm-3desede-00 section 2.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from netwatch.errors import OperatingError
from netwatch.late import late

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives import hashes, hmac
else:
    exceptions = late("cryptography.exceptions")
    hashes = late("cryptography.hazmat.primitives.hashes")
    hmac = late("cryptography.hazmat.primitives.hmac")

_EXPANDED_BYTES: Final = 1 << 20  # RFC 3414 appendix A.2.1
SHORTEST_PASSWORD_BYTES: Final = 8  # RFC 3414 section 11.2


@dataclass(frozen=True, slots=True)
class AuthProtocol:
    """How messages are authenticated: HMAC with `hash_name`, cut to its first `mac_bytes` bytes."""

    name: str
    hash_name: str
    algorithm: Callable[[], hashes.HashAlgorithm]
    mac_bytes: int


@dataclass(frozen=True, slots=True)
class PrivacyProtocol:
    """How PDUs are encrypted: AES in CFB128 with a key of `key_bytes`.

    A hash may be shorter than the key. `chained` says how the missing bytes are made: by Reeder's draft (Cisco and
    those who follow it) when true, by Blumenthal's (net-snmp and most others) when false.
    """

    name: str
    key_bytes: int
    chained: bool = False


def _made_by(name: str) -> Callable[[], hashes.HashAlgorithm]:
    def make() -> hashes.HashAlgorithm:
        made: hashes.HashAlgorithm = getattr(hashes, name)()
        return made

    return make


AUTH: Final[Mapping[str, AuthProtocol]] = MappingProxyType(
    {
        one.name: one
        for one in (
            AuthProtocol("md5", "md5", _made_by("MD5"), 12),  # for gear that has nothing better
            AuthProtocol("sha", "sha1", _made_by("SHA1"), 12),  # the same
            AuthProtocol("sha224", "sha224", _made_by("SHA224"), 16),
            AuthProtocol("sha256", "sha256", _made_by("SHA256"), 24),
            AuthProtocol("sha384", "sha384", _made_by("SHA384"), 32),
            AuthProtocol("sha512", "sha512", _made_by("SHA512"), 48),
        )
    }
)
PRIVACY: Final[Mapping[str, PrivacyProtocol]] = MappingProxyType(
    {
        one.name: one
        for one in (
            PrivacyProtocol("aes128", 16),
            PrivacyProtocol("aes192", 24),
            PrivacyProtocol("aes256", 32),
            PrivacyProtocol("aes192c", 24, chained=True),
            PrivacyProtocol("aes256c", 32, chained=True),
        )
    }
)


def key_of(auth: AuthProtocol, password: bytes) -> bytes:
    """The key of a password, for every engine: 1 to 5 ms of work, so once a user.

    Raises:
        OperatingError: the password is shorter than 8 bytes, or this machine's libraries leave out the hash.
    """
    if len(password) < SHORTEST_PASSWORD_BYTES:
        raise OperatingError(
            f"an SNMPv3 password has {len(password)} characters, and RFC 3414 asks for 8 at least",
            "give the user of the agents a longer password, there and in the file",
        )
    try:
        hmac.HMAC(password, auth.algorithm())
        return _expanded(auth, password)
    except (exceptions.UnsupportedAlgorithm, ValueError) as error:  # as on machines that allow approved hashes only
        raise OperatingError(
            f"this machine's cryptographic libraries do not offer {auth.name}", "use a stronger auth, as sha256"
        ) from error


def _expanded(auth: AuthProtocol, password: bytes) -> bytes:
    whole = password * (_EXPANDED_BYTES // len(password) + 1)
    return hashlib.new(auth.hash_name, whole[:_EXPANDED_BYTES]).digest()


def localised(auth: AuthProtocol, key: bytes, engine_id: bytes) -> bytes:
    """The key that only this engine shares with us."""
    return hashlib.new(auth.hash_name, key + engine_id + key).digest()


def privacy_key(auth: AuthProtocol, privacy: PrivacyProtocol, key: bytes, engine_id: bytes) -> bytes:
    """The localised key in the length that the cipher needs.

    By Reeder's draft each extension costs what a password costs: a few milliseconds an engine.
    """
    found = last = localised(auth, key, engine_id)
    while len(found) < privacy.key_bytes:
        if privacy.chained:
            last = localised(auth, _expanded(auth, last), engine_id)
        else:
            last = hashlib.new(auth.hash_name, found).digest()
        found += last
    return found[: privacy.key_bytes]
