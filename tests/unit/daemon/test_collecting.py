"""Full garbage collections stay short while much is remembered, and what is garbage is still freed."""

import gc
import weakref

import pytest

from netwatch.daemon.collecting import bounded_collections

FEW = 2_000


class Circle:
    """Refers to itself, as an exception with its frames does."""

    def __init__(self):
        self.itself = self


@pytest.fixture(autouse=True)
def alone():
    """What other tests left alive is not looked at."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def full_collections(seen):
    """Notes how many objects each full collection has to look at."""

    def note(phase, told):
        if phase == "start" and told["generation"] == 2:
            seen.append(sum(len(gc.get_objects(generation=age)) for age in (0, 1, 2)))

    return note


def test_however_much_is_remembered_no_full_collection_looks_at_all_of_it():
    seen = []
    note = full_collections(seen)
    with bounded_collections(FEW):
        gc.callbacks.append(note)
        try:
            remembered = [[number] for number in range(300_000)]
        finally:
            gc.callbacks.remove(note)
    assert len(seen) >= 10
    assert max(seen) < FEW + 40_000
    assert len(remembered) == 300_000


def test_what_was_there_before_puts_no_full_collection_off():
    seen, before = [], [[number] for number in range(400_000)]
    gc.collect()  # from now on a full collection waits for 100,000 more
    note = full_collections(seen)
    with bounded_collections(FEW):
        gc.callbacks.append(note)
        try:
            remembered = [[number] for number in range(100_000)]
        finally:
            gc.callbacks.remove(note)
    assert seen
    assert max(seen) < FEW + 40_000
    assert len(before) > len(remembered)


def test_circles_that_come_and_go_are_freed_while_much_is_remembered():
    alive, most, remembered = weakref.WeakSet(), 0, []
    with bounded_collections(FEW):
        for _ in range(40_000):
            alive.add(Circle())
            remembered.append([[], []])
            most = max(most, len(alive))
        gc.collect()
        assert len(alive) < 400
    assert most < 20_000


def test_little_that_lives_on_is_never_left_alone_so_that_its_circles_are_freed_later():
    with bounded_collections(FEW):
        connections = [Circle() for _ in range(100)]
        alive = weakref.WeakSet(connections)
        gc.collect()
        gc.collect()
        connections.clear()
        gc.collect()
        assert not alive


def test_a_large_set_of_names_is_not_looked_into_again():
    with bounded_collections(FEW):
        names = frozenset(f"device-{number}" for number in range(1_000))
        gc.collect()
        assert not gc.is_tracked(names)
    assert len(names | {"another"}) == 1_001


def test_a_large_set_of_what_may_be_part_of_a_circle_is_looked_into():
    with bounded_collections(FEW):
        circles = [Circle() for _ in range(1_000)]
        alive = weakref.WeakSet(circles)
        everyone = frozenset(circles)
        circles[0].itself = everyone
        gc.collect(0)
        assert gc.is_tracked(everyone)
        del everyone
        circles.clear()
        gc.collect()
        assert not alive


def test_afterwards_the_collector_works_as_before():
    before = gc.get_threshold(), list(gc.callbacks)
    with bounded_collections(FEW):
        assert gc.get_threshold() != before[0]
    assert (gc.get_threshold(), list(gc.callbacks)) == before
