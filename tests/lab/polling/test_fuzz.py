"""A share of the fuzzing campaign in every run, and proof that it notices what it looks for."""

from __future__ import annotations

import pytest

from netwatch.polling.batch import Receiver
from netwatch.polling.snmp import ber
from tests.lab.polling.fuzz.campaign import Campaign

pytestmark = pytest.mark.usefixtures("loopback")
SEED = 20261122


def test_20000_mutated_packets_raise_nothing_and_nothing_false_is_believed():
    report = Campaign(SEED).run(20_000)
    assert report.violations == []
    assert report.packets >= 20_000
    assert report.drops == 0
    assert len(report.by_kind) == 11
    assert report.answers["NO_ERROR"] > 3000
    assert all(report.outcomes[kind] > 10 for kind in ("heard", "malformed", "wrong_digest", "undecipherable"))
    assert report.memory_bytes[-1] - report.memory_bytes[0] < 8 << 20


def test_the_same_seed_sends_the_same_packets():
    first, second = Campaign(7), Campaign(7)
    first.run(300)
    second.run(300)
    assert list(first.recent) == list(second.recent)


def test_it_notices_numbers_beyond_their_type(monkeypatch):
    monkeypatch.setattr(ber, "_UNSIGNED_LIMIT", dict.fromkeys(ber._UNSIGNED_LIMIT, 1 << 80))
    assert any("out of range" in found for found in Campaign(SEED).run(3000).violations)


def test_it_notices_answers_of_another_source(monkeypatch):
    monkeypatch.setattr("netwatch.polling.snmp.agent.source_of", lambda name: name[:2])
    monkeypatch.setattr(Receiver, "source", lambda self, slot: bytes(self.slab[slot * self.slot_bytes :][:2]))
    found = Campaign(SEED).run(1500).violations
    assert any("wrong source" in sentence for sentence in found)
    assert any("wrong port" in sentence for sentence in found)


@pytest.mark.parametrize("module", ["netwatch.polling.snmp.usm.session", "netwatch.polling.notifications.secured"])
def test_it_notices_messages_that_are_not_authentic(monkeypatch, module):
    monkeypatch.setattr(f"{module}.compare_digest", lambda one, other: len(one) == len(other))
    assert Campaign(SEED).run(1500).violations


def test_it_lets_no_exception_pass(monkeypatch, capsys):
    def stumble(raw):
        if raw and raw[-1] == 0x80:
            raise KeyError(raw)
        return raw

    monkeypatch.setattr(ber, "checked_oid", stumble)
    with pytest.raises(KeyError):
        Campaign(SEED).run(20_000)
    assert f"seed {SEED}" in capsys.readouterr().out
