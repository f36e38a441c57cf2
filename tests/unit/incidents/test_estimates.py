"""How far ahead an estimate may lie."""

from __future__ import annotations

import pytest

from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.book import Book
from netwatch.incidents.model import Command, Incident, Order, Status
from netwatch.incidents.orders import refusal

NOW = 1_795_352_700.0
DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("ahead_s", "said"),
    [
        (3600.0, None),
        (30 * DAY_S, None),
        (30 * DAY_S + 1, "more than 30 days away"),
        (7973 * 366 * DAY_S, "more than 30 days away"),
        (-1.0, "has passed"),
    ],
)
def test_an_estimate_lies_ahead_and_within_thirty_days(ahead_s, said):
    known = Incident("i1", "i1", Status.OPEN, Scope.REGIONAL, Scenario.CABLE, (), NOW - 60, NOW - 50)
    order = Command(NOW, "i1", Order.ESTIMATE, "anna", until_at=NOW + ahead_s)
    found = refusal(order, Book.of([known]))
    assert found is None if said is None else said in (found or "")
