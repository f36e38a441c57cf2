"""`netwatch demo` as a new user runs it: as root with ping, as anybody with SNMP alone, interrupted, and killed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.lab.namespaces.shell import wait_until

ROOT = Path(__file__).parents[2]
#: Somebody without any right on this machine, who can still read this project's files where root owns them.
NOBODY = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"]
#: Whoever started these tests in the background had them ignore Ctrl-C, and with them what they start.
HEEDS_CTRL_C = ["env", "--default-signal=INT"]
WHOLE_S = 240
READY = "where to look"
FINDINGS = 6


class Demo:
    """One run in a temporary directory of its own, so that what it leaves behind is seen."""

    def __init__(self, *arguments: str, user: list[str] | None = None) -> None:
        self.temporary = Path(tempfile.mkdtemp(prefix="nwlab-demo-"))
        self.temporary.chmod(0o777)
        self.output = self.temporary / "output.txt"
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [*(user or []), *HEEDS_CTRL_C, sys.executable, "-m", "netwatch", "demo", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, "TMPDIR": str(self.temporary), "PYTHONDONTWRITEBYTECODE": "1"},
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_ready(self) -> None:
        wait_until("the demo says where to look", lambda: self.process.poll() is not None or READY in self.said(), 40)
        assert self.process.poll() is None, self.said()

    def processes(self) -> list[int]:
        """What still runs with this demo's directory in its command or its configuration."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if str(self.temporary).encode() in command:
                    found.append(int(entry.name))
        return found

    def left_behind(self) -> list[str]:
        return [str(path) for path in self.temporary.iterdir() if path != self.output]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        shutil.rmtree(self.temporary, ignore_errors=True)


@pytest.fixture
def demos():
    started: list[Demo] = []

    def start(*arguments: str, user: list[str] | None = None) -> Demo:
        started.append(Demo(*arguments, user=user))
        return started[-1]

    yield start
    for demo in started:
        demo.close()


@pytest.mark.usefixtures("root")
def test_the_demo_keeps_its_promise_as_root_and_at_the_same_time_as_an_unprivileged_user(demos, record_property):
    begun = time.monotonic()
    runs = {"root": demos("--plain"), "nobody": demos("--plain", user=NOBODY)}
    for name, demo in runs.items():
        status = demo.process.wait(WHOLE_S - (time.monotonic() - begun))
        assert status == 0, f"{name}: {demo.said()}"
        assert demo.said().count("\n  ok    ") == FINDINGS
        assert "WRONG" not in demo.said()
        told = re.search(r"([\d.]+) s  all customers: ", demo.said())
        assert told, demo.said()
        assert float(told[1]) < 60
        record_property(name, float(told[1]))
        assert not demo.processes()
        assert not demo.left_behind()


@pytest.mark.parametrize("user", [[], NOBODY], ids=["root", "nobody"])
@pytest.mark.usefixtures("root")
def test_ctrl_c_takes_everything_down_and_a_taken_port_is_told(demos, user):
    with contextlib.ExitStack() as taken:
        with contextlib.suppress(OSError):  # somebody else has it: taken all the same
            taken.enter_context(socket.create_server(("127.0.0.1", 8480)))
        demo = demos("--plain", user=user)
        demo.wait_ready()
        assert "port 8480 for the outage page is taken" in demo.said()
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(30) == 130, demo.said()
    assert "Traceback" not in demo.said()
    assert not demo.processes()
    assert not demo.left_behind()


@pytest.mark.usefixtures("root")
def test_kill_9_of_the_demo_leaves_no_process_behind(demos):
    demo = demos("--plain")
    demo.wait_ready()
    assert len(demo.processes()) > 30
    demo.process.kill()
    demo.process.wait(10)
    wait_until("agents and daemon end with it", lambda: not demo.processes(), 10)


@pytest.mark.usefixtures("root")
def test_without_snmpd_one_line_says_what_to_install():
    program = (
        "from netwatch.simulation.demo import show, ground\n"
        "ground.find = lambda name: None\n"
        "raise SystemExit(show.run(plain=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30, cwd=ROOT
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "apt-get install snmpd" in done.stderr
