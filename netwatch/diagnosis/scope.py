"""Whom a fault concerns."""

from __future__ import annotations

from netwatch.diagnosis.model import Affected, Scope


def find_scope(affected: Affected, served: int) -> Scope:
    """The scope of a fault; `served`: customers with an attachment on what failed."""
    hit = len(affected.out) + len(affected.degraded)
    if hit == 0:
        return Scope.REDUNDANCY
    return Scope.REGIONAL if hit > 1 or served > 1 else Scope.CUSTOMER
