"""The commands, and the one place where errors become words and exit codes."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from typing import Annotated

import typer

from netwatch import __version__
from netwatch.cli import (
    auditing,
    drilling,
    explaining,
    looking,
    offline,
    ordering,
    playbooks,
    probing,
    reloading,
    rendering,
    replaying,
    running,
    texting,
)
from netwatch.cli.exits import Exit, code_of
from netwatch.cli.terminal import complain, say_json
from netwatch.errors import NetwatchError

_START, _OUTAGE, _PREPARE = "Run it", "During an outage", "Prepare and check"
app = typer.Typer(
    name="netwatch",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version_wanted(wanted: bool) -> None:
    if wanted:
        say_json(f"netwatch {__version__}")
        raise typer.Exit


@app.callback()
def netwatch(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Tell the version.", metavar="", callback=_version_wanted, is_eager=True),
    ] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.", metavar="")] = False,
) -> None:
    """Polls a network, diagnoses outages, tells the right people within three minutes."""


def _add(group: str, example: str, *commands: Callable[..., None]) -> None:
    for command in commands:
        app.command(rich_help_panel=group, epilog=f"Example: [bold]{example}[/bold]")(command)


_add(_START, "netwatch run -c /etc/netwatch/netwatch.yaml", running.run)
_add(_START, "netwatch demo --keep", running.demo)
_add(_OUTAGE, "netwatch status", looking.status)
_add(_OUTAGE, "netwatch incidents --all", looking.incidents)
_add(_OUTAGE, "netwatch why 7F3K", explaining.why)
_add(_OUTAGE, "netwatch lookup 7551AB", explaining.lookup)
_add(_OUTAGE, "netwatch probe hgl-olt-1", probing.probe)
_add(_OUTAGE, "netwatch veto", ordering.veto)
_add(_OUTAGE, "netwatch approve 7F3K", ordering.approve)
_add(_OUTAGE, 'netwatch update 7F3K "Our engineer is on site."', ordering.update)
_add(_OUTAGE, 'netwatch resolve 7F3K "customer moved house"', ordering.resolve)
_add(_OUTAGE, "netwatch hold on", ordering.hold)
_add(_START, "netwatch reload", reloading.reload)
_add(_PREPARE, "netwatch check -c netwatch.yaml", offline.check)
_add(_PREPARE, 'netwatch drill --fault "cut duct-a35 at 30 for 600"', drilling.drill)
_add(_PREPARE, "netwatch audit --svg worst.svg", auditing.audit)
_add(_PREPARE, "netwatch replay -c netwatch.yaml observations.jsonl --json", replaying.replay)
_add(_PREPARE, "netwatch render customer --scenario cable --language nl", rendering.render)
_add(_PREPARE, "netwatch playbook show", playbooks.playbook)
_add(_PREPARE, "netwatch texts lint", texting.texts)
_add(_PREPARE, "netwatch schema > netwatch.schema.json", offline.schema)
_add(_PREPARE, "netwatch version --json", offline.version)


def main() -> None:
    """Runs the command line and ends the process."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal in an old character set shows ? for what it lacks, rather than stop an answer half way.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    try:
        typer.main.get_command(app)(arguments, prog_name="netwatch")
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except NetwatchError as error:
        _explain(error, debug=debug)
        sys.exit(code_of(error))
    except Exception as error:  # the top of the program: a fault of ours still ends in words and a code
        logging.getLogger(__name__).debug("fault", exc_info=error)
        _explain(error, debug=debug)
        complain("run it again with --debug and report this, please")
        sys.exit(Exit.FAULT)


def _explain(error: Exception, *, debug: bool) -> None:
    if debug:
        sys.stderr.write("".join(traceback.format_exception(error)))
    elif isinstance(error, NetwatchError):
        complain(str(error))
    else:
        complain(f"netwatch failed inside: {type(error).__name__}: {error}")
