"""What systemd is told."""

import os
import socket

import pytest

from netwatch.web.watchdog import Notifier, Watchdog


@pytest.fixture
def inbox(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as box:
        box.bind(str(tmp_path / "notify"))
        box.settimeout(0)
        yield box


def received(box):
    found = []
    while True:
        try:
            found.append(box.recv(4096).decode())
        except BlockingIOError:
            return found


def environment(inbox, **more):
    return {"NOTIFY_SOCKET": inbox.getsockname(), **more}


def test_ready_and_stopping_are_said_with_a_status_of_one_line(inbox):
    notifier = Notifier(environment(inbox))
    notifier.ready("polling\n30 devices")
    notifier.status("1 incident")
    notifier.stopping()
    assert received(inbox) == [
        "READY=1\nSTATUS=polling 30 devices",
        "STATUS=1 incident",
        "STOPPING=1\nSTATUS=stopping",
    ]


def test_only_completed_work_is_a_sign_of_life_and_not_every_step_is_told(inbox):
    dog = Watchdog(Notifier(environment(inbox, WATCHDOG_USEC="20000000", WATCHDOG_PID=str(os.getpid()))))
    assert received(inbox) == []
    for now in (100.0, 101.0, 104.9, 105.0, 106.0, 200.0):
        dog.worked(now)
    assert received(inbox) == ["WATCHDOG=1"] * 3


def test_another_process_watchdog_is_not_ours(inbox):
    notifier = Notifier(environment(inbox, WATCHDOG_USEC="20000000", WATCHDOG_PID="1"))
    assert notifier.watchdog_s is None
    Watchdog(notifier).worked(1.0)
    assert received(inbox) == []


def test_without_systemd_nothing_happens_and_a_vanished_socket_stops_no_work(tmp_path):
    Notifier({}).ready("x")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("x")


def test_an_abstract_socket_is_spoken_to():
    name = f"netwatch-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as box:
        box.bind(f"\0{name}")
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).alive()
        assert box.recv(100) == b"WATCHDOG=1"
