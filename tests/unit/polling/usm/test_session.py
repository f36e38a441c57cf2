"""What a session believes, what makes it ask again, and what achieves nothing."""

from __future__ import annotations

import pytest

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import FIRST_REQUEST_ID, GET, LAST_REQUEST_ID, TRAP_V2
from netwatch.polling.snmp.usm import MOST_AGAIN, Kind, UsmSession
from netwatch.polling.snmp.usm.message import LAST, REPORTABLE, decode, encode_scoped, scoped_pdu
from netwatch.polling.snmp.usm.reports import (
    DECRYPTION_ERRORS,
    NOT_IN_TIME_WINDOWS,
    UNKNOWN_ENGINE_IDS,
    UNKNOWN_USER_NAMES,
    UNSUPPORTED_SECURITY_LEVELS,
    WRONG_DIGESTS,
)
from tests.unit.polling.usm.agent import (
    ANSWER,
    ENGINE,
    NOW,
    NUMBER,
    OTHER_ENGINE,
    PROTOCOLS,
    QUESTION,
    Agent,
    known,
    plain,
    report_pdu,
    someone,
    written,
)

NOT_IN_TIME = report_pdu(NOT_IN_TIME_WINDOWS)
EACH_LEVEL = pytest.mark.parametrize(("auth", "privacy"), PROTOCOLS.values(), ids=PROTOCOLS)
WITH_AUTH = pytest.mark.parametrize(("auth", "privacy"), list(PROTOCOLS.values())[1:], ids=list(PROTOCOLS)[1:])


def clock(session, now=NOW):
    """The boots and the time that the session writes into its questions."""
    message = decode(session.packet(QUESTION, NUMBER, now))
    return message.boots, message.time_s


@EACH_LEVEL
def test_an_unknown_engine_is_discovered_by_a_message_that_tells_nothing(auth, privacy):
    session = UsmSession(someone(auth, privacy))
    message = decode(session.packet(QUESTION, NUMBER, NOW))
    assert (message.message_id, message.flags, message.engine_id, message.user) == (NUMBER, REPORTABLE, b"", b"")
    assert message.data == encode_scoped(b"", b"", plain(GET, NUMBER, []))
    assert not session.ready


@WITH_AUTH
def test_engine_then_clock_are_learned_and_then_the_question_is_asked(auth, privacy):
    agent = Agent(someone(auth, privacy))
    session = UsmSession(agent.who)
    assert session.open(agent.discovered(), NOW).kind is Kind.AGAIN
    assert not session.ready
    message, authentic, data = agent.reads(session.packet(QUESTION, NUMBER, NOW))
    assert authentic
    assert (message.boots, message.time_s, message.flags) == (0, 0, agent.who.level | REPORTABLE)
    assert scoped_pdu(data) == (ENGINE, b"", QUESTION)
    assert session.open(agent.says(NOT_IN_TIME, level=1), NOW).kind is Kind.AGAIN
    assert session.ready
    message, authentic, data = agent.reads(session.packet(QUESTION, NUMBER, NOW + 30.5))
    assert authentic
    assert (message.boots, message.time_s, message.user) == (3, 5030, b"netwatch")
    assert scoped_pdu(data) == (ENGINE, b"", QUESTION)
    agent.time_s += 30
    assert session.open(agent.says(ANSWER), NOW + 30.6) == (Kind.ANSWER, ANSWER, "")


def test_without_authentication_the_engine_is_all_there_is_to_learn():
    agent = Agent(someone("none", "none"))
    session = UsmSession(agent.who)
    assert session.open(agent.discovered(), NOW).kind is Kind.AGAIN
    assert session.ready
    message, _, data = agent.reads(session.packet(QUESTION, NUMBER, NOW))
    assert (message.flags, message.boots, message.time_s, message.user) == (REPORTABLE, 0, 0, b"netwatch")
    assert scoped_pdu(data) == (ENGINE, b"", QUESTION)
    assert session.open(agent.says(ANSWER), NOW) == (Kind.ANSWER, ANSWER, "")


@EACH_LEVEL
@pytest.mark.parametrize("number", [FIRST_REQUEST_ID, NUMBER, LAST_REQUEST_ID])
def test_questions_and_answers_of_every_size_are_written_and_read(auth, privacy, number):
    agent = Agent(someone(auth, privacy, context="vrf-a"))
    session = known(agent)
    for size in (*range(90), *range(110, 140), *range(235, 265), 1400, 40_000):
        question = ber.element(GET, bytes(size))
        message, authentic, data = agent.reads(session.packet(question, number, NOW))
        assert authentic
        assert message.message_id == number
        assert scoped_pdu(data) == (ENGINE, b"vrf-a", question)
        answer = ber.element(0xA2, bytes(size))
        assert session.open(agent.says(answer, number=number), NOW) == (Kind.ANSWER, answer, "")


@pytest.mark.parametrize("time_s", [0, 127, 128, 32_767, 32_768, 8_388_607, 8_388_608, LAST - 200, LAST])
@pytest.mark.parametrize("boots", [0, 1, 127, 128, LAST - 1])
def test_clocks_of_every_size_are_written_and_read(boots, time_s):
    agent = Agent(someone(), boots=boots, time_s=time_s)
    session = known(agent)
    for later in (0, 1, 2, 200) if time_s + 200 <= LAST else (0,):
        agent.time_s = time_s + later
        message, authentic, _ = agent.reads(session.packet(QUESTION, NUMBER, NOW + later))
        assert authentic
        assert (message.boots, message.time_s) == (boots, agent.time_s)
        assert session.open(agent.says(ANSWER), NOW + later).kind is Kind.ANSWER


@pytest.mark.parametrize("step_s", [-10_000.0, 1e12])
def test_a_step_of_our_own_clock_is_mended_by_the_agents(step_s):
    agent = Agent(someone(), time_s=5_000)
    session = known(agent)
    assert clock(session, NOW + step_s) == (3, 0 if step_s < 0 else LAST)
    kinds = [session.open(agent.says(NOT_IN_TIME, level=1), NOW + step_s).kind for _ in range(2)]
    assert kinds == [Kind.AGAIN] * 2
    assert clock(session, NOW + step_s) == (3, 5_000)
    assert session.open(agent.says(ANSWER), NOW + step_s).kind is Kind.ANSWER


def test_no_salt_returns_for_a_key_and_every_message_is_encrypted_anew():
    agent = Agent(someone(first_salt=(1 << 64) - 20))
    one, other = known(agent), known(Agent(agent.who))
    sent = [decode(session.packet(QUESTION, NUMBER, NOW)) for _ in range(50) for session in (one, other)]
    salts = [int.from_bytes(message.salt) for message in sent]
    assert salts == [(salts[0] + place) % (1 << 64) for place in range(100)]
    assert salts[0] > salts[-1]  # they ran over
    assert len({message.data for message in sent}) == 100


@EACH_LEVEL
def test_what_is_not_from_the_agents_user_engine_or_context_is_dropped(auth, privacy):
    agent = Agent(someone(auth, privacy))
    lies = [
        {"engine_id": OTHER_ENGINE},
        {"engine_id": b""},
        {"engine_id": ENGINE[:-1]},
        {"scope": OTHER_ENGINE},
        {"context": b"other"},
        *([{"name": b"other"}, {"key": b"another key"}] if agent.who.level else []),
    ]
    session = known(agent)
    agent.time_s += 9
    for lie in lies:
        assert session.open(agent.says(ANSWER, **lie), NOW).kind is Kind.DROP, lie
    assert session.open(agent.says(ANSWER), NOW).kind is Kind.ANSWER


@pytest.mark.parametrize(
    "lie",
    [
        {"key": b"guessed"},
        {"mac": bytes(24)},
        {"mac": b""},
        {"mac_bytes": 12},
        {"mac_bytes": 32},
        {"name": b"netwatch2"},
        {"level": 0},
        {"level": 0, "time_s": 10**6},
    ],
)
@WITH_AUTH
def test_a_forged_answer_is_dropped_and_does_not_move_the_clock(auth, privacy, lie):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    opened = session.open(agent.says(ANSWER, **{"time_s": 6_000, "boots": 4, **lie}), NOW)
    assert opened.kind is Kind.DROP
    assert opened.reason
    assert clock(session) == (3, 5_000)


@WITH_AUTH
def test_whatever_byte_is_changed_the_answer_is_none(auth, privacy):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    agent.time_s += 1
    whole = agent.says(ANSWER)
    for place in range(len(whole)):
        for change in (1, 0x80, 0xFF):
            changed = whole[:place] + bytes((whole[place] ^ change,)) + whole[place + 1 :]
            try:
                assert session.open(changed, NOW).kind is Kind.DROP
            except MalformedError:
                continue
    assert clock(session) == (3, 5_000)
    assert session.open(whole, NOW).kind is Kind.ANSWER


@pytest.mark.parametrize(
    ("boots", "time_s", "kind", "after"),
    [
        (3, 5_000, Kind.ANSWER, (3, 5_000)),
        (3, 4_850, Kind.ANSWER, (3, 5_000)),
        (3, 4_849, Kind.DROP, (3, 5_000)),
        (3, 5_001, Kind.ANSWER, (3, 5_001)),
        (3, 5_151, Kind.ANSWER, (3, 5_151)),  # authentic and later: our notion follows, RFC 3414 section 3.2 step 7b
        (4, 10, Kind.ANSWER, (4, 10)),
        (2, 9_000, Kind.DROP, (3, 5_000)),
        (LAST, 1, Kind.REFUSED, (3, 5_000)),
    ],
)
@WITH_AUTH
def test_an_authentic_answer_counts_within_the_time_window(auth, privacy, boots, time_s, kind, after):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    opened = session.open(agent.says(ANSWER, boots=boots, time_s=time_s), NOW)
    assert opened.kind is kind
    assert bool(opened.reason) is (kind is not Kind.ANSWER)
    assert clock(session) == after


@WITH_AUTH
def test_an_answer_that_is_told_again_later_is_outside_the_window(auth, privacy):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    recorded = agent.says(ANSWER)
    assert session.open(recorded, NOW + 149.9).kind is Kind.ANSWER
    assert session.open(recorded, NOW + 150.1).kind is Kind.DROP
    agent.boots, agent.time_s = 4, 1
    assert session.open(agent.says(ANSWER), NOW + 160).kind is Kind.ANSWER
    assert session.open(recorded, NOW + 160).kind is Kind.DROP


@WITH_AUTH
def test_a_restart_is_learned_from_the_authentic_report(auth, privacy):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    agent.boots, agent.time_s = 4, 2
    assert session.open(agent.says(NOT_IN_TIME, level=1), NOW + 60).kind is Kind.AGAIN
    assert session.ready
    message, _, _ = agent.reads(session.packet(QUESTION, NUMBER, NOW + 61))
    assert (message.boots, message.time_s) == (4, 3)


@WITH_AUTH
def test_a_report_of_the_time_without_authentication_makes_us_ask_but_does_not_move_the_clock(auth, privacy):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    forged = agent.says(NOT_IN_TIME, level=0, boots=9, time_s=77)
    assert session.open(forged, NOW).kind is Kind.AGAIN
    assert not session.ready
    assert clock(session) == (0, 0)  # asked for, by an authentic question without a time
    assert session.open(agent.says(ANSWER, boots=2, time_s=5_000), NOW).kind is Kind.DROP  # what is known stays
    agent.time_s += 1
    assert session.open(agent.says(NOT_IN_TIME, level=1), NOW).kind is Kind.AGAIN
    assert clock(session) == (3, 5_001)


@WITH_AUTH
def test_an_agent_that_never_authenticates_its_time_is_refused(auth, privacy):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    answers = [session.open(agent.says(NOT_IN_TIME, level=0), NOW) for _ in range(2)]
    assert [opened.kind for opened in answers] == [Kind.AGAIN, Kind.REFUSED]
    assert "does not authenticate its own" in answers[1].reason


@WITH_AUTH
def test_a_clock_that_went_back_counts_when_the_agent_is_asked_for_it(auth, privacy):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    agent.boots, agent.time_s = 1, 30  # it forgot how often it started
    report = agent.says(NOT_IN_TIME, level=1)
    assert session.open(report, NOW).kind is Kind.AGAIN
    assert clock(session) == (0, 0)
    assert session.open(agent.says(ANSWER), NOW).kind is Kind.DROP  # not yet
    assert session.open(report, NOW).kind is Kind.AGAIN
    assert clock(session) == (1, 30)
    assert session.open(agent.says(ANSWER), NOW).kind is Kind.ANSWER


def test_an_agent_whose_count_of_restarts_is_used_up_is_refused():
    agent = Agent(someone(), boots=LAST)
    session = UsmSession(agent.who)
    session.open(agent.discovered(), NOW)
    for pdu, level in ((NOT_IN_TIME, 1), (ANSWER, 3)):
        opened = session.open(agent.says(pdu, level=level), NOW)
        assert opened.kind is Kind.REFUSED
        assert "2147483647" in opened.reason


@EACH_LEVEL
def test_an_engine_that_was_exchanged_is_discovered_anew(auth, privacy):
    who = someone(auth, privacy)
    session = known(Agent(who))
    fresh = Agent(who, OTHER_ENGINE, boots=1, time_s=60)
    assert session.open(fresh.discovered(), NOW).kind is Kind.AGAIN
    message, authentic, data = fresh.reads(session.packet(QUESTION, NUMBER, NOW))
    assert authentic
    assert message.engine_id == OTHER_ENGINE
    assert scoped_pdu(data) == (OTHER_ENGINE, b"", QUESTION)
    assert session.open(fresh.says(ANSWER), NOW) == (Kind.ANSWER, ANSWER, "")
    assert session.open(Agent(who).says(ANSWER), NOW).kind is Kind.DROP


@EACH_LEVEL
@pytest.mark.parametrize("size", [0, 1, 4, 33, 40])
def test_an_engine_id_of_a_wrong_length_is_not_learned(auth, privacy, size):
    who = someone(auth, privacy)
    for session in (UsmSession(who), known(Agent(who))):
        was = session.ready
        pdu = report_pdu(UNKNOWN_ENGINE_IDS)
        try:
            opened = session.open(Agent(who).says(pdu, engine_id=bytes(size), level=0), NOW)
        except MalformedError:
            assert size > 32
        else:
            assert opened.kind is Kind.DROP
        assert session.ready is was


@EACH_LEVEL
def test_an_unknown_engine_is_not_the_one_without_an_id(auth, privacy):
    who = someone(auth, privacy)
    session = UsmSession(who)
    for pdu in (ANSWER, NOT_IN_TIME, report_pdu(UNKNOWN_ENGINE_IDS), report_pdu(UNKNOWN_USER_NAMES)):
        for level in (0, 1, 3):
            forged = Agent(someone()).says(pdu, engine_id=b"", level=level)
            assert session.open(forged, NOW).kind is Kind.DROP
    assert not session.ready


@EACH_LEVEL
def test_an_answer_like_the_last_is_read_byte_by_byte_as_any_other(auth, privacy):
    agent = Agent(someone(auth, privacy))
    warm, cold = known(agent), known(agent)
    whole = agent.says(ANSWER)
    for place in range(len(whole)):
        for byte in (0, 1, 2, 4, 8, 0x30, 0x7F, 0x80, 0x81, 0xFF, whole[place] ^ 1, whole[place] ^ 0x80):
            changed = whole[:place] + bytes((byte,)) + whole[place + 1 :]
            assert warm.open(whole, NOW).kind is Kind.ANSWER  # it remembers this one
            cold._like = b""
            found = []
            for session in (warm, cold):
                try:
                    found.append(session.open(changed, NOW))
                except MalformedError:
                    found.append(None)
            assert found[0] == found[1], (place, byte)


def test_an_engine_that_denies_its_own_id_is_not_believed():
    agent = Agent(someone())
    session = known(agent)
    assert session.open(agent.discovered(), NOW).kind is Kind.DROP
    assert session.ready


REFUSALS = {
    UNKNOWN_USER_NAMES: "does not know the user",
    WRONG_DIGESTS: "auth_password_file",
    UNSUPPORTED_SECURITY_LEVELS: "auth and privacy",
    DECRYPTION_ERRORS: "aes256c as Cisco",
    ber.oid("1.3.6.1.6.3.12.1.5.0"): "`context`",
    ber.oid("1.3.6.1.6.3.99.1.0"): "1.3.6.1.6.3.99.1.0",
}


@EACH_LEVEL
@pytest.mark.parametrize(("name", "told"), REFUSALS.items(), ids=map(ber.dotted, REFUSALS))
def test_a_refusal_says_what_is_wrong_and_what_mends_it(auth, privacy, name, told):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    for level in (0, 1)[: 2 if agent.who.level else 1]:
        opened = session.open(agent.says(report_pdu(name), level=level), NOW)
        assert opened.kind is Kind.REFUSED
        assert told in opened.reason
        assert not opened.pdu
    assert session.open(agent.says(ANSWER), NOW).kind is Kind.ANSWER


@WITH_AUTH
def test_a_refusal_that_is_authentic_but_old_or_forged_is_dropped(auth, privacy):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    pdu = report_pdu(DECRYPTION_ERRORS)
    assert session.open(agent.says(pdu, level=1, time_s=100), NOW).kind is Kind.DROP
    assert session.open(agent.says(pdu, level=1, key=b"guessed"), NOW).kind is Kind.DROP


def test_an_agent_that_refuses_discovery_says_why():
    agent = Agent(someone())
    opened = UsmSession(agent.who).open(agent.says(report_pdu(ber.oid("1.3.6.1.6.3.11.2.1.1.0")), level=0), NOW)
    assert opened.kind is Kind.REFUSED
    assert "version 2c" in opened.reason


def test_an_authentic_answer_in_plain_text_to_an_encrypted_question_is_refused():
    agent = Agent(someone())
    opened = known(agent).open(agent.says(ANSWER, level=1), NOW)
    assert opened.kind is Kind.REFUSED
    assert "plain text" in opened.reason


def test_more_security_than_was_asked_for_can_not_be_judged_and_is_dropped():
    agent = Agent(someone())
    for auth, privacy in (("none", "none"), ("sha256", "none")):
        session = known(Agent(someone(auth, privacy)))
        assert session.open(agent.says(ANSWER), NOW).kind is Kind.DROP


@EACH_LEVEL
def test_what_is_neither_an_answer_nor_a_report_is_dropped(auth, privacy):
    agent = Agent(someone(auth, privacy))
    session = known(agent)
    for tag in (GET, TRAP_V2, 0x30):
        assert session.open(agent.says(plain(tag, NUMBER, [])), NOW).kind is Kind.DROP


def test_an_agent_that_fills_up_the_last_block_is_read():
    agent = Agent(someone())
    session = known(agent)
    for _ in range(2):
        assert session.open(agent.says(ANSWER, padding=bytes(7)), NOW) == (Kind.ANSWER, ANSWER, "")
    with pytest.raises(MalformedError):
        session.open(agent.says(ANSWER, padding=bytes(16)), NOW)
    bare = known(Agent(someone("sha256", "none")))
    with pytest.raises(MalformedError):
        bare.open(Agent(bare._user).says(ANSWER, padding=b"\0"), NOW)


@pytest.mark.parametrize("salt", [b"", bytes(7), bytes(9)])
def test_a_salt_of_a_wrong_length_is_malformed(salt):
    agent = Agent(someone())
    with pytest.raises(MalformedError):
        known(agent).open(agent.says(ANSWER, salt=salt), NOW)


def test_what_decrypts_to_nonsense_is_malformed():
    agent, liar = Agent(someone()), Agent(someone(privacy_password=b"another password"))
    with pytest.raises(MalformedError):
        known(agent).open(liar.says(ANSWER), NOW)


@EACH_LEVEL
def test_silence_is_explained_by_how_far_the_agent_was_reached(auth, privacy):
    agent = Agent(someone(auth, privacy))
    session = UsmSession(agent.who)
    assert "not answer SNMPv3 at all" in session.silence
    session.open(agent.discovered(), NOW)
    if agent.who.level:
        assert "told its engine id" in session.silence
        session.open(agent.says(NOT_IN_TIME, level=1), NOW)
    assert "has not answered this user yet" in session.silence
    session.open(agent.says(ANSWER), NOW)
    assert not session.silence


def test_a_time_of_five_bytes_is_never_taken_for_more_than_a_number_can_be():
    session = known(Agent(someone("none", "none", name="n")))
    padded, beyond = (written(time_=b"\x02\x05" + first + bytes(4), user=b"\x04\x01n") for first in (b"\0", b"\1"))
    assert session.open(padded, NOW).kind is Kind.ANSWER
    with pytest.raises(MalformedError):
        session.open(beyond, NOW)


def test_the_worst_that_an_honest_agent_needs_is_within_the_bound():
    agent = Agent(someone())
    session = UsmSession(agent.who)
    again = [session.open(agent.discovered(), NOW), session.open(agent.says(NOT_IN_TIME, level=1), NOW)]
    agent.boots, agent.time_s = 4, 0  # it restarts between two of our packets
    again.append(session.open(agent.says(NOT_IN_TIME, level=1), NOW))
    assert [opened.kind for opened in again] == [Kind.AGAIN] * MOST_AGAIN
    assert session.open(agent.says(ANSWER), NOW).kind is Kind.ANSWER
