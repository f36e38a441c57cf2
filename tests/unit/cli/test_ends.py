"""How commands end: exit codes, no traceback, quiet pipes, colour only on a terminal."""

import asyncio
import errno
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from netwatch.cli.client import why_not
from netwatch.cli.terminal import clean, span
from netwatch.errors import Fault, InputError, OperatingError, Place

NETWATCH = [sys.executable, "-m", "netwatch"]


def environment(daemon, **more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("NETWATCH_", "NO_COLOR", "FORCE"))}
    return kept | {"NETWATCH_SOCKET": str(daemon.socket), "TERM": "xterm-256color", **more}


def on_a_terminal(arguments, *, columns, **more):
    """What a command writes to a real terminal of that width."""
    own, theirs = pty.openpty()
    process = subprocess.Popen(
        [*NETWATCH, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env={**more, "COLUMNS": str(columns)}
    )
    os.close(theirs)
    said = b""
    while True:
        select.select([own], [], [], 20)
        try:
            part = os.read(own, 65536)
        except OSError:  # the other end is closed
            break
        said += part
    assert process.wait(20) == 0, said
    os.close(own)
    return said.decode().replace("\r\n", "\n")


def test_without_a_daemon_one_sentence_says_so_and_what_to_do(daemon, tmp_path):
    said = subprocess.run(
        [*NETWATCH, "status", "--socket", str(tmp_path / "none")],
        capture_output=True,
        text=True,
        env=environment(daemon),
        check=False,
    )
    assert (said.returncode, said.stdout) == (3, "")
    assert said.stderr.startswith(f"netwatch does not run: nobody answers at {tmp_path / 'none'}; start it")
    assert said.stderr.count("\n") == 1


def test_a_socket_that_one_may_not_use_names_the_group():
    error = httpx.ConnectError("as httpx wraps it")
    error.__cause__ = PermissionError(errno.EACCES, "Permission denied")
    assert why_not(Path("/run/netwatch/netwatch.sock"), error) == (
        "you may not use /run/netwatch/netwatch.sock",
        "join the group netwatch (sudo adduser $USER netwatch), or use sudo",
    )


def test_what_is_not_netwatch_at_the_socket_is_told_in_words(netwatch, doors):
    class Other:
        pass

    async def other():
        return Other()

    doors.status = other
    said = netwatch("status")
    assert said.code == 1
    assert "Traceback" not in said.err


@pytest.mark.parametrize("arguments", [("nonsense",), ("why", "--nonsense"), ("lookup",), ("hold",), ("update",)])
def test_what_was_not_understood_ends_with_2(netwatch, arguments):
    said = netwatch(*arguments)
    assert (said.code, said.out) == (2, "")
    assert "Usage: netwatch" in said.err


def test_no_configuration_is_told_with_the_places_where_it_was_sought(netwatch, monkeypatch):
    monkeypatch.setattr("netwatch.cli.options.DEFAULT_CONFIGS", (Path("netwatch.yaml"),))
    said = netwatch("check")
    assert said.code == 1
    assert said.err == (
        "no configuration found: neither ./netwatch.yaml nor /etc/netwatch/netwatch.yaml is there for you to read; name one with -c FILE, or join the group netwatch\n"
    )


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (OperatingError("the port is taken", "set metrics.port"), 1, "the port is taken; set metrics.port\n"),
        (
            InputError([Fault(Place("a.yaml", 3, 1, "x"), "unknown key", "remove it")]),
            1,
            "a.yaml:3:1: x: unknown key; remove it\n1 fault found\n",
        ),
        (KeyboardInterrupt(), 130, ""),
        (
            ZeroDivisionError("oops"),
            70,
            "netwatch failed inside: ZeroDivisionError: oops\nrun it again with --debug and report this, please\n",
        ),
    ],
)
def test_every_error_ends_in_words_and_a_code(netwatch, monkeypatch, tmp_path, error, code, words):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("netwatch.config.check", fail)
    (tmp_path / "netwatch.yaml").write_text("")
    said = netwatch("check")
    assert (said.code, said.out, said.err) == (code, "", words)


@pytest.mark.parametrize("where", [("--debug", "check"), ("check", "--debug")])
def test_debug_shows_the_traceback_wherever_it_stands(netwatch, monkeypatch, tmp_path, where):
    def fail(*_, **__):
        raise OperatingError("broken", "mend it")

    monkeypatch.setattr("netwatch.config.check", fail)
    (tmp_path / "netwatch.yaml").write_text("")
    said = netwatch(*where)
    assert said.code == 1
    assert "Traceback" in said.err
    assert "broken" in said.err


def test_a_reader_that_goes_away_is_no_error(daemon):
    for command in ("status", "schema"):
        process = subprocess.Popen(
            [*NETWATCH, command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(daemon)
        )
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 141
        process.stderr.close()


def test_ctrl_c_ends_quietly(daemon, doors):
    reached = []

    async def never():
        reached.append(True)
        await asyncio.sleep(3600)

    doors.status = never
    # A shell without job control starts what runs in the background with SIGINT ignored; that is not what is tested.
    command = ["env", "--default-signal=INT", *NETWATCH, "status"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment(daemon))
    deadline = time.monotonic() + 20
    while not reached and time.monotonic() < deadline:
        select.select([], [], [], 0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert process.stderr.read() == b""
    process.stderr.close()


def test_a_terminal_gets_colour_and_no_line_wider_than_itself(daemon):
    said = on_a_terminal(["status"], columns=44, **environment(daemon))
    assert "\x1b[1" in said
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said)
    assert max(len(line) for line in plain.splitlines()) <= 44
    assert "hgl-agg-1) is cut" in " ".join(plain.split())


def test_no_color_is_honoured_on_a_terminal(daemon):
    said = on_a_terminal(["status"], columns=100, NO_COLOR="1", **environment(daemon))
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", said)


def test_off_a_terminal_there_is_no_colour_and_no_wrapping(netwatch):
    out = netwatch("why").out
    assert "\x1b" not in out
    assert max(len(line) for line in out.splitlines()) > 80


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s"),
        (40.9, "40 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (11100, "3 h 05 min"),
        (187200, "2 d 4 h"),
    ],
)
def test_spans_read_at_a_glance(seconds, words):
    assert span(seconds) == words


def test_only_what_prints_is_shown():
    assert clean("Łódź \u202e\x1b") == "Łódź \ufffd\ufffd"
