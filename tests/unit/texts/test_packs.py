"""The shipped packs: complete, calm, and nothing in them that the reader must not see."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from netwatch.communication.texts import Facts, check_texts, load_texts, sample
from netwatch.communication.texts.cells import PHASES, TEXTS, all_cells
from netwatch.communication.texts.facts import Call, Root, Supplier
from netwatch.communication.texts.guard import FILTERS
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.diagnosis.model import Scenario

TEXTS_LOADED = load_texts()
ROOT = Path(__file__).parents[3]
ENDED = {"resolved", "partly_restored", "correction"}
JARGON = re.compile(
    r"\b(BGP|OLT|PON|CPE|VLAN|router down|uplink|backbone|DWDM|SNMP|ICMP|downtime|node|trunk|redundancy)\b",
    re.IGNORECASE,
)
INTERNAL = ("trunk-17", "hgl-agg-1", "FibreCo", "F-2210", "Hospital", "97 %")


def rendered(language, text, scope, phase, scenario="cable"):
    return TEXTS_LOADED.render(TEXTS_LOADED.cell(language, text, scope, phase, scenario))


def test_every_cell_renders_with_all_variants_of_facts():
    assert check_texts(shipped=True) == []


def test_every_cell_of_the_table_has_a_text_in_every_language():
    cells = set(TEXTS_LOADED.cells())
    assert cells == set(all_cells())
    assert len(cells) == len(LANGUAGES) * sum(len(scopes) for scopes in TEXTS.values()) * len(PHASES) * len(Scenario)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["customer", "critical", "phone"])
def test_every_text_for_outside_has_number_page_and_next_promise(language, text):
    for scope in TEXTS[text]:
        for phase in PHASES:
            made = rendered(language, text, scope.value, phase.value)
            whole = made.subject + made.body
            assert "7F3K-2026" in made.subject
            assert "7F3K-2026" in made.body
            assert "https://status.example.net/" in made.body
            next_at = sample(TEXTS_LOADED.cell(language, text, scope.value, phase.value)).next_update_at
            assert (phase.value in ENDED) is (next_at is None)
            if next_at is not None:
                assert f"{next_at:%H:%M}" in whole
                assert "CET" in whole


@pytest.mark.parametrize(
    "cell", [c for c in all_cells() if c.text in {"customer", "critical", "page", "phone"}], ids=str
)
def test_nothing_internal_and_no_jargon_is_read_outside(cell):
    made = TEXTS_LOADED.render(cell)
    whole = made.subject + made.body
    assert not JARGON.search(whole), JARGON.search(whole)
    assert not any(word in whole for word in INTERNAL)
    assert "\n\n\n" not in made.body
    assert "None" not in whole
    assert not re.search(r"[ \t]$", whole, re.MULTILINE)
    assert len(made.subject) <= 120


def test_each_scenario_has_a_sentence_of_its_own_in_every_language():
    for language in LANGUAGES:
        for phase in ("opened", "resolved"):
            bodies = {rendered(language, "customer", "regional", phase, scenario.value).body for scenario in Scenario}
            assert len(bodies) == len(Scenario)


def test_no_text_stands_untranslated():
    for cell in TEXTS_LOADED.cells():
        if cell.language != "en" and cell.text != "oncall":
            english = TEXTS_LOADED.cell("en", cell.text, cell.scope, cell.phase, cell.scenario)
            own = {line for line in TEXTS_LOADED.render(cell).body.splitlines() if len(line) > 30}
            theirs = {line for line in TEXTS_LOADED.render(english).body.splitlines() if len(line) > 30}
            facts = sample(cell)
            assert own & theirs <= {facts.note, facts.change}, cell


def test_a_single_customer_reads_how_to_stay_reachable_before_what_we_do():
    for language, first, then in (
        ("en", "stay reachable", "What we do"), ("nl", "bereikbaar", "Wat we doen"), ("pl", "w kontakcie", "Co robimy"),
    ):  # fmt: skip
        body = rendered(language, "customer", "customer", "opened").body
        assert body.index(then) > body.index("112")
        assert first in body or first in rendered(language, "customer", "customer", "opened").subject


def test_polish_and_dutch_counts_and_dates_are_those_of_the_language():
    assert "214 klientów" in rendered("pl", "helpdesk", "regional", "opened").body
    assert "22 listopada o godz. 14:40 (CET)" in rendered("pl", "customer", "regional", "opened").body
    assert "22 november om 14:40 uur (CET)" in rendered("nl", "customer", "regional", "opened").body


def test_every_variable_and_filter_is_documented():
    reference = (ROOT / "docs/reference/texts.md").read_text()
    for one in (Facts, Root, Supplier, Call):
        for field in fields(one):
            assert f"`{field.name}`" in reference, field.name
    for name in FILTERS:
        assert f"`{name}`" in reference, name
    for name in TEXTS:
        assert f"`{name}`" in reference, name
