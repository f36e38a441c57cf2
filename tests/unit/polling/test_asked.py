"""What of the polling changed with a reload, so that its silence is not taken for an outage."""

from netwatch.polling.asked import Asked, Otherwise, otherwise
from netwatch.polling.plan import DevicePlan
from netwatch.polling.settings import SnmpProfile
from netwatch.polling.snmp.session import Community

PUBLIC = Community(1, b"public")


def asked(*plans: DevicePlan, profile: SnmpProfile | None = None, access: Community = PUBLIC) -> Asked:
    return Asked(
        {one.device: one for one in plans},
        {"default": profile or SnmpProfile()},
        {"default": access},
        {"w-1": "192.0.2.1"},
    )


def device(name: str, address: str = "127.0.0.1", profile: str = "default", **more) -> DevicePlan:
    return DevicePlan(name, address, icmp=True, profile=profile, **more)


def test_what_is_asked_as_before_is_not_named():
    before = asked(device("a"), device("b"), device("gone"))
    after = asked(device("a"), device("b", link_ports=("ge-1",)), device("new"))
    assert not otherwise(before, after)


def test_another_address_another_profile_and_what_a_profile_says_are_told_apart():
    before = asked(device("a"), device("b"), device("c", profile=""))
    assert otherwise(before, asked(device("a", "127.0.0.9"), device("b"), device("c", profile=""))) == Otherwise(
        moved=frozenset({"a"})
    )
    for after in (
        asked(device("a"), device("b"), device("c", profile=""), access=Community(1, b"private")),
        asked(device("a"), device("b"), device("c", profile=""), profile=SnmpProfile(port=1161)),
    ):
        assert otherwise(before, after) == Otherwise(asked=frozenset({"a", "b"}))
    assert otherwise(before, asked(device("a"), device("b"), device("c"))) == Otherwise(asked=frozenset({"c"}))


def test_a_witness_at_another_address_is_named():
    before = asked()
    assert otherwise(before, Asked(before.plans, before.profiles, before.accesses, {"w-1": "192.0.2.2"})) == Otherwise(
        witnesses=frozenset({"w-1"})
    )
