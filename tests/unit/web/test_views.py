"""What people are shown of incidents."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from netwatch.communication.model import ApprovalKind, Conditions
from netwatch.communication.planning.approval import Size, decide
from netwatch.communication.settings import CommunicationSettings
from netwatch.diagnosis.model import Affected, Scope
from netwatch.incidents.model import Status
from netwatch.inventory.model import Inventory
from netwatch.web import sample
from netwatch.web.model import Check, Health, UnknownIncidentError
from netwatch.web.names import counted, element_name, listed, title
from netwatch.web.views import approval_views, incident_of, incident_view, incident_views
from netwatch.web.why import why_view


def utc(at):
    return datetime.fromtimestamp(at, tz=UTC)


def pictured(*incidents):
    return replace(sample.picture(), incidents={i.id: i for i in incidents})


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("device:hgl-agg-1", "hgl-agg-1 (Hengelo Noord)"),
        ("device:gone", "gone"),
        ("link:trunk-17", "link trunk-17 (ens-core-1 - hgl-agg-1)"),
        ("link:gone", "link gone"),
        ("site:hgl-1", "site Hengelo Noord"),
        ("region:twente", "region Twente"),
        ("provider:gone", "provider gone"),
        ("feed:feed-7", "power feed feed-7"),
        ("duct:duct-a35", "duct duct-a35"),
        ("port_group:hgl-olt-1/pon0", "port group hgl-olt-1/pon0"),
        ("port:hgl-olt-1:pon0/1", "port pon0/1 of hgl-olt-1 (Hengelo Noord)"),
        ("upstream:transit-1", "upstream transit-1"),
        ("monitor", "netwatch itself"),
    ],
)
def test_an_element_is_called_by_its_name(ref, name):
    assert element_name(sample.inventory(), ref) == name


def test_a_title_names_what_failed_and_shortens_a_long_list():
    one = sample.incident()
    assert title(sample.inventory(), one) == "Link trunk-17 (ens-core-1 - hgl-agg-1) is cut"
    redundancy = replace(one, scope=Scope.REDUNDANCY)
    assert title(sample.inventory(), redundancy).endswith("is cut; nobody is out")
    many = replace(one, roots=("device:a", "device:b", "device:c", "device:d", "device:e"))
    assert title(Inventory(), many) == "a is down; b is down; c is down; and 2 more"
    assert title(Inventory(), replace(one, roots=("monitor",))) == "netwatch itself is cut off from the network"
    assert title(Inventory(), replace(one, roots=())) == "Cause not known yet"


def test_a_device_that_is_the_cause_is_not_named_twice():
    down = replace(sample.incident(), roots=("device:hgl-agg-1",), down=frozenset({"hgl-agg-1"}))
    assert "Down:" not in why_view(pictured(down), "nw-20261122-0214-7f3a", utc).conclusion
    more = replace(down, down=frozenset({"hgl-agg-1", "hgl-olt-1"}))
    conclusion = why_view(pictured(more), "nw-20261122-0214-7f3a", utc).conclusion
    assert "Down: hgl-agg-1 (Hengelo Noord) and hgl-olt-1 (Hengelo Noord)." in conclusion


def test_lists_and_counts_read_as_people_write_them():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed("abcdefg", 3) == "a, b and 5 more"
    assert counted(1, "customer") == "1 customer"
    assert counted(12345, "customer") == "12,345 customers"


def test_open_incidents_come_gravest_first_and_all_of_them_newest_first():
    base = sample.incident()
    ring = replace(base, id="ring", scope=Scope.REDUNDANCY, onset_at=5.0)
    blind = replace(base, id="blind", scope=Scope.MONITORING, onset_at=4.0)
    small = replace(base, id="small", affected=Affected(out=frozenset({"c-1"})), onset_at=3.0)
    over = replace(base, id="over", status=Status.RESOLVED, onset_at=2.0)
    picture = pictured(ring, small, over, base, blind)
    assert [view.id for view in incident_views(picture, utc)] == ["blind", base.id, "small", "ring"]
    assert [view.id for view in incident_views(picture, utc, closed=True)] == [
        base.id,
        "ring",
        "blind",
        "small",
        "over",
    ]


def test_the_next_update_is_the_earliest_promise_still_owed_and_none_once_it_is_over():
    picture = sample.picture()
    kept = replace(picture.promises[0], update=9, due_at=1.0, kept_at=0.5)
    picture = replace(picture, promises=(kept, *picture.promises))
    one = sample.incident()
    assert incident_view(picture, one, utc).next_update_at == utc(sample.FAULT_AT + 1800)
    assert incident_view(picture, replace(one, status=Status.RESOLVED), utc).next_update_at is None


def test_automatic_approvals_wait_for_nobody_until_the_ceiling_stops_them():
    picture = sample.picture()
    automatic = replace(picture.approvals[0], kind=ApprovalKind.AUTO, needed=0, release_at=picture.at)
    assert approval_views(replace(picture, approvals=(automatic,)), utc) == ()
    assert [view.customers for view in approval_views(picture, utc)] == [4]
    (stopped,) = approval_views(replace(picture, approvals=(automatic,), at=picture.at + 60), utc)
    assert (stopped.kind, stopped.needed) == ("manual", 1)


def test_the_sample_waits_for_a_veto_as_the_planner_would_let_it_wait():
    picture, found = sample.picture(), sample.incident()
    decided = decide(
        found, 0, Size(len(found.affected.out), 0, len(picture.inventory.customers)), sample.FAULT_AT + 40,
        conditions=Conditions(warm=True), settings=CommunicationSettings(), asked=[(ApprovalKind.VETO, 20.0)],
    )  # fmt: skip
    assert picture.approvals == (decided,)


def test_a_veto_window_that_ended_without_release_waits_for_a_person():
    picture = sample.picture()
    assert approval_views(picture, utc)[0].kind == "veto"
    (late,) = approval_views(replace(picture, at=picture.approvals[0].release_at + 60), utc)
    assert late.kind == "manual"
    why = why_view(replace(picture, at=picture.approvals[0].release_at + 60), "nw-20261122-0214-7f3a", utc)
    assert "The first notice waits for 1 approval: 4 of 5 customers (80.0%)." in why.telling


def test_an_unknown_incident_is_said_to_be_unknown():
    with pytest.raises(UnknownIncidentError, match="no incident 'nope'; see them with: netwatch incidents --all"):
        incident_of(sample.picture(), "nope")


def test_why_tells_what_was_seen_what_follows_and_what_customers_notice():
    view = why_view(sample.picture(), "nw-20261122-0214-7f3a", utc)
    assert view.conclusion.startswith("Link trunk-17 (ens-core-1 - hgl-agg-1) is cut (scenario cable, 97% sure).")
    assert "2 devices behind it can't be reached and may well be healthy." in view.conclusion
    assert [moment.text for moment in view.timeline][:2] == [
        "last good answer: the 180 s count from here",
        "first failure seen",
    ]
    assert [moment.since_fault_s for moment in view.timeline] == sorted(m.since_fault_s for m in view.timeline)
    assert view.alternatives[0].times_less_likely == pytest.approx(39.8)
    assert view.meaning == (
        "4 customers out: 2 residential, 1 business, 1 critical.",
        "Critical among them: Streekziekenhuis Hengelo (c-3).",
    )
    assert view.telling[0] == "No customer has been told."
    assert view.customers.out == ("c-1", "c-2", "c-3", "c-4")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"scope": Scope.MONITORING},
            "netwatch can't see the network: nothing is known of customers, and none is told.",
        ),
        ({"status": Status.RESOLVED}, "It is over; 4 customers had noticed it."),
        ({"affected": Affected()}, "4 customers of this incident restored since."),
        (
            {"affected": Affected(degraded=frozenset({"c-1"}))},
            "1 customer degraded: one of several services out, or loss.",
        ),
        (
            {"affected": Affected(at_risk=frozenset({"c-1", "c-2"}))},
            "2 customers at risk: they work, but the next failure would cut them.",
        ),
    ],
)
def test_why_says_what_customers_notice(change, sentence):
    assert sentence in why_view(pictured(replace(sample.incident(), **change)), "nw-20261122-0214-7f3a", utc).meaning


def test_customers_who_left_the_inventory_are_counted_and_not_named():
    picture = replace(sample.picture(), inventory=Inventory())
    assert why_view(picture, "nw-20261122-0214-7f3a", utc).meaning == (
        "4 customers out: 4 no longer in the inventory.",
    )


def test_announced_work_and_weak_evidence_are_said():
    planned = why_view(pictured(replace(sample.incident(), planned="m-12")), "nw-20261122-0214-7f3a", utc)
    assert "Announced work m-12 explains it: customers get no notice." in planned.conclusion
    weak = why_view(pictured(replace(sample.incident(), strong=False)), "nw-20261122-0214-7f3a", utc)
    assert "Only one kind of evidence so far." in weak.conclusion


def test_ready_implies_live():
    assert Health().is_ready
    assert not Health(live=(Check("loop", ok=False),)).is_ready
    assert Health(ready=(Check("warm", ok=False),)).is_live
