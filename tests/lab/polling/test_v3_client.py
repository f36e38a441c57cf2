"""The SNMP client with SNMPv3 against net-snmp's agent: dialogues notice nothing of engines and clocks."""

from __future__ import annotations

import asyncio

import pytest

from netwatch.polling.snmp import ber, dialogue, mib
from netwatch.polling.snmp.agent import Agent
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.tables import TableShape, walk
from netwatch.polling.snmp.usm import UsmSession
from tests.lab.polling.test_v3 import SYS_NAME, V3Agent, known_user
from tests.lab.polling.ticking import client

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("loopback")]


@pytest.fixture
def snmpd(loopback, tmp_path):  # noqa: ARG001 -- a fixture can't say usefixtures
    made = V3Agent(tmp_path / "snmpd", port=16_163)
    made.start()
    yield made
    made.stop()


def agent_of(port, *pair, timeout_s=2.0, retries=0, **changed):
    return Agent("core-1", "127.0.0.1", port, UsmSession(known_user(*pair, **changed)), timeout_s, retries)


def get():
    return dialogue.one(dialogue.get([SYS_NAME]))


async def until_up(asker, port):
    """Wait until the agent answers somebody."""
    agent = agent_of(port, "none", "none", timeout_s=0.2)
    async with asyncio.timeout(20):
        while (await asker.talk(agent, get())).status is not Status.NO_ERROR:
            pass


@pytest.mark.parametrize("pair", [("none", "none"), ("sha", "none"), ("sha256", "aes128"), ("sha512", "aes256")])
async def test_the_first_question_is_answered_and_a_table_walked(snmpd, pair):
    async with client() as asker:
        await until_up(asker, snmpd.port)
        agent = agent_of(snmpd.port, *pair)
        asked = asker.statistics().requests
        answer = await asker.talk(agent, get())
        assert answer.varbinds == [(SYS_NAME, ber.OCTET_STRING, b"core-1")]
        assert asker.statistics().requests - asked == (2 if pair[0] == "none" else 3)
        status, (names,) = await asker.talk(agent, walk(TableShape(3, 24), [mib.IF_NAME]))
        assert status is Status.NO_ERROR
        assert b"lo" in names.values()


async def test_a_restart_costs_one_more_packet_and_no_time_out(snmpd):
    async with client() as asker:
        await until_up(asker, snmpd.port)
        agent = agent_of(snmpd.port, "sha256", "aes128")
        assert (await asker.talk(agent, get())).status is Status.NO_ERROR
        snmpd.stop()
        snmpd.start()
        await until_up(asker, snmpd.port)
        before = asker.statistics()
        assert (await asker.talk(agent, get())).status is Status.NO_ERROR
        after = asker.statistics()
        assert after.requests - before.requests == 2
        assert after.timeouts == before.timeouts


async def test_a_wrong_password_is_a_refusal_with_a_reason_until_it_is_mended(snmpd):
    async with client() as asker:
        await until_up(asker, snmpd.port)
        agent = agent_of(snmpd.port, "sha256", "aes128", auth_password=b"a wrong one")
        assert (await asker.talk(agent, get())).status is Status.REFUSED
        assert "does not accept the authentication" in agent.refused
        agent.session = UsmSession(known_user("sha256", "aes128"))
        assert (await asker.talk(agent, get())).status is Status.NO_ERROR
        assert not agent.refused
