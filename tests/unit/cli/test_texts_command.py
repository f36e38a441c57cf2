"""`texts lint`, `texts gallery`, and what `render` shows of an incident or a file of facts."""

from __future__ import annotations

import json

import pytest

FLAWED = """{% import "_sentences.j2" as say %}
Titel [{{ incident }}]

De backbone is weg.
{{ say.next(next_update_at, page_url) }}
{{ say.sign(company, incident, helpdesk_phone) }}
"""
CONFIG = """\
inventory: [network.yaml]
templates: [own]
communication: {company: Voorbeeldnet, page_url: "https://status.example.net/"}
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "network.yaml").write_text("devices: [{id: acc-1, role: access, address: 127.0.0.9}]\n")
    (tmp_path / "netwatch.yaml").write_text(CONFIG)
    own = tmp_path / "own" / "nl"
    own.mkdir(parents=True)
    (own / "customer.opened.j2").write_text(FLAWED)
    return tmp_path


def test_lint_of_own_texts_names_file_line_and_mend_and_ends_with_one(netwatch, files):
    said = netwatch("texts", "lint")
    assert said.code == 1
    assert 'own/nl/customer.opened.j2:4: a word that customers don\'t use: "backbone"; ' in said.out
    assert "warning: own/nl/customer.opened.j2: your own words in nl only" in said.out
    (files / "own" / "nl" / "customer.opened.j2").write_text(FLAWED.replace("backbone", "verbinding"))
    said = netwatch("texts", "lint", "--json")
    assert said.code == 0
    view = json.loads(said.out)
    assert (view["ok"], view["files"], len(view["warnings"])) == (True, 1, 1)


def test_lint_reckons_with_the_operators_own_names(netwatch, files):
    (files / "own" / "nl" / "customer.opened.j2").write_text(FLAWED.replace("backbone", "verbinding"))
    address = f"https://{'status' * 40}.example.net/"
    (files / "netwatch.yaml").write_text(CONFIG.replace("https://status.example.net/", address))
    said = netwatch("texts", "lint")
    assert said.code == 1
    assert "an SMS of more than 2 segments" in said.out
    assert "page_url" in said.out


def test_the_gallery_is_written_in_every_language(netwatch, tmp_path):
    assert netwatch("texts", "gallery", "--write", str(tmp_path / "shown")).code == 0
    assert sorted(path.name for path in (tmp_path / "shown").iterdir()) == ["en.md", "nl.md", "pl.md"]
    assert "## 14:05:45 The outage is opened" in (tmp_path / "shown" / "nl.md").read_text()


def test_any_cell_is_shown(netwatch):
    made = json.loads(netwatch("render", "--language", "pl", "--phase", "estimate_changed", "--json").out)["texts"]
    assert {one["text"] for one in made} >= {"customer_sms", "social", "press", "critical_call", "oncall_sms"}
    said = netwatch("render", "press", "--language", "pl", "--phase", "planned")
    assert said.code == 0, said.err
    assert "packs/pl/press.j2" in said.out


def test_render_shows_a_text_with_the_facts_of_an_incident(netwatch):
    name = json.loads(netwatch("incidents", "--json").out)["incidents"][0]["id"]
    (made,) = json.loads(netwatch("render", "oncall", "--incident", name, "--json").out)["texts"]
    assert name in made["subject"]
    assert "97 %" in made["subject"]
    assert netwatch("render", "oncall", "--incident", "nothing").code == 1


def test_render_shows_a_text_with_facts_of_a_file(netwatch, tmp_path):
    (tmp_path / "facts.yaml").write_text(
        "incident: X1\nplaces: [Borne]\nbegan_at: 2026-07-01 03:15\nseverity: degraded\n"
    )
    said = netwatch("render", "customer", "--language", "nl", "--facts", "facts.yaml")
    assert "(Borne) [X1]" in said.out
    assert "1 juli om 03:15 uur (CEST)" in said.out
    (tmp_path / "facts.yaml").write_text("incidnt: X1\nconfidence: much\n")
    said = netwatch("render", "customer", "--facts", "facts.yaml")
    assert said.code == 1
    assert (
        'facts.yaml:1:1: incidnt: no variable is named "incidnt"; see docs/reference/texts.md. Did you mean "incident"?'
        in said.err
    )
    assert "facts.yaml:2:13: confidence" in said.err
