"""Which port a name means, and what is asked of whom."""

from __future__ import annotations

from netwatch.inventory.model import Device, Inventory, Link, Port, PortGroup, Segment, Service, Upstream
from netwatch.polling.plan import DevicePlan, plan
from netwatch.polling.snmp.names import Resolution, chunks, text


def service(device, interface, backup=None):
    return Service("c", "C", Segment.BUSINESS, "nl", "", "", "", "", Port(device, interface), backup, 1, (), 2)


def test_a_name_means_the_if_name_before_the_description_before_the_alias():
    found = Resolution(frozenset({"ge-0/0/1", "Trunk north", "GigabitEthernet2"}))
    found.add_column({1: "ge-0/0/1", 2: "ge-0/0/2"})
    found.add_column({1: "GigabitEthernet1", 2: "GigabitEthernet2", 3: "ge-0/0/1"})
    found.add_column({1: "Trunk north", 2: "ge-0/0/1"})
    assert found.index_of == {"ge-0/0/1": 1, "GigabitEthernet2": 2, "Trunk north": 1}
    assert not found.missing


def test_a_name_that_a_column_holds_twice_is_not_guessed():
    found = Resolution(frozenset({"uplink"}))
    found.add_column({1: "uplink", 2: "uplink"})
    assert found.missing == {"uplink"}
    assert found.ambiguous == {"uplink"}
    found.add_column({7: "uplink"})
    assert found.index_of == {"uplink": 7}
    assert not found.ambiguous


def test_padded_and_broken_names_become_text():
    assert text(b"eth0\0\0") == "eth0"
    assert text(b" eth0 ") == "eth0"
    assert text(b"\xff\xfe") == "\ufffd\ufffd"
    assert text(None) == ""


def test_names_are_asked_in_chunks():
    assert chunks("abcde", 2) == [("a", "b"), ("c", "d"), ("e",)]
    assert chunks("", 2) == []
    assert chunks("ab", 0) == [("a",), ("b",)]


def test_a_device_is_asked_for_its_links_upstreams_groups_and_customers():
    inventory = Inventory(
        devices={
            "b": Device("b", "b", address="10.0.0.2", snmp="default"),
            "a": Device("a", "a", address="10.0.0.1", snmp="core", icmp=False),
            "none": Device("none", "none"),
        },
        links={"l": Link("l", Port("a", "x1"), Port("b", "up"))},
        upstreams={"t": Upstream("t", "a", "x9")},
        port_groups={"g": PortGroup("g", "b", ("p1", "p2"))},
        customers={"c": (service("b", "p2", Port("a", "x7")), service("b", ""), service("b", "up"))},
    )
    assert list(plan(inventory).values()) == [
        DevicePlan("a", "10.0.0.1", icmp=False, profile="core", link_ports=("x1", "x9"), customer_ports=("x7",)),
        DevicePlan("b", "10.0.0.2", icmp=True, profile="default", link_ports=("up",), customer_ports=("p1", "p2")),
    ]
