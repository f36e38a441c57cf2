"""Options that commands share, and what follows from them."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Annotated, Final

import typer

from netwatch import config
from netwatch.cli.client import Client
from netwatch.errors import InputError, OperatingError
from netwatch.web.model import IncidentView, UnknownIncidentError

DEFAULT_CONFIGS: Final = (Path("netwatch.yaml"), Path("/etc/netwatch/netwatch.yaml"))
DEFAULT_SOCKET: Final = Path("/run/netwatch/netwatch.sock")

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", envvar="NETWATCH_CONFIG", metavar="FILE", show_default=False,
        help="Configuration. Default: ./netwatch.yaml, then /etc/netwatch/netwatch.yaml.",
    ),
]  # fmt: skip
SocketOption = Annotated[
    Path | None,
    typer.Option(
        "--socket", envvar="NETWATCH_SOCKET", metavar="FILE", show_default=False,
        help="The daemon's socket file. Default: what the configuration says.",
    ),
]  # fmt: skip
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.", metavar="")]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", show_default=False, help="Who gives the order; only root may name another."),
]
IncidentArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="INCIDENT", show_default=False, help="Its id, its start or its last four signs. Default: the only one."
    ),
]


def config_path(given: Path | None) -> Path:
    """The configuration to use. Raises `OperatingError` when there is none."""
    found = given or found_config()
    if found is None:
        raise OperatingError(
            "no configuration found: neither ./netwatch.yaml nor /etc/netwatch/netwatch.yaml is there for you to read",
            "name one with -c FILE, or join the group netwatch",
        )
    return found


def found_config() -> Path | None:
    """The first of the usual places that holds a configuration; one whose folder may not be read counts as empty."""
    for path in DEFAULT_CONFIGS:
        try:
            if path.is_file():
                return path
        except PermissionError:
            continue
    return None


def client(config_file: Path | None, socket: Path | None) -> Client:
    """Speaks to the daemon that the options mean.

    A broken or unreadable configuration that was only found, not named, doesn't stand in the way of asking a daemon
    that still runs with its older, good one.
    """
    if socket is not None:
        return Client(socket)
    try:
        return Client(config.load(config_path(config_file)).web.socket)
    except (InputError, OperatingError):
        if config_file is not None:
            raise
        return Client(DEFAULT_SOCKET)


def orderer(by: str | None) -> str:
    """Who gives an order: as named, else the login behind sudo, else the login."""
    return by or os.environ.get("SUDO_USER") or getpass.getuser()


def the_one(given: str | None, candidates: tuple[IncidentView, ...], what: str) -> str:
    """The id that a person means, among `candidates`: by the whole, the start, or the last part, as it is read aloud.

    Raises:
        UnknownIncidentError: none fits.
        typer.BadParameter: several do.
    """
    if given is not None and not given.strip():
        raise typer.BadParameter(
            "an empty id could mean any incident; leave it out for the only one", param_hint="INCIDENT"
        )
    fitting = [i.id for i in candidates if given is None or fits(i.id, given)]
    if given in fitting:
        return str(given)
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise UnknownIncidentError(
            f"no incident begins or ends with {given!r}" if given else f"no {what}",
            "see them with: netwatch incidents --all",
        )
    raise typer.BadParameter(f"{len(fitting)} incidents could be meant: {', '.join(fitting)}", param_hint="INCIDENT")


def fits(incident: str, given: str) -> bool:
    """Whether `given` is the id of `incident`, its start, or the part behind a hyphen; capitals count for nothing."""
    whole, part = incident.casefold(), given.strip().casefold()
    return whole.startswith(part) or whole.endswith(f"-{part}")
