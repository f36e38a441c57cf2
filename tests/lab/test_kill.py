"""kill -9 of the real daemon in the middle of a mailing."""

import time
from collections import Counter

import pytest

from tests.lab.namespaces.lab import Lab
from tests.lab.namespaces.provider import crowd
from tests.lab.namespaces.shell import wait_until
from tests.lab.settings import QUICK

IN_FLIGHT = 4  # the connections of the lab's mail route
CROWD = 500


@pytest.fixture
def lab(network, tmp_path):
    changes = {**QUICK, "communication": {"auto_customers": CROWD}}
    made = Lab(network, tmp_path / "lab", crowd("child-2", CROWD), changes, mail_delay_ms=40)
    try:
        made.daemon.start()
        made.daemon.wait_warm()
        yield made
    finally:
        made.close()


def test_after_kill_9_amid_500_mails_all_are_reached_and_at_most_those_in_flight_twice(lab, record_property):
    everyone = lab.all_addresses
    cut_at = time.time()
    lab.network.cables.cut("acc-1-child-2")
    try:
        wait_until("the mailing runs", lambda: len(lab.mailbox.to(everyone)) >= CROWD // 4, 60, every_s=0.02)
        lab.daemon.kill_9()
        told = len(set(lab.mailbox.count(everyone)))
        assert CROWD // 4 <= told < CROWD, f"killed too late to prove anything: {told} told"
        lab.daemon.start()
        lab.wait_told(everyone, cut_at, within_s=120)
    finally:
        mended_at = time.time()
        lab.network.cables.mend("acc-1-child-2")
    lab.wait_told(everyone, mended_at, within_s=120)
    mails = lab.mailbox.to(everyone, cut_at)
    # A mail that is sent again bears the same Message-ID; so what is doubled is seen, and so is what is not the same.
    doubled = len(mails) - len({mail.id for mail in mails})
    record_property("doubled", doubled)
    assert doubled <= IN_FLIGHT, lab.report()
    distinct = Counter(mail.to for mail in {mail.id: mail for mail in mails}.values())
    assert distinct == dict.fromkeys(everyone, 2), "each got one first notice and one all-clear, and nothing else"
