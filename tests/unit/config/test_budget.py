from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from netwatch.communication.planning.playbook_file import default_playbook
from netwatch.config.budget import PROMISE_S, budget, longest_veto_s
from netwatch.config.settings import Settings

DEFAULT = Settings(inventory=(Path("network.yaml"),))


def with_(section: str, **changes: float | str) -> Settings:
    return replace(DEFAULT, **{section: replace(getattr(DEFAULT, section), **changes)})


def test_the_defaults_keep_the_promise_by_the_table_of_the_design():
    shares = budget(DEFAULT).shares
    assert [share.seconds for share in shares] == [11.0, 2.5, 30.0, 1.0, 5.0, 30.0, 60.0, 40.0]
    assert budget(DEFAULT).total_s <= PROMISE_S
    assert budget(DEFAULT).above_default == ()


@pytest.mark.parametrize(
    ("section", "changes", "stage"),
    [
        ("polling", {"icmp_interval_s": 60.0}, "next probe"),
        ("polling", {"confirm_spacing_s": 5.0}, "confirm"),
        ("incidents", {"settle_growing_s": 60.0}, "settle"),
        ("incidents", {"weak_wait_s": 120.0}, "second kind"),
        ("communication", {"veto_s": 120.0}, "veto"),
    ],
)
def test_a_slow_setting_breaks_the_promise_and_is_named(section, changes, stage):
    spent = budget(with_(section, **changes))
    assert not spent.kept
    assert stage in spent.above_default[0].stage
    assert next(iter(changes)) in " ".join(spent.above_default[0].settings)


def test_a_shorter_veto_window_makes_room_for_slower_polling():
    slow = with_("polling", icmp_interval_s=35.0)
    assert not budget(slow).kept
    assert budget(replace(slow, communication=replace(slow.communication, veto_s=0.0))).kept


def test_a_longer_window_in_the_playbook_counts():
    playbook = default_playbook()
    procedure = playbook.procedures[1]
    steps = tuple(replace(step, approval="veto 90 s") if step.tell.external else step for step in procedure.steps)
    slow = replace(playbook, procedures=(replace(procedure, steps=steps),))
    assert longest_veto_s(DEFAULT, playbook) == 30.0
    assert longest_veto_s(DEFAULT, slow) == 90.0
    assert not budget(DEFAULT, slow).kept
