"""What the lint finds in an operator's texts, at which line; and that the shipped packs are without flaw."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwatch.communication.texts import load_texts
from netwatch.communication.texts.cells import PHASES, all_cells
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.communication.texts.lint import POST_MOST, SEGMENTS_MOST, Voice, lint, word_faults, worst
from netwatch.communication.texts.loading import read_layers
from netwatch.communication.texts.sms import Alphabet, size, transliterated
from netwatch.sources import Faults

TEXTS = load_texts()
FRAME = """{{% import "_sentences.j2" as say %}}
Titel [{{{{ incident }}}}]

{words}
{{{{ say.next(next_update_at, page_url) }}}}
{{{{ say.sign(company, incident, helpdesk_phone) }}}}
"""


def put(folder: Path, name: str, words: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FRAME.format(words=words))
    return folder


def told(folder: Path, **more) -> list[str]:
    return [str(fault).replace(f"{folder}/", "") for fault in lint([folder], **more).faults]


def words_told(folder: Path) -> list[str]:
    """The same for words alone, without rendering."""
    layers = read_layers([folder], Faults())
    return [str(fault).replace(f"{folder}/", "") for fault in word_faults(layers, layers[:-1])]


def test_the_shipped_packs_are_without_flaw():
    report = lint()
    assert report.faults == ()
    assert report.warnings == ()
    assert report.cells == len(list(all_cells()))


FLAWS = {
    "nl": (
        ("De backbone is weg.", '"backbone"'),
        ("Er is een issue.", '"issue"'),
        ("Het is de schuld van de buurman.", 'blame: "schuld"'),
        ("Onze leverancier werkt eraan.", 'blame: "Onze leverancier"'),
        ("Het is gegarandeerd om vijf uur klaar.", 'certainty than there is: "gegarandeerd"'),
        ("We lossen het zo snel mogelijk op.", '"zo snel mogelijk"'),
        ("Het werkt weer!", "an exclamation mark"),
        ("BELANGRIJK nieuws voor u.", 'shouting: "BELANGRIJK"'),
        ("Zie https://elders.example.net/ voor meer.", "a link of its own"),
        ("Kijk op www.voorbeeld.nl voor meer.", "a link of its own"),
    ),
    "en": (
        ("The uplink failed.", '"uplink"'),
        ("This was beyond our control.", '"beyond our control"'),
        ("It will definitely be over soon.", '"definitely"'),
        ("We apologise for the inconvenience.", '"inconvenience"'),
    ),
    "pl": (
        ("Wystąpił incydent.", '"incydent"'),
        ("Awaria z przyczyn od nas niezależnych.", "blame"),
        ("Na pewno skończy się o piątej.", '"Na pewno"'),
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_flaw_is_told_at_its_line_with_what_mends_it(tmp_path, language):
    flaws = FLAWS[language]
    found = words_told(put(tmp_path, f"{language}/regional/customer.opened.j2", "\n".join(words for words, _ in flaws)))
    assert len(found) == len(flaws), found
    for line, ((_, flaw), fault) in enumerate(zip(flaws, found, strict=True), start=4):
        assert fault.startswith(f"{language}/regional/customer.opened.j2:{line}: ")
        assert flaw in fault
        assert "; " in fault


def test_words_inside_a_condition_are_found_at_their_own_line_too(tmp_path):
    words = '{% if places %}\nStilte\n{{ "de backbone" if severity == "out" else "de uplink" }}\n{% endif %}'
    found = words_told(put(tmp_path, "nl/regional/customer.opened.j2", words))
    assert [fault.split(":")[1] for fault in found] == ["6", "6"]


def test_names_of_scenarios_in_conditions_are_no_words(tmp_path):
    assert words_told(put(tmp_path, "nl/page.opened.j2", '{% if scenario == "upstream" %}Stilte.{% endif %}')) == []


def test_certainty_is_allowed_where_the_cause_is_known(tmp_path):
    words = "{% if cause_known %}Het is zeker een kabel.{% else %}We zoeken de oorzaak nog.{% endif %}"
    assert words_told(put(tmp_path, "nl/regional/customer.opened.j2", words)) == []


def test_engineers_may_use_their_own_words_among_each_other(tmp_path):
    assert words_told(put(tmp_path, "nl/oncall.opened.j2", "De backbone is zeker weg. UPSTREAM STUK!")) == []
    assert "blame" in words_told(put(tmp_path, "nl/oncall.opened.j2", "Het is de schuld van de buurman."))[0]


def test_a_sentence_that_is_shared_is_judged_by_who_reads_it(tmp_path):
    pack = Path(__file__).parents[3] / "netwatch/communication/texts/packs/nl/_sentences.j2"
    folder = tmp_path / "nl"
    folder.mkdir()
    source = pack.read_text().replace("We zoeken de oorzaak nog.", "We zoeken de root cause nog.")
    (folder / "_sentences.j2").write_text(source)
    line = 1 + source.splitlines().index("We zoeken de root cause nog.")
    assert words_told(tmp_path) == [
        f'nl/_sentences.j2:{line}: a word that customers don\'t use: "root cause"; zeg "oorzaak"'
    ]


def test_what_stands_in_english_among_dutch_is_told(tmp_path):
    found = words_told(put(tmp_path, "nl/regional/customer.opened.j2", "We do not know yet how long it will take."))
    assert found == [
        'nl/regional/customer.opened.j2:4: untranslated: "We do not know yet how long it will take."; say it in nl'
    ]


def test_own_words_in_one_language_only_are_a_warning_for_the_languages_that_customers_read(tmp_path):
    put(tmp_path, "nl/regional/customer.opened.j2", "Stilte.")
    (warning,) = lint([tmp_path], languages=("nl", "pl")).warnings
    assert "pl readers get the shipped text" in str(warning)


def test_what_can_not_be_rendered_is_told_too(tmp_path):
    assert 'no variable is named "incidnt"' in told(put(tmp_path, "nl/page.opened.j2", "{{ incidnt }}"))[0]
    (tmp_path / "nl/page.opened.j2").unlink()
    (tmp_path / "nl/customer.opened.j2").write_text("T {{ incident }}\n\n{{ page_url }}\n")
    assert "when the next update comes" in told(tmp_path)[0]


# --- SMS


def sms(folder: Path, language: str, words: str) -> Path:
    (folder / language).mkdir(parents=True, exist_ok=True)
    promise = "{% if next_update_at is not none %}{{ next_update_at | short }}{% endif %}"
    (folder / language / "customer_sms.j2").write_text(
        f"SMS\n{words} {{{{ incident }}}} {{{{ page_url }}}} {promise}\n"
    )
    return folder


def test_an_sms_too_long_is_told_with_the_letters_that_make_it_so(tmp_path):
    found = told(sms(tmp_path, "pl", "a" * 119 + "ł"))
    assert found
    assert all("because of ł" in fault and "sms_transliterate: [pl]" in fault for fault in found)
    assert told(tmp_path, voice=Voice(plain=frozenset({"pl"}))) == []


def test_the_longest_of_the_operators_own_names_is_reckoned_with(tmp_path):
    sms(tmp_path, "nl", "{{ company }} " + "a" * 150)
    assert told(tmp_path, voice=Voice(company="B" * 100))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_sms_fits_two_segments_and_every_post_a_common_server(language):
    for cell in TEXTS.cells():
        if cell.language != language or not (cell.text.endswith("_sms") or cell.text == "social"):
            continue
        for facts in worst(cell, Voice()):
            line = " ".join(TEXTS.render(cell, facts).body.split())
            if cell.text == "social":
                assert len(line) <= POST_MOST
                continue
            found = size(line)
            assert found.segments <= SEGMENTS_MOST, (cell, line)
            if language != "pl":
                assert found.alphabet is Alphabet.GSM7, (cell, found.offenders)
            assert size(transliterated(line)).alphabet is Alphabet.GSM7


def test_most_polish_sms_take_one_segment_in_plain_letters():
    found = [
        size(
            transliterated(
                " ".join(TEXTS.render(TEXTS.cell("pl", "customer_sms", "regional", phase.value)).body.split())
            )
        )
        for phase in PHASES
    ]
    assert [one.segments for one in found] == [1] * len(PHASES)


@pytest.mark.parametrize(
    ("letter", "units"),
    [("é", 1), ("è", 1), ("à", 1), ("ö", 1), ("ü", 1), ("ä", 1), ("€", 2), ("[", 2), ("{", 2)],
)  # fmt: skip
def test_letters_of_the_seven_bit_alphabet_stay(letter, units):
    found = size(letter)
    assert (found.alphabet, found.units) == (Alphabet.GSM7, units)
    assert transliterated(letter) == letter


@pytest.mark.parametrize(("letter", "plain"), [("ë", "e"), ("ï", "i"), ("ó", "o"), ("á", "a"), ("ê", "e"), ("Ł", "L")])
def test_dutch_and_polish_letters_outside_it_become_plain_ones_when_wanted(letter, plain):
    assert size(letter).alphabet is Alphabet.UCS2
    assert transliterated(letter) == plain


def test_the_sample_texts_in_config_override_one_cell_in_every_language_and_are_without_flaw():
    samples = Path(__file__).parents[3] / "config" / "templates"
    report = lint([samples])
    assert (report.faults, report.warnings) == ((), ())
    texts = load_texts([samples])
    for language in LANGUAGES:
        own = [cell for cell in texts.cells() if cell.language == language and str(samples) in cell.file]
        assert {(cell.text, cell.scope, cell.phase, cell.scenario) for cell in own} == {
            (text, "regional", "opened", "power") for text in ("customer", "critical")
        }
