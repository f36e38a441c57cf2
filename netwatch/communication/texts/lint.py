"""Reads every text as its reader would: plain words, no blame, no shouting, no promise too many, an SMS that fits. Pure
but for reading the templates.

What can't be rendered at all (unknown variables, missing numbers, pages, promises) is found by `check_texts`; it is
told here too. Faults are for texts that should not leave; warnings for what an operator may have meant so.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import TemplateError, nodes

from netwatch.communication.model import Audience
from netwatch.communication.texts.cells import FRAGMENT, OUTWARD, SMS
from netwatch.communication.texts.facts import Cell, Facts, Root
from netwatch.communication.texts.guard import macros_of
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.communication.texts.library import Sources, Texts, environment
from netwatch.communication.texts.loading import read_layers, try_texts
from netwatch.communication.texts.samples import variants
from netwatch.communication.texts.sms import size, transliterated
from netwatch.communication.texts.spoken import Said, reached, said
from netwatch.communication.texts.words import WORDS, Flaw
from netwatch.errors import Fault, Place
from netwatch.sources import Faults, quoted

#: An SMS may take so many segments; a post so many characters (what a common server takes).
SEGMENTS_MOST: Final = 2
POST_MOST: Final = 500
#: Of an on-call SMS: the longest name of a root cause that is reckoned with.
_NAME_LENGTH: Final = 40
_SMS_TEXTS: Final = frozenset(SMS.values())
_READ_BY_CUSTOMERS: Final = OUTWARD | {Audience.HELPDESK.value}
_CALM: Final = _READ_BY_CUSTOMERS | {Audience.STAFF.value}
_LINK: Final = re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|net|org|nl|pl|eu|io)\b", re.IGNORECASE)
_LONG_WORD: Final = re.compile(r"(?<!\w)[^\W\d_]{4,}(?!\w)")
_SENTENCE: Final = 25


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: what the texts bear of the operator's settings."""

    company: str = "Voorbeeldnet"
    page_url: str = "https://status.example.net/"
    phone: str = "+44 1632 960100"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Amsterdam"))
    plain: frozenset[str] = frozenset()
    """Languages whose SMS are written in plain letters."""


@dataclass(frozen=True, slots=True)
class LintReport:
    """What was found, sorted; `cells` and `files` were read."""

    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    files: int
    cells: int


def lint(paths: Sequence[Path] = (), voice: Voice | None = None, languages: Sequence[str] = LANGUAGES) -> LintReport:
    """Every flaw of the operator's texts in `paths` over the shipped ones; with no `paths`, of the shipped pack alone.

    `languages`: those that customers read; own words in only some of them are a warning.
    """
    layers = read_layers(paths, Faults())
    own = layers[:-1] or layers
    texts, unfit = try_texts(paths, shipped=not paths)
    found = [*unfit, *word_faults(layers, own)]
    cells = 0
    if texts is not None:
        cells = len(texts.cells())
        found.extend(_length_faults(texts, voice or Voice()))
    files = sum(len(held) for layer in own for held in layer.values())
    warnings = tuple(sorted(set(_one_sided(layers[:-1], languages))))
    return LintReport(tuple(sorted(set(found))), warnings, files, cells)


# --- words


def word_faults(layers: Sequence[Sources], own: Sequence[Sources]) -> Iterator[Fault]:
    """Flaws of the words of `own`, which are among `layers` (the strongest first); nothing is rendered."""
    mine = {held for layer in own for files in layer.values() for held in files.values()}
    merged = {
        code: {name: held for layer in reversed(layers) for name, held in layer.get(code, {}).items()}
        for code in LANGUAGES
    }
    english = frozenset(_sentences(_parsed("en", merged["en"]).values()))
    for language, files in merged.items():
        trees = _parsed(language, files)
        if language != "en":
            written = {files[name][0]: tree for name, tree in trees.items() if files[name] in mine}
            yield from _untranslated(language, written, english)
        macros = macros_of(trees[FRAGMENT]) if FRAGMENT in trees else {}
        readers: dict[str, set[str]] = {}
        for name, tree in trees.items():
            if name == FRAGMENT:
                continue
            text = _text_of(name)
            for macro in reached(tree, macros):
                readers.setdefault(macro, set()).add(text)
            if files[name] in mine:
                yield from _flaws(language, {text}, said(tree), files[name][0])
        if files.get(FRAGMENT) in mine:
            for called, sentence in macros.items():
                yield from _flaws(language, readers.get(called, set()), said(sentence), files[FRAGMENT][0])


def _parsed(language: str, files: Mapping[str, tuple[str, str]]) -> dict[str, nodes.Template]:
    """Every template that can be read; what can't is told by `try_texts`, with its line."""
    made = environment(language, files)
    found: dict[str, nodes.Template] = {}
    for name, (file, source) in files.items():
        with suppress(TemplateError, RecursionError):
            found[name] = made.parse(source, name, file)
    return found


def _text_of(name: str) -> str:
    """The text that a file fills: `regional/customer.opened.j2` is `customer`."""
    return name.rpartition("/")[2].partition(".")[0]


def _flaws(language: str, texts: set[str], stretches: Sequence[Said], file: str) -> Iterator[Fault]:
    looked_for = {Flaw.BLAME, *((Flaw.JARGON, Flaw.CERTAINTY) if texts & _READ_BY_CUSTOMERS else ())}
    for one in stretches:
        place = Place(file, one.line)
        for word in WORDS[language]:
            if word.flaw in looked_for and not (word.flaw is Flaw.CERTAINTY and one.hedged):
                for match in word.pattern.finditer(one.words):
                    yield Fault(place, f"{_FLAWS[word.flaw]} {quoted(match.group())}", word.instead)
        if texts & _CALM:
            yield from _loud(one.words, place)
        if texts & OUTWARD and _LINK.search(one.words):
            yield Fault(place, "a link of its own", "name the outage page only: {{ page_url }}")


def _loud(words: str, place: Place) -> Iterator[Fault]:
    if "!" in words:
        yield Fault(place, "an exclamation mark", "end with a full stop: the reader has trouble enough")
    for match in _LONG_WORD.finditer(words):
        if match.group().isupper():
            yield Fault(place, f"shouting: {quoted(match.group())}", "write it in small letters")


_FLAWS: Final[Mapping[Flaw, str]] = {
    Flaw.JARGON: "a word that customers don't use:",
    Flaw.BLAME: "blame:",
    Flaw.CERTAINTY: "more certainty than there is:",
}


# --- languages


def _untranslated(language: str, trees: Mapping[str, nodes.Template], english: Container[str]) -> Iterator[Fault]:
    """Sentences that stand in another language's file as they do in an English one. `trees` by file."""
    for file, tree in trees.items():
        for one in _stretches(tree):
            words = one.words.strip()
            if words in english:
                yield Fault(Place(file, one.line), f"untranslated: {quoted(words)}", f"say it in {language}")


def _sentences(trees: Iterable[nodes.Template]) -> Iterator[str]:
    return (one.words.strip() for tree in trees for one in _stretches(tree))


def _stretches(tree: nodes.Template) -> Iterator[Said]:
    """What is long enough to be a sentence, in a text or in its macros."""
    parts: list[nodes.Node] = [tree, *tree.find_all(nodes.Macro)]
    for part in parts:
        for one in said(part):
            words = one.words.strip()
            if len(words) >= _SENTENCE and " " in words:
                yield one


def _one_sided(own: Sequence[Sources], languages: Sequence[str]) -> Iterator[Fault]:
    """Own words in some of the languages that customers read, the shipped ones in the others."""
    held: dict[str, dict[str, str]] = {}
    for layer in own:
        for language, files in layer.items():
            for name, (file, _) in files.items():
                held.setdefault(name, {}).setdefault(language, file)
    for name, written in held.items():
        missing = [language for language in languages if language not in written]
        if missing and name != FRAGMENT:
            what = f"your own words in {', '.join(sorted(written))} only; {' and '.join(missing)} readers get the shipped text"
            yield Fault(Place(written[min(written)]), what, f"add {missing[0]}/{name}, if customers read it")


# --- lengths


def _length_faults(texts: Texts, voice: Voice) -> Iterator[Fault]:
    told: set[tuple[str, str]] = set()
    tried: set[tuple[str, ...]] = set()
    for cell in texts.cells():
        serves = (cell.file, cell.scope, cell.phase)
        key = (*serves, cell.scenario)
        if (cell.text not in _SMS_TEXTS and cell.text != Audience.SOCIAL.value) or key in tried:
            continue
        # What has nothing to do with the scenario is tried once for all of them.
        made = islice(worst(cell, voice), 1) if serves in tried else worst(cell, voice)
        tried |= {key, serves}
        for facts in made:
            line = " ".join(texts.render(cell, facts).body.split())
            wrong = _too_long(cell, line, voice)
            if wrong is not None and (cell.file, wrong.what) not in told:
                told.add((cell.file, wrong.what))
                yield wrong


def _too_long(cell: Cell, line: str, voice: Voice) -> Fault | None:
    if cell.text == Audience.SOCIAL.value:
        if len(line) <= POST_MOST:
            return None
        return Fault(Place(cell.file), f"a post of more than {POST_MOST} characters, as in {cell}", "say less")
    sent = transliterated(line) if cell.language in voice.plain else line
    found = size(sent)
    if found.segments <= SEGMENTS_MOST:
        return None
    letters = f", because of {' '.join(found.offenders)}" if found.offenders else ""
    what = f"an SMS of more than {SEGMENTS_MOST} segments{letters}"
    mend = "say less, or shorten communication.company and page_url"
    if found.offenders and cell.language not in voice.plain:
        mend = f"say less, or set communication.sms_transliterate: [{cell.language}]"
    return Fault(Place(cell.file), what, f"{mend} (seen with {cell}: {found.units} units)")


def worst(cell: Cell, voice: Voice) -> Iterator[Facts]:
    """The sample facts of `cell` with the longest values that are reckoned with, in the operator's own voice."""
    name = "x" * _NAME_LENGTH
    for facts in variants(cell):
        yield replace(
            facts,
            incident="nw-20260722-1305-ab12",
            company=voice.company,
            page_url=voice.page_url,
            helpdesk_phone=voice.phone if facts.helpdesk_phone else "",
            roots=tuple(Root(root.kind, name) for root in facts.roots),
            customers_out=123_456 if facts.customers_out else 0,
            customers_at_risk=123_456 if facts.customers_at_risk else 0,
            **{
                field: value.replace(month=7, day=22, hour=23, tzinfo=voice.zone)
                for field in _INSTANTS
                if (value := getattr(facts, field)) is not None
            },
        )


_INSTANTS: Final = (
    "began_at", "now", "next_update_at", "resolved_at", "release_at", "estimate_from", "estimate_until",
    "estimate_before", "work_from", "work_until",
)  # fmt: skip
