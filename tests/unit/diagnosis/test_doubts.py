"""A wrong inventory is noticed over time, and a right one raises no doubt."""

from dataclasses import replace

from netwatch.diagnosis.engine import Engine
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Port
from netwatch.polling.model import InterfaceObservation
from tests.unit.diagnosis.world import World, inventory, link, small_isp


def believing(world, believed):
    """The same world, seen by a netwatch that has another inventory."""
    world.engine = Engine(Topology(believed))
    return world


def misplaced():
    """Truth: acc11 hangs on agg1. The inventory has it on agg3."""
    truth = small_isp()
    links = {name: found for name, found in truth.links.items() if name != "agg1--acc11"}
    links["agg3--acc11"] = replace(link("agg3", "acc11"), a=Port("agg3", "ge-0/0/9"), b=Port("acc11", "to-agg1"))
    return believing(World(truth), replace(truth, links=links))


def outage(world, name, begin, lasts=60):
    world.run(begin)
    world.dead.add(name)
    world.run(begin + lasts)
    world.dead.discard(name)
    world.run(begin + lasts + 80)


def test_a_device_that_lives_and_dies_with_another_seems_attached_there():
    world = misplaced()
    outage(world, "agg1", 100)
    assert not [doubt for doubt in world.engine.inventory_doubts() if doubt.ref == "device:acc11"]
    outage(world, "agg1", 300)
    (doubt,) = [doubt for doubt in world.engine.inventory_doubts() if doubt.ref == "device:acc11"]
    assert "device acc11 behaves as if attached to agg1" in doubt.sentence
    assert "2 times" in doubt.sentence


def test_outages_in_a_right_inventory_raise_no_doubt():
    world = World(small_isp())
    outage(world, "agg1", 100)
    outage(world, "agg1", 300)
    outage(world, "aggt", 500)
    outage(world, "acct1", 700)
    assert world.engine.inventory_doubts() == ()


def read(engine, at, port, oper):
    name, _, interface = port.partition(":")
    engine.observe(InterfaceObservation(at, name, interface, "up", oper))


def with_one_port_wrong():
    truth = small_isp()
    world = World(truth)
    world.readable.pop(Port("agg1", "to-agg2"))
    world.readable.pop(Port("agg2", "to-agg1"))
    return world


def test_a_link_whose_ports_were_never_up_together_is_named_after_an_hour():
    world = with_one_port_wrong()
    for at in range(30, 3700, 60):
        world.run(at)
        read(world.engine, float(at), "agg1:to-agg2", "down")
        read(world.engine, float(at), "agg2:to-agg1", "up")
        if at == 1830:
            assert world.engine.inventory_doubts() == ()
    (doubt,) = world.engine.inventory_doubts()
    assert doubt.ref == "link:agg1--agg2"
    assert "its ports have never been up together: agg1:to-agg2 down since t+30.0s" in doubt.sentence


def test_a_port_that_is_down_while_its_other_end_stays_up_raises_a_doubt_in_the_end():
    world = with_one_port_wrong()
    for at in range(30, 600, 30):
        world.run(at)
        read(world.engine, float(at), "agg1:to-agg2", "up" if at < 200 else "down")
        read(world.engine, float(at), "agg2:to-agg1", "up")
        if at < 450:
            assert world.engine.inventory_doubts() == ()
    (doubt,) = world.engine.inventory_doubts()
    assert "link agg1--agg2 may join other ports" in doubt.sentence


def test_a_cut_cable_raises_no_doubt():
    world = World(small_isp())
    world.run(100)
    world.cut.add("agg1--agg2")
    world.run(1000)
    assert world.engine.inventory_doubts() == ()


def test_an_empty_network_has_no_doubts():
    assert Engine(Topology(inventory([*small_isp().devices.values()][:1], []))).inventory_doubts() == ()
