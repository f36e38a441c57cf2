"""Posts for all the world: only where the operator wants them, only of what is public, always after a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from netwatch.communication.model import ApprovalKind, Audience, Conditions, Phase
from netwatch.communication.planning import Playbook, default_playbook
from netwatch.communication.planning.playbook import Channel, Reader, Repeat, Step
from netwatch.communication.planning.playbook_file import read_playbook
from netwatch.diagnosis.model import Scope
from tests.unit.planning.story import Story, inventory

POSTING = (Channel.EMAIL, Channel.MASTODON, Channel.FACEBOOK)


def playbook(*by: Channel, repeat: Repeat = Repeat.UPDATES) -> Playbook:
    """The shipped one, and social media told of what concerns several customers."""
    step = Step(Reader.SOCIAL, by, repeat=repeat)
    procedures = (
        replace(one, tasks=(), steps=(*one.steps, step)) if one.when.scope == (Scope.REGIONAL,) else replace(one, tasks=())
        for one in default_playbook().procedures
    )  # fmt: skip
    return Playbook(tuple(procedures))


def posting(*by: Channel, **more) -> Story:
    return Story(inventory(count=4), playbook=playbook(*(by or POSTING), **more))


def posts(plan) -> list[tuple[str, Phase]]:
    return [(one.channel, one.phase) for one in plan.messages if one.audience is Audience.POST]


def test_each_post_waits_for_a_person_whatever_else_goes_by_itself():
    story = posting()
    plan = story.open("c0", "c1")
    assert posts(plan) == [("mastodon", Phase.OPENED), ("facebook", Phase.OPENED)]
    (update,) = {one.update for one in plan.messages if one.audience is Audience.POST}
    (approval,) = [one for one in plan.approvals if one.update == update]
    assert (approval.kind, approval.needed) == (ApprovalKind.MANUAL, 1)
    assert {one.kind for one in plan.approvals if one is not approval} == {ApprovalKind.AUTO}
    assert not [one for one in plan.messages if one.update == update and one.audience is not Audience.POST]


def test_a_post_holds_the_public_text_and_nothing_internal():
    plan = posting().open("c0", "c1")
    for one in plan.messages:
        if one.audience is Audience.POST:
            assert "https://status.example.net/" in one.body
            assert not [word for word in ("trunk-17", "acc-1", "FibreCo", "c0", "%") if word in one.body]


def test_the_end_is_posted_too_after_a_person_again():
    story = posting()
    story.open("c0", "c1")
    plan = story.resolve()
    assert posts(plan) == [("mastodon", Phase.RESOLVED), ("facebook", Phase.RESOLVED)]
    update = next(one.update for one in plan.messages if one.audience is Audience.POST)
    assert next(one.kind for one in plan.approvals if one.update == update) is ApprovalKind.MANUAL


def test_a_step_for_the_ends_posts_no_updates():
    story = posting(repeat=Repeat.ENDS)
    assert posts(story.open("c0"))
    assert not posts(story.note("Our engineer is there."))
    assert posts(story.resolve())


@pytest.mark.parametrize("by", [(Channel.EMAIL,), (Channel.SMS,)])
def test_without_such_a_channel_nothing_is_posted(by):
    assert posts(posting(*by).open("c0", "c1")) == []


def test_a_channel_without_a_route_posts_nothing():
    story = Story(inventory(count=2), playbook=playbook(*POSTING), channels=["email", "mastodon"])
    assert posts(story.open("c0")) == [("mastodon", Phase.OPENED)]


def test_one_customers_fault_and_announced_work_are_never_posted():
    assert posts(posting().open("c0", scope=Scope.CUSTOMER)) == []
    assert posts(posting().open("c0", "c1", planned="m-12")) == []


def test_an_outage_that_waits_for_its_page_waits_for_its_post_as_well():
    story = posting()
    story.conditions = Conditions(isolated=True)
    plan = story.open("c0", "c1")
    assert plan.page == ()
    assert posts(plan) == [("mastodon", Phase.OPENED), ("facebook", Phase.OPENED)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{tell: customer, by: [mastodon]}", "customer can't be told by mastodon"),
        ("{tell: press, by: [facebook]}", "press can't be told by facebook"),
        ("{tell: social, by: [mastodon], approval: auto}", "a post always waits for a person"),
    ],
)
def test_check_refuses_what_would_post_unseen_or_the_wrong_thing(tmp_path: Path, line, told):
    shipped = Path(__file__).parents[3] / "config/playbook.yaml"
    text = shipped.read_text(encoding="utf-8")
    first = text.index("    steps:\n") + len("    steps:\n")
    path = tmp_path / "playbook.yaml"
    path.write_text(f"{text[:first]}      - {line}\n{text[first:]}", encoding="utf-8")
    _, faults = read_playbook(path)
    assert told in "\n".join(map(str, faults))
