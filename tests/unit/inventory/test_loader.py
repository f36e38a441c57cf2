from __future__ import annotations

import gc
from pathlib import Path

import pytest

from netwatch.errors import InputError
from netwatch.inventory import load, read
from netwatch.inventory.model import Maintenance, Port, Segment, Service, Witness

SAMPLE = Path(__file__).parents[3] / "config"
BASE = """\
sites:
  - {id: s-1, battery_minutes: 240}
  - {id: s-2, battery_minutes: null}
  - {id: s-3}
devices:
  - {id: core-1, site: s-1, role: core, address: 192.0.2.1}
"""
LINKED = """\
devices:
  - {id: core-1, role: core, address: 192.0.2.1}
  - {id: acc-1, role: access, address: 192.0.2.2}
links: [{id: trunk-1, a: core-1, b: "acc-1:up:1"}]
monitor: {attached_to: [core-1]}
"""
HEAD = "id,name,segment,language,email,mobile,phone,postcode,device,interface,backup_device,backup_interface,priority,notify\n"


@pytest.fixture
def inventory_of(tmp_path):
    def write_and_load(yaml: str, rows: str | None = None, *, lenient: bool = False):
        (tmp_path / "network.yaml").write_text(yaml, encoding="utf-8")
        paths = [tmp_path / "network.yaml"]
        if rows is not None:
            (tmp_path / "customers.csv").write_text(rows, encoding="utf-8")
            paths.append(tmp_path / "customers.csv")
        return read(paths, lenient=lenient).inventory

    return write_and_load


def test_the_sample_is_read_whole():
    found = load([SAMPLE / "network.yaml", SAMPLE / "customers.csv"])
    assert list(found.regions) == ["east", "twente", "salland"]
    assert found.devices["bakery-cpe"].name == "Router of the bakery"
    assert found.links["trunk-17"].a == Port("hgl-agg-1", "ge-0/0/1")
    assert found.links["trunk-17"].ducts == ("duct-a35",)
    assert found.port_groups["hgl-olt-1/pon0"].interfaces == ("pon0/1", "pon0/2", "pon0/3")
    assert found.monitor.attached_to == ("ens-core-1",)
    assert found.monitor.witnesses[0] == Witness("w1", "127.0.0.53")
    assert found.maintenance == (Maintenance("m-12", ("link:trunk-18",), 1796083200.0, 1796097600.0),)
    assert found.upstreams["transit-1"].provider == "transitco"
    assert found.sites["hgl-1"].latitude == 52.27
    assert len(found.customers["c-1010"]) == 2


def test_files_are_merged_in_any_order(tmp_path):
    (tmp_path / "a.yaml").write_text("links: [{id: trunk-1, a: core-1, b: acc-1}]\nmonitor: {attached_to: [core-1]}\n")
    (tmp_path / "b.yml").write_text(LINKED.split("links:", maxsplit=1)[0])
    (tmp_path / "c.csv").write_text(HEAD + "c-1,Shop,business,nl,,,,,acc-1,,,,,none\n")
    for order in (["a.yaml", "b.yml", "c.csv"], ["c.csv", "b.yml", "a.yaml"]):
        found = load([tmp_path / name for name in order])
        assert found.customers["c-1"][0].primary == Port("acc-1")


def test_a_battery_of_null_is_none_at_all_and_an_absent_one_is_the_sites_or_unknown(inventory_of):
    text = BASE + "".join(
        f"  - {{id: d-{number}, site: {site}, address: 192.0.2.1{number}{battery}}}\n"
        for number, (site, battery) in enumerate(
            [
                ("s-1", ""), ("s-1", ", battery_minutes: null"), ("s-1", ", battery_minutes: 60"),
                ("s-2", ""), ("s-3", ""), ("s-3", ", battery_minutes: ~"), ("~", ""),
            ]
        )
    )  # fmt: skip
    found = inventory_of(text)
    assert [found.devices[f"d-{number}"].battery_minutes for number in range(7)] == [240, 0, 60, 0, None, 0, None]
    assert [site.battery_minutes for site in found.sites.values()] == [240, 0, None]


def test_only_a_cpe_does_not_forward_unless_it_is_told_otherwise(inventory_of):
    text = BASE + (
        "  - {id: a, role: cpe, address: 192.0.2.11}\n"
        "  - {id: b, role: cpe, transit: true, address: 192.0.2.12}\n"
        "  - {id: c, role: access, transit: no, address: 192.0.2.13}\n"
        "  - {id: d, address: 192.0.2.14}\n"
    )
    found = inventory_of(text)
    assert [found.devices[ident].transit for ident in ("core-1", "a", "b", "c", "d")] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert found.devices["d"].role == "access"
    assert found.devices["d"].snmp is None
    assert found.devices["d"].icmp


def test_an_end_of_a_link_is_split_at_its_first_colon(inventory_of):
    found = inventory_of(LINKED)
    assert found.links["trunk-1"].a == Port("core-1")
    assert found.links["trunk-1"].b == Port("acc-1", "up:1")


def test_values_that_look_like_numbers_or_booleans_stay_text(inventory_of):
    found = inventory_of(
        LINKED.replace("acc-1", "00123") + "regions: [{id: NO, name: 12.50}]\n",
        HEAD + "007,1e3,business,nl,,07700900123,,7551,00123,ge-1,,,,sms\n",
    )
    assert found.regions["NO"].name == "12.50"
    service = found.customers["007"][0]
    assert (service.name, service.mobile, service.postcode, service.primary) == (
        "1e3", "07700900123", "7551", Port("00123", "ge-1"),
    )  # fmt: skip


def test_a_line_becomes_a_service_to_the_letter(inventory_of):
    row = "c-1, Żółć Söhne ,critical,pl,a@example.net,+44 7700 900200,074 1234567,7551 AA,acc-1,ge-1,core-1,xe-1,5,call;email\n"
    found = inventory_of(LINKED, HEAD + row)
    assert found.customers["c-1"] == (
        Service(
            customer="c-1", name="Żółć Söhne", segment=Segment.CRITICAL, language="pl", email="a@example.net",
            mobile="+44 7700 900200", phone="074 1234567", postcode="7551 AA", primary=Port("acc-1", "ge-1"),
            backup=Port("core-1", "xe-1"), priority=5, notify=("call", "email"), line=2,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "ways"),
    [("email sms", ("email", "sms")), ('"email,sms"', ("email", "sms")), ("sms|email", ("sms", "email")),
     ("email;email", ("email",)), ("none", ()), ("", ())],
)  # fmt: skip
def test_ways_to_be_told_are_a_list(inventory_of, written, ways):
    found = inventory_of(LINKED, HEAD + f"c-1,Shop,business,nl,a@example.net,07700900123,,,acc-1,,,,,{written}\n")
    assert found.customers["c-1"][0].notify == ways


def test_the_segment_gives_the_priority_that_is_not_written(inventory_of):
    rows = "".join(f"c-{segment},Shop,{segment},nl,,,,,acc-1,,,,,none\n" for segment in Segment)
    found = inventory_of(LINKED, HEAD + rows)
    assert {ident: services[0].priority for ident, services in found.customers.items()} == {
        "c-residential": 3, "c-business": 2, "c-critical": 1, "c-wholesale": 2,
    }  # fmt: skip


def test_columns_may_stand_in_any_order_and_optional_ones_be_absent(inventory_of):
    found = inventory_of(LINKED, "notify,device,language,segment,name,id\nnone,acc-1,nl,business,Shop,c-1\n")
    assert found.customers["c-1"][0].email == ""
    assert found.customers["c-1"][0].primary == Port("acc-1")


def test_blank_lines_byte_order_marks_and_windows_line_ends_are_no_faults(inventory_of):
    text = "\ufeff" + HEAD.replace("\n", "\r\n") + "\r\nc-1,Shop,business,nl,,,,,acc-1,,,,,none\r\n,,,,,,,,,,,,,\r\n"
    found = inventory_of(LINKED, text)
    assert list(found.customers) == ["c-1"]
    assert found.customers["c-1"][0].line == 3


def test_a_yaml_file_may_hold_customers_too(inventory_of):
    text = LINKED + (
        "customers:\n"
        "  - {id: c-1, name: Shop, segment: business, language: nl, email: a@example.net, device: acc-1, notify: [email]}\n"
        "  - {id: c-1, name: Shop, segment: business, language: nl, device: core-1, notify: none}\n"
    )
    found = inventory_of(text)
    assert [service.notify for service in found.customers["c-1"]] == [("email",), ()]
    assert found.customers["c-1"][1].line == 8


def test_maintenance_may_name_any_kind_of_element(inventory_of):
    text = LINKED.replace('b: "acc-1:up:1"', 'b: "acc-1:up:1", ducts: [d-1]') + (
        "sites: [{id: s-1, power_feed: f-1}]\n"
        "maintenance:\n"
        "  - {id: m, elements: [d-1, f-1, s-1, 'device:acc-1', trunk-1], start: 2026-12-01T01:00Z, end: 2026-12-01T02:00Z}\n"
    )
    assert inventory_of(text).maintenance[0].elements == (
        "duct:d-1", "feed:f-1", "site:s-1", "device:acc-1", "link:trunk-1",
    )  # fmt: skip


def test_a_service_without_a_device_is_kept_unattached_and_warned_of(tmp_path):
    (tmp_path / "n.yaml").write_text(LINKED)
    (tmp_path / "c.csv").write_text(HEAD + "c-1,Shop,business,nl,,,,,,,,,,none\n")
    loaded = read([tmp_path / "n.yaml", tmp_path / "c.csv"])
    assert loaded.inventory.customers["c-1"][0].primary == Port("")
    assert any("1 service without a device" in str(warning) for warning in loaded.warnings)


def test_unknown_columns_are_faults_unless_lenient(inventory_of):
    rows = HEAD.replace("\n", ",colour\n") + "c-1,Shop,business,nl,,,,,acc-1,,,,,none,red\n"
    with pytest.raises(InputError, match='unknown column "colour"'):
        inventory_of(LINKED, rows)
    assert list(inventory_of(LINKED, rows, lenient=True).customers) == ["c-1"]


def test_a_broken_file_does_not_cause_faults_in_the_others(inventory_of):
    with pytest.raises(InputError) as caught:
        inventory_of("devices: [\n", HEAD + "c-1,Shop,business,nl,,,,,acc-1,,,,,none\n")
    assert len(caught.value.faults) == 1


def test_a_file_with_a_million_faults_is_told_in_some_hundred_lines(inventory_of):
    rows = HEAD + "".join(f"c-{number},Shop,business,nl,,,,,nowhere,,,,,none\n" for number in range(2000))
    with pytest.raises(InputError) as caught:
        inventory_of(LINKED, rows)
    assert len(caught.value.faults) == 501
    assert "1500 more faults in this file" in str(caught.value)


def test_an_inventory_can_not_be_changed(inventory_of):
    found = inventory_of(LINKED)
    with pytest.raises(TypeError):
        found.devices["x"] = found.devices["acc-1"]  # type: ignore[index]


def test_the_garbage_collector_is_left_as_it_was(inventory_of):
    inventory_of(LINKED)
    assert gc.isenabled()
    with pytest.raises(InputError):
        inventory_of("devices: 1\n")
    assert gc.isenabled()
