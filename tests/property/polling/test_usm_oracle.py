"""Our SNMPv3 against pysnmp's whole engine as the agent: it reads what we write, and writes what we read."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import encoder
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.proto import api
from pysnmp.proto.rfc1902 import OctetString

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.codec import FIRST_REQUEST_ID, GET, LAST_REQUEST_ID, RESPONSE, encode_varbinds
from netwatch.polling.snmp.usm import Kind, UsmSession
from netwatch.polling.snmp.usm.keys import AUTH, PRIVACY
from netwatch.polling.snmp.usm.message import message_id
from netwatch.polling.snmp.usm.user import user

MODULE = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
THEIR_AUTH = {
    "none": config.USM_AUTH_NONE,
    "md5": config.USM_AUTH_HMAC96_MD5,
    "sha": config.USM_AUTH_HMAC96_SHA,
    "sha224": config.USM_AUTH_HMAC128_SHA224,
    "sha256": config.USM_AUTH_HMAC192_SHA256,
    "sha384": config.USM_AUTH_HMAC256_SHA384,
    "sha512": config.USM_AUTH_HMAC384_SHA512,
}
THEIR_PRIVACY = {
    "none": config.USM_PRIV_NONE,
    "aes128": config.USM_PRIV_CFB128_AES,
    "aes192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "aes256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "aes192c": config.USM_PRIV_CFB192_AES,
    "aes256c": config.USM_PRIV_CFB256_AES,
}
PAIRS = [(auth, privacy) for auth in THEIR_AUTH for privacy in THEIR_PRIVACY if auth != "none" or privacy == "none"]
NOW = 1_700_000_000.0


class Oracle:
    """A pysnmp agent without a socket: it keeps the PDUs that reach its application, and answers with `reply`."""

    def __init__(self):
        self.engine = SnmpEngine()
        self.engine.register_transport_dispatcher(self)
        self.asked = []
        self.sent = []
        self.reply = b""
        self.users = set()
        pdus = (MODULE.GetRequestPDU.tagSet, MODULE.GetBulkRequestPDU.tagSet)
        self.engine.message_dispatcher.register_context_engine_id(self.engine.snmpEngineID, pdus, self.process)

    def process(self, engine, *told):
        model, security, name, level, context_engine, context, version, pdu, size, reference = told
        self.asked.append((str(name), level, bytes(context), encoder.encode(pdu)))
        answer = MODULE.ResponsePDU()
        MODULE.apiPDU.set_defaults(answer)
        MODULE.apiPDU.set_request_id(answer, MODULE.apiPDU.get_request_id(pdu))
        MODULE.apiPDU.set_varbinds(answer, [("1.3.6.1.2.1.1.5.0", OctetString(self.reply))])
        engine.message_dispatcher.return_response_pdu(
            engine, model, security, name, level, context_engine, context, version, answer, size, reference, {}
        )

    def know(self, auth, privacy):
        name = f"{auth}-{privacy}"
        if name not in self.users:
            self.users.add(name)
            passwords = {
                "authKey": None if auth == "none" else f"auth of {name}",
                "privKey": None if privacy == "none" else f"privacy of {name}",
            }
            config.add_v3_user(
                self.engine,
                name,
                authProtocol=THEIR_AUTH[auth],
                privProtocol=THEIR_PRIVACY[privacy],
                **{key: value for key, value in passwords.items() if value},
            )

    def answer_to(self, packet):
        """What pysnmp says to it; None when it says nothing."""
        self.sent.clear()
        self.engine.message_dispatcher.receive_message(self.engine, udp.DOMAIN_NAME, ("127.0.0.1", 1), packet)
        return bytes(self.sent[0]) if self.sent else None

    # what pysnmp asks of a transport

    def register_recv_callback(self, callback, identity=None):
        pass

    def register_timer_callback(self, callback):
        pass

    def get_timer_resolution(self):
        return 0.5

    def send_message(self, whole, domain, address):
        del domain, address
        self.sent.append(whole)


@cache
def oracle():
    return Oracle()


@cache
def our_user(auth, privacy):
    name = f"{auth}-{privacy}"
    return user(
        name,
        auth=auth,
        auth_password=f"auth of {name}".encode(),
        privacy=privacy,
        privacy_password=f"privacy of {name}".encode(),
        first_salt=(1 << 64) - 2,  # so that it runs over
    )


def plain(tag, number, varbinds):
    zeros = ber.encode_integer(0) * 2
    return ber.element(tag, ber.encode_integer(number) + zeros + encode_varbinds(varbinds))


def talk(session, names, number):
    """The kinds of what came, until an answer, and the last one."""
    pdu = plain(GET, number, [(name, ber.NULL, None) for name in names])
    kinds = []
    while len(kinds) < 5 and Kind.ANSWER not in kinds:
        answered = oracle().answer_to(session.packet(pdu, number, NOW))
        assert message_id(answered) == number
        opened = session.open(answered, NOW)
        kinds.append(opened.kind)
    return kinds, opened, pdu


@pytest.mark.parametrize(("auth", "privacy"), PAIRS)
def test_pysnmp_and_we_understand_each_other_by_all_protocols(auth, privacy):
    oracle().know(auth, privacy)
    oracle().reply = b"core-1"
    session = UsmSession(our_user(auth, privacy))
    learned = [Kind.AGAIN] * (1 if auth == "none" else 2)
    for round_ in range(3):
        oracle().asked.clear()
        kinds, opened, pdu = talk(session, [ber.oid("1.3.6.1.2.1.1.5.0")], FIRST_REQUEST_ID + round_)
        assert kinds == [*([] if round_ else learned), Kind.ANSWER]
        assert session.ready
        level = 1 + (auth != "none") + (privacy != "none")
        assert oracle().asked == [(f"{auth}-{privacy}", level, b"", pdu)]
        name = (ber.oid("1.3.6.1.2.1.1.5.0"), ber.OCTET_STRING, b"core-1")
        assert opened.pdu == plain(RESPONSE, FIRST_REQUEST_ID + round_, [name])


names = st.lists(
    st.lists(st.integers(0, 2**32 - 1), max_size=12).map(
        lambda rest: ber.oid("1.3.6.1" + "".join(f".{number}" for number in rest))
    ),
    max_size=40,
)


@cache
def session_of(auth, privacy):
    oracle().know(auth, privacy)
    session = UsmSession(our_user(auth, privacy))
    talk(session, [], FIRST_REQUEST_ID)
    return session


@given(
    st.sampled_from([("sha256", "aes128"), ("md5", "aes192"), ("sha512", "aes256"), ("sha", "none"), ("none", "none")]),
    names,
    st.binary(max_size=700),
    st.integers(FIRST_REQUEST_ID, LAST_REQUEST_ID),
)
@settings(max_examples=150, deadline=None)
def test_questions_and_answers_of_any_size_arrive_as_they_were_written(protocols, asked, reply, number):
    session = session_of(*protocols)
    oracle().asked.clear()
    oracle().reply = reply
    kinds, opened, pdu = talk(session, asked, number)
    assert kinds == [Kind.ANSWER]
    assert oracle().asked[-1][3] == pdu
    assert opened.pdu == plain(RESPONSE, number, [(ber.oid("1.3.6.1.2.1.1.5.0"), ber.OCTET_STRING, reply)])


def test_every_protocol_that_can_be_configured_is_compared():
    assert {auth for auth, _ in PAIRS} == {"none", *AUTH}
    assert {privacy for _, privacy in PAIRS} == {"none", *PRIVACY}
