"""Full garbage collections stay short while much is remembered, and what is garbage is still freed."""

import gc
import sys
import threading
import weakref

import pytest

from netwatch.daemon.collecting import bounded_collections

#: Of CPU time: a full look at a few thousand objects.
SHORT_S = 0.0005


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


@pytest.fixture
def often_changing_threads():
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def full_collections(seen):
    """Notes how many objects each full collection has to look at."""

    def note(phase, told):
        if phase == "start" and told["generation"] == 2:
            seen.append(sum(len(gc.get_objects(generation=age)) for age in (0, 1, 2)))

    return note


def test_however_much_is_remembered_no_full_collection_looks_at_all_of_it():
    seen = []
    note = full_collections(seen)
    with bounded_collections(SHORT_S):
        gc.callbacks.append(note)
        try:
            remembered = [[number] for number in range(300_000)]
        finally:
            gc.callbacks.remove(note)
    assert len(seen) >= 10
    assert max(seen) < 40_000
    assert len(remembered) == 300_000


def test_what_was_there_before_puts_no_full_collection_off():
    seen, before = [], [[number] for number in range(400_000)]
    gc.collect()  # from now on a full collection waits for 100,000 more
    note = full_collections(seen)
    with bounded_collections(SHORT_S):
        gc.callbacks.append(note)
        try:
            remembered = [[number] for number in range(100_000)]
        finally:
            gc.callbacks.remove(note)
    assert seen
    assert max(seen) < 40_000
    assert len(before) > len(remembered)


def test_circles_that_come_and_go_are_freed_while_much_is_remembered():
    alive, most, remembered = weakref.WeakSet(), 0, []
    with bounded_collections(SHORT_S):
        for _ in range(40_000):
            alive.add(Circle())
            remembered.append([[], []])
            most = max(most, len(alive))
        gc.collect()
        assert len(alive) < 400
    assert most < 20_000


def test_little_that_lives_on_is_never_left_alone_so_that_its_circles_are_freed_later():
    with bounded_collections(SHORT_S):
        connections = [Circle() for _ in range(100)]
        alive = weakref.WeakSet(connections)
        gc.collect()
        gc.collect()
        connections.clear()
        gc.collect()
        assert not alive


@pytest.mark.usefixtures("often_changing_threads")
def test_a_collection_in_one_thread_harms_no_tuple_that_another_is_filling():
    failed = []
    done = threading.Event()

    def fill():
        try:
            for _ in range(40_000):
                tuple([number] for number in range(30))
        except SystemError as error:
            failed.append(error)
        finally:
            done.set()

    with bounded_collections():
        thread = threading.Thread(target=fill)
        thread.start()
        while not done.is_set():
            [[number] for number in range(2_000)]
        thread.join()
    assert failed == []


def test_afterwards_the_collector_works_as_before():
    before = gc.get_threshold(), list(gc.callbacks)
    with bounded_collections(SHORT_S):
        assert gc.get_threshold() != before[0]
    assert (gc.get_threshold(), list(gc.callbacks)) == before
