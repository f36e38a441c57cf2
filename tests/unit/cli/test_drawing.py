"""`netwatch why --svg`: the incident that the daemon tells of, on the inventory of the configuration."""

import xml.etree.ElementTree as ET

import pytest

from netwatch.simulation.writing import write_inventory
from netwatch.web import sample

TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.fixture
def config(tmp_path):
    return str(write_inventory(sample.picture().inventory, tmp_path / "files"))


def test_why_draws_the_neighbourhood_of_the_incident(netwatch, daemon, config, tmp_path):
    target = tmp_path / "incident.svg"
    said = netwatch("why", "-c", config, "--socket", str(daemon.socket), "--svg", str(target))
    assert (said.code, said.err) == (0, "")
    words = [element.text for element in ET.parse(target).getroot().iter(TEXT)]
    assert "hgl-agg-1" in words
    assert any("trunk-17 cut" in word for word in words)
    assert any("4 customers out" in word for word in words)


def test_a_drawing_that_can_not_be_written_is_an_error_with_a_mend(netwatch, daemon, config, tmp_path):
    said = netwatch("why", "-c", config, "--socket", str(daemon.socket), "--svg", str(tmp_path / "no" / "x.svg"))
    assert said.code == 1
    assert "name a writable file" in said.err
