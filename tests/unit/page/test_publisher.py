"""The outage page: whole or not at all, for people, programs and feed readers, and safe to look at."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from netwatch.communication.model import PageEntry
from netwatch.communication.page import PageError, publish
from netwatch.communication.settings import CommunicationSettings

NOW = 1_795_352_700.0
ATOM = "{http://www.w3.org/2005/Atom}"
SETTINGS = CommunicationSettings(company="Voorbeeldnet", default_language="nl", helpdesk_phone="+44 1632 960100")


class Clock:
    def now(self) -> float:
        return NOW

    def utc(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, UTC)

    def wall_step_s(self) -> float:
        return 0.0

    async def sleep_until(self, at: float) -> None:
        raise NotImplementedError


def entry(name: str = "nw-1", **more) -> PageEntry:
    texts = tuple((code, f"Titel {code} {name}", f"Eerste {code}.\n\nTweede\nregel.\n") for code in ("en", "nl", "pl"))
    made = {
        "incident": name, "scenario": "cable", "opened_at": NOW - 300, "updated_at": NOW - 60,
        "next_update_at": NOW + 1500, "resolved_at": None, "regions": ("Twente",), "texts": texts,
        "phone": (("nl", "Wachtrij", f"Goedendag, {name}.\n"),),
    }  # fmt: skip
    return PageEntry(**{**made, **more})


def page(folder: Path, *entries: PageEntry, settings: CommunicationSettings = SETTINGS) -> str:
    publish(folder, entries, Clock(), settings)
    return (folder / "index.html").read_text()


class Reader(HTMLParser):
    """Checks that every element is closed, and collects tags and attributes."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def test_when_all_is_well_it_says_so_with_the_time_of_the_last_check(tmp_path):
    html = page(tmp_path)
    read(html)
    for words in ("Alles werkt", "All is well", "Wszystko działa", "22 november om 14:05 uur (CET)"):
        assert words in html
    assert json.loads((tmp_path / "outages.json").read_text())["ok"] is True
    assert (tmp_path / "phone.nl.txt").read_text() == ""


def test_an_outage_stands_there_in_three_languages_with_the_next_promise(tmp_path):
    html = page(tmp_path, entry())
    for words in ("Titel nl nw-1", "Titel pl nw-1", "Titel en nw-1", "om 14:30 uur (CET)", "godz. 14:30 (CET)"):
        assert words in html
    assert "Alles werkt" not in html
    assert "Tweede<br>regel." in html
    assert (tmp_path / "phone.nl.txt").read_text() == "Goedendag, nw-1.\n"


def test_solved_outages_stay_a_week(tmp_path):
    html = page(
        tmp_path, entry("fresh", resolved_at=NOW - 6 * 86_400), entry("old", resolved_at=NOW - 8 * 86_400),
        entry("gone", withdrawn=True),
    )  # fmt: skip
    assert "fresh" in html
    assert "Alles werkt" in html
    assert "Titel nl old" not in html
    assert "gone" not in html


def test_no_script_nothing_from_elsewhere_and_ids_are_unique(tmp_path):
    reader = read(page(tmp_path, entry("a b<c"), entry("x", resolved_at=NOW - 9)))
    assert "script" not in {tag for tag, _ in reader.seen}
    for tag, attributes in reader.seen:
        for name in ("src", "href"):
            value = attributes.get(name) or ""
            assert re.fullmatch(r"|#\w+|outages\.(atom|json)|data:,|tel:[+\d]+", value), (tag, value)
        assert not any(name.startswith("on") for name in attributes)
    ids = [attributes["id"] for _, attributes in reader.seen if "id" in attributes]
    assert len(ids) == len(set(ids))


HOSTILE = '</p><script>alert(1)</script><img src=x onerror="x">&amp;\x0b\ud800"\'{{ 7*7 }}]]>'


def test_hostile_texts_are_shown_and_never_run(tmp_path):
    texts = tuple((code, HOSTILE, HOSTILE) for code in ("en", "nl", "pl"))
    settings = CommunicationSettings(company=HOSTILE, helpdesk_phone=HOSTILE, page_url='https://x.example/"><b>')
    hostile = entry("<b>", texts=texts, regions=(HOSTILE,), phone=(("nl", "", HOSTILE),))
    reader = read(page(tmp_path, hostile, settings=settings))
    assert {"script", "img", "b"}.isdisjoint({tag for tag, _ in reader.seen})
    assert "{{ 7*7 }}" in (tmp_path / "index.html").read_text()
    feed = ET.parse(tmp_path / "outages.atom").getroot()
    assert "<script>" in feed.find(f"{ATOM}entry/{ATOM}title").text
    assert json.loads((tmp_path / "outages.json").read_text())["outages"][0]["texts"]["nl"]["title"]


def test_the_feed_holds_what_rfc_4287_requires_and_ids_that_stay(tmp_path):
    page(tmp_path, entry("i1"), entry("i2", updated_at=NOW - 5))
    feed = ET.parse(tmp_path / "outages.atom").getroot()
    assert feed.tag == f"{ATOM}feed"
    for part in ("id", "title", "updated", "author"):
        assert len(feed.findall(f"{ATOM}{part}")) == 1
    assert feed.find(f"{ATOM}updated").text == "2026-11-22T13:04:55Z"
    assert {link.get("rel") for link in feed.findall(f"{ATOM}link")} == {"self", "alternate"}
    ids = []
    for one in feed.findall(f"{ATOM}entry"):
        for part in ("id", "title", "updated", "published", "content"):
            assert len(one.findall(f"{ATOM}{part}")) == 1
        ids.append(one.find(f"{ATOM}id").text)
    assert len(set(ids)) == 2
    page(tmp_path, entry("i1", texts=(("nl", "Anders", "Anders"),)))
    again = ET.parse(tmp_path / "outages.atom").getroot()
    assert again.find(f"{ATOM}entry/{ATOM}id").text in ids


def test_the_json_has_times_in_utc_and_every_text(tmp_path):
    page(tmp_path, entry())
    (outage,) = json.loads((tmp_path / "outages.json").read_text())["outages"]
    assert outage["id"] == "nw-1"
    assert outage["state"] == "open"
    assert outage["next_update_at"] == "2026-11-22T13:30:00Z"
    assert outage["resolved_at"] is None
    assert set(outage["texts"]) == {"en", "nl", "pl"}


def test_files_are_readable_for_a_web_server_and_nothing_half_made_stays(tmp_path):
    folder = tmp_path / "new" / "page"
    paths = publish(folder, [entry()], Clock(), SETTINGS)
    assert paths[-1].name == "index.html"
    assert {path.name for path in folder.iterdir()} == {path.name for path in paths}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o644 for path in paths)


def test_a_directory_that_refuses_is_an_error_with_its_mend(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(PageError, match="can't be written"):
        publish(tmp_path / "file", [], Clock(), SETTINGS)


def test_the_default_language_comes_last_so_that_the_style_can_hide_it(tmp_path):
    for code in ("en", "nl", "pl"):
        html = page(tmp_path, settings=CommunicationSettings(default_language=code))
        assert re.findall(r'<main class="language([ a-z]*)" id="(\w+)"', html)[-1] == (" default", code)


FIRST_PAGE = """
import os, resource, sys
from pathlib import Path
from netwatch.clock import SystemClock
from netwatch.communication.page import PageError, publish
from netwatch.communication.settings import CommunicationSettings

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
lowest = os.dup(2)
os.close(lowest)
settings, clock = CommunicationSettings(), SystemClock()
for limit in (lowest, lowest, soft):
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        publish(Path(sys.argv[1]), (), clock, settings)
        print("published")
    except PageError as error:
        print(error)
"""


def test_a_first_page_for_which_nothing_can_be_opened_is_refused_in_words_and_made_later(tmp_path):
    said = subprocess.run(
        [sys.executable, "-c", FIRST_PAGE, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    first, second, third = said.stdout.splitlines()
    assert first == second == "the outage page can't be made: too many open files; raise the limit of open files"
    assert third == "published"
