"""The language of faults: what it takes, and what it says of what it does not take."""

import pytest

from netwatch.errors import InputError
from netwatch.simulation.faults import Breakage, Verb, parse, parse_all
from netwatch.simulation.synthetic import ProviderPlan, generate


@pytest.fixture(scope="module")
def inventory():
    return generate(ProviderPlan(30))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cut trunk-1-1", Breakage(Verb.CUT, "link:trunk-1-1")),
        ("cut duct-1-1 at 60", Breakage(Verb.CUT, "duct:duct-1-1", 60.0)),
        ("cut olt-1-1/pon0", Breakage(Verb.CUT, "port_group:olt-1-1/pon0")),
        ("cut transit-1", Breakage(Verb.CUT, "upstream:transit-1")),
        ("cut fibreco", Breakage(Verb.CUT, "provider:fibreco")),
        ("cut link:trunk-1-1 for 9", Breakage(Verb.CUT, "link:trunk-1-1", 0.0, 9.0)),
        ("down agg-1-1 at 5 for 6.5", Breakage(Verb.DOWN, "device:agg-1-1", 5.0, 6.5)),
        ("power site-agg-1-1", Breakage(Verb.POWER, "site:site-agg-1-1")),
        ("power feed-agg-1-1", Breakage(Verb.POWER, "feed:feed-agg-1-1")),
        ("loss trunk-1-1 30% at 1", Breakage(Verb.LOSS, "link:trunk-1-1", 1.0, None, 0.3)),
        ("flap trunk-1-1 for 100 at 20", Breakage(Verb.FLAP, "link:trunk-1-1", 20.0, 100.0)),
        ("isolate at 30", Breakage(Verb.ISOLATE, "monitor", 30.0)),
        ("access c-00001", Breakage(Verb.ACCESS, "customer:c-00001")),
    ],
)
def test_a_fault_is_read(inventory, text, expected):
    assert parse(text, inventory) == expected


@pytest.mark.parametrize("verb", ["cut trunk-1-1 at 3 for 4", "isolate at 3", "loss trunk-1-1 30% at 0 for 9"])
def test_a_fault_reads_its_own_text_back(inventory, verb):
    fault = parse(verb, inventory)
    assert parse(str(fault), inventory) == fault


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'unknown fault ""; use one of cut, down'),
        ("cutt trunk-1-1", 'silent, mute, hang, blind. Did you mean "cut"?'),
        ("cut", "cut of what?; name a link, duct, port group, upstream or provider"),
        ("cut at 60", "cut of what?"),
        ("cut trunk-1-11", 'is called "trunk-1-11"; Did you mean "trunk-1-1"?'),
        ("down trunk-1-1", 'no device is called "trunk-1-1"'),
        ("loss trunk-1-1", '"" is not a loss; write a share from 1% to 100%'),
        ("loss trunk-1-1 0%", '"0%" is not a loss'),
        ("loss trunk-1-1 130%", '"130%" is not a loss'),
        ("loss trunk-1-1 x%", 'the loss is "x"'),
        ("cut trunk-1-1 soon", '"soon" is not understood here; after the target come `at S` and `for S`'),
        ("cut trunk-1-1 at", 'the time after `at` is ""'),
        ("cut trunk-1-1 at -5", 'the time after `at` is "-5"'),
        ("cut trunk-1-1 at nan", 'the time after `at` is "nan"'),
        ("cut trunk-1-1 for 5 at 3 for 9", "`for` stands here twice; keep one `for S`"),
        ("cut trunk-1-1 at 1 at 1", "`at` stands here twice; keep one `at S`"),
        ("cut trunk-1-1 for 0", "a fault `for 0` never happens; write how many seconds it lasts, or no `for`"),
        ("cut trunk-1-1 for inf", 'the time after `for` is "inf"'),
    ],
)  # fmt: skip
def test_a_wrong_fault_gets_a_message_that_mends_it(inventory, text, message):
    with pytest.raises(InputError) as caught:
        parse(text, inventory)
    assert message in str(caught.value)


def test_all_wrong_lines_are_told_at_once_with_their_numbers(inventory):
    with pytest.raises(InputError) as caught:
        parse_all(["cut nowhere", "isolate", "down nobody"], inventory, "drill.yaml")
    assert [fault.where.line for fault in caught.value.faults] == [1, 3]
