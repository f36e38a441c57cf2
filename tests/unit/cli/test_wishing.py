"""`optout` and `addresses`."""

import json
from datetime import UTC, datetime

from netwatch.web.wishes import AddressView, OptOutView

AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)


def test_a_wish_is_given_and_taken_back(netwatch, doors):
    assert netwatch("optout", "c-1", "--channel", "sms", "--but-ends", "--by", "anna").code == 0
    assert netwatch("optout", "c-1", "--undo", "--by", "anna").code == 0
    assert doors.orders == [("opt_out", "c-1", "sms", "True", "anna"), ("opt_in", "c-1", "")]


def test_without_a_customer_all_wishes_are_listed(netwatch, doors):
    assert netwatch("optout").out == "nobody has opted out\n"
    doors.wishes = (
        OptOutView("c-1", "Jansen", "sms", but_ends=True, by="anna", at=AT),
        OptOutView("c-2", "Bakker", "", but_ends=False, by="bram", at=AT),
    )
    first, second = netwatch("optout").out.splitlines()
    assert first.startswith("c-1  Jansen  without sms, but the end  noted by anna")
    assert second.startswith("c-2  Bakker  without every channel  noted by bram")
    assert [one["customer"] for one in json.loads(netwatch("optout", "--json").out)["optouts"]] == ["c-1", "c-2"]


def test_an_unknown_channel_is_not_understood(netwatch):
    assert netwatch("optout", "c-1", "--channel", "pigeon").code == 2


def test_addresses_to_mend_end_with_1_and_say_what_is_done_instead(netwatch, doors):
    assert netwatch("addresses").code == 0
    doors.refused = (
        AddressView("c-1", "Jansen", "email", "j@example.net", "smtp 550 5.1.1", AT, AT, instead="sms"),
        AddressView("c-2", "Bakker", "email", "b@example.net", "smtp 550", AT, AT, phone="+31201234567"),
    )
    said = netwatch("addresses")
    assert said.code == 1
    assert "c-1  Jansen  email j@example.net  told by sms instead" in said.out
    assert "c-2  Bakker  email b@example.net  ring +31201234567" in said.out
    assert "smtp 550 5.1.1, last" in said.out
    assert len(json.loads(netwatch("addresses", "--json").out)["addresses"]) == 2


def test_a_mended_address_is_told_to_the_daemon(netwatch, doors):
    assert netwatch("addresses", "--mended", "c-2").out == "the addresses of c-2 are used again\n"
    assert doors.orders == [("mended", "c-2")]


def test_a_large_reload_is_confirmed_by_a_word(netwatch, doors):
    assert netwatch("reload", "--confirm", "--by", "anna").code == 0
    assert doors.orders == [("reload", "anna", "confirmed")]
