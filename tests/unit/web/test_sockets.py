"""Listening sockets: replaced when stale, refused when alive, one clear message when taken."""

import os
import socket
import stat

import pytest

from netwatch.errors import OperatingError
from netwatch.web.sockets import address_of, close_unix, open_tcp, open_unix


def test_the_socket_file_is_for_owner_and_group_only(tmp_path):
    path = tmp_path / "s"
    previous = os.umask(0)
    try:
        with open_unix(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
            assert list(tmp_path.iterdir()) == [path]
    finally:
        os.umask(previous)


def test_a_file_that_a_dead_daemon_left_is_replaced(tmp_path):
    path = tmp_path / "s"
    open_unix(path).close()
    assert path.exists()
    with open_unix(path), socket.socket(socket.AF_UNIX) as asker:
        asker.connect(str(path))


def test_a_living_daemon_is_left_alone(tmp_path):
    path = tmp_path / "s"
    with open_unix(path):
        with pytest.raises(OperatingError, match=r"another netwatch answers at .*; stop it first") as refused:
            open_unix(path, "web.socket")
        assert "web.socket" in str(refused.value)
        with socket.socket(socket.AF_UNIX) as asker:
            asker.connect(str(path))


def test_a_file_that_is_no_socket_is_left_alone(tmp_path):
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(OperatingError, match="is not a socket and is left alone"):
        open_unix(path)
    assert path.read_text() == "precious"


def test_a_missing_folder_and_a_long_path_are_named(tmp_path):
    with pytest.raises(OperatingError, match=r"let the folder .* exist"):
        open_unix(tmp_path / "nowhere" / "s")
    with pytest.raises(OperatingError, match=r"too long; set web\.socket"):
        open_unix(tmp_path / ("x" * 108))


def test_closing_removes_the_own_file_and_spares_a_successors(tmp_path):
    path = tmp_path / "s"
    close_unix(open_unix(path), path)
    assert not path.exists()
    first = open_unix(path)
    path.unlink()
    with open_unix(path):
        close_unix(first, path)
        assert path.exists()


def test_port_0_takes_a_free_port_and_tells_which():
    with open_tcp("127.0.0.1", 0, "metrics.port") as listener:
        host, port = address_of(listener).split(":")
        assert host == "127.0.0.1"
        assert int(port) > 0


def test_a_taken_port_gets_one_message_with_the_settings_name():
    with open_tcp("127.0.0.1", 0, "metrics.port") as first:
        port = first.getsockname()[1]
        with pytest.raises(OperatingError) as refused:
            open_tcp("127.0.0.1", port, "metrics.port")
    assert str(refused.value) == (
        f"127.0.0.1 port {port} is taken by another program; set metrics.port to a free port, or to 0 for any"
    )


def test_an_address_of_another_machine_is_named():
    with pytest.raises(OperatingError, match=r"192\.0\.2\.1 is not an address of this machine"):
        open_tcp("192.0.2.1", 0, "metrics.bind")
