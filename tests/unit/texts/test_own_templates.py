"""An operator's own templates: they override single cells, and a wrong one is refused before it speaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwatch.communication.texts import check_texts, clean, clean_note, load_texts
from netwatch.errors import InputError

GOOD = """{% import "_sentences.j2" as say %}
Hallo [{{ incident }}]

Het is stuk. {{ say.cause(cause_known, scenario) }} Zie {{ page_url }}{% if next_update_at is not none %}, uiterlijk {{ next_update_at | moment }}{% endif %}
"""


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder


def only_fault(folder: Path) -> str:
    found = check_texts([folder])
    assert len(found) == 1, [str(fault) for fault in found]
    return str(found[0]).replace(f"{folder}/", "")


def test_one_file_overrides_its_cells_and_no_other(tmp_path):
    texts = load_texts([put(tmp_path, "nl/regional/customer.opened.power.j2", GOOD)])
    mine = texts.render(texts.cell("nl", "customer", "regional", "opened", "power"))
    assert mine.subject == "Hallo [7F3K-2026]"
    assert "Hallo" not in texts.render(texts.cell("nl", "customer", "regional", "opened", "cable")).subject
    assert "Hallo" not in texts.render(texts.cell("en", "customer", "regional", "opened", "power")).subject


def test_a_general_file_of_the_operator_wins_over_a_special_one_of_the_pack(tmp_path):
    texts = load_texts([put(tmp_path, "nl/customer.j2", GOOD)])
    own = [cell for cell in texts.cells() if (cell.language, cell.text) == ("nl", "customer")]
    assert {texts.render(cell).subject for cell in own if cell.phase != "feedback"} == {"Hallo [7F3K-2026]"}


def test_a_general_file_speaks_of_an_outage_and_does_not_ask_how_it_was(tmp_path):
    texts = load_texts([put(tmp_path, "nl/customer.j2", GOOD)])
    asked = texts.cell("nl", "customer", "regional", "feedback")
    assert "formulier" in texts.render(asked).body
    with pytest.raises(InputError, match="where to answer"):
        load_texts([put(tmp_path, "nl/customer.feedback.j2", GOOD)])


def test_a_later_folder_wins_over_an_earlier_one(tmp_path):
    first = put(tmp_path / "a", "nl/customer.opened.j2", GOOD)
    second = put(tmp_path / "b", "nl/customer.opened.j2", GOOD.replace("Hallo", "Dag"))
    texts = load_texts([first, second])
    assert texts.render(texts.cell("nl", "customer", "regional", "opened")).subject.startswith("Dag")


def test_the_shared_sentences_may_be_overridden_too(tmp_path):
    pack = Path(__file__).parents[3] / "netwatch/communication/texts/packs/nl/_sentences.j2"
    put(tmp_path, "nl/_sentences.j2", pack.read_text().replace("Beste", "Geachte"))
    texts = load_texts([tmp_path])
    assert "Geachte Jansen" in texts.render(texts.cell("nl", "customer", "regional", "opened")).body


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nl/custommer.opened.j2", 'Did you mean "customer"?'),
        ("nl/customer.opend.j2", 'Did you mean "opened"?'),
        ("nl/customer.opened.kable.j2", 'Did you mean "cable"?'),
        ("nl/regionl/customer.j2", 'Did you mean "regional"?'),
        ("de/customer.j2", "use one of en, nl, pl"),
        ("customer.j2", "use one of en, nl, pl"),
        ("nl/customer.txt", "this is no template"),
        ("nl/customer/page.j2", 'no text "page" in the scope customer'),
        ("nl/customer.opened.cable.x.j2", "too many parts"),
        ("nl/redundancy/customer.opened.j2", 'no text "customer" in the scope redundancy'),
    ],
)
def test_a_file_name_that_matches_no_cell_is_a_fault_and_never_ignored(tmp_path, name, words):
    fault = only_fault(put(tmp_path, name, GOOD))
    assert fault.startswith(name)
    assert words in fault


def test_a_file_that_more_special_ones_make_useless_is_a_fault(tmp_path):
    put(tmp_path, "nl/page.opened.j2", GOOD)
    for phase in ("opened", "update", "no_news", "partly_restored", "resolved", "correction"):
        put(tmp_path, f"nl/regional/page.{phase}.j2", GOOD)
    assert "no text uses this file" in only_fault(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("Titel\n\n{{ incidnt }}", 3, 'Did you mean "incident"?'),
        ("Titel\n\n{% if false %}{{ nothing_here }}{% endif %}", 3, 'no variable is named "nothing_here"'),
        ("Titel\n\n{{ incident", 3, "this is no template"),
        ("Titel\n\n{{ incident | momment }}", 3, 'no filter "momment"'),
        ("Titel\n\n{{ incident.__class__ }}", 3, "__class__"),
        ("Titel\n\n{{ ''.__class__.__mro__[1].__subclasses__() }}", 3, "not allowed"),
        ("Titel\n\n{{ incident.format }} {{ incident.upper() }}", 3, "can't be called"),
        ("Titel\n\n{% for i in range(1000000000) %}x{% endfor %}", 3, "a loop may run over a variable only"),
        ("Titel\n\n{{ 'a' * 1000000000 }}", 3, '"mul" is not allowed'),
        ("Titel\n\n{{ 10 ** 10 ** 10 }}", 3, '"pow" is not allowed'),
        ("Titel\n\n{{ 'x' ~ incident }}", 3, '"concat" is not allowed'),
        ("Titel\n\n{{ '%999999999d' % 1 }}", 3, '"mod" is not allowed'),
        ("Titel\n\n{% set a %}xx{% endset %}{{ a }}{{ incident }}", 3, '"assignblock" is not allowed'),
        ("Titel\n\n{% macro a() %}{{ a() }}{{ a() }}{% endmacro %}{{ incident }}", 3, "a macro stands in a text"),
        ("Titel\n\n{% include '/etc/passwd' %}", 3, '"include" is not allowed'),
        ("Titel\n\n{% extends 'page.j2' %}", 3, '"extends" is not allowed'),
        ("Titel\n\n{% import 'page.j2' as p %}", 3, "only the shared sentences"),
        ("Titel\n\n{% import '_sentences.j2' as say %}{{ say.greting('x') }}", 3, 'Did you mean "greeting"?'),
        ("Titel\n\n{% filter upper %}x{% endfilter %}", 3, '"filterblock" is not allowed'),
        ("Titel\n\n{{ roots[0] }}", 3, '"getitem" is not allowed'),
        ("Titel\n\n{{ namespace() }}", 3, "can't be called"),
        ("Titel\n\n{{ lipsum(n=1000000) }}", 3, "can't be called"),
        ("Titel\n\n{{ self }}", 3, '"self" is not allowed'),
        ("Titel\n\n{% autoescape false %}x{% endautoescape %}", 0, "is not allowed"),
        ("Titel\n\n{% for a in roots %}{% for b in roots %}{% for c in roots %}x{% endfor %}{% endfor %}{% endfor %}", 3,
         "loops stand too deep"),
        ("Titel\n\n{{ now | moment }} {{ began_at.nothing }}", 3, "the text can't be made"),
        ("Titel\n\n{{ incident | moment }}", 3, "the text can't be made"),
        ("Titel", 0, "no body"),
        ("", 0, "no first line"),
    ],
)  # fmt: skip
def test_a_template_that_could_fail_or_run_away_is_refused_at_its_line(tmp_path, text, line, words):
    put(tmp_path, "nl/page.opened.j2", text)
    found = check_texts([tmp_path])
    told = [str(fault).replace(f"{tmp_path}/", "") for fault in found]
    assert any(words in fault for fault in told), told
    at = f"nl/page.opened.j2:{line}:" if line else "nl/page.opened.j2:"
    assert all(fault.startswith(at) for fault in told), told
    with pytest.raises(InputError):
        load_texts([tmp_path])


def test_macros_that_double_each_other_are_refused_before_they_run(tmp_path):
    chain = "{% macro a0() %}xx{% endmacro %}" + "".join(
        f"{{% macro a{n}() %}}{{{{ a{n - 1}() }}}}{{{{ a{n - 1}() }}}}{{% endmacro %}}" for n in range(1, 40)
    )
    pack = Path(__file__).parents[3] / "netwatch/communication/texts/packs/nl/_sentences.j2"
    put(tmp_path, "nl/_sentences.j2", pack.read_text() + chain)
    assert "grow beyond measure" in only_fault(tmp_path)


def test_a_template_above_64_kib_is_refused(tmp_path):
    assert "larger than 64 KiB" in only_fault(put(tmp_path, "nl/page.opened.j2", "Titel\n\n" + "x" * 65_536))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("T\n\n{{ page_url }} {{ next_update_at | moment if next_update_at is not none else '' }}", "outage's number"),
        ("T {{ incident }}\n\nx {{ next_update_at | moment if next_update_at is not none else '' }}", "outage page"),
        ("T {{ incident }}\n\n{{ page_url }}", "when the next update comes"),
    ],
)
def test_a_customers_text_without_number_page_or_promise_is_refused(tmp_path, text, words):
    assert words in only_fault(put(tmp_path, "nl/regional/customer.opened.j2", text))


HOSTILE = (
    "{{ 7*7 }}", "{% include '/etc/passwd' %}", "a\r\nBcc: evil@example.net", "a\nSubject: x", "a\x00b", "\x1b[2Jname",
    "\u202eknab", "\u2066x\u2069", "a\u200bb", "a\u2028b", "\x85next", "<script>alert(1)</script>", "]]>", "&amp;",
    "${jndi:ldap://x}", "'; DROP TABLE x; --", "%n%n%s", "=cmd|' /C calc'!A0", "\ufeffbom", "⟦⟧⟦⟧", "x" * 5000,
    "\ud800", "\u0085\u0007bell",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_becomes_one_harmless_line(name):
    made = clean(name)
    assert made.isprintable()
    assert len(made) <= 120
    assert clean(made) == made


def test_a_note_keeps_its_lines_and_nothing_else():
    assert clean_note("one\r\ntwo\n\n\n\nthree\x1b[2J\u202e") == "one\ntwo\n\nthree [2J"
