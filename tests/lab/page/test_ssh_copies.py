"""The page on a host that is reached by SSH: a real sshd on loopback, sftp and rsync."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from netwatch.communication.page.copy import CopyError, renew
from netwatch.communication.page.settings import SshCopy, Way
from netwatch.communication.page.ssh import SshPage

FILES = {"phone.nl.txt": "Goedendag, ł.\n".encode(), "outages.json": b"{}\n", "index.html": b"<p>\x00\xff</p>" * 5000}


@dataclass
class Host:
    """A running sshd that knows one key, and the files of who may log in."""

    port: int
    folder: Path
    process: subprocess.Popen

    def settings(self, way: Way = Way.SFTP, **more) -> SshCopy:
        made = {
            "host": "127.0.0.1", "port": self.port, "user": pwd.getpwuid(os.getuid()).pw_name, "by": way,
            "directory": str(self.folder / "www"), "key_file": "key", "known_hosts": "known",
        }  # fmt: skip
        return SshCopy(**{**made, **more})


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _keys(folder: Path, port: int) -> None:
    for name in ("host", "key", "stranger"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(command, check=True)
    (folder / "allowed").write_text((folder / "key.pub").read_text())
    host_key = " ".join((folder / "host.pub").read_text().split()[:2])
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host_key}\n")
    other_key = " ".join((folder / "stranger.pub").read_text().split()[:2])
    (folder / "known-otherwise").write_text(f"[127.0.0.1]:{port} {other_key}\n")


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Iterator[Host]:
    folder, port = tmp_path_factory.mktemp("host"), _free_port()
    _keys(folder, port)
    settings = {
        "ListenAddress": f"127.0.0.1:{port}", "HostKey": folder / "host", "AuthorizedKeysFile": folder / "allowed",
        "PidFile": "none", "StrictModes": "no", "UsePAM": "no", "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no", "Subsystem": "sftp internal-sftp",
    }  # fmt: skip
    (folder / "config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert sshd, "install openssh-server"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "config")], stderr=log)
    found = Host(port, folder, process)
    try:
        asyncio.run(_until_it_listens(port))
        yield found
    finally:
        process.terminate()
        process.wait(10)


async def _until_it_listens(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return


@pytest.mark.parametrize("way", Way)
async def test_every_file_stands_there_readable_for_a_web_server_and_nothing_half_made_stays(host, way):
    target = host.folder / f"www-{way.value}"
    copy = SshPage(host.settings(way, directory=str(target)), host.folder)
    await renew(copy, FILES)
    await renew(copy, {**FILES, "index.html": b"<p>news</p>"})
    assert {path.name for path in target.iterdir()} == set(FILES)
    assert (target / "index.html").read_bytes() == b"<p>news</p>"
    assert (target / "phone.nl.txt").read_bytes() == FILES["phone.nl.txt"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in target.iterdir()} == {0o644}


@pytest.mark.parametrize("way", Way)
async def test_what_reads_back_comes_from_the_other_host(host, way):
    target = host.folder / f"linked-{way.value}"
    target.mkdir()
    copy = SshPage(host.settings(way, directory=str(target)), host.folder)
    await renew(copy, FILES)
    # Rotten from now on: whatever is written there is lost, and reading gives nothing of it.
    shutil.rmtree(target)
    target.symlink_to("/dev/null")
    with pytest.raises(CopyError):
        await renew(copy, FILES)


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"known_hosts": "known-otherwise"}, "IDENTIFICATION HAS CHANGED"),
        ({"known_hosts": ""}, "[Hh]ost key verification failed"),
        ({"key_file": "stranger"}, "Permission denied"),
        ({"key_file": "missing"}, "Permission denied"),
        ({"port": 1}, "Connection refused"),
        ({"directory": "/proc/nothing/here"}, "/proc/nothing"),
    ],
)
async def test_who_refuses_or_is_not_the_known_host_gets_nothing_and_is_told(host, way, more, told):
    copy = SshPage(host.settings(way, **more), host.folder)
    with pytest.raises(CopyError, match=told):
        await renew(copy, FILES)


@pytest.mark.parametrize("way", Way)
async def test_a_host_that_hangs_is_given_up_within_its_time_and_no_program_stays(host, way):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        copy = SshPage(host.settings(way, port=port, timeout_s=0.7), host.folder)
        with pytest.raises(CopyError, match=r"did not finish within 0\.7 s"):
            await renew(copy, FILES)
    running = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout
    assert f"{port} -F none" not in running


async def test_the_loop_goes_on_while_a_host_is_stopped(host):
    copy = SshPage(host.settings(timeout_s=1.0), host.folder)
    os.kill(host.process.pid, signal.SIGSTOP)
    try:
        renewing = asyncio.create_task(renew(copy, FILES))
        turns = 0
        while not renewing.done():
            await asyncio.sleep(0.01)
            turns += 1
    finally:
        os.kill(host.process.pid, signal.SIGCONT)
    with pytest.raises(CopyError, match="did not finish"):
        await renewing
    assert turns > 30
