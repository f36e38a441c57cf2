"""A real netwatch hands tasks out, passes on what nobody answers, and stops at `netwatch ack`, also over a kill -9."""

import re
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest
import yaml

from tests.lab.namespaces.lab import Lab
from tests.lab.namespaces.provider import customers
from tests.lab.namespaces.shell import wait_until

PEOPLE = {"bob": "field", "anna": "lead", "cas": "oncall"}
ADDRESSES = {f"{name}@example.com" for name in PEOPLE}
PLAYBOOK = """
procedures:
  - name: Whatever fails
    when: {}
    steps:
      - {tell: oncall, by: [email], within_s: 60}
    tasks:
      - {duty: field, do: {en: Drive there.}, acknowledge_within_s: 8, escalate_to: [lead]}
      - {duty: field, do: {en: Take a splicer.}, acknowledge_within_s: 12, escalate_to: []}
"""
QUICKEST = {
    "polling": {"icmp_interval_s": 1, "snmp_interval_s": 2, "interface_interval_s": 2, "witness_interval_s": 1},
    "diagnosis": {"learning_s": 4, "recover_s": 3, "blind_s": 2, "blind_snmp_s": 4},
    "incidents": {"settle_s": 2, "settle_growing_s": 3},
}


@pytest.fixture
def lab(network, tmp_path):
    made = Lab(network, tmp_path / "lab", customers(), QUICKEST)
    path = tmp_path / "lab" / "netwatch.yaml"
    content = yaml.safe_load(path.read_text())
    content["people"] = [
        {"id": name, "email": f"{name}@example.com", "language": "en", "duties": [duty]}
        for name, duty in PEOPLE.items()
    ]
    content["playbook"] = "playbook.yaml"
    path.with_name("playbook.yaml").write_text(PLAYBOOK)
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    try:
        made.daemon.start()
        made.daemon.wait_warm()
        yield made
    finally:
        made.close()


def asked(lab: Lab, words: str, since: float) -> set[str]:
    """Who was asked for the task with these words in a mail of his own."""
    mails = lab.mailbox.to(ADDRESSES, since)
    return {mail.to.partition("@")[0] for mail in mails if words in mail.body and "Say that you have it" in mail.body}


def test_a_task_that_nobody_takes_is_passed_on_and_netwatch_ack_stops_it(lab):
    since = time.time()
    lab.network.cables.cut("agg-1-acc-1")
    try:
        wait_until("bob is asked", lambda: asked(lab, "Drive there.", since) >= {"bob"}, 40, every_s=0.2)
        wait_until("then the lead", lambda: asked(lab, "Drive there.", since) >= {"bob", "anna"}, 20, every_s=0.2)
        (mail,) = [one for one in lab.mailbox.to({"bob@example.com"}, since) if "Drive there." in one.body]
        code = re.findall(r"Code (\w{4})", mail.body)[0]
        said = lab.daemon.command("ack", code, "--for", "anna", "--by", "desk")
        assert "anna has task 1" in said
        lab.daemon.kill_9()
        lab.daemon.start()
        everybody = set(PEOPLE)
        wait_until("what nobody took", lambda: asked(lab, "Take a splicer.", since) == everybody, 30, every_s=0.2)
        assert asked(lab, "Drive there.", since) == {"bob", "anna"}, lab.report()
        (incident,) = lab.daemon.told()
        first, second = lab.daemon.incident(incident["id"])["tasks"]
        assert (first["taken_by"], second["taken_by"], second["overdue"]) == ("anna", "", True)
        assert "OVERDUE" in lab.daemon.command("incidents")
        _ring_in_time(lab)
        counts = Counter(mail.id for mail in lab.mailbox.to(ADDRESSES, since))
        assert set(counts.values()) == {1}, "each alert has an identity of its own, and went once"
    finally:
        lab.network.cables.mend("agg-1-acc-1")


def _ring_in_time(lab: Lab) -> None:
    """A promise is written down, seen and kept from the command line."""
    later = datetime.now().astimezone() + timedelta(hours=2)
    lab.daemon.command("promise", "c-acc-1-nl", f"{later:%Y-%m-%d %H:%M}", "--by", "bob")
    (call,) = lab.daemon.ask("/v1/status")["calls"]
    assert (call["customer"], call["by"], call["missed"]) == ("c-acc-1-nl", "bob", False)
    lab.daemon.command("called", "c-acc-1-nl", "--by", "bob")
    assert lab.daemon.ask("/v1/status")["calls"] == []
