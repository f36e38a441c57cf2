"""The commands, and the one place where errors become words and exit codes."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from netwatch import __version__
from netwatch.cli.exits import Exit, code_of
from netwatch.errors import NetwatchError
from netwatch.late import late

if TYPE_CHECKING:
    from netwatch.cli import terminal
else:
    terminal = late("netwatch.cli.terminal")


def _version_wanted(wanted: bool) -> None:
    if wanted:
        terminal.say_json(f"netwatch {__version__}")
        raise typer.Exit


def netwatch(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Tell the version.", metavar="", callback=_version_wanted, is_eager=True),
    ] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.", metavar="")] = False,
) -> None:
    """Polls a network, diagnoses outages, tells the right people in three minutes."""


class _Command(NamedTuple):
    """A command is the function of its own name in a module of `netwatch.cli`."""

    group: str
    module: str
    example: str


_START, _OUTAGE, _PREPARE = "Run it", "During an outage", "Prepare and check"
COMMANDS: Final = MappingProxyType({
    "run": _Command(_START, "running", "netwatch run -c /etc/netwatch/netwatch.yaml"),
    "demo": _Command(_START, "demonstrating", "netwatch demo --keep"),
    "status": _Command(_OUTAGE, "looking", "netwatch status"),
    "incidents": _Command(_OUTAGE, "looking", "netwatch incidents --all"),
    "why": _Command(_OUTAGE, "explaining", "netwatch why 7f3a"),
    "lookup": _Command(_OUTAGE, "explaining", "netwatch lookup 7551AB"),
    "probe": _Command(_OUTAGE, "probing", "netwatch probe hgl-olt-1"),
    "veto": _Command(_OUTAGE, "ordering", "netwatch veto"),
    "approve": _Command(_OUTAGE, "ordering", "netwatch approve 7f3a"),
    "update": _Command(_OUTAGE, "ordering", 'netwatch update 7f3a "Our engineer is on site."'),
    "ack": _Command(_OUTAGE, "answering", "netwatch ack K7QM"),
    "promise": _Command(_OUTAGE, "answering", "netwatch promise c-17 15:00"),
    "called": _Command(_OUTAGE, "answering", "netwatch called c-17"),
    "correct": _Command(_OUTAGE, "answering", 'netwatch correct 7f3a "a probe of ours was wrong"'),
    "resolve": _Command(_OUTAGE, "ordering", 'netwatch resolve 7f3a "customer moved house"'),
    "hold": _Command(_OUTAGE, "ordering", "netwatch hold on"),
    "optout": _Command(_OUTAGE, "wishing", "netwatch optout c-17 --channel sms"),
    "addresses": _Command(_OUTAGE, "wishing", "netwatch addresses"),
    "reload": _Command(_START, "reloading", "netwatch reload"),
    "check": _Command(_PREPARE, "offline", "netwatch check -c netwatch.yaml"),
    "drill": _Command(_PREPARE, "drilling", 'netwatch drill --fault "cut duct-a35 at 30 for 600"'),
    "audit": _Command(_PREPARE, "auditing", "netwatch audit --svg worst.svg"),
    "replay": _Command(_PREPARE, "replaying", "netwatch replay -c netwatch.yaml observations.jsonl --json"),
    "render": _Command(_PREPARE, "rendering", "netwatch render customer --scenario cable --language nl"),
    "playbook": _Command(_PREPARE, "playbooks", "netwatch playbook show"),
    "texts": _Command(_PREPARE, "texting", "netwatch texts lint"),
    "schema": _Command(_PREPARE, "offline", "netwatch schema > netwatch.schema.json"),
    "version": _Command(_PREPARE, "offline", "netwatch version --json"),
})  # fmt: skip


def application(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command that these arguments name, alone: no other's libraries are loaded. All commands when they name none."""
    app = typer.Typer(
        name="netwatch",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(netwatch)
    named = next((argument for argument in arguments if not argument.startswith("-")), "")
    for name in (named,) if named in COMMANDS else COMMANDS:
        group, module, example = COMMANDS[name]
        does = getattr(late(f"netwatch.cli.{module}"), name)
        app.command(name, rich_help_panel=group, epilog=f"Example: [bold]{example}[/bold]")(does)
    return app


def main() -> None:
    """Runs the command line and ends the process."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    told(lambda: typer.main.get_command(application(arguments))(arguments, prog_name="netwatch"), debug=debug)


def told(work: Callable[[], object], *, debug: bool) -> None:
    """Do it; an error becomes words and an exit code, and ends the process."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal in an old character set shows ? for what it lacks, rather than stop an answer half way.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    try:
        work()
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except NetwatchError as error:
        _explain(error, debug=debug)
        sys.exit(code_of(error))
    except Exception as error:  # the top of the program: a fault of ours still ends in words and a code
        logging.getLogger(__name__).debug("fault", exc_info=error)
        _explain(error, debug=debug)
        terminal.complain("run it again with --debug and report this, please")
        sys.exit(Exit.FAULT)


def _explain(error: Exception, *, debug: bool) -> None:
    if debug:
        sys.stderr.write("".join(traceback.format_exception(error)))
    elif isinstance(error, NetwatchError):
        terminal.complain(str(error))
    else:
        terminal.complain(f"netwatch failed inside: {type(error).__name__}: {error}")
