"""What people answer by SMS, from the gateway's request at the page's port to the opt-out and the task taken."""

from __future__ import annotations

import json
import logging
from types import MappingProxyType

import httpx
import pytest

from netwatch.communication.channels.answers import STOP_WORDS, Answer
from netwatch.communication.channels.callback import AnswerDoor, answers_secret_of
from netwatch.communication.channels.sms_settings import SmsSettings
from netwatch.communication.model import Extent
from netwatch.daemon.answers import Ear
from netwatch.errors import InputError, StorageError
from netwatch.inventory.model import Inventory, Port, Segment, Service
from netwatch.simulation.clock import SimulatedClock
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings
from netwatch.web.fake import FakeDoors
from netwatch.web.model import RefusedError
from netwatch.web.phonebook import Phonebook
from netwatch.web.public import page_app
from netwatch.web.sample import picture

SECRET = "a" * 40
PATH = f"/answers/{SECRET}"
MOBILE = "+31612345678"


def service(customer: str, mobile: str, phone: str = "") -> tuple[Service, ...]:
    return (
        Service(
            customer=customer, name=customer, segment=Segment.RESIDENTIAL, language="nl", email="", mobile=mobile,
            phone=phone, postcode="", primary=Port("a"), backup=None, priority=5, notify=("sms",), line=2,
        ),
    )  # fmt: skip


CUSTOMERS = MappingProxyType({
    "c-1": service("c-1", "06-12345678"), "c-2": service("c-2", MOBILE), "c-3": service("c-3", "0687654321"),
    "c-4": service("c-4", "", phone="0687654321"),
})  # fmt: skip
PEOPLE = {"anna": "+44 7700 900101", "bob": "", "cas": "+31 6 99999999"}


class Tasks:
    """Open tasks by code; each can be taken once."""

    def __init__(self) -> None:
        self.open = {"K7QM", "2345"}
        self.taken: list[tuple[str, str, str, str]] = []

    async def acknowledge(self, incident: str, task: str, person: str, by: str) -> None:
        if task not in self.open:
            raise RefusedError("no such task")
        self.open.discard(task)
        self.taken.append((incident, task, person, by))


class Room:
    """A store, tasks and an ear behind the real page's port."""

    def __init__(self, store: Store, ear: Ear, tasks: Tasks) -> None:
        self.store, self.ear, self.tasks = store, ear, tasks
        app = page_app(FakeDoors(picture()), None, ear)
        self.gateway = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page")

    async def opted_out(self) -> set[tuple[str, str]]:
        return {(wish.recipient, wish.channel) for wish in await self.store.optouts()}

    async def says(self, text: str, number: str = MOBILE) -> int:
        return (await self.gateway.post(PATH, data={"from": number, "text": text})).status_code


async def room_of(store: Store, settings: SmsSettings, secret: str = SECRET) -> Room:
    phonebook, tasks = Phonebook(lambda: Inventory(customers=CUSTOMERS), "31"), Tasks()
    await phonebook.refresh()
    ear = Ear(
        AnswerDoor(settings, secret), store, phonebook, country_code="31",
        mobiles=lambda name: tuple(one.mobile for one in CUSTOMERS[name]), people=lambda: PEOPLE,
        acknowledge=tasks.acknowledge,
    )  # fmt: skip
    return Room(store, ear, tasks)


@pytest.fixture
async def store(tmp_path):
    found = await Store.open(StorageSettings(directory=str(tmp_path), ballast_mib=0), SimulatedClock())
    yield found
    await found.close()


@pytest.fixture
async def room(store):
    return await room_of(store, SmsSettings())


@pytest.mark.parametrize("text", ["STOP", " stop. ", '"Stop!"', "Afmelden", "stop  all", "REZYGNUJĘ", "rezygnuje", "Unsubscribe", "wypisz mnie"])  # fmt: skip
async def test_stop_in_each_language_opts_out_of_sms_and_of_nothing_else(room, text):
    assert await room.says(text) == 200
    assert await room.opted_out() == {("c-1", "sms"), ("c-2", "sms")}
    (wish, _) = await room.store.optouts()
    assert (wish.extent, wish.by) == (Extent.EVERYTHING, "an SMS of theirs")


@pytest.mark.parametrize("number", [MOBILE, "31612345678", "0031612345678", "0612345678", "06 1234 5678"])
async def test_a_number_is_known_however_the_gateway_writes_it(room, number):
    await room.says("stop", number)
    assert {name for name, _ in await room.opted_out()} == {"c-1", "c-2"}


async def test_only_who_has_it_as_a_mobile_number_is_meant(room):
    await room.says("stop", "0687654321")
    assert {name for name, _ in await room.opted_out()} == {"c-3"}


@pytest.mark.parametrize(
    "text",
    ["Stop, wanneer is het klaar?", "Kunt u mij helpen, het internet stopt steeds", "dank u", "", "stopp", "Koniec? Kiedy?",
     "nonstop", "STOP" * 500, "\x00stop\x00me"],
)  # fmt: skip
async def test_anything_else_opts_nobody_out(room, text):
    assert await room.says(text) == 200
    assert not await room.opted_out()


async def test_a_stranger_and_a_withheld_number_change_nothing(room):
    for number in ("+15550100", "anonymous", "", "+", "0", "٠٦١٢٣٤٥٦٧٨", "9" * 5000, "'; DROP TABLE optouts; --"):
        assert await room.says("stop", number) == 200
    assert not await room.opted_out()


@pytest.mark.parametrize("text", ["K7QM", "k7qm", "ok k7qm", "I have it: K7QM.", "ABCD K7QM"])
async def test_a_colleague_takes_a_task_by_its_code(room, text):
    assert await room.says(text, "+447700900101") == 200
    assert room.tasks.taken == [("", "K7QM", "anna", "anna")]


async def test_a_code_of_whoever_is_no_colleague_takes_nothing(room):
    for number in (MOBILE, "+447700900102", "", "bob"):
        assert await room.says("K7QM", number) == 200
    assert room.tasks.taken == []


async def test_a_code_that_nobody_waits_for_and_a_code_far_behind_are_ignored(room):
    assert await room.says("ZZZZ ok", "+447700900101") == 200
    assert await room.says("word " * 12 + "K7QM", "+447700900101") == 200
    assert room.tasks.taken == []


async def test_told_twice_by_the_gateway_it_is_done_once(room):
    for _ in range(2):
        assert await room.says("K7QM", "+447700900101") == 200
        assert await room.says("stop") == 200
    assert len(room.tasks.taken) == 1
    assert len(await room.opted_out()) == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"from": {"number": "0031612345678"}, "message": {"text": "Stop"}}},
        {"json": {"msisdn": "31612345678", "text": "Stop"}},
        {"data": {"From": MOBILE, "Body": "Stop"}},
        {"data": {"originator": "31612345678", "body": "Stop"}},
        {"data": {"sms_from": "31612345678", "sms_text": "Stop"}},
        {"params": {"from": "31612345678", "text": "Stop"}},
    ],
)
async def test_each_described_gateway_is_understood(room, sent):
    assert (await room.gateway.post(PATH, **sent)).status_code == 200
    assert len(await room.opted_out()) == 2


async def test_an_own_gateway_names_its_fields_and_the_answer_that_it_wants(store):
    own = SmsSettings(answer_from_fields=("mo.sender",), answer_text_fields=("mo.words",), answer_says="OK")
    room = await room_of(store, own)
    answer = await room.gateway.post(PATH, json={"mo": {"sender": MOBILE, "words": "stop"}, "from": "x", "text": "y"})
    assert (answer.status_code, answer.text) == (200, "OK")
    assert len(await room.opted_out()) == 2


async def test_by_default_the_answer_is_empty_since_some_gateways_send_it_on_as_an_sms(room):
    assert (await room.gateway.post(PATH, data={"from": MOBILE, "text": "stop"})).content == b""


@pytest.mark.parametrize("secret", ["a", "A" * 40, "a" * 41, "%00", "é" * 40, "..%2f" * 8])
async def test_who_does_not_know_the_secret_finds_nothing(room, secret):
    answer = await room.gateway.post(f"/answers/{secret}", data={"from": MOBILE, "text": "stop"})
    assert answer.status_code == 404
    assert not await room.opted_out()


async def test_without_a_secret_there_is_no_door(store):
    room = await room_of(store, SmsSettings(), secret="")
    for path in ("/answers/x", PATH):
        assert (await room.gateway.post(path, data={"from": MOBILE, "text": "stop"})).status_code == 404
    assert not await room.opted_out()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"[" * 9000),
        ("application/json", b'{"from": ["+31612345678"], "text": {"text": "stop"}}'),
        ("application/json", b'{"from": {"number": null}, "text": true, "message": []}'),
        ("application/json", b"\xff\xfe"),
        ("application/json", b'"stop"'),
        ("application/json", b'{"from": 1e999, "text": NaN}'),
        ("application/x-www-form-urlencoded", b"from=%ff&text=%00"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 4000)),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nstop\r\n--x--"),
        ("", b""),
    ],
)
async def test_hostile_bodies_are_nothing(room, kind, body):
    answer = await room.gateway.post(PATH, content=body, headers={"content-type": kind})
    assert answer.status_code == 200
    assert not await room.opted_out()
    assert room.tasks.taken == []


async def test_a_body_longer_than_any_answer_is_refused(room):
    answer = await room.gateway.post(PATH, content=json.dumps({"from": MOBILE, "text": "stop" + " " * 20_000}))
    assert answer.status_code == 413


async def test_when_the_store_refuses_the_gateway_is_to_tell_it_again(room, monkeypatch):
    async def full(*_):
        raise StorageError("the disk is full")

    monkeypatch.setattr(room.store, "opt_out", full)
    assert await room.says("stop") == 503


async def test_before_the_numbers_are_read_the_gateway_is_to_tell_it_again(room, store):
    early = Phonebook(lambda: Inventory(customers=CUSTOMERS), "31")
    ear = Ear(
        room.ear.door, store, early, country_code="31", mobiles=lambda _: (), people=dict,
        acknowledge=room.tasks.acknowledge,
    )  # fmt: skip
    assert not await ear.hear(Answer(MOBILE, "stop"))


async def test_neither_number_nor_words_reach_the_log(room, caplog):
    caplog.set_level(logging.DEBUG, logger="netwatch")
    await room.says("stop")
    await room.says("mijn geheim")
    await room.says("K7QM geheim", "+447700900101")
    told = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "opted out by SMS" in told
    assert not [word for word in ("612345678", "7700900101", "geheim", "K7QM") if word in told]


def test_a_stop_word_is_read_as_it_stands_in_the_list_and_no_code_is_one():
    assert all(Answer("", word.upper()).stops for word in STOP_WORDS)
    assert Answer("", "uit").codes == ()


def test_the_answers_secret_is_checked_like_that_of_receipts(tmp_path):
    (tmp_path / "s").write_text("short", encoding="utf-8")
    with pytest.raises(InputError, match=r"channels\.sms\.answer_secret_file"):
        answers_secret_of(SmsSettings(answer_secret_file="s"), tmp_path)
    assert answers_secret_of(SmsSettings(), tmp_path) == ""
