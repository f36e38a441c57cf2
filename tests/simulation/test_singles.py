"""Every single fault once, from one warm start: the same judgement as a drill of its own would give."""

import pytest

from netwatch import config
from netwatch.errors import OperatingError
from netwatch.simulation.drill import drill
from netwatch.simulation.faults import parse_all
from netwatch.simulation.parallel import map_forked
from netwatch.simulation.singles import candidates, rehearse_singles
from netwatch.simulation.synthetic import ProviderPlan, generate
from netwatch.simulation.writing import write_inventory


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    inventory = generate(ProviderPlan(260, seed=4))
    return config.load(write_inventory(inventory, tmp_path_factory.mktemp("singles"))), inventory


@pytest.fixture(scope="module")
def singles(large):
    return rehearse_singles(*large, seed=3, most=8)


def test_the_faults_with_most_customers_come_first_and_the_rest_is_counted(large, singles):
    every = list(candidates(large[1]))
    assert {outcome.ref for outcome in singles.outcomes} == {ref for ref, _ in every[:8]}
    assert singles.left == len(every) - 8
    assert singles.left_customers == every[8][1]


def test_the_audit_and_the_virtual_network_agree_on_who_is_cut_off(large, singles):
    expected = dict(candidates(large[1]))
    found = [one for one in singles.outcomes if not one.ref.startswith("feed:")]  # batteries let some live on
    assert found
    assert all(one.customers == expected[one.ref] for one in found)


def test_what_is_not_polled_further_changes_neither_cause_nor_customers(large, singles):
    outcome = next(one for one in singles.outcomes if one.ref.startswith("device:"))
    account = drill(*large, parse_all([f"down {outcome.ref} at 30 for 100"], large[1]), seed=3)
    (incident,) = account["incidents"]
    assert tuple(incident["root_causes"]) == outcome.root_causes
    assert len(incident["customers"]["out"]) == outcome.customers == outcome.told
    assert account["promise"]["last_first_notice_s"] == pytest.approx(outcome.worst_s, abs=12.0)


def test_one_seed_gives_one_ranking_on_one_process_or_two(large, singles):
    assert rehearse_singles(*large, seed=3, most=8, jobs=1) == singles


def test_each_call_begins_with_the_same_state_and_answers_in_order():
    seen = []

    def call(number):
        seen.append(number)
        return number, len(seen)

    learnt = []
    assert map_forked(call, range(5), 2, lambda result, done, of: learnt.append((result[0], done, of))) == [
        (number, 1) for number in range(5)
    ]
    assert sorted(number for number, *_ in learnt) == list(range(5))
    assert [done for _, done, _ in learnt] == [1, 2, 3, 4, 5]


def test_a_call_that_dies_is_an_error_and_not_a_gap(capfd):
    def call(number):
        raise RuntimeError(number)

    with pytest.raises(OperatingError, match="without a result"):
        map_forked(call, range(3), 2)
    assert "RuntimeError" in capfd.readouterr().err
