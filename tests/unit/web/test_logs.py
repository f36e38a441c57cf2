"""Logs hold ids, never people."""

import io
import json
import logging
import sys

import pytest

from netwatch.web.logs import JsonFormatter, TerminalFormatter, masked, setup


def record(text, *arguments, level=logging.INFO, **extra):
    made = logging.getLogger("netwatch.test").makeRecord(
        "netwatch.test", level, "f", 1, text, arguments, None, extra=extra
    )
    made.created = 1795313640.5
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to jan@example.net failed", "to <mail> failed"),
        ("RCPT TO:<jan.de+x@mail.example.nl>: 550", "RCPT TO:<<mail>>: 550"),
        ("called +44 7700 900123 twice", "called <phone> twice"),
        ("called 07700900123", "called <phone>"),
        ("called 07700-900123.", "called <phone>."),
        ("called 07700 900 123", "called <phone>"),
        (
            "device 127.10.0.1 ge-0/0/1 uptime 1795313640 in 0.512 s",
            "device 127.10.0.1 ge-0/0/1 uptime 1795313640 in 0.512 s",
        ),
        ("c-1024 of 20261122-1", "c-1024 of 20261122-1"),
        ("\x1b[2Jevil", "?[2Jevil"),
    ],
)
def test_addresses_and_numbers_are_masked_and_ids_are_not(text, expected):
    assert masked(text) == expected


def test_a_json_line_holds_time_level_text_and_extras():
    line = json.loads(JsonFormatter().format(record("incident %s opened", "i-1", incident="i-1", seconds=3.5)))
    assert line == {
        "at": "2026-11-22T02:14:00.500+00:00",
        "level": "info",
        "logger": "netwatch.test",
        "text": "incident i-1 opened",
        "incident": "i-1",
        "seconds": 3.5,
    }


def test_extras_and_tracebacks_are_masked_too():
    made = record("failed", to="jan@example.net", tried=["07700900123"])
    try:
        int("jan@example.net")
    except ValueError:
        made.exc_info = sys.exc_info()
    text = JsonFormatter().format(made)
    assert "jan@" not in text
    assert "07700900123" not in text
    assert "ValueError: invalid literal for int() with base 10: '<mail>'" in text


def test_the_journal_reads_the_level_from_the_line():
    assert JsonFormatter(prefix=True).format(record("x", level=logging.WARNING)).startswith("<4>{")
    assert JsonFormatter(prefix=True).format(record("x", level=logging.DEBUG)).startswith("<7>{")


def test_a_terminal_gets_short_lines():
    text = TerminalFormatter(colour=False).format(record("incident opened", incident="i-1"))
    assert text.endswith(" incident opened  incident=i-1")
    assert "\x1b" in TerminalFormatter(colour=True).format(record("x", level=logging.ERROR))


def test_off_a_terminal_every_line_is_json():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        setup(stream, environment={})
        logging.getLogger("netwatch.x").info("hello")
        logging.getLogger("netwatch.x").debug("hidden")
    finally:
        root.handlers[:], root.level = handlers, level
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["text"] == "hello"
