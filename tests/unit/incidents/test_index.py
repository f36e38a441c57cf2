"""The index finds exactly the sets that have something in common, large and small."""

import pytest

from netwatch.incidents.index import Index

SMALL = [frozenset({"a", "b"}), frozenset({"b", "c"}), frozenset({"x"})]
LARGE = frozenset(f"n{number}" for number in range(100))


@pytest.mark.parametrize(
    ("asked", "found"),
    [({"a"}, [0]), ({"b"}, [0, 1]), ({"n7", "x"}, [2, 3]), ({"none"}, []), (LARGE, [3]), (set(), [])],
)
def test_places_of_sets_that_share_a_member_are_told_in_order_however_often_it_is_asked(asked, found):
    index = Index([*SMALL, LARGE])
    assert [index.touched(frozenset(asked)) for _ in range(20)] == [found] * 20


def test_a_key_is_as_good_as_a_member_however_often_it_is_asked():
    index = Index(SMALL, ["one", "two", "one"])
    assert [index.touched(frozenset({"c"}), "one") for _ in range(20)] == [[0, 1, 2]] * 20
