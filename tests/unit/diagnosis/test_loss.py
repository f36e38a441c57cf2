"""Loss: what counts as loss at all, and how much of it may be told to customers."""

from __future__ import annotations

import random

import pytest

from netwatch.diagnosis.evidence import View
from netwatch.diagnosis.loss import LossWatch
from netwatch.diagnosis.loss_window import Tally, Window, tally, unlikely
from netwatch.diagnosis.model import Scope
from netwatch.diagnosis.net import Net, Tree
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Upstream

from .world import World, device, inventory, link, service, small_isp

SETTINGS = DiagnosisSettings()


def noisy(seed: int, loss: float = 0.02, **more) -> World:
    found = World(small_isp(), seed=seed, loss=loss, **more)
    found.run(250)
    assert found.seen.explanations == ()
    return found


def all_seen(found: World, until: int) -> list:
    """Every explanation that was given at any second up to `until`."""
    told = []
    for second in range(int(found.now) + 1, until + 1):
        told += found.run(second).explanations
    return told


def lasting(found: World, until: int) -> list:
    """Explanations that were given long enough to be told: 5 s on end when settled, 15 s if not, 35 s when weak."""
    seconds: dict[str, int] = {}
    told = []
    for second in range(int(found.now) + 1, until + 1):
        now = {one.key: one for one in found.run(second).explanations}
        seconds = {key: seconds.get(key, 0) + 1 for key in now}
        waits = {key: (5 if one.settled else 15) if one.strong else 35 for key, one in now.items()}
        told += [one for key, one in now.items() if one.degraded or seconds[key] >= waits[key]]
    return told


@pytest.mark.parametrize("seed", range(8))
def test_a_device_that_suddenly_ignores_pings_while_snmp_answers_is_never_news(seed):
    found = noisy(seed)
    found.no_icmp.add("acct1")
    assert lasting(found, 500) == []
    found.no_icmp.clear()
    assert lasting(found, 600) == []


@pytest.mark.parametrize("seed", range(8))
def test_a_filter_before_a_whole_branch_is_never_news_while_snmp_answers(seed):
    found = noisy(seed)
    found.no_icmp.update({"aggt", "acct1", "acct2"})
    assert lasting(found, 500) == []
    found.no_icmp.clear()
    assert lasting(found, 600) == []


@pytest.mark.parametrize("seed", range(4))
def test_the_filtered_pings_of_a_device_do_not_count_against_the_branch_below_it(seed):
    found = noisy(seed)
    found.no_icmp.add("aggt")
    found.run(400)
    found.lossy["acct1"] = 0.02
    assert lasting(found, 600) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_device_that_is_slow_to_answer_but_forwards_well_is_no_brown_out(seed):
    found = noisy(seed)
    found.slow_to_answer["aggt"] = 0.4
    assert [one for one in all_seen(found, 500) if one.degraded] == []


def test_a_lone_leaf_with_loss_is_weak_so_that_a_person_decides():
    found = noisy(3)
    found.lossy["acc21"] = 0.4
    told = [one for one in all_seen(found, 700) if one.degraded]
    assert told
    assert {one.roots for one in told} == {("link:agg2--acc21",)}
    assert not any(one.strong for one in told)
    assert all(one.confidence < 0.6 for one in told)
    assert "only one device tells so" in "\n".join(told[0].reasons)


@pytest.mark.parametrize("seed", range(3))
def test_a_lossy_trunk_with_several_devices_behind_it_is_strong_and_dated(seed):
    found = noisy(seed)
    found.lossy["aggt"] = 0.4
    found.run(370)
    (one,) = [one for one in found.seen.explanations if one.degraded]
    assert one.roots == ("link:core1--aggt",)
    assert one.strong
    assert 240.0 <= one.onset_at <= 290.0


def test_devices_that_only_snmp_judges_are_weak_together_while_ports_stay_up():
    devices = [device("core", "core"), device("agg", "aggregation", icmp=False)]
    devices += [device(f"acc{n}", icmp=False) for n in (1, 2, 3)]
    links = [link("core", "agg"), *(link("agg", f"acc{n}") for n in (1, 2, 3))]
    services = [service(f"c{n}", f"acc{n}") for n in (1, 2, 3)]
    found = World(inventory(devices, links, services), snmp_s=10.0)
    found.run(100)
    found.no_snmp.update({"agg", "acc1", "acc2", "acc3"})
    seen = found.run(160).explanations
    assert seen
    assert not any(one.strong for one in seen)


@pytest.mark.parametrize(("witnesses", "strong"), [(("w1",), False), (("w1", "w2"), True)])
def test_one_silent_witness_is_weak_and_two_are_strong(witnesses, strong):
    devices = [device("core", "core"), device("edge", "core"), device("acc")]
    links = [link("core", "edge"), link("core", "acc")]
    ways = [Upstream("t0", "edge", "up0")]
    found = World(inventory(devices, links, [service("c", "acc")], upstreams=ways, witnesses=witnesses))
    found.run(100)
    found.witnesses_fail = True
    found.run(130)
    assert (found.one().scope, found.one().strong) == (Scope.REGIONAL, strong)


def test_a_loss_is_proven_by_a_later_answer_and_told_once():
    view = View()
    view.ping(0.0, 1, 1)
    for at in (10.0, 11.0):
        view.ping(at, 1, 0)
    assert view.proven_losses(SETTINGS) == ()
    view.ping(11.5, 1, 1)
    assert view.proven_losses(SETTINGS) == ((10.0, 1), (11.0, 1))
    assert view.proven_losses(SETTINGS) == ()


def test_a_long_run_of_failures_is_an_outage_or_a_filter_and_never_loss():
    view = View()
    view.ping(0.0, 1, 1)
    for at in (10.0, 11.0, 11.5, 12.0):
        view.ping(at, 1, 0)
    view.ping(20.0, 1, 1)
    assert view.proven_losses(SETTINGS) == ()


def test_failing_pings_alone_are_no_outage_once_snmp_has_answered_amid_them():
    view = View()
    view.ping(0.0, 1, 1)
    view.ping(10.0, 1, 0)
    view.poll(10.5, ok=True)
    for at in (11.0, 11.5, 12.0, 20.0):
        view.ping(at, 1, 0)
    silence = view.silence(SETTINGS, port_down=False)
    assert silence is not None
    assert not silence.enough
    assert view.silence(SETTINGS, port_down=True).enough
    view.poll(40.0, ok=False)
    assert view.silence(SETTINGS, port_down=False).enough


def test_counts_fall_into_their_tens_of_seconds_in_any_order():
    one, other = Window(), Window()
    for at in (5.0, 15.0, 25.0):
        one.answer(at, 1, None)
    for at in (25.0, 5.0, 15.0):
        other.answer(at, 1, None)
    for window in (one, other):
        assert window.lose(12.0, 2)
        assert not window.lose(12.0, 2)
    assert list(one.counts()) == list(other.counts())
    seen = tally({"one": one, "other": other}, ("one", "other", "third"), 10.0, 30.0)
    assert (seen.sent, seen.lost, seen.halves) == (8.0, 4.0, (4 / 6, 0.0))


def test_few_losses_are_likely_and_many_are_not():
    assert not unlikely(Tally(20, 2), 0.02, 1e-6)
    assert unlikely(Tally(20, 9), 0.02, 1e-6)
    assert not unlikely(Tally(2000, 60), 0.02, 1e-6)
    assert unlikely(Tally(2000, 200), 0.02, 1e-6)


BRANCH = {"aggt", "acct1", "acct2"}


def watched(seed: int, still: frozenset[str]) -> list[set[str]]:
    """The elements with a brown-out at each second of 700; a branch loses 30 % from 250 to 400, `still` goes on."""
    rng, found = random.Random(seed), LossWatch(SETTINGS)
    tree = Tree(Net(Topology(small_isp())))
    names = sorted(tree.net.inventory.devices)
    told = []
    for now in range(700):
        for name in names[now % 2 :: 2]:
            for again_s in (0.0, 0.5, 1.0):
                lossy = (name in BRANCH and 250 <= now < 400) or (name in still and now >= 400)
                if not (lossy and rng.random() < 0.3):
                    found.answer(name, now + again_s, 1, 3.0)
                    break
                found.lose(name, now + again_s, 1)
        found.judge(float(now), tree, lambda _: frozenset())
        told.append({one.device for one in found.found})
    return told


@pytest.mark.parametrize("seed", range(5))
def test_a_brown_out_that_is_over_is_not_found_anew_further_down_by_what_it_lost(seed):
    told = watched(seed, frozenset())
    assert told[399] == {"aggt"}
    assert not any(told[400 + int(SETTINGS.loss_window_s) :])


@pytest.mark.parametrize("seed", range(5))
def test_a_brown_out_of_which_a_part_goes_on_is_not_lost_sight_of(seed):
    assert all(watched(seed, frozenset({"acct1"}))[400:])


@pytest.mark.parametrize("unlucky_s", [20, 50, 80, 110, 140])
def test_loss_that_is_over_is_no_new_brown_out_though_pings_were_denser_while_it_lasted(unlucky_s):
    found = LossWatch(SETTINGS)
    tree = Tree(Net(Topology(small_isp())))
    names = sorted(tree.net.inventory.devices)

    def watch(begin: int, end: int, every_s: int, lost_one_in: int) -> list[bool]:
        seen = []
        for now in range(begin, end):
            for name in names:
                if name == "acc21" and now % every_s == 0:
                    unlucky = begin == 370 and now == 370 + unlucky_s
                    if unlucky or (lost_one_in and now // every_s % lost_one_in == 0):
                        found.lose(name, float(now), 1)
                    else:
                        found.answer(name, float(now), 1, 3.0)
                elif now % 10 == 0:
                    found.answer(name, float(now), 1, 3.0)
            found.judge(float(now), tree, lambda _: frozenset())
            seen.append(bool(found.found))
        return seen

    assert not any(watch(0, 250, 10, 0))
    assert any(watch(250, 370, 2, 3))
    after = watch(370, 700, 10, 0)
    assert True not in after[after.index(False) :]
