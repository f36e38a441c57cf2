"""SNMPv3 traps and informs from net-snmp and pysnmp: heard with the right keys, and with no others."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time

import pytest
from pysnmp.hlapi.v3arch.asyncio import (
    USM_AUTH_HMAC192_SHA256,
    USM_PRIV_CFB128_AES,
    ContextData,
    NotificationType,
    ObjectIdentity,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    send_notification,
)

from netwatch.clock import SystemClock
from netwatch.inventory.model import Device, Inventory, Monitor
from netwatch.polling.model import TrapObservation
from netwatch.polling.notifications import Limits, Notifications, Outcome, OwnEngine
from netwatch.polling.poller import Poller
from netwatch.polling.settings import PollingSettings, SnmpProfile, SnmpSettings
from netwatch.polling.snmp.traps import Hint
from netwatch.polling.snmp.usm.user import user

pytestmark = pytest.mark.usefixtures("loopback")
PORT = 16162
LINK_DOWN = ("", "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.1.4", "i", "4")
ENGINE = ("-e", "0x8000000001020304")
SECRETS = {"auth_password": b"auth-secret", "privacy_password": b"privacy-secret"}
USERS = [
    user("open", first_salt=1),
    user("md5", auth="md5", auth_password=b"auth-secret", first_salt=2),
    user("sha-aes", auth="sha", privacy="aes128", **SECRETS, first_salt=3),
    user("sha256-aes", auth="sha256", privacy="aes128", **SECRETS, first_salt=4),
    user("sha512-aes256", auth="sha512", privacy="aes256", **SECRETS, first_salt=5),
]
AUTH = ("-A", "auth-secret")
PRIVACY = ("-X", "privacy-secret")
LEVELS = [
    ("-u", "open", "-l", "noAuthNoPriv"),
    ("-u", "md5", "-l", "authNoPriv", "-a", "MD5", *AUTH),
    ("-u", "sha-aes", "-l", "authPriv", "-a", "SHA", *AUTH, "-x", "AES", *PRIVACY),
    ("-u", "sha256-aes", "-l", "authPriv", "-a", "SHA-256", *AUTH, "-x", "AES", *PRIVACY),
    ("-u", "sha512-aes256", "-l", "authPriv", "-a", "SHA-512", *AUTH, "-x", "AES-256", *PRIVACY),
]
STRONG = LEVELS[3]
WRONG = [
    (("-u", "nobody", "-l", "noAuthNoPriv"), Outcome.UNKNOWN_USER, "Unknown user name"),
    (("-u", "sha256-aes", "-l", "noAuthNoPriv"), Outcome.WRONG_LEVEL, "Unsupported security level"),
    ((*STRONG[:6], "-A", "other-secret", *STRONG[8:]), Outcome.WRONG_DIGEST, "Authentication failure"),
    ((*STRONG[:-1], "other-secret"), Outcome.UNDECIPHERABLE, "Decryption error"),
]


class Ears:
    """Notifications on the real clock, while another process speaks."""

    def __init__(self, engine=None):
        self.engine = engine or OwnEngine.begin(None, time.time())
        limits = Limits(10_000.0, 10_000.0)
        self.ears = Notifications("127.0.0.1", PORT, 1 << 20, 0.0, limits=limits, users=USERS, engine=self.engine)
        self.ears.apply({"127.0.0.1": "d1"})
        self.ears.open()

    @property
    def outcomes(self):
        return {outcome: count for outcome, count in self.ears.statistics.outcomes.items() if count}

    def tick(self):
        return self.ears.tick(time.time())

    def hear(self, *words):
        """Run a sender; what was heard, its exit code and what it says."""
        process = subprocess.Popen(words, env={**os.environ, "MIBS": ""}, stderr=subprocess.PIPE, text=True)
        heard = []
        while process.poll() is None:
            heard += self.tick()
            time.sleep(0.005)
        with process.stderr as said:
            return [*heard, *self.tick()], process.returncode, said.read()

    def trap(self, *words):
        return self.hear("snmptrap", "-v3", *words, f"127.0.0.1:{PORT}", *LINK_DOWN)[0]

    def inform(self, *words):
        return self.hear("snmpinform", "-v3", "-t1", "-r0", *words, f"127.0.0.1:{PORT}", *LINK_DOWN)


@pytest.fixture
def listening(loopback):  # noqa: ARG001 -- a fixture can't say usefixtures
    made = Ears()
    yield made
    made.ears.close()


HEARD = [("d1", Hint("linkDown", b"", 4, ()))]


@pytest.mark.parametrize("level", LEVELS, ids=[level[1] for level in LEVELS])
def test_net_snmps_traps_and_informs_of_every_level_are_heard(listening, level):
    assert listening.trap(*ENGINE, *level) == HEARD
    heard, code, said = listening.inform(*level)
    assert (heard, code, said) == (HEARD, 0, "")
    assert listening.ears.statistics.acknowledged == 1
    assert listening.outcomes == {Outcome.HEARD: 2, Outcome.UNKNOWN_ENGINE: 1}


@pytest.mark.parametrize(("words", "outcome", "said"), WRONG, ids=[outcome.value for _, outcome, _ in WRONG])
def test_what_is_not_its_users_is_counted_and_an_informs_sender_is_told_why(listening, words, outcome, said):
    assert listening.trap(*ENGINE, *words) == []
    assert listening.outcomes == {outcome: 1}
    heard, code, told = listening.inform(*words)
    assert (heard, code) == ([], 1)
    assert said in told
    assert listening.outcomes[outcome] == 2
    assert listening.ears.statistics.acknowledged == 0


async def test_pysnmps_traps_and_informs_are_heard(listening):
    who = UsmUserData(
        "sha256-aes", "auth-secret", "privacy-secret",
        authProtocol=USM_AUTH_HMAC192_SHA256, privProtocol=USM_PRIV_CFB128_AES,
    )  # fmt: skip
    where = await UdpTransportTarget.create(("127.0.0.1", PORT), timeout=1, retries=0)
    what = NotificationType(ObjectIdentity("1.3.6.1.6.3.1.1.5.3"))
    heard = []

    async def listen():
        while True:
            heard.extend(listening.tick())
            await asyncio.sleep(0.005)

    engine = SnmpEngine()
    listener = asyncio.create_task(listen())
    await send_notification(engine, who, where, ContextData(), "trap", what)
    fault, status, _, _ = await send_notification(engine, who, where, ContextData(), "inform", what)
    listener.cancel()
    engine.close_dispatcher()
    assert (fault, int(status)) == (None, 0)
    assert [found.hint.trap for found in heard] == ["linkDown", "linkDown"]
    assert listening.ears.statistics.acknowledged == 1


def recorded(*words):
    """The datagrams of a trap as they go over the wire."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        port = sock.getsockname()[1]
        subprocess.run(["snmptrap", "-v3", *words, f"127.0.0.1:{port}", *LINK_DOWN], check=True, capture_output=True)
        return sock.recv(4096)


def send(raw):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(raw, ("127.0.0.1", PORT))


def test_a_trap_that_was_recorded_before_a_restart_of_its_sender_is_not_heard_again(listening):
    """net-snmp's `-Z boots,time` is the sender's clock."""
    old = recorded(*ENGINE, *STRONG, "-Z", "3,1000")
    late = recorded(*ENGINE, *STRONG, "-Z", "4,100")
    new = recorded(*ENGINE, *STRONG, "-Z", "4,300")
    for raw, heard in ((old, 1), (late, 1), (new, 1), (old, 0), (late, 0), (new, 1)):
        send(raw)
        assert len(listening.ears.tick(50.0)) == heard
    assert listening.outcomes == {Outcome.HEARD: 4, Outcome.OUT_OF_TIME: 2}
    send(new)
    assert listening.ears.tick(201.0) == []


def test_a_changed_byte_anywhere_makes_a_trap_worthless(listening):
    raw = recorded(*ENGINE, *STRONG, "-Z", "3,1000")
    for place in range(len(raw)):
        send(raw[:place] + bytes((raw[place] ^ 0x55,)) + raw[place + 1 :])
        assert listening.ears.tick(50.0) == []
    assert listening.outcomes.keys() <= {
        Outcome.MALFORMED, Outcome.WRONG_DIGEST, Outcome.WRONG_LEVEL, Outcome.UNKNOWN_USER, Outcome.UNKNOWN_ENGINE,
    }  # fmt: skip
    assert sum(listening.outcomes.values()) == len(raw)
    send(raw)
    assert len(listening.ears.tick(50.0)) == 1


def test_after_a_restart_of_ours_an_old_inform_is_told_the_new_clock_and_not_heard(tmp_path, listening):
    listening.ears.close()
    path = tmp_path / "engine"
    first = Ears(OwnEngine.begin(path, time.time()))
    sent = []
    keep = first.ears._secured.open
    first.ears._secured.open = lambda data, now: sent.append(data) or keep(data, now)
    assert first.inform(*STRONG)[0] == HEARD
    first.ears.close()
    second = Ears(OwnEngine.begin(path, time.time()))
    assert (second.engine.engine_id, second.engine.boots) == (first.engine.engine_id, 2)
    send(sent[-1])
    assert second.tick() == []
    assert second.outcomes == {Outcome.OUT_OF_TIME: 1}
    assert second.inform(*STRONG)[:2] == (HEARD, 0)
    second.ears.close()


def test_a_stranger_gets_no_answer_to_an_inform(listening):
    listening.ears.apply({"127.0.0.99": "d1"})
    heard, code, said = listening.inform(*STRONG)
    assert (heard, code) == ([], 1)
    assert "Timeout" in said
    assert listening.ears.statistics.acknowledged == 0


async def test_the_poller_hears_the_users_of_its_profiles_and_keeps_its_engine(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("auth-secret\n")
    profile = SnmpProfile(version="3", user="md5", auth="md5", auth_password_file=secret)
    known = Inventory(devices={"d1": Device("d1", "d1", address="127.0.0.1")}, monitor=Monitor(("d1",), ()))
    settings = SnmpSettings({"default": SnmpProfile(), "for traps alone": profile}, trap_port=PORT)
    seen = []
    poller = Poller(known, PollingSettings(icmp="off"), settings, SystemClock(), seen.append, state=tmp_path / "engine")
    polling = asyncio.create_task(poller.run())
    for _ in range(2):  # the poller's first step, in which it begins to listen
        await asyncio.sleep(0)
    words = ("-v3", "-t2", "-r1", *LEVELS[1], f"127.0.0.1:{PORT}", *LINK_DOWN)
    sender = await asyncio.create_subprocess_exec("snmpinform", *words, env={**os.environ, "MIBS": ""})
    assert await sender.wait() == 0
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    assert [found.trap for found in seen if isinstance(found, TrapObservation)] == ["linkDown"]
    assert (tmp_path / "engine").read_text().split()[1] == "1"
