"""What must survive: incidents and their journal, what communication knows, and the outbox.

In: what a step of the pipeline decided, what people ordered, what became of a message. Out: the same after a crash.
Invariants: one SQLite connection in one thread, never a second one; a step's changes, plan and state are one
transaction; a message is claimed in one transaction that checks everything again; nothing blocks the event loop;
a damaged store is set aside, never used and never deleted.
"""

from netwatch.storage.step import Entry
from netwatch.storage.store import Store
from netwatch.storage.stored import Finding, Stored

__all__ = ["Entry", "Finding", "Store", "Stored"]
