"""`netwatch audit` on files: the table, the JSON, the drawing."""

import json
import xml.etree.ElementTree as ET

import pytest

from netwatch.simulation.synthetic import ProviderPlan, generate
from netwatch.simulation.writing import write_inventory


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return str(write_inventory(generate(ProviderPlan(60, seed=2)), tmp_path_factory.mktemp("audit")))


def test_the_table_ranks_by_customers_and_names_shared_risks_and_gaps(netwatch, config):
    said = netwatch("audit", "-c", config, "--most", "3")
    assert (said.code, said.err) == (0, "")
    ranked = said.out.split("What would cut off most customers")[1].split("\n\n")[0].splitlines()[2:5]
    counts = [int(row.split()[0].replace(",", "")) for row in ranked]
    assert counts == sorted(counts, reverse=True)
    assert "Shared risks that defeat redundancy" in said.out
    assert "battery is not known" in said.out


def test_the_json_is_complete(netwatch, config):
    report = json.loads(netwatch("audit", "-c", config, "--json").out)
    assert report["devices"] == 60
    assert {"points", "shared", "blind", "gaps", "exits", "attached", "redundant"} <= report.keys()
    refs = {point["ref"].partition(":")[0] for point in report["points"]}
    assert {"device", "link", "site", "feed", "duct"} <= refs


def test_the_worst_or_a_named_element_is_drawn(netwatch, config, tmp_path):
    assert netwatch("audit", "-c", config, "--svg", str(tmp_path / "worst.svg")).code == 0
    assert "If this fails: " in (tmp_path / "worst.svg").read_text()
    assert netwatch("audit", "-c", config, "--svg", str(tmp_path / "x.svg"), "--element", "device:agg-1-1").code == 0
    assert "agg-1-1" in ET.parse(tmp_path / "x.svg").getroot().find("{http://www.w3.org/2000/svg}title").text


def test_an_element_that_cuts_nobody_off_gets_a_hint(netwatch, config, tmp_path):
    said = netwatch("audit", "-c", config, "--svg", str(tmp_path / "x.svg"), "--element", "device:agg-1-x")
    assert said.code == 1
    assert "Did you mean" in said.err
    assert not (tmp_path / "x.svg").exists()
