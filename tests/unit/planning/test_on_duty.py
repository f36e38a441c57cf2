"""Whom the planner alerts when there is a roster, what stands in an alert of tasks, and how SMS and drafts are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from netwatch.communication.model import EXTERNAL
from netwatch.communication.people import Duty, Person
from netwatch.communication.planning import Playbook, default_playbook
from netwatch.communication.planning.duties.model import Roster, Rotation
from netwatch.communication.planning.playbook import Channel, Reader, Step
from netwatch.communication.texts.sms import Alphabet, size
from netwatch.diagnosis.model import Scope
from netwatch.inventory.model import Segment

from .story import SETTINGS, Story, inventory, service

PEOPLE = (
    Person("anna", "Anna", "anna@example.net", "+447700900001", "nl", (Duty.ONCALL,)),
    Person("bob", "Bob", "bob@example.net", "+447700900002", "en", (Duty.ONCALL,)),
    Person("cas", "Cas", "cas@example.net", "", "pl", (Duty.PRESS,)),
)
WEEKS = Roster(turns=(Rotation(Duty.ONCALL, ("bob", "anna"), date(2026, 11, 16)),))


def plan(roster: Roster = WEEKS, *steps: Step) -> Playbook:
    shipped = default_playbook()
    procedures = tuple(
        replace(one, steps=(*one.steps, *steps)) if one.when.scope == (Scope.REGIONAL,) else one
        for one in shipped.procedures
    )
    return Playbook(procedures, roster)


def texted(playbook: Playbook) -> Playbook:
    both = (Channel.EMAIL, Channel.SMS)
    wanted = {Reader.ONCALL, Reader.CRITICAL, Reader.CUSTOMER}
    return replace(
        playbook,
        procedures=tuple(
            replace(one, steps=tuple(replace(step, by=both) if step.tell in wanted else step for step in one.steps))
            for one in playbook.procedures
        ),
    )


def alerted(story: Story, audience: str = "oncall") -> set[str]:
    return {message.recipient for message in story.plan.messages if message.audience == audience}


def test_the_alert_goes_to_whoever_is_on_duty_and_staff_is_told_as_before():
    story = Story(inventory(count=3), people=PEOPLE, playbook=plan())
    story.open("c0", "c1")
    assert alerted(story) == {"bob", "oncall"}  # and the webhook
    assert alerted(story, "staff") == {"anna", "cas"}  # bob has read more already


def test_after_the_handover_the_next_one_is_alerted():
    story = Story(inventory(count=3), people=PEOPLE, playbook=plan())
    story.open("c0")
    story.now += 86_400.0
    story.resolve()
    assert alerted(story) == {"anna", "oncall"}


def test_with_a_hole_in_the_roster_everybody_who_could_be_on_call_is_alerted():
    late = Roster(turns=(replace(WEEKS.turns[0], since=date(2026, 12, 7)),))
    story = Story(inventory(count=3), people=PEOPLE, playbook=plan(late))
    story.open("c0")
    assert alerted(story) == {"anna", "bob", "oncall"}


def test_the_clock_of_the_wall_decides_who_is_on_duty():
    story = Story(inventory(count=3), people=PEOPLE, playbook=plan())
    story.conditions = replace(story.conditions, wall_step_s=86_400.0)
    story.open("c0")
    assert alerted(story) == {"anna", "oncall"}


def test_the_first_alert_says_who_does_what_in_the_readers_language_and_later_ones_do_not():
    story = Story(inventory(count=3), people=PEOPLE, playbook=plan())
    story.open("c0", "c1")
    (alert,) = [m for m in story.plan.messages if m.recipient == "bob" and m.channel == "email"]
    assert "Who does what" in alert.body
    assert "incident lead, Bob, +447700900002: Take the lead." in alert.body  # nobody else leads
    story.grow("c2")
    (alert,) = [m for m in story.plan.messages if m.recipient == "bob" and m.channel == "email"]
    assert "Who does what" not in alert.body
    dutch = Story(inventory(count=3), people=PEOPLE[:1], playbook=plan(Roster()))
    dutch.open("c0", "c1")
    (alert,) = [m for m in dutch.plan.messages if m.recipient == "anna" and m.channel == "email"]
    assert "leiding, Anna, +447700900001: Neem de leiding." in alert.body


def test_an_sms_is_one_line_with_number_page_and_promise_and_holds_no_mail():
    critical = service("k1", segment=Segment.CRITICAL, mobile="+447700900234", notify=("email", "sms"))
    story = Story(inventory(critical), people=PEOPLE, playbook=texted(plan()))
    story.open("k1")
    (sms,) = [m for m in story.plan.messages if m.recipient == "k1" and m.channel == "sms"]
    (mail,) = [m for m in story.plan.messages if m.recipient == "k1" and m.channel == "email"]
    assert sms.address == "+447700900234"
    assert sms.id != mail.id
    assert "\n" not in sms.body
    assert "i1" in sms.body
    assert SETTINGS.page_url in sms.body
    assert "14:35 CET" in sms.body
    (alert,) = [m for m in story.plan.messages if m.recipient == "bob" and m.channel == "sms"]
    assert alert.address == "+447700900002"
    assert "trunk-17" in alert.body


def test_a_customer_is_texted_only_when_he_agreed_to_it():
    asked = service("k1", mobile="+447700900234", notify=("email",))
    only = service("k2", mobile="+447700900235", notify=("sms",))
    story = Story(inventory(asked, only), people=PEOPLE, playbook=texted(plan()))
    story.open("k1", "k2")
    told = {(m.recipient, m.channel) for m in story.plan.messages if m.audience in EXTERNAL}
    assert told == {("k1", "email"), ("k2", "sms")}


def test_polish_sms_are_written_in_plain_letters_only_where_the_operator_wants_it():
    pole = service("k1", language="pl", mobile="+447700900345", notify=("sms",))
    for wanted, alphabet in (((), Alphabet.UCS2), (("pl",), Alphabet.GSM7)):
        settings = replace(SETTINGS, sms_transliterate=wanted)
        story = Story(inventory(pole), settings, people=PEOPLE, playbook=texted(plan()))
        story.open("k1")
        (sms,) = [m for m in story.plan.messages if m.recipient == "k1"]
        assert size(sms.body).alphabet is alphabet


def test_drafts_go_to_whoever_releases_them_with_nothing_internal_in_them():
    drafts = (Step(Reader.SOCIAL, (Channel.EMAIL,)), Step(Reader.PRESS, (Channel.EMAIL,)))
    story = Story(inventory(count=3), people=PEOPLE, playbook=plan(WEEKS, *drafts))
    story.open("c0", "c1")
    made = {m.audience.value: m for m in story.plan.messages if m.audience in {"social", "press"}}
    assert made["press"].address == "cas@example.net"
    assert made["social"].address == "bob@example.net"  # nobody has communication, nobody leads: on-call
    for message in made.values():
        assert not any(word in message.subject + message.body for word in ("trunk-17", "FibreCo", "acc-1", "97"))
        assert SETTINGS.page_url in message.body
    assert len({message.id for message in story.plan.messages}) == len(story.plan.messages)


def test_a_text_of_its_own_for_a_scenario_speaks_outside_only_when_the_cause_is_sure(tmp_path):
    folder = tmp_path / "nl" / "regional"
    folder.mkdir(parents=True)
    own = "Kabelbreuk [{{ incident }}]\n\nDe kabel is stuk. {{ page_url }}{% if next_update_at is not none %} {{ next_update_at | clock }}{% endif %}\n"
    (folder / "customer.opened.cable.j2").write_text(own)
    for confidence, words in ((0.97, "De kabel is stuk."), (0.7, "We zoeken de oorzaak nog.")):
        story = Story(inventory(count=3), people=PEOPLE, texts=tmp_path)
        story.open("c0", confidence=confidence)
        (notice,) = [m for m in story.plan.messages if m.recipient == "c0"]
        assert words in notice.body
