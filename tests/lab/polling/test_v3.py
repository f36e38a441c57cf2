"""SNMPv3 against net-snmp's agent: every protocol it offers, restarts, and users that it does not serve."""

from __future__ import annotations

import itertools
import os
import random
import socket
import subprocess
from contextlib import ExitStack

import pytest

from netwatch.clock import SystemClock
from netwatch.polling.snmp import ber, codec
from netwatch.polling.snmp.usm import MOST_AGAIN, Kind, UsmSession
from netwatch.polling.snmp.usm.message import decode, message_id
from netwatch.polling.snmp.usm.user import user
from tests.lab.polling.conftest import SnmpAgent

pytestmark = pytest.mark.lab
SYS_NAME = ber.oid("1.3.6.1.2.1.1.5.0")
THEIR_AUTH = {
    "none": "", "md5": "MD5", "sha": "SHA", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384",
    "sha512": "SHA-512",
}  # fmt: skip
THEIR_PRIVACY = {
    "none": "", "aes128": "AES", "aes192": "AES-192", "aes256": "AES-256", "aes192c": "AES-192-C",
    "aes256c": "AES-256-C",
}  # fmt: skip
USERS = [(auth, privacy) for auth in THEIR_AUTH for privacy in THEIR_PRIVACY if auth != "none" or privacy == "none"]
SALTS = random.Random(3)


def name_of(auth, privacy):
    return f"{auth}-{privacy}"


def known_user(*pair, **changed):
    """The user as the agent knows it, save what is `changed`."""
    auth, privacy = pair
    passwords = {"auth_password": f"auth of {auth}".encode(), "privacy_password": f"key of {privacy}".encode()}
    wanted = {"auth": auth, "privacy": privacy, "first_salt": SALTS.getrandbits(64), **passwords, **changed}
    return user(wanted.pop("name", name_of(auth, privacy)), **wanted)


class V3Agent(SnmpAgent):
    """A real agent with one user for each pair of protocols; what it must remember is in a folder of its own."""

    def start(self):
        memory = self.folder / "memory"
        persistent = memory / "snmpd.conf"
        if not persistent.exists():
            memory.mkdir(parents=True, exist_ok=True)
            persistent.write_text("".join(f"createUser {self.line(*pair)}\n" for pair in USERS))
        level = {(True, True): "noauth", (False, True): "auth", (False, False): "priv"}
        rights = [f"rouser {name_of(*pair)} {level[tuple(one == 'none' for one in pair)]}" for pair in USERS]
        config = self.folder / "snmpd.conf"
        config.write_text("\n".join([f"agentaddress udp:127.0.0.1:{self.port}", "sysname core-1", *rights, ""]))
        self.process = subprocess.Popen(
            ["/usr/sbin/snmpd", "-f", "-Lf", self.folder / "log", "-C", "-c", f"{config},{persistent}", "-p",
             self.folder / "pid"],
            env={**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(memory)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def forget(self):
        """Everything that it remembered: users, engine id, count of restarts."""
        (self.folder / "memory" / "snmpd.conf").unlink()

    def line(self, auth, privacy):
        words = [name_of(auth, privacy)]
        words += [THEIR_AUTH[auth], f'"auth of {auth}"'] if auth != "none" else []
        words += [THEIR_PRIVACY[privacy], f'"key of {privacy}"'] if privacy != "none" else []
        return " ".join(words)


class Asker:
    """Asks for sysName as the client does, but waits."""

    def __init__(self, session, port):
        self.session = session
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = port
        self.numbers = itertools.count(codec.FIRST_REQUEST_ID)
        self.late_s = 0.0
        self.engines = []

    def once(self, timeout_s=2.0):
        """What came of one packet; None without an answer in time."""
        self.sock.settimeout(timeout_s)
        number = next(self.numbers)
        now = SystemClock().now() + self.late_s
        question = ber.element(
            codec.GET,
            ber.encode_integer(number)
            + ber.encode_integer(0) * 2
            + codec.encode_varbinds([(SYS_NAME, ber.NULL, None)]),
        )
        try:
            self.sock.sendto(self.session.packet(question, number, now), ("127.0.0.1", self.port))
            data = self.sock.recv(65_535)
            while message_id(data) != number:  # late, to an earlier one
                data = self.sock.recv(65_535)
        except TimeoutError:
            return None
        self.engines.append(decode(data).engine_id)
        return self.session.open(data, now)

    def ask(self):
        """The kinds of what came until it was no more AGAIN, and the last one."""
        kinds = []
        opened = None
        while len(kinds) <= MOST_AGAIN and (not kinds or kinds[-1] is Kind.AGAIN):
            opened = self.once()
            kinds.append(opened.kind if opened else None)
        return kinds, opened

    def name(self):
        """The agent's name, asked for until it is up."""
        for _ in range(100):
            opened = self.once(timeout_s=0.1)
            if opened and opened.kind is Kind.ANSWER:
                assert opened.pdu.endswith(b"\x04\x06core-1")
                return "core-1"
        raise AssertionError(opened)


@pytest.fixture
def agent(loopback, tmp_path):  # noqa: ARG001 -- a fixture can't say usefixtures
    made = V3Agent(tmp_path / "snmpd", port=16_162)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def asker(agent):
    with ExitStack() as stack:

        def asks(*pair, **changed):
            made = Asker(UsmSession(known_user(*pair, **changed)), agent.port)
            stack.enter_context(made.sock)
            return made

        assert asks("none", "none").name()  # it is up
        yield asks


def test_every_protocol_of_a_real_agent_is_spoken(asker):
    for auth, privacy in USERS:
        one = asker(auth, privacy)
        learned = [Kind.AGAIN] * (1 if auth == "none" else 2)
        kinds, opened = one.ask()
        assert kinds == [*learned, Kind.ANSWER], (auth, privacy)
        assert opened.pdu.endswith(b"\x04\x06core-1")
        assert one.ask()[0] == one.ask()[0] == [Kind.ANSWER]


def test_a_restart_is_followed_by_one_more_question_and_the_old_answers_are_worth_nothing(agent, asker):
    one = asker("sha256", "aes128")
    assert one.name()
    boots = one.session._boots
    agent.stop()
    assert one.once(timeout_s=0.1) is None
    agent.start()
    assert asker("none", "none").name()
    assert one.ask()[0] == [Kind.AGAIN, Kind.ANSWER]
    assert one.session._boots == boots + 1
    assert len(set(one.engines)) == 1


def test_an_agent_with_another_engine_id_is_discovered_anew(agent, asker):
    for pair in (("sha256", "aes128"), ("none", "none")):
        one = asker(*pair)
        assert one.name()
        agent.stop()
        agent.forget()
        agent.start()
        assert asker("none", "none").name()
        kinds, _ = one.ask()
        assert kinds == [Kind.AGAIN] * (1 if pair[0] == "none" else 2) + [Kind.ANSWER]
        assert len(set(one.engines)) == 2


def test_when_our_clock_and_the_agents_part_they_are_brought_together(asker):
    one = asker("sha256", "aes128")
    assert one.name()
    one.late_s = 1_000.0
    assert one.ask()[0] == [Kind.AGAIN, Kind.AGAIN, Kind.ANSWER]
    assert one.ask()[0] == [Kind.ANSWER]


@pytest.mark.parametrize(
    ("pair", "changed", "told"),
    [
        (("sha256", "aes128"), {"name": "nobody"}, "does not know the user"),
        (("none", "none"), {"name": "nobody"}, "does not know the user"),
        (("sha256", "aes128"), {"auth_password": b"a wrong one"}, "does not accept the authentication"),
        (("sha256", "none"), {"auth_password": b"a wrong one"}, "does not accept the authentication"),
        (("sha256", "none"), {"auth": "sha"}, "does not accept the authentication"),
        (("sha256", "none"), {"privacy": "aes128"}, "does not offer this user the protocols"),
    ],
)
def test_a_user_that_the_agent_does_not_serve_gets_a_reason(asker, pair, changed, told):
    one = asker(*pair, **changed)
    kinds, opened = one.ask()
    assert kinds[-1] is Kind.REFUSED
    assert told in opened.reason


@pytest.mark.parametrize(
    ("pair", "changed"),
    [
        (("sha256", "aes128"), {"privacy_password": b"a wrong one"}),
        (("sha", "aes256"), {"privacy": "aes256c"}),
        (("sha256", "aes128"), {"context": "elsewhere"}),
    ],
)
def test_a_user_to_whom_net_snmp_says_nothing_is_told_what_to_compare(asker, pair, changed):
    one = asker(*pair, **changed)
    assert "at all" in one.session.silence
    kinds = [one.once(timeout_s=0.3) for _ in range(3)]
    assert [opened and opened.kind for opened in kinds] == [Kind.AGAIN, Kind.AGAIN, None]
    assert "privacy" in one.session.silence
    right = asker(*pair)
    assert right.name()
    assert not right.session.silence
