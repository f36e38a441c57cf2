"""The shipped packs: complete, calm, and nothing in them that the reader must not see."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from netwatch.communication.model import Audience, Phase
from netwatch.communication.texts import Facts, check_texts, load_texts, sample
from netwatch.communication.texts.cells import ONLY_IN, OUTWARD, PHASES, TEXTS, all_cells, phases_of
from netwatch.communication.texts.facts import Call, Root, Supplier, Task
from netwatch.communication.texts.guard import FILTERS
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.diagnosis.model import Scenario

TEXTS_LOADED = load_texts()
ROOT = Path(__file__).parents[3]
ENDED = {"resolved", "partly_restored", "correction", "planned", "feedback"}
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
    told = sum(len(scopes) * len(phases_of(text)) for text, scopes in TEXTS.items())
    assert len(cells) == len(LANGUAGES) * told * len(Scenario)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["customer", "critical", "phone", "social", "press", "customer_sms", "critical_sms"])
def test_every_text_for_outside_has_number_page_and_next_promise(language, text):
    for scope in TEXTS[text]:
        for phase in phases_of(text):
            made = rendered(language, text, scope.value, phase.value)
            whole = made.subject + made.body
            assert "7F3K-2026" in made.subject  # also where it is not sent: it names the text in lists
            assert "7F3K-2026" in made.body
            where = "help.example.net/how-was-it" if phase is Phase.FEEDBACK else "status.example.net/"
            assert f"https://{where}" in made.body
            next_at = sample(TEXTS_LOADED.cell(language, text, scope.value, phase.value)).next_update_at
            assert (phase.value in ENDED) is (next_at is None)
            if next_at is not None:
                assert f"{next_at:%H:%M}" in whole
                assert "CET" in whole


@pytest.mark.parametrize(("language", "text"), [(language, text) for language in LANGUAGES for text in sorted(OUTWARD)])
def test_nothing_internal_and_no_jargon_is_read_outside(language, text):
    for cell in all_cells():
        if (cell.language, cell.text) != (language, text):
            continue
        made = TEXTS_LOADED.render(cell)
        whole = made.subject + made.body
        assert not JARGON.search(whole), (cell, JARGON.search(whole))
        assert not any(word in whole for word in INTERNAL), cell
        assert "\n\n\n" not in made.body, cell
        assert "None" not in whole, cell
        assert not re.search(r"[ \t]$", whole, re.MULTILINE), cell
        assert len(made.subject) <= 120, cell


def test_every_phase_and_every_audience_has_its_texts():
    assert set(PHASES) == set(Phase)
    # A post says what its draft says.
    assert {audience.value for audience in Audience} - {Audience.POST.value} <= set(TEXTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["customer", "customer_sms", "critical_call", "page", "phone", "social", "press"])
def test_no_two_phases_read_the_same(language, text):
    read = {phase: rendered(language, text, "regional", phase.value).body for phase in phases_of(text)}
    if text in {"customer_sms", "critical_call"}:
        del read[Phase.PARTLY_RESTORED]  # for its reader it is over
    if text in {"customer_sms", "social", "phone", "critical_call"}:
        del read[Phase.UPDATE]
    if text in {"phone", "critical_call"}:
        del read[Phase.NO_NEWS]  # the next time differs, and no more
    assert len(set(read.values())) == len(read)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "between 16:53 and 18:53 (CET)"), ("nl", "tussen 16:53 en 18:53 uur (CET)"),
        ("pl", "między godz. 16:53 a 18:53 (CET)"),
    ],
)  # fmt: skip
def test_an_estimate_is_told_as_a_range_and_as_an_estimate(language, words):
    hedge = {"en": "estimate", "nl": "schatting", "pl": "szacunek"}[language]
    for text in ("customer", "page", "phone", "helpdesk", "staff", "oncall", "press", "social", "critical_call"):
        body = rendered(language, text, "regional", "estimate_changed").body
        assert words in body, text
        assert hedge in body, text


def test_an_estimate_over_midnight_names_both_days():
    cell = TEXTS_LOADED.cell("nl", "customer", "regional", "estimate_changed")
    facts = sample(cell)
    late = replace(facts, estimate_until=facts.estimate_until + timedelta(hours=8))
    assert (
        "tussen 22 november om 16:53 uur (CET) en 23 november om 02:53 uur (CET)"
        in TEXTS_LOADED.render(cell, late).body
    )


def test_announced_work_is_told_with_its_times_and_what_to_do_before():
    body = rendered("nl", "customer", "customer", "planned", "power").body
    assert "op 1 december tussen 01:00 en 05:00 uur (CET)" in body
    assert "stroomvoorziening" in body
    assert "45 minuten" in body
    assert "storing" not in body.lower()


def test_only_customers_are_asked_how_it_was_and_nothing_is_said_for_them():
    asked = {text for text in TEXTS if Phase.FEEDBACK in phases_of(text)}
    assert asked == ONLY_IN[Phase.FEEDBACK] == {"customer", "critical", "customer_sms", "critical_sms"}
    for language, once, beforehand in (
        ("en", "We ask this once", "Nothing is filled in beforehand"),
        ("nl", "We vragen dit één keer", "Er is niets vooraf ingevuld"),
        ("pl", "Pytamy tylko raz", "Nic nie jest wypełnione z góry"),
    ):
        body = rendered(language, "customer", "regional", "feedback").body
        assert once in body
        assert beforehand in body
        assert body.count("https://help.example.net/how-was-it") == 1
        assert "?" not in re.search(r"https://\S+", body).group()


def test_what_is_for_the_press_says_that_a_person_must_release_it():
    for language, word in (("en", "draft"), ("nl", "concept"), ("pl", "projekt")):
        for phase in phases_of("press"):
            assert word in rendered(language, "press", "regional", phase.value).subject


def test_the_helpdesk_begins_with_understanding_then_expectation_then_what_helps():
    for language, order in (
        ("en", ("Begin with understanding", "Then what to expect", "Then what helps now")),
        ("nl", ("Begin met begrip", "Dan wat de klant kan verwachten", "Dan wat nu helpt")),
        ("pl", ("Najpierw zrozumienie", "Potem czego można się spodziewać", "Potem co pomaga teraz")),
    ):
        for text in ("helpdesk", "critical_call"):
            body = rendered(language, text, "regional", "opened").body
            assert [body.index(one) for one in order] == sorted(body.index(one) for one in order)


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
            assert own & theirs <= {facts.note, facts.change, facts.feedback_url}, cell


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
    for one in (Facts, Root, Supplier, Call, Task):
        for field in fields(one):
            assert f"`{field.name}`" in reference, field.name
    for name in FILTERS:
        assert f"`{name}`" in reference, name
    for name in TEXTS:
        assert f"`{name}`" in reference, name
