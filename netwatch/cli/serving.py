"""The daemon's own process: what `netwatch run` becomes once it has understood its arguments.

The libraries that understand them take 10 MB, which the daemon would keep for good.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NoReturn

from netwatch import daemon
from netwatch.cli.main import told
from netwatch.cli.screen import Screen
from netwatch.daemon.recording import Recording
from netwatch.web import logs

_MODULE: Final = "netwatch.cli.serving"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `netwatch run` was asked for. `record` "" = observations are not recorded."""

    config: str
    record: str
    record_mb: float
    record_files: int
    verbose: bool
    debug: bool


def become(wanted: Wanted) -> NoReturn:
    """Begin anew as the daemon: the same process with its environment and files, and nothing else of it."""
    # -P: what lies in the working directory is no module of ours.
    os.execv(sys.executable, [sys.executable, "-P", "-m", _MODULE, json.dumps(asdict(wanted))])  # noqa: S606 -- ourselves


def main() -> None:
    """The daemon, until it is stopped; ends the process as every command does."""
    wanted = Wanted(**json.loads(sys.argv[1]))
    told(lambda: _serve(wanted), debug=wanted.debug)


def _serve(wanted: Wanted) -> None:
    record = Recording(Path(wanted.record), wanted.record_mb, wanted.record_files) if wanted.record else None
    with Screen(sys.stderr) as screen:
        logs.setup(screen.stream, verbose=wanted.verbose)
        daemon.run(Path(wanted.config), record=record, show=screen.show)


if __name__ == "__main__":
    main()
