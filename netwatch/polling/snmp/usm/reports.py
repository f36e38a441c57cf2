"""What an agent's report means for the NOC. Source: RFC 3414 section 5, RFC 3412 section 5, RFC 3413 section 4.1.2."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import REPORT

_USM: Final = ber.oid("1.3.6.1.6.3.15.1.1")
_MPD: Final = ber.oid("1.3.6.1.6.3.11.2.1")
_TARGET: Final = ber.oid("1.3.6.1.6.3.12.1")
UNSUPPORTED_SECURITY_LEVELS: Final = _USM + b"\x01\x00"
NOT_IN_TIME_WINDOWS: Final = _USM + b"\x02\x00"
UNKNOWN_USER_NAMES: Final = _USM + b"\x03\x00"
UNKNOWN_ENGINE_IDS: Final = _USM + b"\x04\x00"
WRONG_DIGESTS: Final = _USM + b"\x05\x00"
DECRYPTION_ERRORS: Final = _USM + b"\x06\x00"

_REASONS: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        UNSUPPORTED_SECURITY_LEVELS: "the agent does not offer this user the protocols of the profile; "
        "create the user there with the profile's auth and privacy, or change the profile",
        UNKNOWN_USER_NAMES: "the agent does not know the user; create it there, or correct `user` of the profile",
        WRONG_DIGESTS: "the agent does not accept the authentication: another password or another protocol; "
        "compare `auth` and the file of `auth_password_file` with the user on the agent",
        DECRYPTION_ERRORS: "the agent can't decrypt the request: another privacy password or protocol; compare "
        "`privacy` (aes192 and aes256, or aes192c and aes256c as Cisco makes the key) and the file of "
        "`privacy_password_file` with the user on the agent",
        _MPD + b"\x01\x00": "the agent does not know SNMPv3's user-based security model; use version 2c for it",
        _MPD + b"\x02\x00": "the agent calls the request malformed (snmpInvalidMsgs); update the agent",
        _MPD + b"\x03\x00": "the agent serves no such request here (snmpUnknownPDUHandlers); leave `context` of the "
        "profile empty, or update the agent",
        _TARGET + b"\x04\x00": "the agent's context is not available now; ask its administrator",
        _TARGET + b"\x05\x00": "the agent does not know the context; correct `context` of the profile",
    }
)


def reason(name: bytes) -> str:
    """What is wrong and what mends it, for the object that a report carries."""
    known = _REASONS.get(name)
    return known or f"the agent refuses with the report {ber.dotted(name)}; look it up in the agent's manual"


def reported(pdu: bytes) -> bytes:
    """The object that a report carries (its first), as an encoded OID.

    Raises:
        MalformedError: the PDU is no report, or carries none.
    """
    try:
        at, end = ber.content(pdu, 0, len(pdu), REPORT)
        for _ in range(3):  # request-id, error status, error index
            _, at = ber.integer(pdu, at, end)
        at, _ = ber.content(pdu, at, end, ber.SEQUENCE)
        at, stop = ber.content(pdu, at, end, ber.SEQUENCE)
        start, at = ber.content(pdu, at, stop, ber.OBJECT_IDENTIFIER)
        return ber.checked_oid(pdu[start:at])
    except IndexError:
        raise MalformedError("cut off") from None
