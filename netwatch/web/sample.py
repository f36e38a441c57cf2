"""A small invented outage as a picture: for the tests of the doors and for trying them without a network."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from netwatch.communication.model import Approval, ApprovalKind, PageEntry, Promise
from netwatch.diagnosis.model import Affected, Alternative, Scenario, Scope
from netwatch.incidents.model import Incident, Revision, Status
from netwatch.inventory.model import Device, Inventory, Link, Monitor, Port, Region, Segment, Service, Site
from netwatch.web.model import MessageTally
from netwatch.web.views import Milestones, Picture

#: 2026-11-22 02:14:00 UTC: outages come at night.
FAULT_AT = 1795313640.0


def inventory() -> Inventory:
    """Two sites in one region: a core, an aggregation switch behind trunk-17, an OLT behind that, five customers."""
    devices = (
        Device("ens-core-1", "ens-core-1", "ens-1", "core", "127.10.0.1"),
        Device("hgl-agg-1", "hgl-agg-1", "hgl-1", "aggregation", "127.10.0.2"),
        Device("hgl-olt-1", "hgl-olt-1", "hgl-1", "olt", "127.10.0.3"),
    )
    trunk = Link("trunk-17", Port("ens-core-1", "xe-0/1/0"), Port("hgl-agg-1", "ge-0/0/1"), ("duct-a35",))
    uplink = Link("uplink-3", Port("hgl-agg-1", "ge-0/0/2"), Port("hgl-olt-1", "up0"))
    customers = (
        _service("c-1", "Bakkerij Jansen", Segment.BUSINESS, "nl", mobile="07700900123", postcode="7551 AB"),
        _service("c-2", "Łucja Wiśniewska", Segment.RESIDENTIAL, "pl", mobile="+447700900456", postcode="7551 CD"),
        _service("c-3", "Streekziekenhuis Hengelo", Segment.CRITICAL, "nl", mobile="0687654321", postcode="7555 DL"),
        _service("c-4", "Mary O'Neill", Segment.RESIDENTIAL, "en", mobile="", postcode="7551 AB"),
        replace(_service("c-5", "Garage De Vries", Segment.BUSINESS, "nl", mobile="0611111111", postcode="7511 XX"),
                primary=Port("ens-core-1", "ge-0/0/9")),
    )  # fmt: skip
    return Inventory(
        regions=MappingProxyType({"twente": Region("twente", "Twente")}),
        sites=MappingProxyType(
            {"hgl-1": Site("hgl-1", "Hengelo Noord", "twente"), "ens-1": Site("ens-1", "Enschede Centrum", "twente")}
        ),
        devices=MappingProxyType({device.id: device for device in devices}),
        links=MappingProxyType({link.id: link for link in (trunk, uplink)}),
        monitor=Monitor(("ens-core-1",)),
        customers=MappingProxyType({service.customer: (service,) for service in customers}),
    )


def _service(customer: str, name: str, segment: Segment, language: str, *, mobile: str, postcode: str) -> Service:
    line = int(customer.removeprefix("c-")) + 1
    return Service(
        customer=customer,
        name=name,
        segment=segment,
        language=language,
        email=f"{customer}@example.net",
        mobile=mobile,
        phone="",
        postcode=postcode,
        primary=Port("hgl-olt-1", f"pon0/{line}"),
        backup=None,
        priority=5,
        notify=("email",),
        line=line,
    )


def incident() -> Incident:
    """trunk-17 is cut: two devices and four customers behind it."""
    out = frozenset({"c-1", "c-2", "c-3", "c-4"})
    return Incident(
        id="nw-20261122-0214-7f3a",
        key="trunk-17",
        status=Status.OPEN,
        scope=Scope.REGIONAL,
        scenario=Scenario.CABLE,
        roots=("link:trunk-17",),
        last_good_at=FAULT_AT,
        onset_at=FAULT_AT + 6,
        confirmed_at=FAULT_AT + 9,
        opened_at=FAULT_AT + 24,
        revision=1,
        affected=Affected(out=out),
        ever_affected=out,
        unreachable=frozenset({"hgl-agg-1", "hgl-olt-1"}),
        confidence=0.97,
        strong=True,
        reasons=(
            "Port xe-0/1/0 of ens-core-1 towards hgl-agg-1 went down at 02:14:05.",
            "hgl-agg-1 and hgl-olt-1 have not answered since; both lie behind trunk-17.",
        ),
        alternatives=(Alternative(("device:hgl-agg-1",), 1.6),),
        revisions=(Revision(FAULT_AT + 40, "notices planned for 4 customers"),),
    )


def picture() -> Picture:
    """46 s after the fault: staff told, the page up, the customers' notices in the 20 s that the playbook gives a veto."""
    found = incident()
    texts = (
        ("nl", "Storing in Hengelo", "Er is een kabelbreuk bij Hengelo. Wij zijn onderweg."),
        ("en", "Outage in Hengelo", "A cable near Hengelo is cut. We are on our way."),
    )
    return Picture(
        at=FAULT_AT + 46,
        inventory=inventory(),
        incidents=MappingProxyType({found.id: found}),
        approvals=(Approval(found.id, 0, ApprovalKind.VETO, FAULT_AT + 60, 0, "4 of 5 customers (80.0%)"),),
        promises=(Promise(found.id, 0, FAULT_AT + 1800),),
        page=(PageEntry(found.id, "cable", FAULT_AT + 24, FAULT_AT + 24, FAULT_AT + 1800, None, ("twente",), texts),),
        tallies=MappingProxyType({found.id: (MessageTally("email", "accepted", 3), MessageTally("email", "held", 4))}),
        milestones=MappingProxyType({found.id: Milestones(internal_at=FAULT_AT + 27, page_at=FAULT_AT + 28)}),
        waiting=MappingProxyType({found.id: 4}),
    )
