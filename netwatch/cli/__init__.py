"""The command line: what people type, at a desk or at three in the morning.

In: arguments, files, the daemon's local API. Out: words for people, JSON with `--json`, an exit code.
Invariants: answers on standard output, everything else on standard error; never a traceback unless `--debug` asks
for it; no decision about outages is made here.
"""

from netwatch.cli.main import main

__all__ = ["main"]
