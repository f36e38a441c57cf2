"""SNMPv3 with the User-based Security Model: who asks is known, and what is said is secret.

In: a user, complete plain PDUs, datagrams from the agent that was asked. Out: datagrams for the agent, and what
each datagram from it means (`Opened`).
Invariants: a PDU leaves this package only when it has the level of security that the user has (authentic when the
user authenticates, decrypted when the user encrypts); the clock of an agent moves by authentic messages only;
malformed bytes raise `MalformedError` and nothing else; no I/O, no clock and no task here.
Source: RFC 3412, RFC 3414, RFC 3826, RFC 7860.
"""

from netwatch.polling.snmp.usm.session import MOST_AGAIN, UsmSession
from netwatch.polling.snmp.usm.user import UsmUser
from netwatch.polling.snmp.usm.verdicts import Kind, Opened

__all__ = ["MOST_AGAIN", "Kind", "Opened", "UsmSession", "UsmUser"]
