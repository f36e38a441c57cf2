"""What is asked at once when something looks wrong."""

from __future__ import annotations

import itertools

import pytest

from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Device, Inventory, Link, Port
from netwatch.polling.settings import PollingSettings
from netwatch.polling.suspicion import Action, Kind, Suspicion

SETTINGS = PollingSettings(trap_spacing_s=5.0, trap_rate_per_s=10.0)


def chain(*names):
    devices = {name: Device(name, name, address="10.0.0.1") for name in names}
    links = {f"{a}-{b}": Link(f"{a}-{b}", Port(a, f"to-{b}"), Port(b, f"to-{a}")) for a, b in itertools.pairwise(names)}
    return Topology(Inventory(devices=devices, links=links))


@pytest.fixture
def suspicion():
    return Suspicion(chain("core", "agg", "acc"), SETTINGS)


def test_a_first_lost_ping_is_confirmed_and_the_neighbours_are_asked_at_once(suspicion):
    actions = suspicion.pinged("agg", 100.0, answered=False)
    burst = [action.at for action in actions if action.kind is Kind.PING and action.device == "agg"]
    assert burst == [100.0, 100.5, 101.0]
    assert Action(100.0, Kind.READ, "agg") in actions
    for neighbour in ("core", "acc"):
        assert Action(100.0, Kind.PING, neighbour) in actions
        assert Action(100.0, Kind.READ, neighbour, ("to-agg",)) in actions


def test_further_lost_pings_ask_nothing_more(suspicion):
    suspicion.pinged("agg", 100.0, answered=False)
    assert [suspicion.pinged("agg", 100.0 + k, answered=False) for k in range(1, 20)] == [[]] * 19
    assert suspicion.begun == 1


def test_one_lost_ping_among_answers_causes_no_second_look(suspicion):
    suspicion.pinged("agg", 100.0, answered=False)
    assert suspicion.pinged("agg", 101.0, answered=True) == []


def test_who_answers_again_after_an_outage_is_read_with_the_ports_toward_it(suspicion):
    for k in range(4):
        suspicion.pinged("agg", 100.0 + k, answered=False)
    actions = suspicion.pinged("agg", 200.0, answered=True)
    assert Action(200.0, Kind.READ, "agg", ("to-acc", "to-core")) in actions
    assert Action(200.0, Kind.READ, "core", ("to-agg",)) in actions


def test_a_region_that_fails_at_once_asks_its_edge_no_oftener_than_the_spacing():
    names = [f"acc-{number}" for number in range(50)]
    devices = {name: Device(name, name, address="10.0.0.1") for name in ["hub", *names]}
    links = {name: Link(name, Port("hub", ""), Port(name, "up")) for name in names}
    suspicion = Suspicion(Topology(Inventory(devices=devices, links=links)), SETTINGS)
    asked = []
    for number, name in enumerate(names):
        asked += [a for a in suspicion.pinged(name, 100.0 + number * 0.1, answered=False) if a.device == "hub"]
    for kind in (Kind.PING, Kind.READ):
        moments = [action.at for action in asked if action.kind is kind]
        assert moments[0] == 100.0
        assert all(later - earlier >= 2.0 for earlier, later in itertools.pairwise(moments))
        assert moments[-1] >= 104.0  # a look that is due later still comes


def test_a_port_read_as_down_probes_the_far_end_once(suspicion):
    actions = suspicion.port("core", "to-agg", "up", "down", 50.0)
    assert Action(50.0, Kind.PING, "agg") in actions
    assert Action(50.0, Kind.READ, "agg", ("to-core",)) in actions
    assert suspicion.port("core", "to-agg", "up", "lowerLayerDown", 51.0) == []


def test_a_port_that_comes_back_has_its_far_end_read(suspicion):
    suspicion.port("core", "to-agg", "up", "down", 50.0)
    assert suspicion.port("core", "to-agg", "up", "up", 60.0) == [Action(60.0, Kind.READ, "agg", ("to-core",))]


def test_a_port_that_the_operator_switched_off_is_no_suspicion(suspicion):
    assert suspicion.port("core", "to-agg", "down", "down", 50.0) == []


def test_a_device_that_stops_answering_snmp_is_pinged_and_asked_again_once(suspicion):
    actions = suspicion.asked("acc", 10.0, answered=False)
    assert Action(10.0, Kind.PING, "acc") in actions
    assert Action(12.0, Kind.READ, "acc") in actions
    assert Action(10.0, Kind.READ, "agg", ("to-acc",)) in actions
    assert suspicion.asked("acc", 40.0, answered=False) == []
    assert Action(70.0, Kind.READ, "acc", ("to-agg",)) in suspicion.asked("acc", 70.0, answered=True)


def test_a_trap_probes_both_ends_at_once(suspicion):
    actions = suspicion.trap("agg", "to-acc", 10.0)
    assert {(action.kind, action.device) for action in actions} == {
        (kind, device) for kind in (Kind.PING, Kind.READ) for device in ("agg", "acc")
    }


@pytest.mark.parametrize(
    ("trap", "kind"),
    [
        ("upsTrapOnBattery", Kind.POWER),
        ("powerRestored", Kind.POWER),
        ("bgpBackwardTransition", Kind.NEIGHBOURS),
        ("ospfNbrStateChange", Kind.NEIGHBOURS),
    ],
)
def test_a_trap_asks_for_what_it_is_about(suspicion, trap, kind):
    assert suspicion.trap("agg", "", 10.0)  # another subject just before does not silence it
    assert Action(10.1, kind, "agg") in suspicion.trap("agg", "", 10.1, trap)
    assert suspicion.trap("agg", "", 12.0, trap) == []
    assert Action(16.0, kind, "agg") in suspicion.trap("agg", "", 16.0, trap)


@pytest.mark.parametrize("trap", ["coldStart", "warmStart"])
def test_a_device_that_says_that_it_restarted_is_read_at_once_and_when_its_ports_are_up(suspicion, trap):
    actions = suspicion.trap("agg", "", 10.0, trap)
    reads = [(action.at, action.interfaces) for action in actions if action.kind is Kind.READ]
    assert reads == [(at, ("to-acc", "to-core")) for at in (10.0, 25.0)]
    assert suspicion.trap("agg", "to-acc", 11.0, "linkUp")  # what is planned for later silences nothing


def test_a_flood_of_traps_probes_each_port_no_oftener_than_the_spacing(suspicion):
    probed = [now for now in range(100) if suspicion.trap("agg", "to-acc", now * 0.1)]
    assert probed == [0, 50]
    assert suspicion.traps_ignored == 98


def test_two_ports_that_fail_at_once_are_both_looked_at(suspicion):
    assert suspicion.trap("agg", "to-acc", 10.0)
    assert suspicion.trap("agg", "to-core", 10.1)


def test_a_flood_of_traps_from_everywhere_stays_below_the_rate_of_all():
    names = [f"d{number}" for number in range(1000)]
    suspicion = Suspicion(chain(*names), SETTINGS)
    assert sum(bool(suspicion.trap(name, "", 10.0)) for name in names) <= 10


def test_a_trap_from_an_unknown_device_probes_nothing(suspicion):
    assert suspicion.trap("stranger", "", 10.0) == []


def test_another_inventory_keeps_what_is_known_of_those_that_stay(suspicion):
    suspicion.pinged("agg", 100.0, answered=False)
    suspicion.rebase(chain("core", "agg"))
    assert suspicion.pinged("agg", 101.0, answered=False) == []
    assert suspicion.pinged("core", 101.0, answered=False)


def lose_and_answer(suspicion, device, at, losses=1):
    for k in range(losses):
        suspicion.pinged(device, at + 0.5 * k, answered=False)
    return suspicion.pinged(device, at + 0.5 * losses, answered=True)


def test_who_loses_a_second_ping_within_a_minute_is_pinged_every_two_seconds_for_a_while(suspicion):
    assert lose_and_answer(suspicion, "agg", 100.0) == []
    actions = lose_and_answer(suspicion, "agg", 150.0)
    assert actions == [Action(150.5 + 2.0 * k, Kind.PING, "agg") for k in range(1, 21)]
    assert lose_and_answer(suspicion, "agg", 170.0) == []
    assert len(lose_and_answer(suspicion, "agg", 191.0)) == 20


def test_two_losses_in_a_row_before_an_answer_are_looked_at_closer_too(suspicion):
    assert len(lose_and_answer(suspicion, "agg", 100.0, losses=2)) == 20


def test_losses_far_apart_and_outages_are_not_looked_at_closer(suspicion):
    assert lose_and_answer(suspicion, "agg", 100.0) == []
    assert lose_and_answer(suspicion, "agg", 170.0) == []
    assert all(action.device != "acc" or action.kind is Kind.READ
               for action in lose_and_answer(suspicion, "acc", 100.0, losses=4))  # fmt: skip


def test_where_very_many_lose_pings_some_are_looked_at_closer():
    names = [f"acc-{number}" for number in range(300)]
    suspicion = Suspicion(Topology(Inventory(devices={name: Device(name, name) for name in names})), SETTINGS)
    closer = [name for name in names if lose_and_answer(suspicion, name, 100.0, losses=2)]
    assert closer == names[:200]
