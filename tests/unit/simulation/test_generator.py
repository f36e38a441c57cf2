"""Generated providers and loaded backbones are whole, of the wanted size, and the same for the same seed."""

from pathlib import Path

import pytest

from netwatch import inventory as stage
from netwatch.errors import InputError
from netwatch.inventory.graph import Topology
from netwatch.simulation.graphml import load_backbone
from netwatch.simulation.synthetic import ProviderPlan, generate
from netwatch.simulation.writing import write_inventory

GRAPH = """<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="label" attr.type="string" for="node" id="d0"/>
  <graph edgedefault="undirected">
    <node id="0"><data key="d0">Hengelo</data></node>
    <node id="1"><data key="d0">Enschede</data></node>
    <node id="2"><data key="d0">Hengelo</data></node>
    <node id="3"><data key="d0">Alone</data></node>
    <edge source="0" target="1"/><edge source="1" target="2"/><edge source="2" target="0"/>
  </graph>
</graphml>
"""


@pytest.mark.parametrize("devices", [12, 30, 100, 301, 1000])
def test_a_provider_has_the_wanted_size_and_is_reached_as_a_whole(devices):
    made = generate(ProviderPlan(devices))
    assert abs(len(made.devices) - devices) <= 0.03 * devices
    assert len(Topology(made).reachable(made.monitor.attached_to)) == len(made.devices)
    assert {service.language for services in made.customers.values() for service in services} == {"nl", "pl", "en"}


def test_the_same_seed_gives_the_same_provider():
    assert generate(ProviderPlan(50, seed=4)) == generate(ProviderPlan(50, seed=4))
    assert generate(ProviderPlan(50, seed=4)) != generate(ProviderPlan(50, seed=5))


def test_customers_are_invented_with_reserved_addresses_and_numbers():
    for services in generate(ProviderPlan(60)).customers.values():
        for service in services:
            assert service.email.endswith("@example.com")
            assert service.mobile.startswith("+447700900")
            assert len(service.mobile) == 13


def test_a_written_provider_is_read_back_as_it_was(tmp_path: Path):
    made = generate(ProviderPlan(40))
    write_inventory(made, tmp_path)
    read = stage.load([tmp_path / "network.yaml", tmp_path / "customers.csv"])
    assert read.devices == made.devices
    assert read.links == made.links
    assert read.sites == made.sites
    assert set(read.customers) == set(made.customers)


def test_a_backbone_gets_access_below_it_and_leaves_out_what_is_not_joined(tmp_path: Path):
    (tmp_path / "b.graphml").write_text(GRAPH)
    made = load_backbone(tmp_path / "b.graphml", ProviderPlan(40))
    assert {name for name, device in made.devices.items() if device.role == "core"} == {
        "hengelo", "enschede", "hengelo-2",
    }  # fmt: skip
    assert len(made.devices) == 40
    assert len(Topology(made).reachable(made.monitor.attached_to)) == 40


@pytest.mark.parametrize(
    "text", ["", "<graphml>", "not xml", GRAPH.replace("<edge", "<egde").replace("</edge", "</egde")]
)
def test_what_is_no_graph_gets_a_clear_error(tmp_path: Path, text: str):
    (tmp_path / "b.graphml").write_text(text)
    with pytest.raises(InputError, match="fault"):
        load_backbone(tmp_path / "b.graphml", ProviderPlan(40))
