"""The campaign: questions, lies, truths and notifications in rounds of 20 ms of virtual time, over real sockets.

Safety: nothing raises, nothing out of its type's range is believed, nothing forged is believed, and of an agent that
authenticates nothing but the truth. Then it heals: without lies every agent is understood again.
"""

from __future__ import annotations

import random
import resource
import socket
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path

from netwatch.polling.notifications import Limits, Notifications
from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.client import Client
from netwatch.polling.snmp.codec import (
    FIRST_REQUEST_ID,
    GET,
    GET_BULK,
    GET_NEXT,
    INFORM,
    LAST_REQUEST_ID,
    RESPONSE,
    TRAP_V2,
    V1,
    V2C,
    Message,
    Status,
    TrapV1,
    VarBind,
    encode,
    encode_trap,
)
from netwatch.polling.snmp.dialogue import Answer, Dialogue, get, get_bulk, get_next
from netwatch.polling.snmp.session import Community
from netwatch.polling.snmp.usm import message as wire
from netwatch.polling.snmp.usm.reports import NOT_IN_TIME_WINDOWS, UNKNOWN_ENGINE_IDS, UNKNOWN_USER_NAMES
from netwatch.polling.snmp.usm.user import UsmUser, user
from tests.lab.polling.fuzz.mutations import bend, smear
from tests.lab.polling.fuzz.peers import FORGED, Peer, element_pdu, seal, truth
from tests.lab.polling.fuzz.tree import parse

TICK_S = 0.02
PEERS = 48
LIES_MOST = 5
TRAPS_A_ROUND = 60
HEAL_ROUNDS = 30  # 0.6 s: a question that a lie made wait is given up after 0.3
NAMES = tuple(
    ber.oid(written)
    for written in ("1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.2.2.1.8.1", "1.3.6.1.2.1.2.2.1.8.300",
                    "1.3.6.1.2.1.31.1.1.1.1.4000000000", "1.3.6.1.2.1.31.1.1.1.6.2", "1.3.6.1.2.1.33.1.2.1.0",
                    "1.3.6.1.4.1.2636.3.1.13.1.5.9.1.0.0", "1.3.6.1.6.3.10.2.1.3.0")
)  # fmt: skip
RANGES = {
    ber.INTEGER: (-(2**31), 2**31), ber.COUNTER32: (0, 2**32), ber.GAUGE32: (0, 2**32), ber.TIME_TICKS: (0, 2**32),
    ber.COUNTER64: (0, 2**64),
}  # fmt: skip
STRINGS = frozenset({ber.OCTET_STRING, ber.OPAQUE})
FORGERIES = (
    "wrong source",
    "wrong port",
    "wrong number",
    "wrong number within",
    "told again",
    "wrong kind",
    "wrong access",
)
EMPTY = frozenset({ber.NULL, ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW})


class Steps:
    """A clock that its owner moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        return self.at


def in_range(name: bytes, tag: int, value: object) -> bool:
    """Whether a binding is one that its type allows."""
    if max(ber.sub_identifiers(name)) >= 2**32 or len(ber.sub_identifiers(name)) > 128:
        return False
    if tag in RANGES:
        low, high = RANGES[tag]
        return isinstance(value, int) and low <= value < high
    if tag == ber.OBJECT_IDENTIFIER:
        return isinstance(value, bytes) and max(ber.sub_identifiers(value)) < 2**32
    if tag == ber.IP_ADDRESS:
        return isinstance(value, bytes) and len(value) == 4
    return (tag in STRINGS and isinstance(value, bytes)) or (tag in EMPTY and value is None)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


@dataclass
class Report:
    """What a campaign saw. `violations` are sentences; none means that all held."""

    seed: int
    packets: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    heard: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    drops: int = 0
    memory_bytes: list[int] = field(default_factory=list)


def users(rng: random.Random) -> list[UsmUser]:
    made = []
    for name, auth, privacy in (("open", "none", "none"), ("sha", "sha", "none"), ("sha256-aes", "sha256", "aes128"),
                                ("sha512-aes256", "sha512", "aes256")):  # fmt: skip
        made.append(user(
            name, auth=auth, auth_password=b"auth-secret", privacy=privacy, privacy_password=b"privacy-secret",
            first_salt=rng.getrandbits(63)))  # fmt: skip
    return made


class Campaign:
    """One seed, one client with many agents, one ear; closed at the end whatever happens."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.report = Report(seed)
        self.clock = Steps()
        self.recent: deque[str] = deque(maxlen=40)
        known = users(self.rng)
        self.strange = user("sha", auth="sha", auth_password=b"another-secret", first_salt=1)
        sessions = [Community(V1, b"public"), Community(V2C, b"public"), Community(V2C, b"s3cret"), *known]
        self.client = Client(self.clock, 1e9, 8 << 20, self.rng)
        self.peers = [
            Peer(f"d{place}", f"127.0.2.{place + 1}", sessions[place % len(sessions)]) for place in range(PEERS)
        ]
        self.stray = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.stray.bind(("127.0.2.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.listener = probe.getsockname()
        self.ears = Notifications(*self.listener, 8 << 20, 0.0, limits=Limits(1e9, 1e9), users=known)
        self.ears.apply({"127.0.2.1": "d0"})
        self.ears.open()
        self.lying = True
        self.understood: Counter[str] = Counter()
        self.sessions = sessions

    def close(self) -> None:
        self.client.close()
        self.ears.close()
        for peer in self.peers:
            peer.close()
        self.stray.close()

    def run(self, packets: int) -> Report:
        """Lie so often, then heal. An exception passes through, with the seed and the last packets printed."""
        ended = False
        try:
            for peer in self.peers:
                self._converse(peer)
            shares = [packets * share // 10 for share in range(2, 11)]
            while self.report.packets < packets:
                self._round(packets - self.report.packets)
                if shares and self.report.packets >= shares[0]:
                    shares.pop(0)
                    self.report.memory_bytes.append(resident_bytes())
            self._heal()
            ended = True
        finally:
            if not ended:
                print(f"seed {self.report.seed}, after {self.report.packets} packets; the last ones:")
                print("\n".join(self.recent))
            self.report.drops = self.client.statistics().socket_drops + self.ears.statistics.socket_drops
            self.report.outcomes = Counter(self.ears.statistics.by_outcome())
            self.close()
        return self.report

    @property
    def asker(self) -> tuple[str, int]:
        """Where the client waits for answers."""
        return "127.0.0.1", self.client._doors[socket.AF_INET].sock.getsockname()[1]

    # -- questions

    def _converse(self, peer: Peer) -> None:
        begun = self.client.converse(peer.agent, self._ask(peer), lambda _: self._converse(peer))
        assert begun

    def _ask(self, peer: Peer) -> Dialogue[None]:
        old = isinstance(peer.session, Community) and peer.session.version == V1
        for _ in range(self.rng.randint(1, 6)):
            names = self.rng.sample(NAMES, self.rng.randint(1, 5))
            kind = self.rng.choice((GET, GET_NEXT) if old else (GET, GET_NEXT, GET_BULK))
            repetitions = self.rng.randint(1, 6)
            question = {GET: get, GET_NEXT: get_next}[kind](names) if kind != GET_BULK else get_bulk(
                names, non_repeaters=0, max_repetitions=repetitions)  # fmt: skip
            answer = yield question
            self._judge(peer, answer, truth(kind, names, repetitions, old=old))

    def _judge(self, peer: Peer, answer: Answer, true: list[tuple[bytes, int, object]]) -> None:
        report = self.report
        peer.past = peer.number
        report.answers[answer.status.name] += 1
        if answer.status is Status.NO_ERROR:
            self.understood[peer.agent.device] += 1
        for name, tag, value in answer.varbinds:
            if not in_range(name, tag, value):
                report.violations.append(f"out of range: {name.hex()} {tag:#x} {value!r}")
            if isinstance(value, bytes) and value.startswith(FORGED):
                report.violations.append(f"{peer.agent.device} believed {value.decode()}")
        if peer.authentic and answer.status is Status.NO_ERROR and not peer.resealed and answer.varbinds != true:
            report.violations.append(f"{peer.agent.device}, authentic: {answer.varbinds} is not {true}")

    # -- lies

    def _round(self, room: int) -> None:
        self.clock.at += TICK_S
        self.client.tick(self.clock.at)
        sent_before = self.report.packets
        for peer in self.peers:
            request = b""
            while True:
                try:
                    request = peer.sock.recv(65_535)
                except BlockingIOError:
                    break
            if request and self.report.packets - sent_before < room:
                self._lie(peer, request)
        self.client.tick(self.clock.at)
        self._notify(min(TRAPS_A_ROUND, max(0, room - (self.report.packets - sent_before))))

    def _lie(self, peer: Peer, request: bytes) -> None:
        rng = self.rng
        true = peer.answer(request)
        for _ in range(rng.randint(1, LIES_MOST)):
            kind, raw, sock = self._lying(peer, true)
            if raw == true and sock is peer.sock:
                continue  # it became the truth again
            self._send(kind, raw, sock)
        if rng.random() < 0.6:
            peer.sock.sendto(true, self.asker)

    def _lying(self, peer: Peer, true: bytes) -> tuple[str, bytes, socket.socket]:
        rng, choice = self.rng, self.rng.random()
        if choice < 0.65:
            return "bent", self._bent(true), peer.sock
        if choice < 0.75 and isinstance(peer.session, UsmUser) and peer.said:
            peer.resealed = True
            return "bent within its seal", peer.reseal(peer.number, self._bent(peer.scoped())[:8000]), peer.sock
        if choice < 0.8 and isinstance(peer.session, UsmUser):
            name = rng.choice((NOT_IN_TIME_WINDOWS, UNKNOWN_ENGINE_IDS, UNKNOWN_USER_NAMES, NAMES[0]))
            return "report", peer.report(name, rng.choice((0, peer.session.level))), peer.sock
        return self._forged(peer)

    def _bent(self, raw: bytes) -> bytes:
        return bend(self.rng, parse(raw)) if self.rng.random() < 0.7 else smear(self.rng, raw)

    def _forged(self, peer: Peer) -> tuple[str, bytes, socket.socket]:
        """A good answer in all but one thing, which must be enough."""
        kind = self.rng.choice(FORGERIES)
        mark = [(NAMES[0], ber.OCTET_STRING, f"{FORGED.decode()}: {kind}".encode())]
        if kind == "wrong source":
            other = self.rng.choice([one for one in self.peers if one is not peer])
            return kind, peer.write(peer.number, mark), other.sock
        if kind == "wrong port":
            return kind, peer.write(peer.number, mark), peer.other_sock
        return kind, self._forged_content(peer, kind, mark), peer.sock

    def _forged_content(self, peer: Peer, kind: str, mark: list[VarBind]) -> bytes:
        rng, number, session = self.rng, peer.number, peer.session
        others = {
            "wrong number": rng.choice((number ^ 1, rng.randint(FIRST_REQUEST_ID, LAST_REQUEST_ID), 0)),
            "told again": peer.past,
        }
        if kind in others:
            return peer.write(others[kind], mark)
        if kind == "wrong kind":
            return peer.write(number, mark, rng.choice((GET, TRAP_V2, INFORM, 0xA3)))
        if isinstance(session, Community):
            version, community = rng.choice(((V2C, b"other"), (V1 + V2C - session.version, session.community)))
            return encode(Message(version, community, RESPONSE, number, 0, 0, mark))
        if kind == "wrong number within":
            return peer.write(number, mark, inner=number ^ 1)
        scoped = wire.encode_scoped(peer.engine_id, b"", element_pdu(RESPONSE, number, mark))
        with_keys = seal(self.strange, peer.engine_id, peer.time_s + 1, number, scoped)
        return with_keys if session.auth else encode(Message(V2C, b"public", RESPONSE, number, 0, 0, mark))

    # -- notifications

    def _notification(self, session: Community | UsmUser) -> bytes:
        varbinds = [
            (mib.SYS_UP_TIME, ber.TIME_TICKS, 5),
            (ber.oid("1.3.6.1.6.3.1.1.4.1.0"), ber.OBJECT_IDENTIFIER, ber.oid("1.3.6.1.6.3.1.1.5.3")),
            (ber.oid("1.3.6.1.2.1.2.2.1.1.3"), ber.INTEGER, 3),
            (ber.oid("1.3.6.1.2.1.31.1.1.1.1.3"), ber.OCTET_STRING, b"ge-0/0/3"),
        ]
        if isinstance(session, UsmUser):
            self.scoped = wire.encode_scoped(b"\x80\0\0\0\5trap", b"", element_pdu(TRAP_V2, 77, varbinds))
            return seal(session, b"\x80\0\0\0\5trap", int(self.clock.at), 99, self.scoped)
        if session.version == V1:
            return encode_trap(TrapV1(b"public", ber.oid("1.3.6.1.4.1.9"), b"\x0a\0\0\1", 2, 0, 1, varbinds[2:]))
        kind = INFORM if session.community == b"s3cret" else TRAP_V2
        return encode(Message(V2C, session.community, kind, 77, 0, 0, varbinds))

    def _notify(self, count: int) -> None:
        rng = self.rng
        secured = rng.choice(self.sessions)
        word = self._notification(secured)
        within = isinstance(secured, UsmUser) and rng.random() < 0.3
        for _ in range(count):
            if within and isinstance(secured, UsmUser):
                raw = seal(secured, b"\x80\0\0\0\5trap", int(self.clock.at), 99, self._bent(self.scoped)[:7000])
            else:
                raw = self._bent(word)
            if raw != word:
                self._send("notification", raw[:8000], self.stray, self.listener)
        authentic = isinstance(secured, UsmUser) and secured.auth is not None and not within
        while self._hear(authentic=authentic):
            pass
        self.stray.sendto(word, self.listener)
        heard = self.report.heard
        self._hear(authentic=False)
        if self.report.heard != heard + 1:
            self.report.violations.append("a true notification was not heard")

    def _hear(self, *, authentic: bool) -> int:
        before = self.ears.statistics.received
        heard = self.ears.tick(self.clock.at)
        self.report.heard += len(heard)
        for device, hint in heard:
            index = hint.index
            fits = index is None or 0 < index < 2**31
            if (
                device != "d0"
                or not 0 < len(hint.trap) <= 255
                or not fits
                or any(len(name) > 255 for name in hint.names)
            ):
                self.report.violations.append(f"no such notification: {device} {hint}")
            if authentic:
                self.report.violations.append(f"heard, but bent: {hint}: {self.recent[-1]}")
        return self.ears.statistics.received - before

    def _send(self, kind: str, raw: bytes, sock: socket.socket, where: tuple[str, int] | None = None) -> None:
        self.recent.append(f"{kind}: {raw[:400].hex()}")
        sock.sendto(raw, where or self.asker)
        self.report.packets += 1
        self.report.by_kind[kind] += 1

    def _heal(self) -> None:
        """Only truths from now on: each agent has to be understood again soon."""
        self.understood.clear()
        for _ in range(HEAL_ROUNDS):
            self.clock.at += TICK_S
            self.client.tick(self.clock.at)
            for peer in self.peers:
                while True:
                    try:
                        request = peer.sock.recv(65_535)
                    except BlockingIOError:
                        break
                    peer.sock.sendto(peer.answer(request), self.asker)
            self.client.tick(self.clock.at)
        deaf = [peer.agent.device for peer in self.peers if self.understood[peer.agent.device] < HEAL_ROUNDS // 2]
        if deaf:
            self.report.violations.append(f"not understood again: {deaf}")
