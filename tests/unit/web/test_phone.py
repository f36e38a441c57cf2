"""The phone queue: who hears what, however the number is written, and nothing of anyone in answer or log."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import xml.etree.ElementTree as ET
from dataclasses import replace
from types import MappingProxyType

import pytest

from netwatch.communication.model import Conditions
from netwatch.communication.settings import CommunicationSettings
from netwatch.config.doors import PhoneSettings
from netwatch.daemon.queue import PhoneQueue, recording_in, token_of
from netwatch.diagnosis.model import Affected, Scope
from netwatch.errors import OperatingError
from netwatch.incidents.model import Status
from netwatch.web import sample
from netwatch.web.phone import PhoneAnswer, Recording, language_of, phone_answer
from netwatch.web.phonebook import Numbers, Phonebook
from netwatch.web.queue import queue_app

SPOKEN = (("nl", "", "Er is een storing in Hengelo.\n"), ("en", "", "There is an outage in Hengelo.\n"))
OWN = "nw-20261122-0214-7f3a"
NOTHING = Recording()


def picture(**changed):
    made = sample.picture()
    incident = replace(made.incidents[OWN], **changed)
    (entry,) = made.page
    return replace(made, incidents=MappingProxyType({OWN: incident}), page=(replace(entry, phone=SPOKEN),))


def heard(shown, customers=("c-1",), language="nl", recording=NOTHING):
    return phone_answer(shown, customers, language, recording, min_confidence=0.6)


# --- what is said


def test_a_caller_in_a_known_outage_hears_that_it_is_theirs_and_then_its_text():
    found = heard(picture())
    assert found == PhoneAnswer(
        "nl",
        "We zien dat uw verbinding niet werkt, en we zijn ermee bezig.\nEr is een storing in Hengelo.",
        outage=True,
        yours=True,
    )


def test_whoever_is_not_in_it_hears_what_all_hear():
    general = PhoneAnswer("nl", "Er is een storing in Hengelo.", outage=True)
    assert heard(picture(), customers=()) == general
    assert heard(picture(), customers=("c-5",)) == general


def test_without_an_outage_nothing_is_said():
    quiet = replace(picture(status=Status.RESOLVED, resolved_at=sample.FAULT_AT + 40), page=())
    assert heard(quiet) == PhoneAnswer("nl")
    assert heard(quiet, customers=()) == PhoneAnswer("nl")


def test_a_degraded_line_is_not_called_dead():
    found = heard(picture(affected=Affected(degraded=frozenset({"c-1"}))))
    assert found.text.startswith("We zien dat uw verbinding niet goed werkt")


def test_the_gravest_of_two_outages_is_the_callers_own():
    shown = picture()
    worse = replace(shown.incidents[OWN], id="worse", onset_at=sample.FAULT_AT + 30)
    milder = replace(shown.incidents[OWN], affected=Affected(degraded=frozenset({"c-1"})))
    (entry,) = shown.page
    other = replace(entry, incident="worse", phone=(("nl", "", "De andere storing.\n"),))
    both = replace(shown, incidents=MappingProxyType({OWN: milder, "worse": worse}), page=(entry, other))
    assert heard(both).text.endswith("De andere storing.")


@pytest.mark.parametrize(
    "changed",
    [
        {"status": Status.SETTLING},
        {"status": Status.RESOLVED},
        {"confidence": 0.3},
        {"planned": "m-12"},
    ],
)
def test_nothing_of_their_own_is_said_before_it_may_be_told_outside(changed):
    assert not heard(picture(**changed)).yours


@pytest.mark.parametrize("conditions", [Conditions(hold=True), Conditions(isolated=True), Conditions(warm=False)])
def test_nothing_of_their_own_is_said_on_hold_or_without_sight(conditions):
    assert not heard(replace(picture(), conditions=conditions)).yours


def test_a_regional_outage_that_is_not_public_yet_is_nobodys():
    assert heard(replace(picture(), page=())) == PhoneAnswer("nl")


def test_one_customers_own_fault_is_told_to_them_alone_without_any_public_text():
    alone = replace(picture(scope=Scope.CUSTOMER, affected=Affected(out=frozenset({"c-1"}))), page=())
    assert heard(alone).text == "We zien dat uw verbinding niet werkt, en we zijn ermee bezig."
    assert heard(alone, customers=("c-2",)) == PhoneAnswer("nl")


def test_the_operators_own_words_come_first_and_a_recording_before_them():
    found = heard(picture(), customers=(), recording=Recording("Welkom.", "https://voice.example.net/nl.wav"))
    assert (found.recording, found.text) == (
        "https://voice.example.net/nl.wav",
        "Welkom.\nEr is een storing in Hengelo.",
    )


@pytest.mark.parametrize(
    ("customers", "wanted", "spoken"),
    [(("c-2",), "nl", "pl"), ((), "pl", "pl"), ((), "", "nl"), ((), "xx", "nl"), (("gone",), "", "nl")],
)
def test_it_speaks_the_callers_language_then_the_one_asked_for_then_the_default(customers, wanted, spoken):
    assert language_of(picture(), customers, wanted, "nl") == spoken


# --- whose number


@pytest.fixture(scope="module")
def numbers():
    return Numbers(sample.inventory(), "44")


@pytest.mark.parametrize(
    "written",
    [
        "+447700900123", "07700900123", "00447700900123", "447700900123", "07700 900-123", "+44 (7700) 900.123",
        "tel:+447700900123", "sip:+447700900123@pbx.example.net;user=phone", "sip:07700900123@192.0.2.1", " +447700900123 ",
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_written(numbers, written):
    assert numbers.whose(written) == ("c-1",)


@pytest.mark.parametrize(
    "written",
    ["", "anonymous", "+447700900124", "900123", "+44770090012", "+4477009001230", "sip:anonymous@anonymous.invalid", "0",
     "+" * 5000, "٠٧٧٠٠٩٠٠١٢٣", "+447700900123\r\nX: 1"],
)  # fmt: skip
def test_a_withheld_short_or_unknown_number_is_nobodys(numbers, written):
    assert numbers.whose(written) == ()


def test_without_a_country_code_only_whole_numbers_match():
    plain = Numbers(sample.inventory(), "")
    assert plain.whose("+447700900456") == ("c-2",)
    assert plain.whose("07700900123") == ()


def test_a_number_that_several_have_is_all_of_theirs():
    held = sample.inventory()
    services = {**held.customers, "c-9": (replace(held.customers["c-1"][0], customer="c-9"),)}
    shared = Numbers(replace(held, customers=MappingProxyType(services)), "44")
    assert shared.whose("07700900123") == ("c-1", "c-9")


async def test_another_inventory_is_followed():
    held = sample.inventory()
    moved = {"c-7": (replace(held.customers["c-1"][0], customer="c-7", mobile="+447700900777"),)}
    inventories = [held]
    book = Phonebook(lambda: inventories[-1], "44")
    assert book.whose("+447700900123") == ()
    await book.refresh()
    assert book.whose("+447700900123") == ("c-1",)
    inventories.append(replace(held, customers=MappingProxyType(moved)))
    await book.refresh()
    assert (book.whose("+447700900123"), book.whose("+447700900777")) == ((), ("c-7",))


# --- the door


async def queue(shown, folder=None) -> PhoneQueue:
    book = Phonebook(lambda: shown.inventory, "44")
    await book.refresh()
    settings = PhoneSettings(port=0, own_directory=folder)
    spoken_by = CommunicationSettings(default_language="nl")
    return PhoneQueue(settings, book, picture=lambda: shown, communication=lambda: spoken_by)


async def test_it_answers_as_text_json_and_twiml(on_tcp):
    async with on_tcp(queue_app(await queue(picture()), "")) as client:
        plain = await client.get("/phone", params={"caller": "+447700900123"})
        assert (plain.status_code, plain.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert plain.text.startswith("We zien dat uw verbinding niet werkt")
        found = (await client.get("/phone.json", params={"caller": "07700 900123"})).json()
        assert found == {
            "outage": True,
            "yours": True,
            "language": "nl",
            "recording": None,
            "text": plain.text.rstrip(),
        }
        answer = await client.post("/phone.xml", data={"From": "+447700900456", "CallSid": "x"})
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    said = ET.fromstring(answer.text)
    assert said.tag == "Response"
    assert [(part.tag, part.attrib) for part in said] == [("Say", {"language": "pl-PL"})]
    assert said[0].text.startswith("Widzimy, że Państwa łącze nie działa")
    assert plain.headers["cache-control"] == "no-store"


async def test_a_plus_that_nobody_escaped_is_understood(on_tcp):
    async with on_tcp(queue_app(await queue(picture()), "")) as client:
        assert (await client.get("/phone.json?caller=+447700900123")).json()["yours"]


async def test_when_all_is_well_each_form_says_nothing(on_tcp):
    quiet = replace(picture(status=Status.RESOLVED, resolved_at=sample.FAULT_AT + 40), page=())
    async with on_tcp(queue_app(await queue(quiet), "")) as client:
        assert (await client.get("/phone")).text == ""
        assert (await client.get("/phone.json")).json()["outage"] is False
        assert list(ET.fromstring((await client.get("/phone.xml")).text)) == []


async def test_without_the_token_nobody_is_answered(on_tcp):
    async with on_tcp(queue_app(await queue(picture()), "s3cret")) as client:
        basic = base64.b64encode(b"twilio:s3cret").decode()
        for header in ("", "Bearer wrong", "Bearer", "Basic !!", "Digest s3cret", f"Basic {basic}x", "Bearer s3crét"):
            asked = await client.get("/phone", headers={"Authorization": header.encode()} if header else {})
            assert asked.status_code == 401, header
            assert "storing" not in asked.text
        for header in ("Bearer s3cret", f"Basic {basic}"):
            assert (await client.get("/phone", headers={"Authorization": header})).status_code == 200


async def test_neither_answer_nor_log_holds_anything_of_the_caller(on_tcp, caplog):
    caplog.set_level(logging.DEBUG, "netwatch")
    caplog.set_level(logging.DEBUG, "uvicorn")
    service = sample.inventory().customers["c-1"][0]
    async with on_tcp(queue_app(await queue(picture()), "")) as client:
        answers = [
            await client.get(path, params={"caller": service.mobile})
            for path in ("/phone", "/phone.json", "/phone.xml")
        ]
    own = (service.customer, service.name, service.email, service.mobile, service.mobile[-6:], service.primary.device)
    told = "".join(answer.text + str(answer.headers) for answer in answers)
    logged = "".join(
        record.getMessage() for record in caplog.records if record.name.startswith(("netwatch", "uvicorn"))
    )
    assert not [one for one in own if one in told or one in logged]


async def test_what_the_operator_wrote_is_shown_and_never_run_as_markup(on_tcp, tmp_path):
    (tmp_path / "phone.nl.txt").write_text("</Say><Hangup/> & \x00 \x1b[31m")
    (tmp_path / "phone.nl.url").write_text("https://voice.example.net/a?b=1&c=2\n")
    async with on_tcp(queue_app(await queue(picture(), tmp_path), "")) as client:
        said = ET.fromstring((await client.get("/phone.xml")).text)
        assert json.loads((await client.get("/phone.json")).text)["recording"] == "https://voice.example.net/a?b=1&c=2"
    assert [part.tag for part in said] == ["Play", "Say"]
    assert said[0].text == "https://voice.example.net/a?b=1&c=2"
    assert said[1].text.startswith("</Say><Hangup/> &")


async def test_a_question_that_is_too_long_is_refused(on_tcp):
    async with on_tcp(queue_app(await queue(picture()), "")) as client:
        assert (await client.post("/phone", content=b"From=" + b"1" * 20_000)).status_code == 413


def test_own_files_that_are_no_words_or_no_address_are_left_out(tmp_path):
    assert recording_in(None, "nl") == Recording()
    assert recording_in(tmp_path / "gone", "nl") == Recording()
    (tmp_path / "phone.nl.url").write_text("javascript:alert(1)")
    assert recording_in(tmp_path, "nl") == Recording()
    (tmp_path / "phone.nl.txt").write_bytes(b"\xff" * 100_000)
    assert len(recording_in(tmp_path, "nl").words) == 4096


def test_who_is_asked_from_elsewhere_has_a_token(tmp_path):
    assert token_of(PhoneSettings(port=1), tmp_path) == ""
    with pytest.raises(OperatingError, match="token_file is needed"):
        token_of(PhoneSettings(port=1, bind="192.0.2.1"), tmp_path)
    with pytest.raises(OperatingError, match="can't be read"):
        token_of(PhoneSettings(port=1, token_file="token"), tmp_path)
    (tmp_path / "token").write_text("\n")
    with pytest.raises(OperatingError, match="is empty"):
        token_of(PhoneSettings(port=1, token_file="token"), tmp_path)
    (tmp_path / "token").write_text("s3cret\n")
    assert token_of(PhoneSettings(port=1, bind="192.0.2.1", token_file="token"), tmp_path) == "s3cret"


async def test_a_question_that_never_ends_is_given_up(on_tcp, monkeypatch):
    monkeypatch.setattr("netwatch.web.queue._BODY_TIMEOUT_S", 0.05)
    async with on_tcp(queue_app(await queue(picture()), "")) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(b"POST /phone HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nFrom=")
        answer = await asyncio.wait_for(reader.read(100), 5)
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 408")
