"""The demo's judgement is its own: each way in which netwatch could fail turns the account red."""

from dataclasses import replace

import pytest

from netwatch.simulation.demo.account import Truth, judge
from netwatch.simulation.demo.mailbox import Mail
from netwatch.simulation.demo.provider import CUSTOMERS, VICTIM, invent_provider

HIT = frozenset({"a@example.com", "b@example.com"})
TRUTH = Truth(HIT, HIT | {"c@example.com"}, "trunk-1", cut_at=1000.0, mended_at=1060.0)
CAUSE = ("link:trunk-1",)


def mail(at, recipient, subject):
    return Mail(1, at, recipient, "noc@example.net", subject, "", "")


GOOD = (
    mail(1030, "a@example.com", "outage"),
    mail(1031, "noc@example.com", "alert"),
    mail(1032, "b@example.com", "storing"),
    mail(1090, "a@example.com", "over"),
    mail(1090, "b@example.com", "voorbij"),
)


def wrong(mails, causes=CAUSE):
    return {finding.name for finding in judge(TRUTH, mails, causes) if not finding.ok}


def test_all_told_once_and_cleared_once_is_a_clean_account():
    assert wrong(GOOD) == set()


@pytest.mark.parametrize(
    ("mails", "expected"),
    [
        (GOOD[1:], {"notices", "all_clear"}),
        ((*GOOD, mail(1040, "a@example.com", "outage")), {"notices"}),
        ((*GOOD, mail(1040, "c@example.com", "outage")), {"others", "all_clear"}),
        ((*GOOD, mail(900, "c@example.com", "hello")), {"others"}),
        ((*GOOD[:2], mail(1061, "b@example.com", "storing"), *GOOD[3:]), {"notices", "all_clear"}),
        (GOOD[:-1], {"all_clear"}),
        ((*GOOD, mail(1091, "b@example.com", "voorbij")), {"all_clear"}),
        ((*GOOD, mail(1091, "c@example.com", "over")), {"all_clear"}),
        ((*GOOD[:-1], mail(1090, "b@example.com", "storing")), {"wording"}),
        ((), {"notices", "time", "all_clear", "wording"}),
    ],
    ids=["missed", "twice", "stranger", "too early", "too late", "not cleared", "cleared twice", "stranger cleared",
         "all-clear reads as outage", "silence"],
)  # fmt: skip
def test_the_account_sees_what_went_wrong(mails, expected):
    assert wrong(mails) == expected


def test_the_account_wants_the_true_cause_and_no_other():
    assert wrong(GOOD, ("device:x",)) == {"cause"}
    assert wrong(GOOD, (*CAUSE, "device:x")) == {"cause"}
    assert wrong(GOOD, ()) == {"cause"}


def test_a_minute_is_the_limit():
    slow = [replace(one, at=one.at + 29) if one.at < 1060 else one for one in GOOD]
    late = replace(TRUTH, mended_at=1080.0)
    assert {finding.name for finding in judge(late, slow, CAUSE) if not finding.ok} == {"time"}


def test_the_invented_provider_is_as_large_as_it_says_and_always_the_same():
    provider = invent_provider()
    assert provider == invent_provider()
    assert (len(provider.devices), len(provider.regions), len(provider.customers)) == (30, 3, CUSTOMERS)
    assert {service.language for service in provider.customers} == {"nl", "pl", "en"}
    assert len({service.email for service in provider.customers}) == CUSTOMERS


def test_a_customer_with_a_second_line_elsewhere_is_not_cut_off():
    provider = invent_provider()
    behind = provider.behind(VICTIM)
    assert behind == {"borne-acc-1", "borne-acc-2", "borne-acc-3"}
    attached = [service for service in provider.customers if service.primary.device in behind]
    hit = provider.cut_off(behind)
    assert hit < {service.email for service in attached}
    assert all(service.backup is None for service in attached if service.email in hit)
