"""Whatever comes, and in whatever order: a session believes the same with and without what it remembers."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.usm import Kind, UsmSession
from netwatch.polling.snmp.usm.message import message_id
from netwatch.polling.snmp.usm.reports import (
    DECRYPTION_ERRORS,
    NOT_IN_TIME_WINDOWS,
    UNKNOWN_ENGINE_IDS,
    UNKNOWN_USER_NAMES,
)
from tests.unit.polling.usm.agent import ANSWER, NOW, OTHER_ENGINE, PROTOCOLS, Agent, known, report_pdu, someone

REPORTS = [
    report_pdu(name) for name in (NOT_IN_TIME_WINDOWS, UNKNOWN_ENGINE_IDS, UNKNOWN_USER_NAMES, DECRYPTION_ERRORS)
]
LIES = [
    {}, {}, {}, {}, {"level": 0}, {"level": 1}, {"name": b"other"}, {"engine_id": OTHER_ENGINE},
    {"engine_id": OTHER_ENGINE, "level": 0}, {"key": b"guessed"}, {"mac_bytes": 12}, {"context": b"x"},
    {"padding": b"\0"}, {"padding": bytes(20)}, {"engine_id": b"", "level": 0}, {"salt": b"short"},
]  # fmt: skip
SENT = st.tuples(
    st.sampled_from([ANSWER, ANSWER, ANSWER + b"x" * 90, b"", *REPORTS]),
    st.sampled_from(LIES),
    st.integers(2, 4) | st.just(2**31 - 1),  # boots
    st.sampled_from([0, 4_800, 4_999, 5_000, 5_001, 5_200, 40_000, 2**31 - 1]),  # time
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=1),  # changed bytes
)


@cache
def agent_of(level):
    return Agent(someone(*PROTOCOLS[level]))


def state(session):
    names = ("_engine_id", "_boots", "_latest_s", "_ahead_s", "_asks_clock", "_scope")
    return [getattr(session, name) for name in names]


def opened(session, data, now):
    try:
        return session.open(data, now)
    except MalformedError:
        return None


@given(st.sampled_from(sorted(PROTOCOLS)), st.lists(SENT, max_size=12))
@settings(max_examples=300, deadline=None)
def test_what_a_session_remembers_of_the_last_answer_changes_nothing(level, sent):
    agent = agent_of(level)
    warm, cold = known(agent), known(agent)
    for place, (pdu, lie, boots, time_s, changes) in enumerate(sent):
        speaker = agent if lie.get("level", 0) <= agent.who.level else agent_of("authPriv")
        told = speaker.says(pdu, boots=boots, time_s=time_s, **lie)
        raw = bytearray(told)
        for at, byte in changes:
            raw[at % len(raw)] = byte
        cold._like = b""
        found = opened(warm, bytes(raw), NOW + place)
        assert found == opened(cold, bytes(raw), NOW + place)
        assert state(warm) == state(cold)
        if agent.who.level and found is not None and found.kind is Kind.ANSWER:
            assert raw == told
            assert "key" not in lie
            assert lie.get("level", agent.who.level) == agent.who.level


@given(st.binary(max_size=300), st.sampled_from(sorted(PROTOCOLS)))
@settings(max_examples=200)
def test_any_bytes_are_malformed_or_worth_nothing(raw, level):
    for session in (UsmSession(agent_of(level).who), known(agent_of(level))):
        before = state(session)
        found = opened(session, raw, NOW)
        assert found is None or found.kind is Kind.DROP
        assert state(session) == before


@given(st.sampled_from(sorted(PROTOCOLS)), st.data())
@settings(max_examples=200, deadline=None)
def test_an_answer_cut_or_lengthened_anywhere_is_malformed_or_worth_nothing(level, data):
    agent = agent_of(level)
    session = known(agent)
    whole = agent.says(ANSWER)
    cut = data.draw(st.integers(0, len(whole) - 1))
    more = data.draw(st.binary(max_size=3))
    for raw in (whole[:cut], whole[:cut] + more + whole[cut:] if more else whole[:cut]):
        found = opened(session, raw, NOW)
        assert found is None or found.kind is Kind.DROP or level == "noAuthNoPriv"


@given(st.integers(0, 2**31 - 1), st.sampled_from(sorted(PROTOCOLS)))
def test_the_number_of_a_message_is_seen_from_outside(number, level):
    assert message_id(agent_of(level).says(ANSWER, number=number)) == number
