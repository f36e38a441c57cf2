"""How a PDU becomes a datagram for one agent: by a community here, by a user and keys in `usm`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from netwatch.polling.snmp import ber


class Session(Protocol):
    """What the client needs of an agent's security to ask."""

    def packet(self, pdu: bytes, number: int, now: float) -> bytes:
        """The datagram that carries `pdu`; `number` is its request-id."""
        ...


@dataclass(frozen=True, slots=True)
class Community:
    """SNMP v1 (`version` 0) or v2c (1); one for all agents that share a community. Source: RFC 1157, RFC 1901."""

    version: int
    community: bytes = field(repr=False)
    head: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        head = ber.encode_integer(self.version) + ber.element(ber.OCTET_STRING, self.community)
        object.__setattr__(self, "head", head)

    def packet(self, pdu: bytes, number: int, now: float) -> bytes:
        del number, now  # the PDU holds the one, and nothing here ages
        return ber.element(ber.SEQUENCE, self.head + pdu)
