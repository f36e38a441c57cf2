"""Traps and informs: heard, counted, turned into hints, and never more than that."""

from __future__ import annotations

import os
import socket
import subprocess
import time

import pytest

from netwatch.errors import OperatingError
from netwatch.polling.notifications import Notifications
from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.codec import INFORM, RESPONSE, TRAP_V2, V2C, Message, TrapV1, decode, encode, encode_trap
from netwatch.polling.snmp.traps import Hint

pytestmark = pytest.mark.usefixtures("loopback")
PORT = 16162
TRAP_OID = ber.oid("1.3.6.1.6.3.1.1.4.1.0")


@pytest.fixture
def ears(loopback):  # noqa: ARG001 -- a fixture can't say usefixtures
    made = Notifications("", PORT, 4 << 20, spacing_s=5.0)
    made.apply({f"127.0.0.{number}": f"d{number}" for number in range(1, 100)})
    made.open()
    yield made
    made.close()


def snmptrap(*words):
    environment = {**os.environ, "MIBS": ""}
    subprocess.run(["snmptrap", *words], env=environment, check=True, capture_output=True)


def link_down(index=3, trap="1.3.6.1.6.3.1.1.5.3", pdu=TRAP_V2, extra=()):
    varbinds = [
        (mib.SYS_UP_TIME, ber.TIME_TICKS, 5),
        (TRAP_OID, ber.OBJECT_IDENTIFIER, ber.oid(trap)),
        (ber.instance(ber.oid("1.3.6.1.2.1.2.2.1.1"), index), ber.INTEGER, index),
        *extra,
    ]
    return encode(Message(V2C, b"public", pdu, 99, 0, 0, varbinds))


def send(raw, source="127.0.0.7"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.sendto(raw, ("127.0.0.1", PORT))


def test_net_snmps_traps_of_both_versions_are_understood(ears):
    snmptrap("-v2c", "-cpublic", f"127.0.0.1:{PORT}", "", "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.1.4", "i", "4",
             "1.3.6.1.2.1.31.1.1.1.1.4", "s", "ge-0/0/4")  # fmt: skip
    snmptrap(
        "-v1",
        "-cpublic",
        f"127.0.0.1:{PORT}",
        "1.3.6.1.4.1.9",
        "127.0.0.9",
        "3",
        "0",
        "1",
        "1.3.6.1.2.1.2.2.1.1.4",
        "i",
        "4",
    )
    heard = ears.tick(10.0)
    assert heard[0] == ("d1", Hint("linkDown", b"", 4, ("ge-0/0/4",)))
    assert (heard[1].device, heard[1].hint.trap, heard[1].hint.index) == ("d1", "linkUp", 4)


def test_a_real_inform_is_acknowledged(ears):
    words = ["snmpinform", "-v2c", "-cpublic", "-t1", "-r0", f"127.0.0.1:{PORT}", "", "1.3.6.1.2.1.33.2.1"]
    process = subprocess.Popen(
        words, env={**os.environ, "MIBS": ""}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    heard = []
    while process.poll() is None:
        heard += ears.tick(10.0)
        time.sleep(0.01)
    assert process.returncode == 0
    assert [(found.device, found.hint.trap) for found in heard] == [("d1", "upsTrapOnBattery")]
    assert ears.statistics.acknowledged == 1


def test_an_acknowledgement_repeats_the_inform(ears):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.7", 0))
        sock.settimeout(2)
        sock.sendto(link_down(pdu=INFORM), ("127.0.0.1", PORT))
        ears.tick(10.0)
        answer = decode(sock.recv(2000))
    assert (answer.pdu, answer.request_id, answer.varbinds) == (RESPONSE, 99, decode(link_down()).varbinds)


def test_a_relayed_trap_is_taken_for_its_agents(ears):
    ears.apply({"10.1.2.3": "far"})
    send(encode_trap(TrapV1(b"public", ber.oid("1.3.6.1.4.1.9"), b"\x0a\x01\x02\x03", 2, 0, 1, [])))
    send(link_down(extra=[(ber.oid("1.3.6.1.6.3.18.1.3.0"), ber.IP_ADDRESS, b"\x0a\x01\x02\x03")]))
    assert [found.device for found in ears.tick(10.0)] == ["far", "far"]


def test_a_stranger_is_counted_and_not_heard(ears):
    send(link_down(), source="127.0.1.1")
    assert ears.tick(10.0) == []
    assert ears.statistics.unknown == 1


def test_the_same_word_twice_is_one_and_its_opposite_is_another(ears):
    for trap in ("3", "3", "4", "3", "3"):
        send(link_down(trap=f"1.3.6.1.6.3.1.1.5.{trap}"))
    assert [found.hint.trap for found in ears.tick(10.0)] == ["linkDown", "linkUp", "linkDown"]
    assert ears.statistics.repeated == 2
    send(link_down())
    assert len(ears.tick(16.0)) == 1


def test_what_is_no_notification_is_counted_and_ignored(ears):
    for raw in (b"", b"0", os.urandom(100), encode(Message(V2C, b"public", RESPONSE, 1, 0, 0, [])), link_down()[:-1], link_down() * 2,
                encode(Message(V2C, b"public", TRAP_V2, 1, 0, 0, []))):  # fmt: skip
        send(raw)
    assert ears.tick(10.0) == []
    assert ears.statistics.malformed == 7


def test_a_burst_of_20000_is_counted_whole_and_holds_no_tick_for_long(ears):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.7", 0))
    raws = [link_down(index) for index in range(1, 201)]
    longest = 0.0
    for step in range(100):
        for raw in raws:
            sock.sendto(raw, ("127.0.0.1", PORT))
        before = time.thread_time()
        ears.tick(10.0 + step * 0.01)
        longest = max(longest, time.thread_time() - before)
    while ears.statistics.received < 20_000 and ears.tick(12.0):
        pass
    sock.close()
    assert ears.statistics.received == 20_000
    assert longest < 0.1


def test_a_port_that_is_taken_is_told_with_its_mend(ears):
    assert ears
    with pytest.raises(OperatingError, match=f"UDP port {PORT}"):
        Notifications("", PORT, 1 << 20, 5.0).open()
