"""The loaded texts: which file fills which cell, and rendering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from netwatch.communication.model import Audience, Phase
from netwatch.communication.texts.cells import STAND_IN, all_cells, candidates
from netwatch.communication.texts.facts import Cell, Facts, Rendered, clean
from netwatch.communication.texts.languages import LANGUAGES, filters
from netwatch.communication.texts.samples import sample
from netwatch.diagnosis.model import Scope
from netwatch.errors import NetwatchError

_SUBJECT_LIMIT: Final = 180
#: language -> name within the language's folder -> (file, source).
Sources = Mapping[str, Mapping[str, tuple[str, str]]]


class TextError(NetwatchError):
    """A text could not be made; nothing half-made is sent."""


class _Loader(BaseLoader):
    """Serves only what was read and checked; never touches a disk."""

    def __init__(self, sources: Mapping[str, tuple[str, str]]) -> None:
        self._sources = sources

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, None]:
        del environment
        if template not in self._sources:
            raise TemplateNotFound(template)
        file, source = self._sources[template]
        return source, file, None


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def environment(language: str, sources: Mapping[str, tuple[str, str]]) -> Environment:
    """The sandbox of one language. Plain text: what shows a text as HTML escapes it there."""
    made = ImmutableSandboxedEnvironment(  # autoescape is off: mail bodies are plain text
        loader=_Loader(sources),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        cache_size=-1,
    )
    made.globals.clear()
    builtin = {name: made.filters[name] for name in ("first", "join", "last", "length", "lower", "upper")}
    made.filters = {**builtin, **filters(language), "first_up": _first_up}
    return made


def shaped(language: str, raw: str) -> Rendered:
    """Subject from the first line, body from the rest, without stray blanks.

    Raises:
        TextError: there is no subject or no body.
    """
    lines = [line.rstrip() for line in raw.strip().splitlines()]
    subject = clean(lines[0], _SUBJECT_LIMIT) if lines else ""
    body: list[str] = []
    for line in lines[1:]:
        if line or (body and body[-1]):
            body.append(line)
    text = "\n".join(body).strip()
    if not subject or not text:
        raise TextError(f"the {language} text has no {'body' if subject else 'first line'}", "write subject, then body")
    return Rendered(subject, text + "\n")


class Texts:
    """All texts, checked. Made by `load_texts`; immutable afterwards."""

    def __init__(self, sources: Sources, chosen: Mapping[Cell, str]) -> None:
        """`chosen` maps each cell to a name within its language's folder."""
        self._chosen = dict(chosen)
        self._files = {cell: sources[cell.language][name][0] for cell, name in chosen.items()}
        self._made = {language: environment(language, sources[language]) for language in LANGUAGES}

    def language(self, wanted: str, default: str) -> str:
        """`wanted` when there are texts in it, else `default`, else English."""
        return next((code for code in (wanted, default) if code in LANGUAGES), "en")

    def cells(self) -> tuple[Cell, ...]:
        """Every cell with the file that fills it."""
        return tuple(replace(cell, file=file) for cell, file in self._files.items())

    def cell(self, language: str, text: str, scope: str, phase: str, scenario: str = "unknown") -> Cell:
        """The cell of these names.

        Raises:
            TextError: there is no such cell.
        """
        cell = Cell(language, text, scope, phase, scenario)
        if cell not in self._files:
            raise TextError(f"there is no text {cell}", "see docs/reference/texts.md for the table")
        return replace(cell, file=self._files[cell])

    def render(self, cell: Cell, facts: Facts | None = None) -> Rendered:
        """The text of `cell` with `facts`; with sample facts when they are None.

        Raises:
            TextError: there is no such cell, or the facts break the template.
        """
        name = self._chosen.get(cell)
        if name is None:
            raise TextError(f"there is no text {cell}", "see docs/reference/texts.md for the table")
        values = (facts or sample(cell)).variables()
        try:
            raw = self._made[cell.language].get_template(name).render(values)
        except (TemplateError, TypeError, ValueError, AttributeError, LookupError) as error:
            raise TextError(f"{self._files[cell]}: the text can't be made: {error}", "mend the template") from error
        return shaped(cell.language, raw)

    def write(self, audience: Audience, scope: Scope, phase: Phase, language: str, facts: Facts) -> Rendered:
        """The text for `audience` with the facts' own scenario."""
        return self.render(Cell(language, audience.value, scope.value, phase.value, facts.scenario), facts)


def choose(layers: tuple[Sources, ...]) -> tuple[dict[Cell, str], list[Cell]]:
    """Which name fills each cell, and the cells that nothing fills. `layers`: the strongest first."""
    chosen: dict[Cell, str] = {}
    missing: list[Cell] = []
    for cell in all_cells():
        name = _choice(cell, layers)
        if name is None:
            missing.append(cell)
        else:
            chosen[cell] = name
    return chosen, missing


def _choice(cell: Cell, layers: tuple[Sources, ...]) -> str | None:
    for text in filter(None, (cell.text, STAND_IN.get(cell.text))):
        for layer in layers:
            held = layer.get(cell.language, {})
            for name in candidates(cell, text):
                if name in held:
                    return name
    return None
