"""Traps and informs: heard, counted, turned into hints, and never more than that."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import pytest

from netwatch.errors import OperatingError
from netwatch.polling.notifications import Limits, Notifications, Outcome
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


BURST = """
import socket, sys
raws = [bytes.fromhex(line) for line in sys.stdin]
for number in range(1, 101):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((f"127.0.0.{number}", 0))
        for raw in raws:
            sock.sendto(raw, ("127.0.0.1", 16162))
"""


def burst():
    """20,000 traps from 100 devices, as fast as another process can send them."""
    raws = "\n".join(link_down(index).hex() for index in range(1, 201))
    return subprocess.run([sys.executable, "-c", BURST], input=raws, text=True, check=True)


def loud(buffer_bytes=16 << 20, **limits):
    made = Notifications("", PORT, buffer_bytes, spacing_s=5.0, limits=Limits(**limits) if limits else None)
    made.apply({f"127.0.0.{number}": f"d{number}" for number in range(1, 101)})
    made.open()
    return made


def test_a_burst_of_20000_while_nobody_reads_is_heard_whole_in_bounded_portions(loopback):  # noqa: ARG001
    ears = loud(source_per_s=1000.0, per_s=5000.0)
    burst()
    heard, now = [], 10.0
    while True:
        found = ears.tick(now)
        now += 0.02
        heard += found
        assert len(found) <= 512
        if not found:
            break
    ears.close()
    assert len(heard) == len(set(heard)) == 20_000
    assert now <= 11.0
    assert ears.statistics.socket_drops == 0


def test_a_burst_beyond_the_limits_is_counted_whole_by_its_reasons(loopback):  # noqa: ARG001
    ears = loud()
    burst()
    for step in range(60):
        ears.tick(10.0 + step * 0.02)
    ears.close()
    statistics = ears.statistics
    assert statistics.received == 20_000
    assert statistics.socket_drops == 0
    assert statistics.outcomes[Outcome.OVER_LIMIT] == 0  # all of it is within 5,000 a second and four seconds' worth
    assert statistics.outcomes[Outcome.HEARD] == 20_000  # each device 200 at once, and not one more


def test_a_burst_beyond_the_buffer_is_counted_whole_too(loopback):  # noqa: ARG001
    ears = loud(1 << 20)
    burst()
    for step in range(60):
        ears.tick(10.0 + step * 0.02)
    ears.close()
    assert ears.statistics.socket_drops > 10_000
    assert ears.statistics.received + ears.statistics.socket_drops == 20_000


def test_one_source_that_floods_is_cut_short_and_the_others_are_heard(ears):
    for index in range(1, 401):
        send(link_down(index))
    send(link_down(), source="127.0.0.8")
    heard = ears.tick(10.0)
    assert [found.device for found in heard].count("d7") == 200
    assert [found.device for found in heard].count("d8") == 1
    assert ears.statistics.outcomes[Outcome.OVER_SOURCE_LIMIT] == 200
    for index in range(401, 501):
        send(link_down(index))
    assert len(ears.tick(11.0)) == 50


def test_strangers_never_take_the_voice_of_the_devices(loopback):  # noqa: ARG001
    ears = loud(source_per_s=50.0, per_s=100.0)
    for number in range(400):
        send(link_down(number), source=f"127.1.{number // 200}.{number % 200 + 1}")
    for number in range(1, 101):
        send(link_down(number), source=f"127.0.0.{number}")
    heard = ears.tick(10.0)
    ears.close()
    assert {found.device for found in heard} == {f"d{number}" for number in range(1, 101)}
    assert ears.statistics.outcomes[Outcome.OVER_LIMIT] == 300


def test_a_capped_buffer_is_told_with_the_number_of_notifications_that_it_holds(loopback, monkeypatch, caplog):  # noqa: ARG001
    monkeypatch.setattr("netwatch.polling.batch._SO_RCVBUFFORCE", socket.SO_RCVBUF)
    ears = loud(1 << 30)
    ears.close()
    assert ears.statistics.buffer_capped
    assert "net.core.rmem_max" in caplog.text


def test_ipv4_and_ipv6_are_heard_on_the_same_port(ears):
    ears.apply({"127.0.0.7": "four", "::1": "six"})
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.sendto(link_down(), ("::1", PORT))
    send(link_down())
    assert [found.device for found in ears.tick(10.0)] == ["four", "six"]


def test_a_port_that_is_taken_is_told_with_its_mend(ears):
    assert ears
    with pytest.raises(OperatingError, match=f"UDP port {PORT}"):
        Notifications("", PORT, 1 << 20, 5.0).open()
