"""The plan as it is read aloud, and the gallery of one outage."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning import default_playbook
from netwatch.communication.planning.duties.model import Roster, Rotation
from netwatch.communication.planning.duties.roster import Duties
from netwatch.communication.planning.playbook import Channel, Playbook, Procedure, Reader, Step, When
from netwatch.communication.planning.playbook_gallery import gallery
from netwatch.communication.planning.playbook_view import MINUTES, Company, plan_view
from netwatch.communication.planning.playbook_words import WORDS, PlanWords
from netwatch.communication.planning.recipients import Directory
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.diagnosis.model import Scope
from netwatch.inventory.model import Inventory, Segment

ROOT = Path(__file__).parents[3]
ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=ZONE).timestamp()
PEOPLE = (
    Person("anna", "Anna Example", "anna@example.net", duties=(Duty.ONCALL, Duty.LEAD)),
    Person("bob", "Bob Example", "bob@example.net", duties=(Duty.ONCALL, Duty.HELPDESK)),
)


def view(roster: Roster | None = None, channels: frozenset[str] | None = None, language: str = "en", people=PEOPLE):
    playbook = replace(default_playbook(), roster=roster or Roster())
    duties = Duties(playbook.roster, people, ZONE)
    directory = Directory(Inventory(), people, duties)
    company = Company(directory, duties, CommunicationSettings(company="Voorbeeldnet"), ZONE, channels)
    return plan_view(playbook, company, NOW, language)


def lines(made, name: str = "An outage of several customers") -> dict[int, list[str]]:
    (procedure,) = [one for one in made.procedures if one.name == name]
    return {minute.minute: [f"{line.who}: {line.what}" for line in minute.lines] for minute in procedure.minutes}


def test_the_plan_says_who_does_what_in_each_of_its_minutes():
    told = lines(view())
    assert set(MINUTES) <= set(told)
    assert any("Anna Example and Bob Example (on call): get the alert by mail" in line for line in told[1])
    assert any("Anna Example (incident lead): Take the lead." in line for line in told[1])
    assert any(line.startswith("The outage page: shows it within 70 s") for line in told[2])
    assert any(line.startswith("All other customers concerned: read by mail and SMS within 180 s") for line in told[3])
    assert any('"no news yet" goes out by itself' in line for line in told[30])
    assert any("Anna Example (incident lead)" in line for line in told[60])


def test_with_a_roster_it_names_whoever_is_on_duty_and_until_when():
    made = view(Roster(turns=(Rotation(Duty.ONCALL, ("bob",), date(2026, 11, 23)),)))
    (duty,) = [one for one in made.duties if one.duty == "on call"]
    assert duty.people == ("Bob Example",)
    weekly = view(Roster(turns=(Rotation(Duty.ONCALL, ("bob", "anna"), date(2026, 11, 23)),)))
    (duty,) = [one for one in weekly.duties if one.duty == "on call"]
    assert f"{duty.until_at:%Y-%m-%d %H:%M}" == "2026-11-30 08:00"


def test_a_duty_that_nobody_has_names_whom_it_falls_to():
    (duty,) = [one for one in view().duties if one.duty == "engineer on the road"]
    assert (duty.people, duty.falls_to) == ((), ("Anna Example",))
    (duty,) = [one for one in view(people=()).duties if one.duty == "engineer on the road"]
    assert (duty.people, duty.falls_to) == ((), ())


def test_what_is_not_set_up_is_said_to_be_so():
    told = lines(view(channels=frozenset({"page"})))
    assert any(line.endswith("ARE NOT TOLD: mail and SMS are not set up.") for line in told[3])
    assert not any("ARE NOT TOLD" in line for line in lines(view(channels=frozenset({"email"})))[3])


def test_tasks_are_read_in_the_language_that_is_asked_for():
    assert any("Neem de leiding." in line for line in lines(view(language="nl"))[1])


def test_one_customers_outage_promises_nothing_on_the_page():
    told = lines(view(), "One customer's outage")
    assert any(line.startswith("Customers told: read the next update") for line in told[30])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_gallery_is_current(language):
    kept = (ROOT / "docs" / "gallery" / f"{language}.md").read_text(encoding="utf-8")
    assert kept == gallery(language), "run: netwatch texts gallery --write docs/gallery"


def test_the_gallery_tells_the_whole_outage_to_every_reader():
    page = gallery("nl")
    for words in (
        "14:05:45 The outage is opened", "A promise comes due, and there is no news", "It is over", "An estimate is given",
        "It takes longer than was thought", "25 November 16:45:00 Some days later: how was it?",
        "a correction", "announced work", "### on-call, SMS", "### draft for the press, mail", "### the phone queue",
        "### script for ringing a critical customer",
    ):  # fmt: skip
        assert words in page
    assert "None" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reader_duty_channel_scope_and_segment_has_its_words(language):
    words = WORDS[language]
    assert set(words.duties) == set(Duty)
    assert set(words.says) == set(Reader)
    assert set(words.scopes) == set(Scope)
    assert set(words.channels) == set(Channel) - {Channel.PAGE}
    assert language == "en" or set(words.segments) == set(Segment)
    steps = tuple(
        Step(reader, (Channel.PAGE,) if reader in {"page", "phone"} else (Channel.EMAIL,)) for reader in Reader
    )
    everyone = Playbook((Procedure("all", When(scope=(Scope.REGIONAL,)), steps),))
    duties = Duties(Roster(), PEOPLE, ZONE)
    company = Company(Directory(Inventory(), PEOPLE, duties), duties, CommunicationSettings(), ZONE)
    view = plan_view(everyone, company, NOW, language)
    told = [line for one in view.procedures for minute in one.minutes for line in minute.lines]
    # netwatch itself, each reader, and two promises.
    assert len(told) == 1 + len(Reader) + 2
    assert not [line for line in (*told, *view.release) if "{" in line.who + line.what]


@pytest.mark.parametrize("language", ["nl", "pl"])
def test_a_plan_in_another_language_has_no_english_sentence(language):
    english, other = WORDS["en"], WORDS[language]
    for field in fields(PlanWords):
        if field.name not in {"duties", "channels", "scopes", "segments", "region"}:
            assert getattr(other, field.name) != getattr(english, field.name), field.name
    for reader in Reader:
        assert other.says[reader][1] != english.says[reader][1]


@pytest.mark.parametrize("language", ["nl", "pl"])
def test_each_phrase_takes_the_same_facts_in_every_language(language):
    def facts(words: PlanWords) -> dict[str, set[str]]:
        found = {}
        for field in fields(PlanWords):
            value = getattr(words, field.name)
            texts = [value] if isinstance(value, str) else [*value] if isinstance(value, tuple) else []
            found[field.name] = {name for text in texts for name in re.findall(r"{(\w+)", text)}
        says = {
            reader.value: {name for text in pair for name in re.findall(r"{(\w+)", text)}
            for reader, pair in words.says.items()
        }
        return {**found, **says}

    assert facts(WORDS[language]) == facts(WORDS["en"])


def test_what_netwatch_posts_itself_waits_for_a_person_and_is_said_so():
    for by, told in (
        ((Channel.MASTODON,), "shows the post once a person has let it go."),
        ((Channel.EMAIL, Channel.FACEBOOK), "the Facebook page shows it too once a person has let it go."),
    ):
        step = Step(Reader.SOCIAL, by)
        plan = Playbook((Procedure("all", When(scope=(Scope.REGIONAL,)), (step,)),))
        duties = Duties(Roster(), PEOPLE, ZONE)
        company = Company(Directory(Inventory(), PEOPLE, duties), duties, CommunicationSettings(), ZONE)
        (procedure,) = plan_view(plan, company, NOW).procedures
        assert any(line.what.endswith(told) for minute in procedure.minutes for line in minute.lines)
