"""SMPP 3.4 as octets: what we say to a message centre, and what it says. Pure; the library knows the layout.

Source: SMPP Protocol Specification 3.4, sections 4 (PDUs), 5.1.3 (command status), appendix B (delivery receipts).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from netwatch.communication.channels.sms_settings import Bind, SmppRoute
from netwatch.communication.delivery.outcome import Outcome, Result
from netwatch.errors import Fault, InputError, Place
from netwatch.late import late

if TYPE_CHECKING:
    from smpplib import smpp
else:
    smpp = late("smpplib.smpp")

#: Command length, id, status, sequence number.
HEADER: Final = struct.Struct(">IIII")
#: No PDU of ours or of an honest centre comes near this.
LONGEST: Final = 66_000
_RESPONSE: Final = 0x8000_0000
_RECEIPT_CLASS: Final = 0x04
_RECEIPT_MASK: Final = 0x3C
_UDH_CLASS: Final = 0x40
_RECEIPT_ID: Final = re.compile(rb"\bid:(\S{1,64})", re.IGNORECASE)
_RECEIPT_STATE: Final = re.compile(rb"\bstat:([A-Za-z]{1,10})", re.IGNORECASE)
_DELIVERED: Final = frozenset({"DELIVRD"})
_UNDELIVERED: Final = frozenset({"EXPIRED", "DELETED", "UNDELIV", "REJECTD"})
#: Command ids whose body we need.
_NAMED: Final = {
    0x8000_0000: "generic_nack", 0x8000_0001: "bind_receiver_resp", 0x8000_0002: "bind_transmitter_resp",
    0x8000_0004: "submit_sm_resp", 0x0000_0005: "deliver_sm", 0x0000_0006: "unbind", 0x8000_0006: "unbind_resp",
    0x8000_0009: "bind_transceiver_resp", 0x0000_0015: "enquire_link", 0x8000_0015: "enquire_link_resp",
}  # fmt: skip
_STATUS: Final = {
    0x04: Outcome.CHANNEL_TEMPORARY,  # wrong bind status
    0x08: Outcome.CHANNEL_TEMPORARY,  # system error
    0x0A: Outcome.CONFIGURATION,  # invalid source address
    0x0B: Outcome.RECIPIENT_PERMANENT,  # invalid destination address
    0x0D: Outcome.CONFIGURATION,  # bind failed
    0x0E: Outcome.CONFIGURATION,  # invalid password
    0x0F: Outcome.CONFIGURATION,  # invalid system id
    0x14: Outcome.THROTTLED,  # message queue full
    0x45: Outcome.RECIPIENT_TEMPORARY,  # submit failed
    0x58: Outcome.THROTTLED,  # throttling
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message: `id` is the centre's. `delivered` None: not final yet."""

    id: str
    delivered: bool | None


@dataclass(frozen=True, slots=True)
class Pdu:
    """One thing that the centre said. `command` "" = one that we don't know."""

    command: str
    status: int
    sequence: int
    response: bool
    message_id: str = ""
    receipt: Receipt | None = None


def require_library() -> None:
    """Raises InputError when the library isn't installed, with what installs it."""
    if find_spec("smpplib") is None:
        what = "SMPP needs the library smpplib, which isn't installed"
        raise InputError([Fault(Place("netwatch.yaml", key="channels.sms.smpp"), what, "pip install 'netwatch[smpp]'")])


class _Numbered:
    """Gives the library its sequence number."""

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence

    def next_sequence(self) -> int:
        return self.sequence


def write(command: str, sequence: int, **fields: Any) -> bytes:
    """One PDU. `fields` by the standard's names."""
    made: bytes = smpp.make_pdu(command, client=_Numbered(sequence), **fields).generate()
    return made


def bind(route: SmppRoute, password: str) -> tuple[str, dict[str, Any]]:
    """The command with which a session begins."""
    command = "bind_transceiver" if route.bind is Bind.TRANSCEIVER else "bind_transmitter"
    return command, {"system_id": route.system_id, "password": password, "system_type": route.system_type}


def submit(to: str, sender: str, octets: bytes, *, unicode: bool, udh: bool, payload: bool) -> dict[str, Any]:
    """The fields of one submit_sm. `to` is international; `octets` with its header where `udh`."""
    by_number = sender.removeprefix("+").isdigit()
    fields: dict[str, Any] = {
        "source_addr_ton": 0 if not sender else 1 if by_number else 5,
        "source_addr_npi": 1 if by_number and sender else 0,
        "source_addr": sender.removeprefix("+"),
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": to.removeprefix("+"),
        "esm_class": _UDH_CLASS if udh else 0,
        "data_coding": 8 if unicode else 0,
        "registered_delivery": 1,
    }
    return {**fields, "message_payload": octets} if payload else {**fields, "short_message": octets}


def read(data: bytes) -> Pdu:
    """Understand one whole PDU. A body that can't be read is none; the header's say stands."""
    _, command_id, status, sequence = HEADER.unpack_from(data)
    command = _NAMED.get(command_id, "")
    message_id, receipt = "", None
    if command == "submit_sm_resp":
        message_id = data[HEADER.size :].split(b"\0", 1)[0][:64].decode("ascii", "replace")
    elif command == "deliver_sm":
        receipt = _receipt(data)
    return Pdu(command, status, sequence, bool(command_id & _RESPONSE), message_id, receipt)


def _receipt(data: bytes) -> Receipt | None:
    """The receipt in a deliver_sm; None when it is a phone's answer, or can't be read."""
    try:
        pdu = smpp.parse_pdu(data, client=_Numbered(0), allow_unknown_opt_params=True)
    except (struct.error, LookupError, ValueError, TypeError, AttributeError, RuntimeError):
        return None
    if (pdu.esm_class or 0) & _RECEIPT_MASK != _RECEIPT_CLASS:
        return None
    text = (pdu.short_message or b"") + (pdu.message_payload or b"")
    named, state = _RECEIPT_ID.search(text), _RECEIPT_STATE.search(text)
    found = pdu.receipted_message_id or (named.group(1) if named else b"")
    if not found or not state:
        return None
    word = state.group(1).decode("ascii").upper()
    delivered = True if word in _DELIVERED else False if word in _UNDELIVERED else None
    return Receipt(found.decode("ascii", "replace"), delivered)


def outcome(status: int) -> Result:
    """What a command status other than 0 means. What is about the text or unknown to us is told as such."""
    return Result(_STATUS.get(status, Outcome.CONTENT), f"smpp 0x{status:02x}")
