"""Hostile names, addresses, words, settings and templates: each is refused with a clear fault, or reads as it stands.

The cases are in tests/corpus/hostile/cases.yaml. Each runs the whole path: the operator's files are written and
checked; what passes is loaded and planned, and every message leaves by real channels to an SMTP server and an HTTP
server on loopback, is put on the page, and is printed on the terminal.
"""

from __future__ import annotations

import asyncio
import csv
import html
import json
import logging
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from netwatch import config as configuration
from netwatch.cli.terminal import Terminal
from netwatch.communication.channels.build import build
from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.model import Conditions, Message, PageEntry
from netwatch.communication.page.publisher import contents
from netwatch.communication.planning import CommunicationState, Planner, default_playbook
from netwatch.communication.texts import load_texts
from netwatch.diagnosis.model import Affected, Scenario, Scope
from netwatch.errors import InputError
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.web.logs import JsonFormatter

CASES = yaml.safe_load((Path(__file__).parents[2] / "corpus/hostile/cases.yaml").read_text(encoding="utf-8"))
NOW = 1_795_352_700.0
TEXTS = load_texts()
HARMLESS = MappingProxyType({
    "customer.name": "Bakkerij Smit", "customer.email": "smit@example.net", "customer.mobile": "+447700900123",
    "region.name": "Twente", "device.name": "Hengelo", "device.id": "acc-1", "provider.name": "FibreCo",
    "company": "Example Net", "page_url": "https://status.example.net/", "helpdesk_phone": "+44 1632 960100",
    "sender": "noc@example.net", "sender_name": "NOC", "webhook": "", "sms_sender": "ExampleNet", "template": "",
    "words": "We found the cause.",
})  # fmt: skip
#: Where people read each value: the readers whose messages must hold it, and whether the page must.
READ_BY = {
    "customer.name": ("c-1", False), "region.name": ("c-1", True), "device.name": ("anna", False),
    "provider.name": ("anna", False), "company": ("c-1", True), "words": ("c-1", True),
}  # fmt: skip
#: What `netwatch run` never starts with, whether or not anybody checked.
REFUSED_AT_THE_START_TOO = {
    "customer.name", "customer.email", "customer.mobile", "region.name", "device.name", "provider.name", "device.id",
    "company", "sender", "sender_name",
}  # fmt: skip
HEADERS = [
    "From", "To", "Date", "Message-ID", "In-Reply-To", "References", "Subject", "Content-Language", "MIME-Version",
    "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted", "X-Auto-Response-Suppress",
]  # fmt: skip


class Mailbox:
    """An SMTP server that takes everything and keeps what was said."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[tuple[list[str], bytes]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said: list[str] = []
        writer.write(b"220 x\r\n")
        while line := await reader.readline():
            said.append(line.decode("ascii"))
            if line == b"DATA\r\n":
                writer.write(b"354 go\r\n")
                self.mails.append((said, await reader.readuntil(b"\r\n.\r\n")))
                said = []
            writer.write(b"250 ok\r\n")
        writer.close()


@dataclass
class Loopback:
    """Both servers, by what they heard."""

    mailbox: Mailbox
    service: Any


@pytest.fixture
async def loopback(service) -> AsyncIterator[Loopback]:
    mailbox = Mailbox()
    server = await asyncio.start_server(mailbox.serve, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    yield Loopback(mailbox, service)
    server.close()
    await server.wait_closed()


class Tags(HTMLParser):
    """The elements of a page with their attributes' names: what it is built of, whatever it says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def written(folder: Path, values: dict[str, str], loopback: Loopback) -> Path:
    """The operator's files with these values."""
    hook = values["webhook"] or loopback.service.url
    (folder / "network.yaml").write_text(yaml.safe_dump({
        "regions": [{"id": "twente", "name": values["region.name"]}],
        "sites": [{"id": "hgl", "name": "Hengelo Noord", "region": "twente"}],
        "providers": [{"id": "fibreco", "name": values["provider.name"], "phone": "+44 7700 900123", "contract": "F-1"}],
        "devices": [
            {"id": "core-1", "name": "Kern", "site": "hgl", "role": "core", "address": "192.0.2.1"},
            {"id": values["device.id"], "name": values["device.name"], "site": "hgl", "role": "access",
             "address": "192.0.2.2"},
        ],
        "links": [{"id": "trunk-1", "a": "core-1:a", "b": f"{values['device.id']}:b", "provider": "fibreco"}],
        "monitor": {"attached_to": ["core-1"], "witnesses": [{"id": "w", "address": "198.51.100.53"}]},
    }), "utf-8")  # fmt: skip
    with (folder / "customers.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "name", "segment", "language", "email", "mobile", "device", "notify"))
        rows.writerow(("c-1", values["customer.name"], "business", "nl", values["customer.email"],
                       values["customer.mobile"], values["device.id"], "email sms"))  # fmt: skip
    if values["template"]:
        (folder / "templates/nl").mkdir(parents=True)
        (folder / "templates/nl/page.opened.j2").write_text(f"Titel\n\n{values['template']}", "utf-8")
    (folder / "netwatch.yaml").write_text(yaml.safe_dump({
        "inventory": ["network.yaml", "customers.csv"],
        "templates": ["templates"] if values["template"] else [],
        "communication": {name: values[name] for name in ("company", "page_url", "helpdesk_phone")},
        "channels": {
            "email": {"sender": values["sender"], "sender_name": values["sender_name"],
                      "routes": [{"host": "127.0.0.1", "port": loopback.mailbox.port}]},
            "sms": {"routes": [{"api": "own", "sender": values["sms_sender"], "rate_per_s": 1000}],
                    "apis": {"own": {"url": loopback.service.url, "auth": "none"}}},
            "webhook": {"routes": [{"url": hook}]},
            "alertmanager": {"routes": [{"url": loopback.service.url}]},
        },
        "people": [{"id": "anna", "name": "Anna", "email": "anna@example.net", "duties": ["oncall"]}],
    }), "utf-8")  # fmt: skip
    return folder / "netwatch.yaml"


def planned(path: Path, device: str, words: str) -> tuple[configuration.Config, list[Message], list[PageEntry]]:
    """What an outage's opening and an operator's words afterwards make of the files."""
    settings = configuration.load(path)
    texts = load_texts(settings.templates) if settings.templates else TEXTS
    planner = Planner(
        default_playbook(), texts, settings.load_inventory(), settings.people, settings.communication,
        channels=settings.channels.routed(),
    )  # fmt: skip
    incident = Incident(
        id="7F3K-2026", key="k", status=Status.OPEN, scope=Scope.REGIONAL, scenario=Scenario.CABLE,
        roots=("link:trunk-1", f"device:{device}"), last_good_at=NOW - 60, onset_at=NOW - 50, confirmed_at=NOW - 45,
        opened_at=NOW, confidence=0.97, strong=True, affected=Affected(frozenset({"c-1"}), frozenset()),
        ever_affected=frozenset({"c-1"}),
    )  # fmt: skip
    messages: list[Message] = []
    page: list[PageEntry] = []
    state = CommunicationState()
    noted = replace(incident, note=words)
    opening = Change(NOW, ChangeKind.OPENED, incident, frozenset({"c-1"}))
    for now, change in ((NOW, opening), (NOW + 900, Change(NOW + 900, ChangeKind.NOTED, noted))):
        state, plan = planner.step(state, (change,), {incident.id: change.incident}, Conditions(), now)
        messages += plan.messages
        page = list(plan.page) or page
    return settings, messages, page


@pytest.mark.parametrize("case", [c for c in CASES if "refused" in c], ids=lambda c: ascii(c["value"])[:50])
async def test_it_is_refused_with_a_clear_fault(case, tmp_path, loopback):
    path = written(tmp_path, {**HARMLESS, case["where"]: case["value"]}, loopback)
    told = [str(fault) for fault in configuration.check(path).faults]
    assert any(case["refused"] in fault for fault in told), told
    assert all(fault.isprintable() for fault in told)
    if case["where"] in REFUSED_AT_THE_START_TOO:
        with pytest.raises(InputError):
            planned(path, "acc-1", "")


class Clock:
    """Stands still."""

    def now(self) -> float:
        return NOW

    def utc(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, UTC)

    def wall_step_s(self) -> float:
        return 0.0

    async def sleep_until(self, _: float) -> None:
        await asyncio.sleep(0)


@pytest.mark.parametrize("case", [c for c in CASES if "shown" in c], ids=lambda c: ascii(c["value"])[:50])
async def test_it_reads_as_it_stands_and_changes_nothing_round_it(case, tmp_path, loopback, capsys):
    values = {**HARMLESS, case["where"]: case["value"]}
    path = written(tmp_path, values, loopback)
    report = configuration.check(path)
    assert [str(fault) for fault in report.faults] == []
    settings, messages, page = planned(path, values["device.id"], values["words"])
    await delivered(settings, messages, tmp_path)
    mails = [(said, message_from_bytes(data[:-3], policy=policy.default)) for said, data in loopback.mailbox.mails]
    mailed = [message for message in messages if message.channel == "email"]
    assert len(mails) == len(mailed) >= 4
    for said, mail in mails:
        well_formed(said, mail, values)
    posted = [json.loads(body) for _, _, body in loopback.service.requests]
    assert len(posted) == len(messages) - len(mailed)
    texts = [document for document in posted if isinstance(document, dict) and set(document) == {"to", "text", "from"}]
    assert len(texts) == 2
    assert all(document["to"] == "+447700900123" and document["text"].isprintable() for document in texts)
    assert all(message.subject.isprintable() for message in messages)
    on_the_page(settings, page, case)
    on_the_terminal(messages, capsys)
    in_the_log(messages)
    if case["where"] in READ_BY:
        reader, _ = READ_BY[case["where"]]
        address = {"c-1": values["customer.email"], "anna": "anna@example.net"}[reader]
        read = ["\n".join((m["Subject"], m.get_content())) for _, m in mails if m["To"] == address]
        assert any(case["shown"] in text.replace("\r\n", "\n") for text in read), read


async def delivered(settings: configuration.Config, messages: list[Message], folder: Path) -> None:
    channels = {channel.kind: channel for channel in build(settings.channels, Clock(), folder)}
    assert {message.channel for message in messages} == set(channels)
    for message in messages:
        expected = Outcome.UNKNOWN if message.channel == "sms" and not message.body else Outcome.ACCEPTED
        assert (await channels[message.channel].send(message)).outcome is expected, message
    for channel in channels.values():
        await channel.close()


def well_formed(said: list[str], mail: EmailMessage, values: dict[str, str]) -> None:
    """One sender, one recipient, our own headers and no other."""
    commands = [line.split(":")[0] for line in said if not line.startswith(("EHLO", "RSET"))]
    assert commands == ["MAIL FROM", "RCPT TO", "DATA\r\n"]
    assert mail.keys() == HEADERS
    assert [one.addr_spec for one in mail["From"].addresses] == ["noc@example.net"]
    assert mail["From"].addresses[0].display_name == values["sender_name"]
    assert [one.addr_spec for one in mail["To"].addresses] == [str(mail["To"])]
    assert str(mail["To"]) in {values["customer.email"], "anna@example.net"}
    assert mail.get_content_type() == "text/plain"
    assert not mail.defects


def on_the_page(settings: configuration.Config, page: list[PageEntry], case: dict[str, str]) -> None:
    """Built of the same elements as with harmless words, in every form."""
    made = contents(page, Clock(), settings.communication)
    harmless = [
        replace(one, texts=tuple((code, "x", harmless_lines(body)) for code, _, body in one.texts)) for one in page
    ]
    plain = contents(harmless, Clock(), replace(settings.communication, company="x"))
    assert Tags(made["index.html"].decode()).found == Tags(plain["index.html"].decode()).found
    (outage,) = json.loads(made["outages.json"])["outages"]
    feed = ET.fromstring(made["outages.atom"])
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 1
    if READ_BY.get(case["where"], ("", False))[1]:
        read = html.unescape(made["index.html"].decode())
        assert all(row in read for row in case["shown"].splitlines())
        told = "".join(text["title"] + text["body"] for text in outage["texts"].values())
        assert case["shown"] in told + settings.communication.company


def harmless_lines(body: str) -> str:
    return "\n".join("x" if row else "" for row in body.splitlines())


def on_the_terminal(messages: list[Message], capsys: pytest.CaptureFixture[str]) -> None:
    for message in messages:
        Terminal().line(message.subject)
        Terminal().block(message.body)
    assert all(row.isprintable() for row in capsys.readouterr().out.split("\n"))


def in_the_log(messages: list[Message]) -> None:
    for message in messages:
        record = logging.LogRecord("x", logging.INFO, "x", 1, "planned %s", (message.subject,), None)
        assert "\n" not in JsonFormatter().format(record)


def test_the_corpus_is_large_and_says_one_thing_of_each_case():
    assert len(CASES) >= 60
    assert len({(case["where"], case["value"]) for case in CASES}) == len(CASES)
    assert all(("refused" in case) != ("shown" in case) for case in CASES)
    assert {case["where"] for case in CASES} <= set(HARMLESS)
