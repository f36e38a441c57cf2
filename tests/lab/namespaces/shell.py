"""Commands and network namespaces of the lab: made by name, removed by name, never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PREFIX = "nwlab-"


def run(*command: str, stdin: str | None = None) -> str:
    """Its standard output; fails with the command and what it said."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        msg = f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}\n{stdin or ''}"
        raise RuntimeError(msg)
    return done.stdout


def wait_until(what: str, condition: Callable[[], object], within_s: float, every_s: float = 0.1) -> float:
    """Seconds until `condition` was true; fails when it is not within `within_s`."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > within_s:
            msg = f"not within {within_s:g} s: {what}"
            raise TimeoutError(msg)
        time.sleep(every_s)
    return time.monotonic() - start


@dataclass(frozen=True, slots=True)
class Namespace:
    """One network namespace, alive from `make` to `remove`."""

    name: str

    @classmethod
    def make(cls, short: str) -> Namespace:
        """A fresh one with its loopback up, without IPv6 and without the kernel's help against asymmetric paths."""
        space = cls(f"{PREFIX}{os.getpid()}-{short}")
        run("ip", "netns", "add", space.name)
        space.ip(["link set lo up"])
        space.sysctl(
            {
                "net.ipv6.conf.all.disable_ipv6": 1,
                "net.ipv6.conf.default.disable_ipv6": 1,
                "net.ipv4.conf.all.rp_filter": 0,
                "net.ipv4.conf.default.rp_filter": 0,
                "net.ipv4.conf.all.accept_local": 1,  # what was turned round at a cut comes back to its sender
                "net.ipv4.conf.all.send_redirects": 0,
                "net.ipv4.conf.default.send_redirects": 0,
                "net.ipv4.conf.all.ignore_routes_with_linkdown": 1,
                "net.ipv4.conf.default.ignore_routes_with_linkdown": 1,
            }
        )
        return space

    def ip(self, lines: Iterable[str]) -> None:
        """Runs ip(8) commands in one batch."""
        run("ip", "-netns", self.name, "-batch", "-", stdin="\n".join(lines) + "\n")

    def nft(self, rules: str) -> None:
        run("ip", "netns", "exec", self.name, "nft", "-f", "-", stdin=rules)

    def sysctl(self, values: Mapping[str, int]) -> None:
        self.run("sysctl", "-q", *(f"{key}={value}" for key, value in values.items()))

    def run(self, *command: str) -> str:
        return run("ip", "netns", "exec", self.name, *command)

    def start(self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """A process in it, whose output goes to `log`; it dies with this process."""
        with log.open("ab") as out:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.name, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
            )

    def remove(self) -> None:
        """Ends what still runs in it, then removes it; quiet when it is gone already."""
        if self.name not in names():
            return
        for pid in run("ip", "netns", "pids", self.name).split():
            kill(int(pid), signal.SIGKILL)
        run("ip", "netns", "delete", self.name)


def kill(pid: int, number: signal.Signals) -> None:
    """Signals one process; quiet when it has ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def end(process: subprocess.Popen[bytes], within_s: float = 10.0) -> int:
    """Its exit code after SIGTERM, or after SIGKILL when it does not heed that."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            return process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait(within_s)


def names() -> list[str]:
    """All namespaces of labs on this machine, this run's and others'."""
    found = (line.split()[0] for line in run("ip", "netns", "list").splitlines() if line)
    return sorted(name for name in found if name.startswith(PREFIX))


def remove_leftovers() -> list[str]:
    """Removes the namespaces of labs whose process has died; returns their names."""
    left = []
    for name in names():
        owner = name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            Namespace(name).remove()
            left.append(name)
    return left
