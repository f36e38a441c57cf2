"""The daemon's page reaches its copies, and a copy that fails holds nothing back here."""

from __future__ import annotations

import asyncio

from netwatch.communication.model import PageEntry
from netwatch.communication.page.copy import CopyError
from netwatch.communication.page.copying import Copies
from netwatch.communication.settings import CommunicationSettings
from netwatch.daemon.pages import Pages


class Host:
    name = "sftp/b"

    def __init__(self) -> None:
        self.held = {}
        self.broken = False

    async def renew(self, files):
        if self.broken:
            raise CopyError("no route to host", "look at it")
        self.held = dict(files)
        return self.held

    async def close(self) -> None:
        return


def entry(incident: str) -> PageEntry:
    texts = (("en", f"Outage {incident}", "We are working on it."),)
    return PageEntry(incident, "cable", 1_000_000.0, 1_000_000.0, None, None, ("Twente",), texts)


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_each_copy_gets_the_very_files_that_stand_here(tmp_path, store, clock):
    host, here = Host(), tmp_path / "page"
    copies = Copies([host], clock, alarm_after_s=180.0)
    pages = Pages(here, CommunicationSettings(), store, clock, entries=[], sees=lambda: True, copies=copies)
    running = [asyncio.create_task(pages.run()), asyncio.create_task(copies.run())]
    await until(lambda: host.held)
    pages.put([entry("nw-1")])
    await until(lambda: b"Outage nw-1" in host.held["index.html"] and b"nw-1" in (here / "outages.json").read_bytes())
    await until(lambda: {path.name: path.read_bytes() for path in here.iterdir()} == host.held)
    for task in running:
        task.cancel()


async def test_a_copy_that_fails_holds_the_page_here_back_in_nothing(tmp_path, store, clock):
    host, here = Host(), tmp_path / "page"
    host.broken = True
    copies = Copies([host], clock, alarm_after_s=0.0)
    pages = Pages(
        here, CommunicationSettings(), store, clock, entries=[entry("nw-1")], sees=lambda: True, copies=copies
    )
    running = [asyncio.create_task(pages.run()), asyncio.create_task(copies.run())]
    await until(lambda: (here / "index.html").exists() and list(copies.behind()))
    assert pages.error == ""
    for task in running:
        task.cancel()
