"""The moving line of `run`: on a terminal only, beneath the log, gone at the end."""

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.cli.screen import Screen, bar
from netwatch.web import logs
from netwatch.web.model import FirstLookView

HALF = FirstLookView(5, 4, 10, 5, 4, 10, 5, 0, 10, 12.0)


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("no real terminal")


def seen(written: str) -> list[str]:
    """What a person sees after all that was written: a cleared line is gone."""
    lines = [""]
    for part in written.replace("\r\x1b[2K", "\0").splitlines(keepends=True):
        kept = part.rpartition("\0")[2] if "\0" in part else lines[-1] + part
        lines[-1] = kept.rstrip("\n")
        if part.endswith("\n"):
            lines.append("")
    return lines


def test_logs_scroll_by_above_it_and_it_leaves_no_trace():
    out = Tty()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        with Screen(out) as screen:
            logs.setup(screen.stream, environment={"NO_COLOR": "1"})
            screen.show(HALF)
            logging.getLogger("netwatch").info("one")
            assert seen(out.getvalue())[-1].startswith("[########........]  pinged 50 %  agents 50 %  ports 50 %")
            logging.getLogger("netwatch").info("two")
    finally:
        root.handlers[:], root.level = before
    lines = seen(out.getvalue())
    assert [line.split(" ", 1)[1] for line in lines[:-1]] == ["one", "two"]
    assert lines[-1] == ""


def test_off_a_terminal_nothing_moves():
    out = io.StringIO()
    with Screen(out) as screen:
        assert screen.show is None
        assert screen.stream is out
    assert out.getvalue() == ""


COUNTS = st.integers(0, 100_000)


@given(st.builds(FirstLookView, *[COUNTS] * 9, st.none() | st.floats(0, 1e6)), st.integers(20, 200))
def test_the_line_is_never_as_wide_as_the_terminal(look, width):
    assert len(bar(look, width)) < width


@pytest.mark.parametrize(("left_s", "words"), [(None, "learning"), (12.4, "12 s left")])
def test_the_time_left_is_said_where_it_is_known(left_s, words):
    assert bar(FirstLookView(1, 1, 2, 0, 0, 0, 0, 0, 0, left_s), 80).endswith(words)
