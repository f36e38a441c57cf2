"""Why a device counts as what it counts as: evidence in words, with ages."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from netwatch.daemon.devices import Scene, device_view
from netwatch.daemon.sightings import Sighting, Sightings
from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.model import Diagnosis, Explanation, Scenario, Scope
from netwatch.incidents.book import Book
from netwatch.incidents.model import Incident, Status
from netwatch.inventory.graph import Topology
from netwatch.polling.icmp.windows import PingStatistics
from netwatch.polling.model import (
    IcmpObservation,
    InterfaceObservation,
    NeighbourObservation,
    OpticalObservation,
    PowerObservation,
    SnmpObservation,
    TrapObservation,
    WitnessObservation,
)
from netwatch.polling.snmp.objects.traffic import Load
from netwatch.web import sample

INVENTORY = sample.inventory()
NOW = 1_000_000.0
WARM = Diagnosis(NOW, ())
AGG, CORE, OLT = "hgl-agg-1", "ens-core-1", "hgl-olt-1"


def explanation(**more) -> Explanation:
    usual = Explanation(
        "k", ("link:trunk-17",), Scope.REGIONAL, Scenario.CABLE, NOW - 40, NOW - 46, NOW - 37, 0.97, strong=True,
        reasons=("the trunk is dark",),
    )  # fmt: skip
    return replace(usual, **more)


def incident() -> Incident:
    return Incident(
        "nw-1", "k", Status.OPEN, Scope.REGIONAL, Scenario.CABLE, ("link:trunk-17",), NOW - 46, NOW - 40,
        elements=frozenset({f"device:{AGG}"}),
    )  # fmt: skip


def answers(device: str, ago_s: float = 3.0) -> list:
    return [
        IcmpObservation(NOW - ago_s, device, 1, 1, 2.5),
        SnmpObservation(NOW - ago_s - 10, device, ok=True, uptime_s=90_000.0),
    ]


def view_of(device, observations, diagnosis=WARM, book=None, polled=(AGG, CORE, OLT), loads=None):
    sightings, engine = Sightings(), Engine(Topology(INVENTORY))
    for observation in observations:
        sightings.note(observation)
        engine.observe(observation)
    scene = Scene(
        NOW, lambda at: datetime.fromtimestamp(at, tz=UTC), INVENTORY, polled, diagnosis, book or Book(), sightings.of,
        engine.ports_of, lambda name: (loads or {}).get(name, {}),
    )  # fmt: skip
    return device_view(scene, INVENTORY.devices[device], PingStatistics(10, 1, 2.0, 3.0, 0.5))


def test_one_that_answers_is_up_and_says_when_it_did():
    view = view_of(AGG, answers(AGG))
    assert (view.state, view.confidence, view.since_at, view.incidents) == ("up", 1.0, None, ())
    assert view.why[:2] == ("last answered a ping 3 s ago", "last answered an SNMP request 13 s ago")
    assert [(seen.probe, seen.age_s, seen.what, seen.good) for seen in view.seen] == [
        ("icmp", 3.0, "answer in 2.5 ms", True),
        ("snmp", 13.0, "answer, up 25 h", True),
    ]
    assert (view.window.loss_ratio, view.window.rtt_p95_ms) == (0.1, 3.0)


def test_lost_pings_since_the_last_answer_make_it_less_sure():
    lost = [IcmpObservation(NOW - 1, AGG, 1, 0), IcmpObservation(NOW - 0.5, AGG, 1, 0)]
    view = view_of(AGG, answers(AGG) + lost)
    assert view.confidence == pytest.approx(1 / 3)
    assert view.why[0] == "last answered a ping 3 s ago; 2 without an answer since"


def test_one_behind_a_cut_trunk_is_unreachable_by_the_trunk_with_its_neighbours_words():
    seen = [
        *answers(AGG, 50.0),
        *answers(CORE),
        IcmpObservation(NOW - 1, AGG, 3, 0),
        InterfaceObservation(NOW - 2, CORE, "xe-0/1/0", "up", "down"),
    ]
    diagnosis = Diagnosis(NOW, (explanation(unreachable=frozenset({AGG, OLT})),))
    view = view_of(AGG, seen, diagnosis, Book.of([incident()]))
    assert (view.state, view.confidence, view.incidents) == ("unreachable", 0.97, ("nw-1",))
    assert view.since_at == datetime.fromtimestamp(NOW - 40, tz=UTC)
    assert view.why == (
        "explained by: link trunk-17 (ens-core-1 - hgl-agg-1)",
        "last answered a ping 50 s ago; 3 without an answer since",
        "last answered an SNMP request 60 s ago",
        "port xe-0/1/0 of ens-core-1 toward it is down (admin up), read 2 s ago; ens-core-1 answered 3 s ago",
        "hgl-olt-1 is not heard (next to it by uplink-3)",
        "the whole reasoning: netwatch why nw-1",
    )


def test_before_there_is_an_incident_the_diagnosis_own_reasons_are_shown():
    diagnosis = Diagnosis(NOW, (explanation(roots=(f"device:{AGG}",), down=frozenset({AGG})),))
    view = view_of(AGG, answers(AGG, 50.0), diagnosis)
    assert view.state == "down"
    assert view.why[0] == "it is held to be the cause itself"
    assert view.why[-1] == "the trunk is dark"


@pytest.mark.parametrize(
    ("diagnosis", "observations", "polled", "state", "words"),
    [
        (WARM, [], (AGG,), "unknown", "it has not answered once since netwatch started"),
        (replace(WARM, unheard=frozenset({AGG})), answers(AGG), (AGG,), "unknown", "has not answered once"),
        (WARM, [], (), "unknown", "it is not asked"),
        (replace(WARM, isolated=True), answers(AGG), (AGG,), "unknown", "netwatch is cut off"),
        (replace(WARM, warm=False), answers(AGG), (AGG,), "up", "netwatch is still learning the network"),
        (Diagnosis(NOW, (explanation(degraded=frozenset({AGG})),)), answers(AGG), (AGG,), "degraded", "explained by"),
    ],
)
def test_what_is_not_known_is_said_to_be_so(diagnosis, observations, polled, state, words):
    view = view_of(AGG, observations, diagnosis, polled=polled)
    assert view.state == state
    assert words in view.why[0]
    assert (view.confidence is None) == (state == "unknown")


def test_the_worst_that_is_said_of_a_device_counts():
    said = (explanation(unreachable=frozenset({AGG})), explanation(key="l", down=frozenset({AGG}), confidence=0.5))
    assert view_of(AGG, answers(AGG), Diagnosis(NOW, said)).state == "down"


def test_every_kind_of_observation_is_shown_as_last_seen():
    seen = [
        InterfaceObservation(NOW - 9, AGG, "ge-0/0/1", "up", "up"),
        InterfaceObservation(NOW - 2, AGG, "ge-0/0/1", "up", "lowerLayerDown"),
        PowerObservation(NOW, AGG, "battery", 180.0),
        NeighbourObservation(NOW, AGG, "bgp", "192.0.2.1", "idle", up=False),
        OpticalObservation(NOW, AGG, "p1", rx_dbm=-21.5),
        TrapObservation(NOW, AGG, "linkDown", "p1"),
        WitnessObservation(NOW, "w1", ok=True),
    ]
    loads = {AGG: {"p1": Load(NOW, 0.5), "p2": Load(NOW, None)}}
    assert [(one.probe, one.what, one.good) for one in view_of(AGG, seen, loads=loads).seen] == [
        ("interface", "ge-0/0/1 lowerLayerDown, admin up", False),
        ("power", "on battery, 180 min left", False),
        ("neighbour", "bgp 192.0.2.1 idle", False),
        ("traffic", "p1 50% of its speed", None),
        ("traffic", "p2 load unknown", None),
        ("optics", "p1 receives -21.5 dBm", None),
        ("trap", "linkDown p1", None),
    ]


def test_sightings_of_devices_that_left_are_forgotten():
    sightings = Sightings()
    for observation in (*answers(AGG), *answers(CORE)):
        sightings.note(observation)
    sightings.keep({CORE})
    assert sightings.of(AGG) == Sighting()
    assert sightings.of(CORE).pong_at is not None
