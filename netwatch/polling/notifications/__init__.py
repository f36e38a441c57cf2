"""The ear for notifications: traps and informs of SNMP v1, v2c and v3, boiled down to hints.

In: datagrams on one UDP port of both families, the devices' addresses, the SNMPv3 users of the profiles.
Out: `Heard`, at most so many a second from one source and in all; every other datagram is counted by what became of it.
Invariants: a notification is a hint that makes netwatch look, never evidence; a source over its limit costs no
decoding; a v3 notification has the level of security of its user, and is none that was recorded long ago;
what is answered goes to addresses of the inventory only.
"""

from netwatch.polling.notifications.ears import Notifications
from netwatch.polling.notifications.limits import Limits
from netwatch.polling.notifications.model import Heard, NotificationStatistics, Outcome
from netwatch.polling.notifications.own_engine import OwnEngine

__all__ = ["Heard", "Limits", "NotificationStatistics", "Notifications", "Outcome", "OwnEngine"]
