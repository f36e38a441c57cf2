"""One invented outage from fault to feedback in each language: the planner's story, through the store and the dispatcher."""

from __future__ import annotations

import pytest

from netwatch.communication.model import EXTERNAL, Extent, Phase
from netwatch.communication.planning.playbook_story import story
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts import load_texts

SETTINGS = CommunicationSettings(feedback_url="https://help.example.net/how-was-it")
#: Customers of the story who are told that it is over; the fourth was restored before, and told so.
TOLD_OF_THE_END = {"c1", "c2", "c3"}


async def played(language, post, scripted, *, opts_out="", at_once=False):
    """The channels that took the story's messages, by name. `opts_out`: who wants no more, after the end or `at_once`."""
    channels = {kind: scripted(f"{kind}/a", kind=kind) for kind in ("email", "sms")}
    *outage, question = story(language, load_texts(), SETTINGS)
    for moment in (*outage, question):
        if opts_out and (at_once or moment is question):
            await post.store.opt_out(opts_out, "", Extent.EVERYTHING, "noc")
        post.clock.at = max(post.clock.at, moment.at)
        await post.store.save(moment.changes, moment.plan)

        async def settled() -> bool:
            for case in await post.store.approvals_pending():
                for person in ("anna", "cas"):
                    await post.store.approve(case.approval.incident, person)
            return not await post.store.unfinished()

        await post.run(post.dispatcher(*channels.values()), settled)
    return channels


@pytest.mark.parametrize("language", ["en", "nl", "pl"])
async def test_the_story_arrives_from_the_first_notice_to_the_question_how_it_was(language, post, scripted):
    channels = await played(language, post, scripted)
    taken = [message for channel in channels.values() for message in channel.taken]
    of_customers = [message for message in taken if message.audience in EXTERNAL and message.recipient.startswith("c")]
    assert {message.language for message in of_customers} == {language}
    first = {m.recipient for m in of_customers if m.phase is Phase.OPENED}
    ended = {m.recipient for m in of_customers if m.phase is Phase.RESOLVED}
    asked = [(m.recipient, m.channel) for m in of_customers if m.phase is Phase.FEEDBACK]
    assert first == {"c1", "c2", "c3", "c4"}
    assert ended == TOLD_OF_THE_END
    assert sorted(asked) == [("c1", "email"), ("c2", "email"), ("c3", "sms"), ("c4", "email")]
    assert max(taken, key=lambda m: m.planned_at).phase is Phase.FEEDBACK
    assert len({message.id for message in taken}) == len(taken)


async def test_whoever_opted_out_after_the_end_is_not_asked(post, scripted):
    channels = await played("nl", post, scripted, opts_out="c2")
    asked = [m.recipient for channel in channels.values() for m in channel.taken if m.phase is Phase.FEEDBACK]
    assert sorted(asked) == ["c1", "c3", "c4"]


async def test_whoever_was_not_reached_at_all_is_not_asked(post, scripted):
    channels = await played("nl", post, scripted, opts_out="c2", at_once=True)
    assert "c2" not in {m.recipient for channel in channels.values() for m in channel.taken}
