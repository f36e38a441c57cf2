"""Pictures of trouble: readable on a phone, safe in a mail, the same for the same facts."""

import re
import xml.etree.ElementTree as ET

import pytest

from netwatch.drawing import State, draw, neighbourhood, trouble_of
from netwatch.drawing.svg import cut_to, wrapped
from netwatch.inventory.graph import Topology
from netwatch.simulation.synthetic import ProviderPlan, generate

SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def topology():
    return Topology(generate(ProviderPlan(300, seed=5)))


def trouble(topology, title="Trouble", dead=(), cut=(), roots=()):
    lit = topology.reachable(topology.inventory.monitor.attached_to, dead, cut)
    lost = topology.inventory.devices.keys() - lit - set(dead)
    roots = roots or [*(f"device:{d}" for d in dead), *(f"link:{name}" for name in cut)]
    return trouble_of(topology, title, roots=roots, down=dead, unreachable=lost, customers=dict.fromkeys(lost, 6))


def states(figure):
    return {row.name: row.state for row in figure.rows if not row.summed}


def test_a_dead_device_stands_below_what_answers_and_above_what_is_lost(topology):
    figure = neighbourhood(topology, trouble(topology, dead=("agg-3-1",)))
    shown = states(figure)
    assert shown["agg-3-1"] is State.FAILED
    row = next(row for row in figure.rows if row.name == "agg-3-1")
    assert figure.rows[row.above].state is State.HEALTHY
    below = [row for row in figure.rows if row.state is State.UNREACHABLE]
    assert below
    assert all(row.depth >= 2 and "6 customers" in row.lines[0] for row in below)


def test_a_cut_link_is_marked_between_two_devices_that_answer(topology):
    figure = neighbourhood(topology, trouble(topology, cut=("trunk-2-2",)))
    (row,) = [row for row in figure.rows if row.cut]
    link = topology.inventory.links["trunk-2-2"]
    assert {row.name, figure.rows[row.above].name} == {link.a.device, link.b.device}
    assert "trunk-2-2 cut (duct-2-2)" in row.lines
    assert set(states(figure).values()) == {State.HEALTHY}


def test_a_duct_shows_all_its_links(topology):
    links = [name for name, link in topology.inventory.links.items() if "duct-2-2" in link.ducts]
    figure = neighbourhood(topology, trouble(topology, cut=links, roots=["duct:duct-2-2"]))
    assert sum(row.cut for row in figure.rows) + sum(cut for *_, cut in figure.joins) == len(links)


def test_a_large_outage_is_summed_up_to_about_forty_rows_and_counts_everyone(topology):
    inventory = topology.inventory
    dead = [d for d, found in inventory.devices.items() if inventory.sites[found.site].region == "region-3"]
    found = trouble(topology, dead=dead, roots=["region:region-3"])
    figure = neighbourhood(topology, found)
    assert len(figure.rows) <= 48
    hidden = sum(int(re.search(r"[\d,]+", row.name)[0].replace(",", "")) for row in figure.rows if row.summed)
    shown = sum(not row.summed for row in figure.rows)
    assert shown + hidden >= len(dead)
    assert sum(row.state is State.FAILED and not row.summed for row in figure.rows) >= 25


def test_the_picture_is_one_safe_document_with_text_of_twelve_pixels_and_more(topology):
    text = draw(neighbourhood(topology, trouble(topology, title='<b onload="x">&\u202e\x00', dead=("agg-3-1",))))
    root = ET.fromstring(text)
    assert root.get("width") == "360"
    assert {element.tag.removeprefix(SPACE) for element in root.iter()} <= {
        "svg", "title", "desc", "rect", "path", "circle", "text",
    }  # fmt: skip
    sizes = [int(element.get("font-size")) for element in root.iter(f"{SPACE}text")]
    assert min(sizes) >= 12
    names = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on") or name.endswith("href") or name == "style"}
    assert not re.search(r"url\(|@import|<b ", text)
    assert "\x00" not in text
    assert "\u202e" not in text


def test_no_text_runs_out_of_the_picture(topology):
    root = ET.fromstring(draw(neighbourhood(topology, trouble(topology, "x" * 500, dead=("agg-3-1",)))))
    for element in root.iter(f"{SPACE}text"):
        wide = 6.2 if element.get("font-size") == "12" else 7.5
        assert int(element.get("x")) + len(element.text) * wide <= 372


def test_state_is_told_by_shape_and_word_as_well_as_by_colour(topology):
    text = draw(neighbourhood(topology, trouble(topology, dead=("agg-3-1",))))
    for state in (State.FAILED, State.UNREACHABLE, State.HEALTHY):
        assert f">{state.value}<" in text.replace("&apos;", "'")


def test_equal_facts_give_equal_pictures(topology):
    other = Topology(generate(ProviderPlan(300, seed=5)))
    assert draw(neighbourhood(topology, trouble(topology, dead=("agg-3-1",)))) == draw(
        neighbourhood(other, trouble(other, dead=("agg-3-1",)))
    )


def test_the_monitors_own_isolation_and_unknown_elements_draw_no_trouble(topology):
    figure = neighbourhood(topology, trouble_of(topology, "cut off", roots=["monitor", "device:gone", "link:gone"]))
    assert figure.rows == ()
    assert ET.fromstring(draw(figure)).get("width") == "360"


@pytest.mark.parametrize("words", ["a", "a word", "a-name-without-any-blank-in-it" * 5, "many words " * 40])
def test_words_are_shortened_to_their_room(words):
    assert len(cut_to(words, 100.0, 7.0)) <= 14
    lines = wrapped(words, 100.0, 7.0, 3)
    assert len(lines) <= 3
    assert all(len(line) <= 14 for line in lines)
