"""The audit: what in the inventory would hurt most if it failed, and what netwatch could not know.

In: an inventory. Out: a `Report` of single points of failure, shared risks that defeat redundancy, blind spots and
gaps in what is written down.
Invariants: pure and exact: every figure is the count of customers that lose every way out of the network when exactly
that element fails; no order depends on hashing or on the files' order.
"""

from netwatch.inventory.audit.model import Blind, Gaps, Point, Report
from netwatch.inventory.audit.report import audit

__all__ = ["Blind", "Gaps", "Point", "Report", "audit"]
