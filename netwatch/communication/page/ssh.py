"""The page on a host that is reached by SSH: by sftp or rsync, with the programs of OpenSSH and rsync.

Nothing asks anybody anything: no password, no unknown host's key, no settings of the user's own. Every argument is
either ours or was checked to hold no blank, quote or leading dash.

Source: ssh(1), sftp(1) `-b`, rsync(1) `--delay-updates`; sftp's rename replaces a file in one step where the server
knows posix-rename@openssh.com.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from netwatch.communication.page.copy import LARGEST_BYTES, CopyError, brief
from netwatch.communication.page.settings import SshCopy, Way

_MEND: Final = "try it by hand: {command}"
#: Of what a program says, so much is kept.
_WORDS_BYTES: Final = 4096
_SENT, _BACK = "sent", "back"


class SshPage:
    """One host."""

    def __init__(self, settings: SshCopy, base: Path = Path()) -> None:
        """`base`: directory of the configuration, for relative files."""
        self.name = f"{settings.by.value}/{settings.host}"
        self._settings = settings
        self._base = base.absolute()

    async def renew(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """All in one short-lived directory of our own: what is sent, and what comes back."""
        try:
            with TemporaryDirectory(prefix="netwatch-page-") as made:
                folder = Path(made)
                await asyncio.to_thread(_lay_out, folder, files)
                await self._carry(folder, tuple(files))
                return await asyncio.to_thread(_read_back, folder / _BACK, tuple(files))
        except OSError as error:
            what = f"the page can't be laid out here to be sent: {error.strerror}"
            raise CopyError(what, "free space in /tmp, or where TMPDIR says, and let netwatch write there") from error

    async def close(self) -> None:
        """Nothing stays open between two renewals."""

    async def _carry(self, folder: Path, names: Sequence[str]) -> None:
        """There and back. Raises CopyError."""
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                if self._settings.by is Way.SFTP:
                    await self._sftp(folder, names)
                else:
                    await self._rsync(folder, names)
        except TimeoutError:
            took = f"{self._settings.timeout_s:g} s"
            raise CopyError(f"{self._settings.host} did not finish within {took}", self._by_hand()) from None

    async def _sftp(self, folder: Path, names: Sequence[str]) -> None:
        there = self._settings.directory.rstrip("/")
        lines = [f"-mkdir {there}"]
        for name in names:
            aside = f"{there}/.{name}.new"
            lines += [f"put {_SENT}/{name} {aside}", f"chmod 644 {aside}", f"rename {aside} {there}/{name}"]
        lines += [f"get {there}/{name} {_BACK}/{name}" for name in names]
        host = self._settings.host
        target = f"{self._settings.user}@" + (f"[{host}]" if ":" in host else host)
        command = ["sftp", "-b", "-", "-P", str(self._settings.port), *self._options(), target]
        await self._run(command, folder, "\n".join([*lines, ""]).encode())

    async def _rsync(self, folder: Path, names: Sequence[str]) -> None:
        shell = shlex.join(["ssh", "-p", str(self._settings.port), *self._options()])
        host, there = self._settings.host, self._settings.directory.rstrip("/")
        start = f"{self._settings.user}@" + (f"[{host}]" if ":" in host else host)
        common = ["rsync", "--ignore-times", "--whole-file", "-e", shell]
        # Whatever was there is replaced at the end, by renaming; both ways everything is really carried over.
        sent = [f"{_SENT}/{name}" for name in names]
        await self._run([*common, "--delay-updates", "--mkpath", "--chmod=F644", *sent, f"{start}:{there}/"], folder)
        back = [f"{start if not place else ''}:{there}/{name}" for place, name in enumerate(names)]
        await self._run([*common, f"--max-size={LARGEST_BYTES}", *back, f"{_BACK}/"], folder)

    def _options(self) -> list[str]:
        known = str(self._base / self._settings.known_hosts) if self._settings.known_hosts else "none"
        asked = {
            "BatchMode": "yes",
            "LogLevel": "ERROR",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": known,
            "UpdateHostKeys": "no",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "PreferredAuthentications": "publickey",
            "ClearAllForwardings": "yes",
            "ConnectTimeout": str(max(1, round(self._settings.timeout_s / 2))),
            "ServerAliveInterval": "5",
            "ServerAliveCountMax": "2",
        }
        options = [part for name, value in asked.items() for part in ("-o", f"{name}={value}")]
        return ["-F", "none", "-i", str(self._base / self._settings.key_file), *options]

    def _by_hand(self) -> str:
        plain = f"ssh -p {self._settings.port} -i {self._settings.key_file} {self._settings.user}@{self._settings.host}"
        return _MEND.format(command=plain)

    async def _run(self, command: Sequence[str], folder: Path, told: bytes = b"") -> None:
        """Raises CopyError when the program can't be run or ends with a complaint."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            mend = f"install {command[0]}" if isinstance(error, FileNotFoundError) else self._by_hand()
            raise CopyError(f"{command[0]} can't be run here: {error.strerror}", mend) from error
        try:
            said = await _converse(process, told)
            code = await process.wait()
        finally:
            if process.returncode is None:
                # With all that it started itself: sftp and rsync run ssh.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if code:
            # ssh frames the gravest of its warnings with this sign.
            words = brief(said.decode(errors="replace").replace("@", " ")) or f"{command[0]} ended with {code}"
            raise CopyError(f"{self._settings.host} can't be renewed: {words}", self._by_hand())


async def _converse(process: asyncio.subprocess.Process, told: bytes) -> bytes:
    """Hand over `told`, and listen to the end; the first words are kept."""
    assert process.stdin is not None
    assert process.stderr is not None
    with suppress(ConnectionError):
        process.stdin.write(told)
        await process.stdin.drain()
    process.stdin.close()
    said = b""
    while part := await process.stderr.read(_WORDS_BYTES):
        said = (said + part)[:_WORDS_BYTES]
    return said


def _lay_out(folder: Path, files: Mapping[str, bytes]) -> None:
    (folder / _BACK).mkdir()
    (folder / _SENT).mkdir()
    for name, content in files.items():
        (folder / _SENT / name).write_bytes(content)


def _read_back(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    found = {name: folder / name for name in names}
    return {
        name: path.read_bytes()
        for name, path in found.items()
        if path.is_file() and path.stat().st_size <= LARGEST_BYTES
    }
