"""The audit counts exactly who is cut off; a slow and plain reckoning by reachability agrees."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.inventory.audit import audit
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import (
    Device,
    Inventory,
    Link,
    Monitor,
    Port,
    PortGroup,
    Segment,
    Service,
    Site,
    Upstream,
    Witness,
)


def service(customer, primary, backup=None, segment=Segment.BUSINESS):
    return Service(customer, customer, segment, "en", "", "", "", "", primary, backup, 3, (), 1)


def network(devices, links, services, *, upstreams=("up-1:core",), groups=(), monitor=("core",), sites=None):
    """Links as "a-b" or "a-b/duct"; services as (customer, device) or (customer, device, backup)."""
    made = {}
    for number, text in enumerate(links, 1):
        ends, _, ducts = text.partition("/")
        a, b = ends.split("-")
        name = f"l{number}"
        made[name] = Link(
            name, Port(a, f"to-{b}-{number}"), Port(b, f"to-{a}-{number}"), tuple(filter(None, ducts.split("+")))
        )
    customers: dict = {}
    for customer, primary, *rest in services:
        backup = Port(rest[0], "p2") if rest else None
        customers[customer] = (*customers.get(customer, ()), service(customer, Port(primary, "p1"), backup))
    found = [d if isinstance(d, Device) else Device(d, d, site=f"s-{d}", battery_minutes=0.0) for d in devices]
    places = sites or {device.site: Site(device.site, device.site) for device in found if device.site}
    return Inventory(
        sites=MappingProxyType(places),
        devices=MappingProxyType({device.id: device for device in found}),
        links=MappingProxyType(made),
        upstreams=MappingProxyType(
            {u.partition(":")[0]: Upstream(u.partition(":")[0], u.partition(":")[2]) for u in upstreams}
        ),
        port_groups=MappingProxyType({group.id: group for group in groups}),
        monitor=Monitor(tuple(monitor), (Witness("w1", "192.0.2.1"), Witness("w2", "192.0.2.2"))),
        customers=MappingProxyType(customers),
    )


def points(report):
    """Customers cut off by every ref."""
    return {point.ref: point.customers for point in report.points}


def test_on_a_tree_every_element_cuts_off_what_is_below_it():
    report = audit(
        network(["core", "agg", "a", "b"], ["core-agg", "agg-a", "agg-b"], [("c1", "a"), ("c2", "b"), ("c3", "b")])
    )
    found = points(report)
    assert (found["device:core"], found["device:agg"], found["device:a"], found["device:b"]) == (3, 3, 1, 2)
    assert (found["link:l1"], found["link:l2"], found["link:l3"], found["upstream:up-1"]) == (3, 1, 2, 3)
    assert report.redundant == 0


def test_on_a_ring_no_link_cuts_anyone_off_but_a_duct_with_both_legs_does():
    links = ["core-a/west", "a-b", "b-core/west+bridge"]
    report = audit(network(["core", "a", "b"], links, [("c1", "a"), ("c2", "b")]))
    found = points(report)
    assert not [ref for ref in found if ref.startswith("link:")]
    (shared,) = [point for point in report.shared if point.ref == "duct:west"]
    assert (shared.customers, shared.defeated, shared.members) == (2, 2, ("link:l1", "link:l3"))
    assert "duct:bridge" not in found


def test_a_customer_with_two_devices_is_cut_off_only_by_what_they_share():
    report = audit(network(["core", "agg", "a", "b"], ["core-agg", "agg-a", "agg-b"], [("c1", "a", "b")]))
    found = points(report)
    assert (found["device:agg"], found["link:l1"]) == (1, 1)
    assert "device:a" not in found
    assert "device:b" not in found


def test_two_legs_on_one_feed_are_named_with_their_sites():
    sites = {n: Site(n, n, power_feed="feed-7") for n in ("s-a", "s-b")} | {"s-core": Site("s-core", "s-core")}
    report = audit(network(["core", "a", "b"], ["core-a", "core-b"], [("c1", "a", "b"), ("c2", "a")], sites=sites))
    (shared,) = [point for point in report.shared if point.ref == "feed:feed-7"]
    assert (shared.customers, shared.defeated, shared.members) == (2, 1, ("site:s-a", "site:s-b"))
    assert shared.battery_minutes == 0.0


def test_a_device_that_does_not_forward_carries_nobody_else():
    modem = Device("m", "m", transit=False)
    report = audit(network(["core", "a", "b", modem], ["core-a", "a-m", "m-b", "core-b"], [("c1", "a"), ("c2", "b")]))
    found = points(report)
    assert (found["link:l1"], found["link:l4"]) == (1, 1)


def test_a_port_group_cuts_off_the_customers_on_its_ports_alone():
    groups = [PortGroup("a/pon0", "a", ("p1",)), PortGroup("a/pon1", "a", ("p9",))]
    report = audit(network(["core", "a"], ["core-a"], [("c1", "a"), ("c2", "a", "core")], groups=groups))
    assert points(report)["port_group:a/pon0"] == 1
    assert "port_group:a/pon1" not in points(report)


def test_both_legs_in_one_line_card_defeat_the_redundancy():
    groups = [PortGroup("core/card", "core", ("to-a-1", "to-b-2"))]
    report = audit(network(["core", "a", "b"], ["core-a", "core-b", "a-b"], [("c1", "a")], groups=groups))
    (shared,) = [point for point in report.shared if point.ref == "port_group:core/card"]
    assert (shared.customers, shared.members) == (1, ("link:l1", "link:l2"))


def test_what_nobody_wrote_down_is_listed():
    unknown = Device("a", "a", site="s-a", battery_minutes=None)
    found = network(["core", unknown, "b", "island"], ["core-a", "a-b", "core-b/d1"], [("c1", ""), ("c2", "a", "a")])
    gaps = audit(found).gaps
    assert gaps.unattached == ("c1",)
    assert gaps.same_device == ("c2",)
    assert gaps.without_battery == ("s-a",)
    assert gaps.without_duct == ("l1", "l2")
    assert gaps.no_way_out == ("island",)
    assert (gaps.first_hops, gaps.witnesses) == (("core",), 2)


def test_devices_that_would_work_unseen_are_told_from_those_that_would_not():
    links = ["noc-core", "core-a", "noc-b", "a-edge", "b-edge"]
    report = audit(
        network(["noc", "core", "a", "b", "edge"], links, [("c1", "a")], upstreams=("up-1:edge",), monitor=("core",))
    )
    hidden = {blind.through: (blind.devices, blind.served) for blind in report.blind}
    assert hidden["device:core"] == (4, 4), "without core netwatch sees nobody, and everybody but core still works"
    assert "device:edge" not in hidden


def test_an_empty_inventory_has_no_findings():
    report = audit(Inventory())
    assert (report.points, report.shared, report.blind, report.exits) == ((), (), (), ())


def test_without_upstreams_the_way_out_is_where_netwatch_stands_or_the_best_joined_core():
    one = network([Device("core", "core", role="core"), "a"], ["core-a"], [("c1", "a")], upstreams=())
    assert audit(one).exits == ("device:core",)
    assert audit(replace(one, monitor=Monitor())).exits == ("device:core",)


DEVICES = tuple("abcdefgh")


@st.composite
def networks(draw):
    count = draw(st.integers(2, len(DEVICES)))
    names = DEVICES[:count]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names)).filter(lambda pair: pair[0] != pair[1])
    ducts = st.sampled_from(("", "/x", "/y", "/x+y"))
    links = [f"{a}-{b}{duct}" for (a, b), duct in draw(st.lists(st.tuples(pairs, ducts), max_size=12))]
    devices = [
        Device(
            name, name, site=draw(st.sampled_from(("s1", "s2", "s3"))), transit=draw(st.booleans()), battery_minutes=0.0
        )
        for name in names
    ]
    sites = {name: Site(name, name, power_feed=draw(st.sampled_from((None, "f")))) for name in ("s1", "s2", "s3")}
    ups = [
        f"up-{n}:{name}"
        for n, name in enumerate(draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)))
    ]
    services = [
        (f"c{n}", primary, *backup)
        for n, (primary, backup) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(names), st.lists(st.sampled_from(names), max_size=1)), max_size=8))
        )
    ]
    return network(devices, links, services, upstreams=ups, sites=sites, monitor=(names[0],))


def plainly(inventory, **failed):
    """How many customers lose every way to an upstream; who had none before loses nothing."""
    return len(without_way(inventory, **failed) - without_way(inventory))


def without_way(inventory, dead=(), cut=(), lost=()):
    starts = {u.device for u in inventory.upstreams.values() if u.id not in lost} - set(dead)
    exits = {u.device for u in inventory.upstreams.values()}  # an exit forwards, whether or not its own way is lost
    passing = {i: replace(d, transit=d.transit or i in exits) for i, d in inventory.devices.items()}
    lit = Topology(replace(inventory, devices=MappingProxyType(passing))).reachable(starts, dead, cut)
    return {
        customer
        for customer, services in inventory.customers.items()
        if all(port.device not in lit for one in services for port in (one.primary, one.backup) if port)
    }


@settings(max_examples=150, deadline=None)
@given(networks())
def test_every_figure_is_what_plain_reachability_says(inventory):
    found = points(audit(inventory))
    for name in inventory.devices:
        assert found.get(f"device:{name}", 0) == plainly(inventory, dead=(name,))
    for name in inventory.links:
        assert found.get(f"link:{name}", 0) == plainly(inventory, cut=(name,))
    for name in inventory.upstreams:
        assert found.get(f"upstream:{name}", 0) == plainly(inventory, lost=(name,))
    for duct in ("x", "y"):
        cut = [link.id for link in inventory.links.values() if duct in link.ducts]
        if cut:
            assert found.get(f"duct:{duct}", 0) == plainly(inventory, cut=cut)
    for site in inventory.sites:
        dead = [device.id for device in inventory.devices.values() if device.site == site]
        if dead:
            assert found.get(f"site:{site}", 0) == plainly(inventory, dead=dead)
    fed = {site.id for site in inventory.sites.values() if site.power_feed == "f"}
    dead = [device.id for device in inventory.devices.values() if device.site in fed]
    if dead:
        assert found.get("feed:f", 0) == plainly(inventory, dead=dead)


@settings(max_examples=60, deadline=None)
@given(networks(), st.randoms())
def test_the_order_of_the_files_changes_nothing(inventory, rng):
    def shuffled(mapping):
        items = list(mapping.items())
        rng.shuffle(items)
        return MappingProxyType(dict(items))

    other = replace(inventory, devices=shuffled(inventory.devices), links=shuffled(inventory.links),
                    customers=shuffled(inventory.customers), sites=shuffled(inventory.sites))  # fmt: skip
    assert audit(other) == audit(inventory)


@pytest.mark.parametrize("minutes", [(None, 60.0, None), (0.0, None, 0.0), (30.0, 60.0, 30.0)])
def test_a_sites_battery_is_its_shortest_and_unknown_when_one_might_be_shorter(minutes):
    first, second, expected = minutes
    devices = [
        "core",
        Device("a", "a", site="s", battery_minutes=first),
        Device("b", "b", site="s", battery_minutes=second),
    ]
    report = audit(network(devices, ["core-a", "core-b"], [("c1", "a", "b")]))
    (site,) = [point for point in report.points if point.ref == "site:s"]
    assert site.battery_minutes == expected
