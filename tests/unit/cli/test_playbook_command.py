"""`playbook show`, and what `check` proves of a playbook."""

from __future__ import annotations

import json

import pytest

PLAYBOOK = """\
procedures:
  - name: An outage
    when: {}
    steps: [{tell: oncall, by: [email], within_s: 60}]
    tasks: [{duty: lead, minute: 1, do: {en: Take the lead., nl: Neem de leiding.}}]
roster:
  turns: [{duty: lead, people: [anna, bob], since: 2020-01-06}]
"""
NETWORK = """\
regions: [{id: twente, name: Twente}]
sites: [{id: hgl, name: Hengelo, region: twente}]
devices: [{id: acc-1, site: hgl, role: access, address: 127.0.0.9}]
"""
CONFIG = """\
inventory: [network.yaml, customers.csv]
playbook: playbook.yaml
communication: {company: Voorbeeldnet, page_url: "https://status.example.net/"}
channels: {email: {sender: noc@example.net, routes: [{host: 127.0.0.1}]}}
people:
  - {id: anna, name: Anna Example, email: anna@example.net, duties: [oncall, lead]}
  - {id: bob, name: Bob Example, email: bob@example.net, duties: [lead]}
"""
COLUMNS = "id,name,segment,language,email,mobile,phone,postcode,device,interface,backup_device,backup_interface,priority,notify\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "network.yaml").write_text(NETWORK)
    (tmp_path / "playbook.yaml").write_text(PLAYBOOK)
    (tmp_path / "netwatch.yaml").write_text(CONFIG)
    customers(tmp_path, 3)
    return tmp_path


def customers(folder, count):
    rows = (f"c{n},Klant {n},residential,nl,c{n}@example.net,,,,acc-1,,,,5,email\n" for n in range(count))
    (folder / "customers.csv").write_text(COLUMNS + "".join(rows))


@pytest.mark.usefixtures("files")
def test_the_plan_is_printed_with_whoever_is_on_duty(netwatch):
    said = netwatch("playbook", "show", "--at", "2026-11-24 12:00")
    assert said.code == 0
    assert "Calamity plan of Voorbeeldnet, as on Tue 24 November 2026 12:00 CET" in said.out
    assert "Minute 0" in said.out
    assert "Take the lead." in said.out
    week = [netwatch("playbook", "show", "--at", f"2026-11-{day} 12:00").out for day in (17, 24)]
    assert [("incident lead: Anna Example" in out, "incident lead: Bob Example" in out) for out in week] in (
        [(True, False), (False, True)], [(False, True), (True, False)],
    )  # fmt: skip


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", ("Calamiteitenplan van Voorbeeldnet, zoals op 24-11-2026", "Minuut 1", "leiding: ", "Neem de leiding.")),
        ("pl", ("Plan awaryjny firmy Voorbeeldnet, stan na 24.11.2026", "Minuta 1", "kierujący: ", "Take the lead.")),
    ],
)
def test_the_plan_is_printed_in_the_language_asked_for_or_the_operators(netwatch, tmp_path, language, words):
    asked = netwatch("playbook", "show", "--at", "2026-11-24 12:00", "--language", language)
    assert not [one for one in words if one not in asked.out]
    (tmp_path / "netwatch.yaml").write_text(CONFIG.replace("company:", f"default_language: {language}, company:"))
    own = netwatch("playbook", "show", "--at", "2026-11-24 12:00")
    assert (own.code, own.out) == (0, asked.out)


@pytest.mark.usefixtures("files")
def test_the_plan_as_json_has_every_minute(netwatch):
    plan = json.loads(netwatch("playbook", "show", "--json").out)
    (procedure,) = plan["procedures"]
    assert [minute["minute"] for minute in procedure["minutes"]] == [0, 1]
    assert plan["company"] == "Voorbeeldnet"
    assert {duty["duty"] for duty in plan["duties"]} == {"on call", "incident lead"}


def test_without_a_configuration_the_shipped_plan_is_shown(netwatch):
    said = netwatch("playbook", "show")
    assert said.code == 0
    assert "An outage of several customers" in said.out
    assert "Minute 60" in said.out


@pytest.mark.usefixtures("files")
def test_a_time_that_is_none_is_refused(netwatch):
    said = netwatch("playbook", "show", "--at", "tomorrow")
    assert said.code == 2
    assert "2026-12-24 08:00" in said.err


@pytest.mark.usefixtures("files")
def test_check_accepts_a_playbook_that_can_be_kept(netwatch):
    said = netwatch("check")
    assert said.code == 0, said.out


def test_check_tells_a_hole_in_the_roster(netwatch, files):
    (files / "playbook.yaml").write_text(PLAYBOOK.replace("2020-01-06", "2999-01-01"))
    said = netwatch("check")
    assert said.code == 1
    assert "nobody is on duty as lead from" in said.out
    assert "playbook.yaml:7:" in said.out


def test_check_tells_all_of_a_playbooks_faults_together_with_those_of_the_other_files(netwatch, files):
    broken = PLAYBOOK.replace("within_s: 60", "within_s: 400").replace("when: {}", "when: {region: [twentee]}")
    broken = broken.replace("people: [anna, bob]", "people: [ana, bob]").replace(
        "duty: lead, minute", "duty: staff, minute"
    )
    (files / "playbook.yaml").write_text(broken)
    (files / "network.yaml").write_text(NETWORK.replace("role: access", "role: rooter"))
    said = netwatch("check")
    assert said.code == 1
    for words in (
        "later than 180 s", 'Did you mean "anna"?', "staff is nobody's task", "nobody is told of some incidents", "rooter",
    ):  # fmt: skip
        assert words in said.out, words


def test_check_tells_the_playbooks_faults_when_the_settings_are_wrong_too(netwatch, files):
    (files / "netwatch.yaml").write_text(CONFIG + "nonsense: true\n")
    (files / "playbook.yaml").write_text(PLAYBOOK.replace("within_s: 60", "within_s: 400"))
    said = netwatch("check")
    assert "nonsense" in said.out
    assert "later than 180 s" in said.out


def test_check_refuses_a_region_that_the_channels_can_not_tell_in_time(netwatch, files):
    # The shipped plan tells customers; 700 of them at ten a second take 70 s, and 60 s are left.
    (files / "netwatch.yaml").write_text(
        CONFIG.replace("playbook: playbook.yaml\n", "").replace("{company", "{email_rate_per_s: 10, company")
    )
    customers(files, 700)
    said = netwatch("check")
    assert said.code == 1
    assert "netwatch.yaml:2:35: communication.email_rate_per_s" in said.out
    assert "too slow for Twente" in said.out
    assert "700 notices at 10 a second take 70 s" in said.out
    customers(files, 500)
    assert netwatch("check").code == 0
