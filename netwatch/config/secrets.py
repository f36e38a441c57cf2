"""Files that hold secrets: readable by nobody but their owner."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from netwatch.sources import Faults, Node, quoted

#: A setting whose name ends so names a file with a secret.
_ENDING: Final = "_file"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
#: systemd lays credentials out here while the service runs, with rights of its own. Source: systemd.exec(5).
_CREDENTIALS: Final = Path("/run/credentials")


def check_secret_files(root: Node, base: Path, faults: Faults) -> None:
    """Every file with a secret exists, is a plain file, and has mode 0400 or 0600. Relative ones start at `base`."""
    for node in root.walk():
        named = str(node.name).endswith(_ENDING) and isinstance(node.value, str)
        if not named or not node.value:
            continue
        path = base / str(node.value)
        if not path.is_relative_to(_CREDENTIALS) and (wrong := _wrong_with(path)):
            faults.add(node.place, *wrong)


def _wrong_with(path: Path) -> tuple[str, str] | None:
    name = quoted(str(path))
    try:
        state = path.stat()
    except FileNotFoundError:
        return f"the file {name} does not exist", "write the secret into it, and chmod 0400 it"
    except (OSError, ValueError):
        return f"the file {name} can't be reached", "give netwatch the right to read it"
    if not stat.S_ISREG(state.st_mode):
        return f"{name} is not a regular file", "name a file"
    if state.st_mode & _OTHERS:
        return f"the file {name} may be read by others (mode {stat.S_IMODE(state.st_mode):04o})", "chmod 0400 it"
    if not os.access(path, os.R_OK):
        return f"the file {name} may not be read by this user", "chown it to the user that runs netwatch"
    return None
