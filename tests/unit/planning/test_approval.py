"""Who must agree, by size and by brakes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netwatch.communication.model import ApprovalKind, Conditions
from netwatch.communication.planning.approval import Size, decide
from netwatch.communication.settings import CommunicationSettings

from .story import START, incident

SETTINGS = CommunicationSettings()


def approval(size: Size, settings: CommunicationSettings = SETTINGS, conditions: Conditions | None = None, **more):
    asked = more.pop("asked", ())
    return decide(
        incident(**more), 3, size, START, conditions=conditions or Conditions(), settings=settings, asked=asked
    )


@pytest.mark.parametrize(
    ("new", "recent", "total", "kind", "needed"),
    [
        (200, 0, 200, ApprovalKind.AUTO, 0),
        (201, 0, 200_000, ApprovalKind.AUTO, 0),
        (4000, 0, 200_000, ApprovalKind.AUTO, 0),
        (4001, 0, 200_000, ApprovalKind.VETO, 0),
        (2000, 2001, 200_000, ApprovalKind.VETO, 0),
        (40_000, 0, 200_000, ApprovalKind.VETO, 0),
        (40_001, 0, 200_000, ApprovalKind.MANUAL, 1),
        (100_000, 0, 200_000, ApprovalKind.MANUAL, 1),
        (100_001, 0, 200_000, ApprovalKind.MANUAL, 2),
        (90_000, 20_000, 200_000, ApprovalKind.MANUAL, 2),
    ],
)
def test_the_more_customers_the_more_people(new, recent, total, kind, needed):
    found = approval(Size(new, recent, total))
    assert (found.kind, found.needed) == (kind, needed)
    assert found.release_at == (START + 30 if kind is ApprovalKind.VETO else START)


@pytest.mark.parametrize(
    ("conditions", "more", "words"),
    [
        (Conditions(isolated=True), {}, "can't see"),
        (Conditions(warm=False), {}, "only just"),
        (Conditions(hold=True), {}, "on hold"),
        (Conditions(), {"confidence": 0.4}, "only 40% sure"),
        (Conditions(), {"strong": False}, "one kind of evidence"),
        (Conditions(), {"asked": ((ApprovalKind.MANUAL, 0.0),)}, "playbook asks"),
    ],
)
def test_a_brake_calls_a_person_and_says_why(conditions, more, words):
    found = approval(Size(1, 0, 1000), conditions=conditions, **more)
    assert (found.kind, found.needed) == (ApprovalKind.MANUAL, 1)
    assert words in found.reason
    assert "1 of 1,000 customers (0.1%)" in found.reason


def test_a_step_may_ask_for_a_longer_window_than_the_size_does():
    assert approval(Size(1, 0, 9), asked=((ApprovalKind.VETO, 60.0),)).release_at == START + 60
    assert approval(Size(900, 0, 9000), asked=((ApprovalKind.VETO, 60.0),)).release_at == START + 60
    assert approval(Size(900, 0, 9000), asked=((ApprovalKind.VETO, 5.0),)).release_at == START + 30


def test_the_ceiling_on_the_number_holds_whatever_the_share():
    assert approval(Size(101, 0, 10**6), replace(SETTINGS, max_customers=100)).kind is ApprovalKind.MANUAL


def test_without_a_veto_window_there_is_no_window():
    assert approval(Size(900, 0, 9000), replace(SETTINGS, veto_s=0)).kind is ApprovalKind.AUTO
