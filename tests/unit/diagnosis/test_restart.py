"""What a restart must not forget, and must not wait for."""

from dataclasses import replace

from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.model import Feedback
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Device, Inventory, Link, Monitor, Port
from netwatch.polling.model import IcmpObservation

INVENTORY = Inventory(
    devices={name: Device(name, name, address="192.0.2.1") for name in ("core-1", "agg-1", "acc-1")},
    links={
        "t1": Link("t1", Port("core-1", "p1"), Port("agg-1", "p1")),
        "t2": Link("t2", Port("agg-1", "p2"), Port("acc-1", "p1")),
    },
    monitor=Monitor(("core-1",)),
)


def poll(engine: Engine, start_at: float, rounds: int, silent: frozenset[str] = frozenset()):
    """Ping everything every ten seconds, stepping each second; the last diagnosis."""
    diagnosis = None
    for second in range(rounds * 10):
        now = start_at + second
        if second % 10 == 0:
            for device in INVENTORY.devices:
                engine.observe(IcmpObservation(now, device, 1, 0 if device in silent else 1, 1.0))
        diagnosis = engine.step(now, Feedback())
    return diagnosis


def test_an_engine_that_remembers_becomes_warm_like_one_that_learns():
    before = Engine(Topology(INVENTORY), DiagnosisSettings())
    assert poll(before, 1000.0, 10).warm
    after = Engine(Topology(INVENTORY), DiagnosisSettings())
    after.recall(before.remember())
    assert poll(after, 1200.0, 10).warm


def test_a_device_that_died_while_netwatch_was_away_is_news():
    before = Engine(Topology(INVENTORY), DiagnosisSettings())
    poll(before, 1000.0, 10)
    after = Engine(Topology(INVENTORY), DiagnosisSettings())
    after.recall(before.remember())
    diagnosis = poll(after, 1200.0, 10, silent=frozenset({"acc-1"}))
    assert [explanation.roots for explanation in diagnosis.explanations] != []
    assert diagnosis.explanations[0].down | diagnosis.explanations[0].unreachable == {"acc-1"}
    assert diagnosis.warm


def test_only_what_changed_is_handed_out_again_to_be_saved():
    engine = Engine(Topology(INVENTORY), DiagnosisSettings())
    poll(engine, 1000.0, 6)
    assert engine.remember_changes() == engine.remember()
    poll(engine, 1060.0, 2)
    assert engine.remember_changes() == ()
    poll(engine, 1080.0, 6, silent=frozenset({"acc-1"}))
    (changed,) = engine.remember_changes()
    assert (changed.ref, changed.state) == ("device:acc-1", "down")
    assert changed in engine.remember()


def test_devices_that_nobody_asks_do_not_keep_the_picture_cold():
    passive = {f"mux-{number}": Device(f"mux-{number}", "mux", icmp=False) for number in range(5)}
    inventory = replace(INVENTORY, devices={**INVENTORY.devices, **passive})
    assert poll(Engine(Topology(inventory), DiagnosisSettings()), 1000.0, 10).warm
