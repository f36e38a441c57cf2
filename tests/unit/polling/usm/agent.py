"""An SNMPv3 agent of the tests' own: it writes any message, right or wrong, and reads ours by the plain codec."""

from __future__ import annotations

import hmac

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.codec import FIRST_REQUEST_ID, GET, REPORT, RESPONSE, encode_varbinds
from netwatch.polling.snmp.usm import UsmSession
from netwatch.polling.snmp.usm.keys import localised
from netwatch.polling.snmp.usm.message import AUTHENTIC, ENCRYPTED, Message, decode, encode, encode_scoped
from netwatch.polling.snmp.usm.reports import UNKNOWN_ENGINE_IDS
from netwatch.polling.snmp.usm.user import user

ENGINE = bytes.fromhex("80001f8880e9630000d61ff449")
OTHER_ENGINE = bytes.fromhex("8000000903001c0e5f2a80")
NUMBER = FIRST_REQUEST_ID + 7
NOW = 1_000.0
NAME = ber.oid("1.3.6.1.2.1.1.5.0")
VALUE = (NAME, ber.OCTET_STRING, b"core-1")
PROTOCOLS = {"noAuthNoPriv": ("none", "none"), "authNoPriv": ("sha256", "none"), "authPriv": ("sha256", "aes128")}


def someone(auth="sha256", privacy="aes128", **changed):
    wanted = {"auth_password": b"maplesyrup", "privacy_password": b"syrup of maple", "first_salt": 5, **changed}
    return user(wanted.pop("name", "netwatch"), auth=auth, privacy=privacy, **wanted)


def plain(tag, number, varbinds, status=0):
    return ber.element(
        tag, ber.encode_integer(number) + ber.encode_integer(status) + ber.encode_integer(0) + encode_varbinds(varbinds)
    )


QUESTION = plain(GET, NUMBER, [(NAME, ber.NULL, None)])
ANSWER = plain(RESPONSE, NUMBER, [VALUE])
SCOPED = encode_scoped(ENGINE, b"", ANSWER)


def report_pdu(name):
    return plain(REPORT, NUMBER, [(name, ber.COUNTER32, 1)])


class Agent:
    """`who` is the user as the agent knows it."""

    def __init__(self, who, engine_id=ENGINE, boots=3, time_s=5_000):
        self.who = who
        self.engine_id = engine_id
        self.boots = boots
        self.time_s = time_s
        self.salts = 0

    def says(self, pdu, **lies):
        """A message with `pdu`, at the user's level, save what `lies` say."""
        who, engine_id = self.who, lies.get("engine_id", self.engine_id)
        level = lies.get("level", who.level)
        boots, time_s = lies.get("boots", self.boots), lies.get("time_s", self.time_s)
        data = encode_scoped(lies.get("scope", engine_id), lies.get("context", who.context), pdu)
        data += lies.get("padding", b"")
        salt = b""
        if level & ENCRYPTED:
            self.salts += 1
            salt = self.salts.to_bytes(8)
            vector = int.from_bytes(boots.to_bytes(4) + time_s.to_bytes(4) + salt)
            data = ber.element(ber.OCTET_STRING, who.cipher(engine_id).encrypt(data, vector))
            salt = lies.get("salt", salt)
        message = {
            "message_id": lies.get("number", NUMBER),
            "flags": level,
            "engine_id": engine_id,
            "boots": boots,
            "time_s": time_s,
            "user": lies.get("name", who.name),
            "salt": salt,
            "data": data,
        }
        return self.signed(message, lies) if level & AUTHENTIC else encode(Message(mac=b"", **message))

    def signed(self, message, lies):
        auth = self.who.auth
        size = lies.get("mac_bytes", auth.mac_bytes)
        key = lies.get("key", localised(auth, self.who.auth_key, message["engine_id"]))
        mac = hmac.digest(key, encode(Message(mac=bytes(size), **message)), auth.hash_name)
        return encode(Message(mac=lies.get("mac", mac[:size]), **message))

    def discovered(self):
        """Its answer to a discovery."""
        return self.says(report_pdu(UNKNOWN_ENGINE_IDS), level=0, name=b"")

    def reads(self, packet):
        """What it finds in a datagram of ours: the message, whether its MAC is right, and the plain scoped PDU."""
        message = decode(packet)
        data = message.data
        authentic = True
        if message.flags & AUTHENTIC:
            auth = self.who.auth
            key = localised(auth, self.who.auth_key, self.engine_id)
            fields = {name: getattr(message, name) for name in Message.__slots__}
            unsigned = packet.replace(message.mac, bytes(auth.mac_bytes))
            assert len(fields["mac"]) == auth.mac_bytes
            authentic = hmac.digest(key, unsigned, auth.hash_name)[: auth.mac_bytes] == message.mac
        if message.flags & ENCRYPTED:
            vector = message.boots.to_bytes(4) + message.time_s.to_bytes(4) + message.salt
            start, _ = ber.content(data, 0, len(data), ber.OCTET_STRING)
            data = self.who.cipher(self.engine_id).decrypt(data[start:], vector)
        return message, authentic, data


def known(agent):
    """A session that knows the agent's engine and clock."""
    session = UsmSession(agent.who)
    session.open(agent.discovered(), NOW)
    if agent.who.level:
        session.open(agent.says(ANSWER), NOW)
    assert session.ready
    return session


def written(*, time_=b"\x02\x01\x09", user=b"\x04\x00", after=b"", behind=b"", long=False):
    """A message without security whose parts are written by hand."""

    def element(tag, body):
        return bytes((tag, 0x82)) + len(body).to_bytes(2) + body if long else ber.element(tag, body)

    header = ber.encode_integer(NUMBER) + ber.encode_integer(1500) + b"\x04\x01\x00" + ber.encode_integer(3)
    security = ber.element(4, ENGINE) + ber.encode_integer(3) + time_ + user + b"\x04\x00\x04\x00" + after
    parameters = element(4, element(0x30, security) + behind)
    return element(0x30, ber.encode_integer(3) + element(0x30, header) + parameters + SCOPED)
