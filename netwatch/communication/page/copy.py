"""What every further copy of the page promises, and how one renewal of it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from netwatch.errors import OperatingError

#: A file over there that is larger than this is not ours; nothing of the page comes near it.
LARGEST_BYTES: Final = 4 * 1024 * 1024
_SENTENCE: Final = 200


class CopyError(OperatingError):
    """A copy of the page could not be renewed, or did not read back as it was written."""


class Copy(Protocol):
    """The page on one other host."""

    @property
    def name(self) -> str:
        """Unique, as in `sftp/status2.example.net`: in logs, metrics and status."""
        ...

    async def renew(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """Put `files` there in their order, each old or new and never half; what then reads back from there, by name.

        Ends within the copy's own time-out.

        Raises:
            CopyError: the host refuses, is silent, or can't be reached.
        """
        ...

    async def close(self) -> None:
        """Give connections back; it may be used again afterwards."""
        ...


async def renew(copy: Copy, files: Mapping[str, bytes]) -> None:
    """Bring `copy` up to date and make sure of it.

    Raises:
        CopyError: it could not be done, or a file reads back other than it was written.
    """
    found = await copy.renew(files)
    wrong = [name for name, content in files.items() if found.get(name) != content]
    if wrong:
        what = f"{wrong[0]} reads back other than it was written"
        raise CopyError(what, "look at the disk over there, and at who else writes to it")


def brief(words: str) -> str:
    """What another host said, as one harmless line that ends where a sentence should."""
    line = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return line if len(line) <= _SENTENCE else line[: _SENTENCE - 1] + "…"
