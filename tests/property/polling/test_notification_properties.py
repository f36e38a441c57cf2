"""However notifications come: limits hold, old ones are never heard, and a hint is always one."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.polling.notifications import Limits, OwnEngine
from netwatch.polling.notifications.clocks import WINDOW_S, EngineClocks
from netwatch.polling.notifications.secured import Secured
from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import TRAP_V2, V2C, Message, TrapV1
from netwatch.polling.snmp.traps import hint
from netwatch.polling.snmp.usm.user import user

sources = st.sampled_from([b"a", b"b", b"c", b"d"])
arrivals = st.lists(st.tuples(st.floats(0.0, 2.0), sources, st.integers(1, 30), st.booleans()), max_size=120)


@given(st.floats(1.0, 20.0), st.floats(1.0, 50.0), arrivals)
def test_no_source_and_not_all_together_get_more_than_their_limits(source_per_s, per_s, coming):
    limits = Limits(source_per_s, per_s)
    taken, strangers, now = Counter(), 0, 100.0
    for gap, source, count, known in coming:
        now += gap
        passed = sum(limits.refusal(source, now, known=known) is None for _ in range(count))
        taken[source, known] += passed
        strangers += passed * (not known)
        for total in taken.values():
            assert total <= max(1.0, source_per_s * 4) + source_per_s * (now - 100.0) + 1e-6
        assert taken.total() <= max(1.0, per_s * 4) + per_s * (now - 100.0) + 1e-6
        assert strangers <= max(1.0, per_s) + per_s / 4 * (now - 100.0) + 1e-6


clock_words = st.lists(
    st.tuples(st.floats(0.0, 400.0), st.binary(min_size=5, max_size=6), st.integers(0, 3), st.integers(0, 1000)),
    max_size=60,
)


@given(clock_words)
def test_no_message_older_than_the_window_is_ever_in_time(words):
    clocks = EngineClocks()
    latest = defaultdict(lambda: (-1, -1, 0.0))
    now = 0.0
    for gap, engine_id, boots, time_s in words:
        now += gap
        in_time = clocks.in_time(engine_id, boots, time_s, now)
        known_boots, known_time, since = latest[engine_id]
        if known_boots >= 0:
            assert in_time == (
                boots > known_boots
                or (boots == known_boots and (time_s > known_time or time_s >= known_time + (now - since) - WINDOW_S))
            )
        if (boots, time_s) > (known_boots, known_time):
            latest[engine_id] = (boots, time_s, now)


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_are_opened_or_refused_and_nothing_else(raw):
    secured = Secured([user("open", first_salt=1)], OwnEngine.begin(None, 0.0))
    with suppress(MalformedError):
        secured.open(raw, 10.0)


numbers = st.tuples(st.just(ber.COUNTER64), st.integers(0, 2**64 - 1)) | st.tuples(
    st.just(ber.INTEGER), st.integers(-(2**31), 2**31 - 1)
)
texts = st.tuples(st.just(ber.OCTET_STRING), st.binary(max_size=600))
columns = st.sampled_from(
    ["1.3.6.1.2.1.2.2.1.1", "1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.31.1.1.1.1"]
)
bindings = st.lists(st.tuples(columns, st.integers(0, 2**32 - 1), numbers | texts), max_size=20)


@given(bindings, st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1))
def test_a_hint_names_a_possible_port_or_none(found, generic, specific):
    varbinds = [(ber.instance(ber.oid(column), index), tag, value) for column, index, (tag, value) in found]
    trap = (ber.oid("1.3.6.1.6.3.1.1.4.1.0"), ber.OBJECT_IDENTIFIER, ber.oid("1.3.6.1.6.3.1.1.5.3"))
    for message in (
        Message(V2C, b"c", TRAP_V2, 1, 0, 0, [trap, *varbinds]),
        TrapV1(b"c", ber.oid("1.3.6.1.4.1.9"), b"\0\0\0\0", generic, specific, 0, varbinds),
    ):
        said = hint(message)
        assert said is not None
        assert said.index is None or 0 < said.index < 2**31
        assert len(said.names) <= 8
        assert all(len(name) <= 255 for name in said.names)
        assert 0 < len(said.trap) <= 255
