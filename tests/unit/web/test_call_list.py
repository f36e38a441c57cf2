"""The call list: the hardest hit first, and nobody forgotten who has no number."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from netwatch.communication.model import Promise
from netwatch.diagnosis.model import Affected
from netwatch.inventory.model import Segment
from netwatch.web import sample
from netwatch.web.calllist import call_list
from netwatch.web.fake import FakeDoors
from netwatch.web.model import UnknownIncidentError

OWN = "nw-20261122-0214-7f3a"
UTC = FakeDoors(sample.picture()).utc


def picture(customers=None, **incident):
    """The sample, with some customers' first services changed and the incident too."""
    made = sample.picture()
    services = dict(made.inventory.customers)
    for name, changed in (customers or {}).items():
        services[name] = (replace(services[name][0], **changed),)
    return replace(
        made,
        inventory=replace(made.inventory, customers=MappingProxyType(services)),
        incidents=MappingProxyType({OWN: replace(made.incidents[OWN], **incident)}),
    )


def rung(shown) -> list[str]:
    return [entry.customer for entry in call_list(shown, OWN, UTC).entries]


def test_critical_and_wholesale_customers_and_whoever_wants_it_are_rung():
    assert rung(picture()) == ["c-3"]
    assert rung(picture({"c-2": {"segment": Segment.WHOLESALE}, "c-1": {"notify": ("call",)}})) == ["c-3", "c-2", "c-1"]
    assert rung(picture({"c-5": {"notify": ("call",)}})) == ["c-3"]  # not concerned


def test_first_those_without_any_service_then_by_segment_and_priority_and_last_who_has_no_number():
    critical = {"segment": Segment.CRITICAL}
    shown = picture(
        {"c-1": {**critical, "priority": 9}, "c-2": {**critical, "priority": 1}, "c-4": critical},
        affected=Affected(out=frozenset({"c-1", "c-2", "c-4"}), degraded=frozenset({"c-3"})),
    )
    assert rung(shown) == ["c-2", "c-1", "c-3", "c-4"]
    entries = call_list(shown, OWN, UTC).entries
    assert [(entry.place, entry.state, bool(entry.phone)) for entry in entries] == [
        (1, "out", True), (2, "out", True), (3, "degraded", True), (4, "out", False),
    ]  # fmt: skip


def test_an_entry_says_all_that_the_caller_needs():
    shown = replace(
        picture(),
        told=MappingProxyType({OWN: frozenset({"c-3"})}),
        promises=(
            Promise("", 1, sample.FAULT_AT + 900, customer="c-3", by="anna"),
            Promise("", 0, sample.FAULT_AT + 600, kept_at=sample.FAULT_AT + 500, customer="c-3", by="bob"),
            Promise(OWN, 0, sample.FAULT_AT + 60),
        ),
    )
    (entry,) = call_list(shown, OWN, UTC).entries
    assert (entry.name, entry.phone, entry.segment, entry.language) == (
        "Streekziekenhuis Hengelo", "0687654321", "critical", "nl",
    )  # fmt: skip
    assert entry.services == ("hgl-olt-1 (Hengelo Noord) pon0/4",)
    assert entry.since_at == UTC(sample.FAULT_AT + 6)
    assert entry.told
    assert (entry.promised_at, entry.promised_by) == (UTC(sample.FAULT_AT + 900), "anna")


def test_once_it_is_over_they_are_rung_back():
    over = picture(affected=Affected(), resolved_at=sample.FAULT_AT + 40)
    assert [entry.state for entry in call_list(over, OWN, UTC).entries] == ["restored"]


def test_a_customer_who_left_the_inventory_is_left_out():
    shown = picture(ever_affected=frozenset({"c-3", "gone"}))
    assert rung(shown) == ["c-3"]


def test_an_unknown_incident_is_told():
    with pytest.raises(UnknownIncidentError):
        call_list(picture(), "nw-0", UTC)
