"""The SNMP client and the reading of ports, against net-snmp's agent and against agents that misbehave."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
from contextlib import asynccontextmanager

import pytest

from netwatch.clock import SystemClock
from netwatch.errors import OperatingError
from netwatch.polling.snmp import ber, dialogue, mib
from netwatch.polling.snmp.agent import Agent
from netwatch.polling.snmp.client import TICK_S
from netwatch.polling.snmp.codec import GET, GET_NEXT, V1, V2C, Message, Status, encode
from netwatch.polling.snmp.names import text
from netwatch.polling.snmp.objects.terms import ObjectStatistics
from netwatch.polling.snmp.ports import DeviceReader, PortStatistics
from netwatch.polling.snmp.session import Community
from netwatch.polling.snmp.tables import TableShape, walk
from netwatch.polling.snmp.uptime import Uptime
from tests.lab.polling.scripted_agent import ScriptedAgent
from tests.lab.polling.ticking import client

pytestmark = pytest.mark.usefixtures("loopback")
SYS_NAME = ber.oid("1.3.6.1.2.1.1.5.0")
INTERFACES = [(number, f"ge-0/0/{number}") for number in range(1, 61)]


@asynccontextmanager
async def scripted(interfaces=INTERFACES, **flags):
    agent = ScriptedAgent(interfaces)
    for name, value in flags.items():
        setattr(agent, name, value)
    await agent.listen()
    try:
        yield agent
    finally:
        agent.close()


def agent_at(port, version=V2C, timeout_s=0.15, retries=1, address="127.0.0.1", community=b"public", pause_s=0.0):
    return Agent("device", address, port, Community(version, community), timeout_s, retries, pause_s)


class Reader:
    """A DeviceReader with the agent that it asks."""

    def __init__(self, asker, agent, names, max_repetitions=24, max_objects=48, resolve_interval_s=600.0):
        self.asker, self.agent = asker, agent
        self.statistics = PortStatistics()
        shape = TableShape(agent.session.version, max_repetitions)
        limits = {"max_objects": max_objects, "resolve_interval_s": resolve_interval_s}
        self.reader = DeviceReader("device", shape, statistics=self.statistics, objects=ObjectStatistics(), **limits)
        self.reader.want(names)

    async def read(self, names):
        return await self.asker.talk(self.agent, self.reader.read(names))


def reader_of(asker, agent, *names, **limits):
    return Reader(asker, agent, names, **limits)


def get(*oids):
    return dialogue.one(dialogue.get(oids or [SYS_NAME]))


async def column_of(asker, agent, column, shape=None):
    status, (rows,) = await asker.talk(agent, walk(shape or TableShape(agent.session.version, 24), [column]))
    return status, {ber.index(row): value for row, value in rows.items()}


async def ready(asker, agent):
    """The agent, once it answers."""
    async with asyncio.timeout(10):
        while (await asker.talk(agent, get())).status is not Status.NO_ERROR:
            pass


async def test_a_real_agent_is_asked_and_walked_in_both_versions(snmpd):
    async with client() as asker:
        for version in (V2C, V1):
            agent = agent_at(snmpd.port, version, timeout_s=1.0)
            await ready(asker, agent)
            status, names = await column_of(asker, agent, mib.IF_NAME)
            assert status is Status.NO_ERROR
            assert "lo" in {text(value) for value in names.values()}
            reading = await reader_of(asker, agent, "lo", "eth99").read(["lo", "eth99"])
            assert reading.ports.keys() == {"lo"}
            assert reading.ports["lo"][1:] == ("up", "up", False)


async def test_a_restart_of_a_real_agent_is_noticed_and_its_ports_are_looked_up_again(snmpd):
    async with client() as asker:
        agent = agent_at(snmpd.port, timeout_s=0.5)
        await ready(asker, agent)
        reader = reader_of(asker, agent, "lo")
        before = await reader.read(["lo"])
        reader.reader._uptime = Uptime()
        reader.reader._uptime.note(before.at, int((before.uptime_s + 1000) * 100))  # it had been up for longer
        snmpd.stop()
        assert (await reader.read(["lo"])).status is Status.TIMEOUT
        snmpd.start()
        await ready(asker, agent)
        after = await reader.read(["lo"])
        assert reader.statistics.resolutions == 2
        assert after.ports.keys() == {"lo"}


async def test_a_silent_agent_times_out_after_its_retries_with_back_off():
    async with client() as asker, scripted(drop=99) as peer:
        before = SystemClock().now()
        answer = await asker.talk(agent_at(peer.port, timeout_s=0.1, retries=2), get())
        assert answer.status is Status.TIMEOUT
        assert SystemClock().now() - before == pytest.approx(0.5, abs=0.25)  # 0.1 + 0.2 + 0.2
        assert len(peer.asked) == 3
        assert len({message.request_id for message in peer.asked}) == 3
        assert asker.statistics().timeouts == 1


async def test_a_retry_that_is_answered_is_an_answer():
    async with client() as asker, scripted(drop=1) as peer:
        answer = await asker.talk(agent_at(peer.port), get(mib.SYS_UP_TIME))
        assert answer.varbinds == [(mib.SYS_UP_TIME, ber.TIME_TICKS, 100_000)]
        assert asker.statistics().retries == 1


async def test_a_slow_answer_to_the_first_try_still_counts_after_the_second_was_sent():
    async with client() as asker, scripted(delay_s=0.2) as peer:
        answer = await asker.talk(agent_at(peer.port, timeout_s=0.15, retries=1), get(mib.SYS_UP_TIME))
        assert answer.status is Status.NO_ERROR
        assert len(peer.asked) == 2
        async with asyncio.timeout(10):
            while not asker.statistics().rejected:
                await asyncio.sleep(TICK_S)
        assert asker.statistics().rejected == 1  # the second answer to the same question


async def test_an_answer_from_another_address_or_port_is_rejected():
    async with client() as asker, scripted(source=("127.0.0.2", 0)) as peer:
        assert (await asker.talk(agent_at(peer.port), get())).status is Status.TIMEOUT
        peer.source = ("127.0.0.1", 0)
        assert (await asker.talk(agent_at(peer.port), get())).status is Status.TIMEOUT
        assert asker.statistics().rejected == 4


@pytest.mark.parametrize(
    "lie",
    [
        lambda m: Message(m.version, m.community, m.pdu, m.request_id ^ 1, 0, 0, m.varbinds),
        lambda m: Message(V1, m.community, m.pdu, m.request_id, 0, 0, m.varbinds),
        lambda m: Message(m.version, b"private", m.pdu, m.request_id, 0, 0, m.varbinds),
        lambda m: Message(m.version, m.community, GET_NEXT, m.request_id, 0, 0, m.varbinds),
        lambda m: Message(m.version, m.community, m.pdu, m.request_id, 99, 0, m.varbinds),
        lambda m: Message(m.version, m.community, m.pdu, m.request_id, 5, 99, m.varbinds),
        lambda m: Message(m.version, m.community, m.pdu, m.request_id, -1, 0, m.varbinds),
    ],
)
async def test_an_answer_that_is_not_to_the_question_is_rejected(lie):
    async with client() as asker, scripted(change=lie) as peer:
        assert (await asker.talk(agent_at(peer.port, retries=0), get())).status is Status.TIMEOUT
        assert asker.statistics().rejected == 1


async def test_a_flood_of_mutated_packets_raises_nothing_and_the_true_answer_is_still_heard():
    rng = random.Random(7)
    async with client() as asker, scripted() as peer:
        agent = agent_at(peer.port, timeout_s=5.0)
        await asker.talk(agent, get())
        door = asker._doors[socket.AF_INET].sock.getsockname()[1]
        raw = encode(peer.answer(Message(V2C, b"public", GET, 1 << 24, 0, 0, [(mib.SYS_UP_TIME, ber.NULL, None)])))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
            for round_ in range(3000):
                changed = bytearray(raw if round_ % 3 else rng.randbytes(rng.randrange(0, 200)))
                for _ in range(3):
                    if changed:
                        changed[rng.randrange(len(changed))] = rng.randrange(256)
                noise.sendto(bytes(changed), ("127.0.0.1", door))
                if round_ % 500 == 0:
                    assert (await asker.talk(agent, get())).status is Status.NO_ERROR
        assert (await asker.talk(agent, get())).status is Status.NO_ERROR
        assert asker.statistics().malformed + asker.statistics().rejected >= 2500


async def test_one_request_is_in_flight_at_a_device_and_the_others_wait_in_order():
    async with client() as asker, scripted(delay_s=0.05) as peer:
        agent = agent_at(peer.port, timeout_s=1.0)
        rows = [ber.instance(mib.IF_NAME, number) for number in range(1, 6)]
        most = 0

        async def watch():
            nonlocal most
            while True:
                most = max(most, len(asker._open))
                await asyncio.sleep(0.01)

        watcher = asyncio.create_task(watch())
        answers = await asyncio.gather(*(asker.talk(agent, get(row)) for row in rows))
        watcher.cancel()
        assert [answer.varbinds[0][0] for answer in answers] == rows
        assert most == 1


async def test_what_the_machine_can_not_send_is_not_the_devices_fault():
    async with client() as asker:
        answer = await asker.talk(agent_at(161, address="192.0.2.1"), get())
        assert answer.status is Status.NOT_SENT
        assert asker.statistics().local_errors == 1


async def test_a_cancelled_question_leaves_the_device_free():
    async with client() as asker, scripted(drop=1) as peer:
        agent = agent_at(peer.port, timeout_s=0.3, retries=0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await asker.talk(agent, get())
        assert (await asker.talk(agent, get(mib.SYS_UP_TIME))).status is Status.NO_ERROR


async def test_a_column_is_walked_however_few_rows_the_agent_gives_at_a_time():
    async with client() as asker, scripted(most_bindings=5) as peer:
        shape = TableShape(V2C, 24)
        status, rows = await column_of(asker, agent_at(peer.port, timeout_s=1.0), mib.IF_NAME, shape)
        assert status is Status.NO_ERROR
        assert {index: text(value) for index, value in rows.items()} == dict(INTERFACES)
        assert shape.repetitions <= 5


async def test_long_rows_are_asked_in_packets_that_need_no_fragments():
    async with client() as asker, scripted([(number, "x" * 200) for number in range(1, 61)]) as peer:
        shape = TableShape(V2C, 24)
        _, rows = await column_of(asker, agent_at(peer.port, timeout_s=1.0), mib.IF_NAME, shape)
        assert len(rows) == 60
        assert shape.repetitions <= 6


async def test_an_agent_that_leads_in_circles_is_left():
    async with client() as asker, scripted(circle=True) as peer:
        status, _ = await column_of(asker, agent_at(peer.port, timeout_s=1.0), mib.IF_NAME)
        assert status is Status.GEN_ERR
        assert len(peer.asked) < 5


@pytest.mark.parametrize("version", [V1, V2C])
async def test_ports_are_read_in_as_many_requests_as_the_agent_needs(version):
    names = [name for _, name in INTERFACES]
    async with client() as asker, scripted(most_bindings=20) as peer:
        peer.interface(7, "ge-0/0/7", oper=2)
        reader = reader_of(asker, agent_at(peer.port, version, timeout_s=1.0), *names)
        reading = await reader.read(names)
        assert {name: state.oper for name, state in reading.ports.items()} == {
            name: "down" if name == "ge-0/0/7" else "up" for name in names
        }


@pytest.mark.parametrize("version", [V1, V2C])
async def test_renumbered_interfaces_are_never_mixed_up(version):
    async with client() as asker, scripted([(1, "a"), (2, "b")]) as peer:
        peer.interface(2, "b", oper=2)
        reader = reader_of(asker, agent_at(peer.port, version, timeout_s=1.0), "a", "b")
        assert {n: p.oper for n, p in (await reader.read(["a", "b"])).ports.items()} == {"a": "up", "b": "down"}
        peer.remove_interfaces()
        peer.interface(1, "b", oper=2)
        peer.interface(2, "a", oper=1)
        peer.objects[mib.SYS_UP_TIME] = (ber.TIME_TICKS, 300)  # it restarted
        assert {n: p.oper for n, p in (await reader.read(["a", "b"])).ports.items()} == {"a": "up", "b": "down"}
        peer.remove_interfaces()
        peer.interface(5, "b", oper=2)
        peer.interface(6, "a", oper=1)  # the rows moved away: no word of it from sysUpTime
        assert {n: p.oper for n, p in (await reader.read(["a", "b"])).ports.items()} == {"a": "up", "b": "down"}


async def test_a_table_that_changed_without_a_restart_is_looked_up_again():
    async with client() as asker, scripted([(1, "a"), (2, "b")]) as peer:
        reader = reader_of(asker, agent_at(peer.port, timeout_s=1.0), "a")
        await reader.read(["a"])
        peer.interface(1, "b", oper=2)
        peer.interface(2, "a", oper=1)
        peer.objects[mib.IF_TABLE_LAST_CHANGE] = (ber.TIME_TICKS, 77)
        assert (await reader.read(["a"])).ports["a"].oper == "up"
        assert reader.statistics.resolutions == 2


async def test_a_port_that_the_device_does_not_have_is_told_once_and_found_when_it_appears(caplog):
    async with client() as asker, scripted([(1, "a")]) as peer:
        reader = reader_of(asker, agent_at(peer.port, timeout_s=1.0), "a", "ghost", resolve_interval_s=0.05)
        async with asyncio.timeout(10):
            while reader.statistics.resolutions < 3:
                assert (await reader.read(["a", "ghost"])).ports.keys() == {"a"}
        assert reader.reader.missing == {"ghost"}
        assert caplog.text.count("device:ghost") == 1
        peer.interface(9, "ghost")
        async with asyncio.timeout(10):
            while (await reader.read(["a", "ghost"])).ports.keys() != {"a", "ghost"}:
                assert reader.reader.missing == {"ghost"}
        assert not reader.reader.missing


async def test_a_port_that_is_named_but_can_not_be_read_does_not_hide_the_others():
    for version in (V2C, V1):
        async with client() as asker, scripted([(1, "a"), (2, "b")]) as peer:
            for column in (mib.IF_ADMIN_STATUS, mib.IF_OPER_STATUS):
                del peer.objects[ber.instance(column, 1)]
            reader = reader_of(asker, agent_at(peer.port, version, timeout_s=1.0), "a", "b")
            assert (await reader.read(["a", "b"])).ports.keys() == {"b"}
            assert reader.reader.missing == {"a"}
            asked = len(peer.asked)
            assert (await reader.read(["a", "b"])).ports.keys() == {"b"}
            assert len(peer.asked) == asked + 1


async def test_a_v1_agent_without_the_last_change_of_the_table_is_read_all_the_same():
    async with client() as asker, scripted([(1, "a")]) as peer:
        del peer.objects[mib.IF_TABLE_LAST_CHANGE]
        reader = reader_of(asker, agent_at(peer.port, V1, timeout_s=1.0), "a")
        reading = await reader.read(["a"])
        assert reading.uptime_s == 1000.0
        assert reading.ports["a"].oper == "up"


async def test_a_status_out_of_range_is_not_believed():
    async with client() as asker, scripted([(1, "a"), (2, "b")]) as peer:
        peer.interface(1, "a", oper=77)
        reader = reader_of(asker, agent_at(peer.port, timeout_s=1.0), "a", "b")
        assert (await reader.read(["a", "b"])).ports.keys() == {"b"}
        assert reader.statistics.values_out_of_range


async def test_other_objects_than_those_asked_for_are_not_believed():
    def swapped(message):
        return Message(
            message.version, message.community, message.pdu, message.request_id, 0, 0, message.varbinds[::-1]
        )

    async with client() as asker, scripted([(1, "a")]) as peer:
        reader = reader_of(asker, agent_at(peer.port, timeout_s=1.0), "a")
        await reader.read(["a"])
        peer.change = swapped
        reading = await reader.read(["a"])
        assert reading.status is Status.GEN_ERR
        assert not reading.ports


async def test_a_flap_between_two_readings_is_seen_by_its_last_change():
    async with client() as asker, scripted([(1, "a")]) as peer:
        reader = reader_of(asker, agent_at(peer.port, timeout_s=1.0), "a")
        assert not (await reader.read(["a"])).ports["a"].moved
        peer.interface(1, "a", changed=99_000)
        assert (await reader.read(["a"])).ports["a"].moved
        assert not (await reader.read(["a"])).ports["a"].moved


async def test_an_agent_over_ipv6_is_asked():
    agent = ScriptedAgent([(1, "a")])
    loop = asyncio.get_running_loop()
    agent.transport, _ = await loop.create_datagram_endpoint(lambda: agent, local_addr=("::1", 0))
    port = agent.transport.get_extra_info("sockname")[1]
    async with client() as asker:
        answer = await asker.talk(agent_at(port, address="::1"), get(mib.SYS_UP_TIME))
        assert answer.status is Status.NO_ERROR
    agent.close()


async def test_a_device_with_a_weak_control_plane_is_left_its_pause_between_questions():
    async with client() as asker, scripted() as peer:
        agent = agent_at(peer.port, timeout_s=1.0, pause_s=0.2)

        def thrice():
            question = dialogue.get([mib.SYS_UP_TIME])
            return [(yield question), (yield question), (yield question)]

        answers = await asker.talk(agent, thrice())
        assert {answer.status for answer in answers} == {Status.NO_ERROR}
        assert [later.at - earlier.at >= 0.2 for earlier, later in itertools.pairwise(answers)] == [True, True]


async def test_an_urgent_dialogue_passes_those_that_wait():
    async with client() as asker, scripted(delay_s=0.05) as peer:
        agent, order = agent_at(peer.port, timeout_s=1.0), []
        for name, urgent in (("first", False), ("second", False), ("urgent", True)):
            assert asker.converse(agent, get(mib.SYS_UP_TIME), lambda _, name=name: order.append(name), urgent=urgent)
        assert (await asker.talk(agent, get(mib.SYS_UP_TIME))).status is Status.NO_ERROR
        assert order == ["first", "urgent", "second"]


async def test_a_forgotten_agent_is_asked_nothing_more_and_answers_nobody():
    async with client() as asker, scripted() as peer:
        gone, told = agent_at(peer.port, timeout_s=0.05, retries=9), []
        for _ in range(3):
            asker.converse(gone, get(), told.append)
        while not peer.asked:
            await asyncio.sleep(0)
        asker.forget(gone)
        asked = len(peer.asked)
        stays = agent_at(peer.port)
        for _ in range(3):
            assert (await asker.talk(stays, get(mib.SYS_UP_TIME))).status is Status.NO_ERROR
        assert told == []
        assert len(peer.asked) == asked + 3
        assert not asker._open


async def test_dialogues_beyond_what_may_wait_for_one_agent_are_refused_and_closed():
    async with client() as asker, scripted(drop=10_000) as peer:
        agent = agent_at(peer.port, timeout_s=5.0)
        begun = [asker.converse(agent, get(), print) for _ in range(70)]
        assert begun == [True] * 65 + [False] * 5
        with pytest.raises(OperatingError):
            await asker.talk(agent, get())


async def test_a_question_that_no_packet_holds_is_answered_too_big():
    async with client() as asker, scripted() as peer:
        answer = await asker.talk(agent_at(peer.port), get(*[mib.SYS_UP_TIME] * 1_000))
        assert answer.status is Status.TOO_BIG
        assert not peer.asked


async def test_an_answer_that_comes_while_its_next_try_waits_is_asked_once_more_only_by_the_dialogue():
    async with client() as asker, scripted(delay_s=0.12) as peer:
        agent = agent_at(peer.port, timeout_s=0.1, retries=3)

        def twice():
            yield dialogue.get([mib.SYS_UP_TIME])
            return (yield dialogue.get([SYS_NAME]))

        answer = await asker.talk(agent, twice())
        assert answer.varbinds[0][0] == SYS_NAME
        assert agent.talk is None
        assert not asker._open


async def test_columns_are_walked_together_in_few_requests_and_fewer_the_second_time():
    async with client() as asker, scripted() as peer:
        agent, shape = agent_at(peer.port, timeout_s=1.0), TableShape(V2C, 24)
        columns = [mib.IF_ADMIN_STATUS, mib.IF_OPER_STATUS]
        for most in (5, 3):
            asked = len(peer.asked)
            status, found = await asker.talk(agent, walk(shape, columns))
            assert status is Status.NO_ERROR
            assert [sorted(ber.index(row) for row in rows) for rows in found] == [list(range(1, 61))] * 2
            assert len(peer.asked) - asked <= most


async def test_names_are_looked_up_again_from_time_to_time_and_a_silent_renumbering_is_found():
    async with client() as asker, scripted([(1, "a"), (2, "b")]) as peer:
        del peer.objects[mib.IF_TABLE_LAST_CHANGE]  # an agent that does not tell
        reader = reader_of(asker, agent_at(peer.port, timeout_s=1.0), "a", "b", resolve_interval_s=0.0)
        await reader.read(["a", "b"])
        epoch = reader.reader.epoch
        assert {n: p.oper for n, p in (await reader.read(["a", "b"])).ports.items()} == {"a": "up", "b": "up"}
        assert reader.reader.epoch == epoch  # looked up, and nothing had moved
        peer.interface(1, "b", oper=2)
        peer.interface(2, "a", oper=1)
        assert {n: p.oper for n, p in (await reader.read(["a", "b"])).ports.items()} == {"a": "up", "b": "down"}
        assert reader.reader.epoch > epoch
