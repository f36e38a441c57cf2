"""The short way through a message's head decides as the long way does, whatever the bytes."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from netwatch.polling.snmp import ber, codec
from netwatch.polling.snmp.codec import GET_BULK, RESPONSE, V1, V2C, Head, Message, encode

OID = ber.oid("1.3.6.1.2.1.2.2.1.8.7")


def the_long_way(data):
    try:
        version, community, at = codec._outer(data)
        return Head(version, community, *codec.pdu_head(data, at))
    except (ber.MalformedError, IndexError):
        return None


def the_short_way(data):
    try:
        return codec._usual_head(data)
    except IndexError:
        return None


messages = st.builds(
    Message,
    st.sampled_from((V1, V2C)),
    st.binary(max_size=140),
    st.sampled_from((RESPONSE, GET_BULK)),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-3, 200),
    st.integers(-3, 200),
    st.lists(st.tuples(st.just(OID), st.just(ber.OCTET_STRING), st.binary(max_size=90)), max_size=6),
).map(encode)


@st.composite
def mutated(draw):
    data = bytearray(draw(messages))
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, min(40, len(data) - 1)))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@given(mutated())
@example(b"")
@example(b"\x30")
@example(b"\x30\x80")
def test_what_the_short_way_takes_the_long_way_takes_and_reads_the_same(data):
    short = the_short_way(data)
    assert short is None or short == the_long_way(data)


@given(st.binary(max_size=100), st.integers(1 << 24, (1 << 31) - 1), st.lists(st.binary(max_size=60), max_size=20))
def test_the_usual_answer_goes_the_short_way(community, number, values):
    bindings = [(OID, ber.OCTET_STRING, value) for value in values]
    data = encode(Message(V2C, community, RESPONSE, number, 0, 0, bindings))
    assert the_short_way(data) == the_long_way(data) is not None
