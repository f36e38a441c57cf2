"""Reads the shipped packs and the operator's own templates, and finds every fault before a text may be used."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, TemplateError, TemplateSyntaxError, nodes

from netwatch.communication.model import Phase
from netwatch.communication.texts.cells import FRAGMENT, PUBLIC, misnamed
from netwatch.communication.texts.facts import Cell, Facts, Rendered
from netwatch.communication.texts.guard import LIMIT_BYTES, macros_of, objections
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.communication.texts.library import Sources, TextError, Texts, choose, environment, shaped
from netwatch.communication.texts.samples import variants
from netwatch.errors import Fault, InputError, Place
from netwatch.sources import Faults, read_text

SHIPPED: Final = Path(__file__).with_name("packs")
_READ_LIMIT_BYTES: Final = 4_000_000
_FILES_LIMIT: Final = 5000
_RENDER_ERRORS: Final = (TemplateError, TypeError, ValueError, AttributeError, LookupError, TextError)


def load_texts(paths: Sequence[Path] = ()) -> Texts:
    """All texts: the shipped packs, overridden by the operator's folders; a later folder overrides an earlier one.

    Raises:
        InputError: every fault found in any template, with file and line.
    """
    texts, faults = try_texts(paths)
    if faults or texts is None:
        raise InputError(faults)
    return texts


def check_texts(paths: Sequence[Path] = (), *, shipped: bool = False) -> list[Fault]:
    """Every fault that `load_texts` would raise, sorted; empty when all is well.

    With `shipped` the packs that come with netwatch are rendered too; they were when they were made.
    """
    return sorted(set(try_texts(paths, shipped=shipped)[1]))


def read_layers(paths: Sequence[Path], faults: Faults) -> tuple[Sources, ...]:
    """Every template, not looked at yet: the operator's folders, the strongest first, and last the shipped pack."""
    return tuple(_read_folder(path, faults) for path in (*reversed(paths), SHIPPED))


def try_texts(paths: Sequence[Path], *, shipped: bool = False) -> tuple[Texts | None, list[Fault]]:
    """What `load_texts` gives, or None and what `check_texts` gives, in one reading."""
    faults = Faults()
    layers = read_layers(paths, faults)
    merged: Sources = {
        code: {name: held for layer in reversed(layers) for name, held in layer.get(code, {}).items()}
        for code in LANGUAGES
    }
    sound = _parse_all(merged, {} if shipped else layers[-1], faults)
    chosen, missing = choose(layers)
    for cell in missing:
        faults.add(Place(str(SHIPPED)), f"there is no text for {cell}", "install netwatch anew, or add the file")
    for place in _unused(layers, chosen):
        faults.add(place, "no text uses this file: more special files stand beside it", "remove or rename it")
    if sound:
        own = chosen if shipped else _with_own_words(layers, merged, chosen)
        faults.extend(_rendered_faults(merged, own))
    if len(faults):
        return None, list(faults.all())
    return Texts(merged, chosen), []


def _read_folder(folder: Path, faults: Faults) -> Sources:
    if not folder.is_dir():
        faults.add(Place(str(folder)), "there is no such folder of templates", "create it, or mend its name")
        return {}
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for count, path in enumerate(_files(folder)):
        if count >= _FILES_LIMIT:
            faults.add(Place(str(folder)), f"the folder holds more than {_FILES_LIMIT} files", "name a smaller folder")
            break
        name = path.relative_to(folder).as_posix()
        wrong = misnamed(name)
        if wrong is not None:
            faults.add(Place(str(path)), wrong.what, wrong.mend)
            continue
        language, _, rest = name.partition("/")
        with faults.collecting():
            source = read_text(path, limit_bytes=_READ_LIMIT_BYTES)
            if len(source.encode()) > LIMIT_BYTES:
                faults.add(Place(str(path)), "the template is larger than 64 KiB", "shorten it")
                continue
            found.setdefault(language, {})[rest] = (str(path), source)
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Files below `folder`, sorted; hidden ones and editors' copies left out; links to folders not followed."""
    for base, folders, names in os.walk(folder):
        folders.sort()
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(base, name) for name in sorted(names) if not name.startswith(".") and name[-1] != "~")


def _parse_all(sources: Sources, trusted: Sources, faults: Faults) -> bool:
    """Whether every template parses and holds only what is allowed; a file as in `trusted` is known to.

    Where the shared sentences are the operator's, every text of the language is looked at.
    """
    before = len(faults)
    for language, files in sources.items():
        if files == trusted.get(language):
            continue
        made = environment(language, files)
        sentences: Mapping[str, nodes.Macro] = MappingProxyType({})
        known = trusted.get(language, {})
        known = known if files.get(FRAGMENT) == known.get(FRAGMENT) else {}
        for name in sorted(files, key=lambda name: name != FRAGMENT):
            file, source = files[name]
            if name != FRAGMENT and files[name] == known.get(name):
                continue
            tree = _parse(made, name, file, source, faults)
            if tree is None:
                continue
            fragment = name == FRAGMENT
            if fragment:
                sentences = macros_of(tree)
            for wrong in objections(tree, sentences, fragment=fragment):
                faults.add(Place(file, wrong.line), wrong.what, wrong.mend)
    return len(faults) == before


def _parse(made: Environment, name: str, file: str, source: str, faults: Faults) -> nodes.Template | None:
    try:
        return made.parse(source, name, file)
    except TemplateSyntaxError as error:
        faults.add(Place(file, error.lineno), f"this is no template: {error.message}", "mend the braces or the word")
    except RecursionError:
        faults.add(Place(file), "the template is nested too deep", "write it flatter")
    return None


def _unused(layers: Sequence[Sources], chosen: Mapping[Cell, str]) -> Iterator[Place]:
    used = {(cell.language, name) for cell, name in chosen.items()}
    for layer in layers[:-1]:
        for language, files in layer.items():
            for name, (file, _) in files.items():
                if name != FRAGMENT and (language, name) not in used:
                    yield Place(file)


def _with_own_words(layers: Sequence[Sources], merged: Sources, chosen: Mapping[Cell, str]) -> dict[Cell, str]:
    """The cells that the operator's folders have a part in."""
    pack = layers[-1]
    return {
        cell: name
        for cell, name in chosen.items()
        if any(merged[cell.language][part] != pack[cell.language].get(part) for part in (name, FRAGMENT))
    }


def _rendered_faults(sources: Sources, chosen: Mapping[Cell, str]) -> Iterator[Fault]:
    """Renders every cell with sample facts; one fault a file and sentence."""
    made = {language: environment(language, sources[language]) for language in LANGUAGES}
    told: set[tuple[str, str]] = set()
    begun: set[tuple[str, str, str, str, str]] = set()
    for cell, name in chosen.items():
        file = sources[cell.language][name][0]
        template = made[cell.language].get_template(name)
        # Each scenario is rendered; what else may differ, once for all scenarios that a file serves.
        key = (cell.language, name, cell.text, cell.scope, cell.phase)
        tried = islice(variants(cell), 1) if key in begun else variants(cell)
        begun.add(key)
        for facts in tried:
            try:
                wrong = _lacking(cell, facts, shaped(cell.language, template.render(facts.variables())), made)
                line = 0
            except _RENDER_ERRORS as error:
                wrong, line = f"the text can't be made: {error}", _line_in(error, file)
            except RecursionError:
                wrong, line = "the text calls itself", 0
            if wrong and (file, wrong) not in told:
                told.add((file, wrong))
                yield Fault(Place(file, line), wrong, f"seen with {cell}; see docs/reference/texts.md")


def _lacking(cell: Cell, facts: Facts, text: Rendered, made: Mapping[str, Environment]) -> str:
    """What a public text must bear and does not; empty when it is complete."""
    whole = f"{text.subject}\n{text.body}"
    if len(whole.encode()) > LIMIT_BYTES:
        return "the finished text is larger than 64 KiB"
    if cell.text not in PUBLIC:
        return ""
    if facts.incident not in whole:
        return "the text does not bear the outage's number ({{ incident }})"
    asked = facts.phase == Phase.FEEDBACK
    if (facts.feedback_url if asked else facts.page_url) not in whole:
        lacks = "say where to answer ({{ feedback_url }})" if asked else "name the outage page ({{ page_url }})"
        return f"the text does not {lacks}"
    if facts.next_update_at is not None:
        forms = (made[cell.language].filters[name](facts.next_update_at) for name in ("clock", "moment", "short"))
        if not any(form in whole for form in forms):
            return "the text does not say when the next update comes ({{ next_update_at | moment }})"
    return ""


def _line_in(error: BaseException, file: str) -> int:
    """The template's line in which `error` arose; 0 = unknown."""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
