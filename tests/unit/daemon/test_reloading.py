"""A reload from the request to the moment at which it is in force, and every way in which it is refused."""

import asyncio
import shutil
from inspect import signature
from pathlib import Path

import pytest
import yaml

from netwatch import config
from netwatch.communication.model import Conditions
from netwatch.communication.planning.state import CommunicationState
from netwatch.daemon import edition, reloading
from netwatch.daemon.apart import read_here
from netwatch.daemon.edition import planner_of
from netwatch.daemon.reloading import InForce, Reloader
from netwatch.daemon.saving import Saver
from netwatch.daemon.succession import Succession
from netwatch.daemon.thinker import Thinker
from netwatch.diagnosis.engine import Engine
from netwatch.errors import OperatingError
from netwatch.inventory.graph import Topology
from netwatch.pipeline import Pipeline
from netwatch.polling.asked import Asked, Otherwise, otherwise
from netwatch.polling.model import IcmpObservation
from netwatch.polling.plan import plan
from netwatch.simulation.clock import SimulatedClock
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings

#: At addresses that begin so nobody answers.
NOBODY = "127.98."
SAMPLE = Path(__file__).parents[3] / "config"


class Polling:
    """Stands in for the poller: notes what it is to poll, and refuses devices named `refused`."""

    def __init__(self, inventory) -> None:
        self.inventories = []
        self.asked = Asked(plan(inventory))
        self.otherwise = Otherwise()

    async def reload(self, inventory, profiles=None, *, topology=None, plans=None) -> Otherwise:
        del profiles, topology, plans
        self.inventories.append(inventory)
        if "refused" in inventory.devices:
            raise OperatingError("device refused can't be pinged", "correct its address")
        before, self.asked = self.asked, Asked(plan(inventory))
        return otherwise(before, self.asked) | self.otherwise

    def address_of(self, device: str) -> str:
        known = self.asked.plans.get(device)
        return "" if known is None else known.address


class Running:
    """A reloader with the real thinker, whose devices all answer."""

    def __init__(self, path: Path, store: Store, clock: SimulatedClock) -> None:
        files = config.load_files(path)
        loaded, inventory = files.config, files.inventory
        self.clock = clock
        self.path = path
        self.poller = Polling(inventory)
        succession = Succession(Engine(Topology(inventory), loaded.diagnosis))
        planner = planner_of(files, ())
        pipeline = Pipeline(succession, loaded.incidents, planner, CommunicationState())
        saver = Saver(store, clock, saved=lambda _: None, unkept=lambda _: None)
        self.thinker = Thinker(
            pipeline=pipeline, saver=saver, clock=clock, conditions=Conditions, worked=lambda _: None
        )
        self.adopted = []
        self.reloader = Reloader(
            InForce(loaded, inventory, frozenset(inventory.devices), clock.now()), clock, channels=(),
            poller=self.poller, thinker=self.thinker, succession=succession, pipeline=pipeline,
        )  # fmt: skip
        self.reloader.adopt = self.adopted.append

    def change(self, name: str, change) -> None:
        path = self.path.with_name(name)
        content = yaml.safe_load(path.read_text())
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False))

    def devices(self, *names: str) -> None:
        """Add devices next to the first."""

        def change(content) -> None:
            first = content["devices"][0]["id"]
            content["links"] += [{"id": f"to-{name}", "a": f"{first}:to-{name}", "b": f"{name}:up"} for name in names]
            content["devices"] += [
                {"id": name, "address": f"127.99.0.{n}", "role": "access"} for n, name in enumerate(names, 1)
            ]

        self.change("network.yaml", change)

    async def play(self, seconds: int) -> None:
        for _ in range(seconds):
            for device in self.reloader.now.inventory.devices.keys() | {"fresh"}:
                well = not self.poller.address_of(device).startswith(NOBODY)
                self.thinker.observe(IcmpObservation(self.clock.now(), device, 3, 3 * well, 1.0 if well else None))
            before = self.thinker.stepped_at
            await self.clock.advance(1.0)
            async with asyncio.timeout(20):
                while self.thinker.stepped_at == before:
                    await asyncio.sleep(0.001)

    async def asked(self, *, confirmed: bool = False):
        """A reload, while the thinker goes on."""
        work = asyncio.create_task(self.reloader.reload("anna", confirmed=confirmed))
        while not work.done():
            await self.play(1)
            await asyncio.sleep(0.005)
        return work.result()


@pytest.fixture
async def running(tmp_path, monkeypatch):
    # Virtual time runs on while files are read: they are read here, so that a busy machine changes nothing.
    monkeypatch.setattr(edition, "read_files", read_here)
    for one in SAMPLE.iterdir():
        if one.is_file():
            shutil.copy(one, tmp_path)
    clock = SimulatedClock(1_000_000.0)
    store = await Store.open(StorageSettings(directory="store", ballast_mib=0), clock, tmp_path)
    made = Running(tmp_path / "netwatch.yaml", store, clock)
    thinking = asyncio.create_task(made.thinker.run())
    yield made
    thinking.cancel()
    await asyncio.wait({thinking})
    await store.close()


async def test_people_and_texts_are_in_force_at_the_next_step(running):
    await running.play(1)
    running.change("netwatch.yaml", lambda content: content.update(people=[{"id": "eve", "email": "eve@example.net"}]))
    said = await running.asked()
    assert (said.state, said.by, said.faults) == ("in_force", "anna", ())
    assert [person.id for person in running.reloader.now.config.people] == ["eve"]
    assert [edition.engine for edition in running.adopted] == [None]


async def test_a_new_device_is_polled_at_once_and_in_force_once_the_network_was_looked_at(running):
    await running.play(70)
    running.devices("fresh")
    said = await running.asked()
    assert said.state == "learning"
    assert said.changes == ("1 device added", "1 link added")
    assert "fresh" in running.poller.inventories[-1].devices
    assert "fresh" not in running.reloader.now.inventory.devices
    assert "being looked at" in running.reloader.view.waits_for
    await running.play(70)
    assert running.reloader.view.state == "in_force"
    assert "fresh" in running.reloader.now.inventory.devices
    assert running.reloader.now.read_at > 1_000_070.0
    assert len(running.adopted) == 1


async def test_broken_files_leave_everything_as_it_was(running):
    before = running.reloader.now
    await running.play(1)
    running.change("network.yaml", lambda content: content.update(linkz=[]))
    said = await running.asked()
    assert said.state == "refused"
    assert "network.yaml:" in said.faults[0]
    assert running.reloader.now is before
    assert not running.reloader.good
    assert running.reloader.good_at == before.read_at
    assert running.poller.inventories == []


async def test_what_the_poller_refuses_is_taken_back(running):
    before = running.reloader.now
    await running.play(1)
    running.devices("refused")
    said = await running.asked()
    assert (said.state, said.faults) == ("refused", ("device refused can't be pinged; correct its address",))
    assert running.poller.inventories[-1] is before.inventory
    await running.play(70)
    assert running.reloader.now is before


async def test_a_defect_in_reading_does_not_end_the_daemon(running, monkeypatch):
    monkeypatch.setattr(reloading, "read", lambda *_, **__: 1 // 0)
    await running.play(1)
    said = await running.asked()
    assert (said.state, said.faults) == ("refused", ("netwatch failed inside: ZeroDivisionError",))


async def test_a_reload_while_another_is_learning_replaces_it(running):
    await running.play(70)
    running.devices("fresh")
    assert (await running.asked()).state == "learning"
    await running.play(20)
    running.change("network.yaml", lambda content: (content["devices"].pop(), content["links"].pop()))
    said = await running.asked()
    assert said.state == "learning", "what is learning now must not come into force after all"
    await running.play(75)
    assert running.reloader.view.state == "in_force"
    assert "fresh" not in running.reloader.now.inventory.devices
    assert len(running.adopted) == 1


async def test_a_refused_reload_does_not_stop_the_one_that_is_learning(running):
    await running.play(70)
    running.devices("fresh")
    assert (await running.asked()).state == "learning"
    running.change("network.yaml", lambda content: content.update(linkz=[]))
    assert (await running.asked()).state == "refused"
    running.change("network.yaml", lambda content: content.pop("linkz"))
    await running.play(75)
    assert "fresh" in running.reloader.now.inventory.devices
    assert running.reloader.view.state == "refused", "the latest reload was"
    assert (await running.asked()).state == "in_force", "nothing differs from what is in force"


async def test_a_defect_in_the_new_diagnosis_is_told_and_the_old_goes_on(running, monkeypatch):
    await running.play(70)
    running.devices("fresh")
    before = running.reloader.now

    class Broken(Engine):
        def step(self, *_):
            raise ZeroDivisionError

    monkeypatch.setattr("netwatch.daemon.edition.Engine", Broken)
    assert (await running.asked()).state == "learning"
    await running.play(3)
    assert running.reloader.view.state == "refused"
    assert "ZeroDivisionError" in running.reloader.view.faults[0]
    assert running.reloader.now is before


async def test_devices_whose_new_addresses_do_not_answer_make_no_incident_before_or_after_the_change(running):
    await running.play(70)
    moved = ("hgl-acc-1", "hgl-olt-1", "raa-acc-2")

    def change(content) -> None:
        for number, device in enumerate(device for device in content["devices"] if device["id"] in moved):
            device["address"] = f"{NOBODY}0.{number}"

    running.change("network.yaml", change)
    assert (await running.asked()).state == "learning"
    await running.play(80)
    assert running.reloader.view.state == "learning"
    assert "no answer yet from hgl-acc-1, hgl-olt-1, raa-acc-2" in running.reloader.view.waits_for
    assert not list(running.thinker.book.live())
    await running.play(320)
    assert running.reloader.view.state == "in_force"
    assert not list(running.thinker.book.live())


async def test_another_secret_is_looked_at_like_another_network(running):
    await running.play(70)
    asked = frozenset(running.reloader.now.inventory.devices)
    running.poller.otherwise = Otherwise(asked=asked)
    said = await running.asked()
    assert (said.state, said.changes) == ("learning", ())
    await running.play(75)
    assert running.reloader.view.state == "in_force"
    running.poller.otherwise = Otherwise()
    assert (await running.asked()).state == "in_force"
    assert [edition.engine is None for edition in running.adopted] == [False, True]


async def test_a_signal_asks_for_the_same(running):
    listening = asyncio.create_task(running.reloader.run())
    running.reloader.ask()
    while running.reloader.view is None or running.reloader.view.state != "in_force":
        await running.play(1)
    assert running.reloader.view.by == "SIGHUP"
    listening.cancel()
    await asyncio.wait({listening})


def test_the_stand_in_takes_what_the_poller_takes():
    real, fake = signature(reloading.Poller.reload), signature(Polling.reload)
    assert list(real.parameters) == list(fake.parameters)


async def test_a_reload_that_changes_much_of_the_network_waits_for_a_persons_word(running):
    await running.play(2)
    running.devices(*(f"new-{n}" for n in range(60)))
    refused = await running.asked()
    assert refused.state == reloading.REFUSED
    assert "devices would change" in refused.faults[0]
    assert "netwatch reload --confirm" in refused.faults[0]
    assert running.poller.inventories == []
    assert (await running.asked(confirmed=True)).state == reloading.LEARNING
    assert len(running.poller.inventories) == 1


async def test_a_reload_that_changes_a_few_devices_of_a_small_network_needs_no_word(running):
    await running.play(2)
    running.devices(*(f"new-{n}" for n in range(6)))
    assert (await running.asked()).state == reloading.LEARNING
