"""`texts`: are the prepared texts fit to be read by people without service, and how does a whole outage read?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from netwatch import config as configuration
from netwatch.cli.exits import Exit
from netwatch.cli.offline import FaultView
from netwatch.cli.options import ConfigOption, JsonOption, found_config
from netwatch.cli.terminal import Terminal, say_json
from netwatch.communication.planning.playbook_gallery import gallery
from netwatch.communication.settings import zone_of
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.communication.texts.lint import LintReport, Voice, lint
from netwatch.config import Config
from netwatch.errors import Fault, InputError
from netwatch.web.names import counted
from netwatch.web.wire import encode_pretty


class TextsAction(StrEnum):
    """What can be done with the texts."""

    LINT = "lint"
    GALLERY = "gallery"


@dataclass(frozen=True, slots=True)
class LintView:
    """`netwatch texts lint --json`. `ok` false = there are faults."""

    ok: bool
    faults: tuple[FaultView, ...]
    warnings: tuple[FaultView, ...]
    files: int
    cells: int


@dataclass(frozen=True, slots=True)
class GalleryView:
    """`netwatch texts gallery --json`: each language's page."""

    pages: dict[str, str]


def texts(
    action: Annotated[
        TextsAction,
        typer.Argument(metavar="lint|gallery", show_default=False, help="Find flaws, or show one outage in all texts."),
    ],
    *,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="DIR", show_default=False, help="Write the gallery here, a file a language."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Find flaws of the texts, or show them all.

    Lint: jargon, blame, shouting, too much certainty, an SMS too long, what stands untranslated. Your own texts with a
    configuration that names some, else those that come with netwatch. Exit code 1: there are faults.
    """
    if action is TextsAction.LINT:
        _lint(config, json=json)
    else:
        _gallery(write, json=json)


def _lint(given: ConfigOption, *, json: bool) -> None:
    found = given or found_config()
    report = _linted(configuration.load(found)) if found is not None else lint()
    if json:
        made = LintView(not report.faults, _views(report.faults), _views(report.warnings), report.files, report.cells)
        say_json(encode_pretty(made))
    else:
        _show(Terminal(), report)
    if report.faults:
        raise typer.Exit(Exit.NEGATIVE)


def _linted(config: Config) -> LintReport:
    own = config.communication
    phones = (own.helpdesk_phone, own.priority_phone)
    voice = Voice(own.company, own.page_url, max(phones, key=len), zone_of(own), frozenset(own.sms_transliterate))
    return lint(config.templates, voice, _languages(config))


def _languages(config: Config) -> tuple[str, ...]:
    """The languages that customers read; all when the inventory can't be read."""
    try:
        customers = config.load_inventory(lenient=True).customers.values()
    except InputError:
        return LANGUAGES
    read = {service.language or config.communication.default_language for one in customers for service in one}
    return tuple(language for language in LANGUAGES if language in read) or LANGUAGES


def _views(faults: tuple[Fault, ...]) -> tuple[FaultView, ...]:
    return tuple(
        FaultView(one.where.file, one.where.line, one.where.column, one.where.key, one.what, one.mend) for one in faults
    )


def _show(terminal: Terminal, report: LintReport) -> None:
    for fault in report.faults:
        terminal.line((f"{fault.where}: ", "bold"), (fault.what, "red"), f"; {fault.mend}", hang=4)
    for warning in report.warnings:
        terminal.line(
            ("warning: ", "yellow"),
            (f"{warning.where}: ", "bold"),
            (warning.what, "yellow"),
            f"; {warning.mend}",
            hang=4,
        )
    told = [counted(len(report.faults), "fault") if report.faults else "no fault"]
    told += [counted(len(report.warnings), "warning")] if report.warnings else []
    read = f"{counted(report.files, 'file')} read, {report.cells:,} texts made: "
    terminal.line(read, (", ".join(told), "bold red" if report.faults else "bold green"))


def _gallery(write: Path | None, *, json: bool) -> None:
    pages = {language: gallery(language) for language in LANGUAGES}
    if json:
        say_json(encode_pretty(GalleryView(pages)))
        return
    terminal = Terminal()
    for language, page in pages.items():
        if write is None:
            terminal.block(page)
            continue
        write.mkdir(parents=True, exist_ok=True)
        (write / f"{language}.md").write_text(page, encoding="utf-8")
        terminal.line(f"{write / language}.md written")
