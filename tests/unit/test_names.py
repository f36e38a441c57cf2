"""Large sets of names are out of the collector's sight, and otherwise the sets that they are."""

import gc
import weakref

import pytest

from netwatch.names import lasting


@pytest.mark.parametrize(("size", "looked_into"), [(1, True), (500, True), (501, False), (5_000, False)])
def test_only_a_large_set_is_out_of_the_collectors_sight(size, looked_into):
    names = frozenset(f"device-{number}" for number in range(size))
    assert lasting(names) is names
    assert gc.is_tracked(names) is looked_into
    gc.collect()
    assert lasting(names) == {f"device-{number}" for number in range(size)}


class Name(str):
    """A name that can be watched."""

    __slots__ = ("__weakref__",)


def test_a_set_that_nobody_refers_to_is_freed():
    names = lasting(frozenset(Name(number) for number in range(1_000)))
    watched = weakref.ref(next(iter(names)))
    assert watched() is not None
    del names
    assert watched() is None
