"""`render`: any prepared text with sample facts, before it is ever needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from netwatch import config as configuration
from netwatch.cli.options import DEFAULT_CONFIGS, ConfigOption, JsonOption
from netwatch.cli.terminal import Terminal, say_json
from netwatch.communication.model import Phase
from netwatch.communication.texts import Texts, load_texts
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.web.wire import encode_pretty


@dataclass(frozen=True, slots=True)
class RenderedView:
    """One text and the file that it was made from."""

    language: str
    text: str
    scope: str
    phase: str
    scenario: str
    file: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class RenderedViews:
    """All texts that were asked for."""

    texts: tuple[RenderedView, ...]


def render(
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT",
            show_default=False,
            help="customer, critical, staff, oncall, helpdesk, page or phone. Default: all.",
        ),
    ] = None,
    *,
    language: Annotated[str, typer.Option("--language", "-l", help="nl, pl or en.")] = "en",
    scope: Annotated[Scope, typer.Option("--scope", help="Whom the outage concerns.")] = Scope.REGIONAL,
    phase: Annotated[Phase, typer.Option("--phase", help="What the text says.")] = Phase.OPENED,
    scenario: Annotated[Scenario, typer.Option("--scenario", help="What kind of fault.")] = Scenario.CABLE,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show a prepared text with sample facts.

    And the file that it comes from. Without TEXT: every text of the scope.
    """
    texts = _texts(config)
    names = [text] if text else sorted({cell.text for cell in texts.cells() if cell.scope == scope.value})
    views: list[RenderedView] = []
    for name in names:
        cell = texts.cell(language, name, scope.value, phase.value, scenario.value)
        made = texts.render(cell)
        views.append(
            RenderedView(language, name, scope.value, phase.value, scenario.value, cell.file, made.subject, made.body)
        )
    if json:
        say_json(encode_pretty(RenderedViews(tuple(views))))
        return
    terminal = Terminal()
    for view in views:
        terminal.line(
            (f"{view.text}, {view.scope}, {view.phase}, {view.scenario}, {view.language}: {view.file}", "dim")
        )
        terminal.line((view.subject, "bold"))
        terminal.blank()
        terminal.block(view.body)
        terminal.blank()


def _texts(given: ConfigOption) -> Texts:
    """The texts of the configuration; netwatch's own when there is none."""
    found = given or next((path for path in DEFAULT_CONFIGS if path.is_file()), None)
    return load_texts(configuration.load(found).templates if found else ())
