"""Nothing that happens on quiet days, while netwatch is cut off, or during announced work is told to a customer."""

import json
import sys
from dataclasses import asdict, replace

import pytest

from netwatch.inventory.model import Maintenance
from netwatch.simulation import quiet
from netwatch.simulation.chance import seeded
from netwatch.simulation.faults import Breakage, Verb
from netwatch.simulation.ground import Ground
from netwatch.simulation.noise import Noise
from netwatch.simulation.quiet import KINDS, run_many, watches
from netwatch.simulation.runner import Rehearsal, simulate
from netwatch.simulation.synthetic import ProviderPlan, generate


def untidy(loss_ratio):
    return Noise(loss_ratio=loss_ratio, trap_loss_ratio=0.1, late_ratio=0.02, mute_ratio=0.01)


def customers_told(log):
    """Who was told of what, with or without a person's consent."""
    return [(change.at, change.incident.roots, len(change.newly_affected)) for change in log.changes
            if change.newly_affected]  # fmt: skip


@pytest.fixture(scope="module", params=[11, 12])
def network(request):
    return request.param, generate(ProviderPlan(40, seed=request.param))


@pytest.mark.parametrize("loss_ratio", [0.01, 0.02, 0.04])
def test_quiet_hours_are_told_to_nobody(network, loss_ratio):
    seed, inventory = network
    log = simulate(Rehearsal(inventory, (), seed, duration_s=2 * 3600, noise=untidy(loss_ratio)))
    assert customers_told(log) == []


@pytest.mark.parametrize("loss_ratio", [0.01, 0.04])
def test_netwatch_cut_off_for_one_second_or_for_minutes_is_told_to_no_customer(network, loss_ratio):
    seed, inventory = network
    rng = seeded("isolations", seed)
    faults, at = [], 60.0
    for lasts_s in rng.sample([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 17.0, 25.0, 60.0], 12):
        faults.append(Breakage(Verb.ISOLATE, "monitor", at, lasts_s))
        at += lasts_s + rng.uniform(30.0, 120.0)
    log = simulate(Rehearsal(inventory, tuple(faults), seed, duration_s=at, noise=untidy(loss_ratio)))
    assert customers_told(log) == []


@pytest.mark.parametrize("loss_ratio", [0.02, 0.04])
def test_announced_work_is_told_to_no_customer(network, loss_ratio):
    seed, inventory = network
    rng, ground = seeded("work", seed), Ground.of(inventory)
    trunks = [name for name in ground.bridges if ground.serves(inventory.links[name])]
    places = [f"link:{name}" for name in trunks]
    places += [f"device:{name}" for name, device in inventory.devices.items() if device.role == "aggregation"]
    windows, faults, at = [], [], 40.0
    for number in range(5):
        place = rng.choice(places)
        verb = Verb.CUT if place.startswith("link:") else Verb.DOWN
        windows.append(Maintenance(f"m-{number}", (place,), at, at + 300.0))
        faults.append(Breakage(verb, place, at + rng.uniform(1.0, 60.0), rng.uniform(5.0, 180.0)))
        at += 400.0
    planned = replace(inventory, maintenance=tuple(windows))
    log = simulate(Rehearsal(planned, tuple(faults), seed, duration_s=at, noise=untidy(loss_ratio)))
    assert customers_told(log) == []


def test_the_script_of_quiet_runs_tells_nobody_and_covers_every_kind():
    found = run_many(6, seed=3, jobs=2, sizes=(30,))
    assert [each.kind for each in found] == [*KINDS, *KINDS]
    assert [each for each in found if each.told] == []


def test_a_long_watch_goes_on_where_it_was_stopped(tmp_path, monkeypatch, capsys):
    kept = tmp_path / "quiet.jsonl"
    (first,) = watches(5.0, 1, kept)
    assert (first.told, first.why, first.devices, first.hours) == (0, "", 60, 6.0)
    assert quiet.watch(0, 1, 60) == first
    before = kept.read_text()
    monkeypatch.setattr(sys, "argv", ["quiet", "--hours", "6", "--results", str(kept)])
    assert quiet.main() == 0
    assert kept.read_text() == before
    assert capsys.readouterr().out == "6 simulated hours, 360 hours of a device: 0 incidents told a customer\n"


def test_a_watch_that_told_a_customer_is_named_and_fails(tmp_path, monkeypatch, capsys):
    kept = tmp_path / "quiet.jsonl"
    wrong = quiet.Watch(0, 1, 60, 6.0, 0.02, 0.1, 0.02, 0.01, 0.0, told=1, why="nw-1 link:trunk-1")
    kept.write_text(json.dumps(asdict(wrong)) + "\n")
    monkeypatch.setattr(sys, "argv", ["quiet", "--hours", "6", "--results", str(kept)])
    assert quiet.main() == 1
    assert "watch 0 on 60 devices: nw-1 link:trunk-1\n" in capsys.readouterr().out
