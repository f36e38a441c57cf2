"""Counts of losses that are kept up to date say the same as counting everything anew."""

from hypothesis import given
from hypothesis import strategies as st

from netwatch.diagnosis.loss_counts import LossCounts
from netwatch.diagnosis.loss_window import Window
from netwatch.diagnosis.net import Net, Tree
from netwatch.inventory.graph import Topology
from tests.unit.diagnosis.world import device, inventory, link, service

NAMES = ("core", "agg", "acc1", "acc2", "acc3")
LINKS = [link("core", "agg"), *(link("agg", name) for name in NAMES[2:])]
NET = Net(Topology(inventory([device(name) for name in NAMES], LINKS, [service("c1", "acc1")])))
SHORT_S, LONG_S = 60.0, 180.0


def hot_by_counting(windows, tree, blind, now):
    """The elements worth a look, from the losses themselves."""
    found = set()
    for element in tree.order:
        below = [windows[one].losses for one in tree.subtree(element) if one in windows and one not in blind]
        lately = sum(at >= now - SHORT_S for losses in below for at in losses)
        within = sum(at >= now - LONG_S for losses in below for at in losses)
        size = tree.size(element)
        if lately >= max(3.0, 0.25 * size) or (size <= 10 and within >= 4):
            found.add(element)
    return found


events = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 20)), max_size=4),
        st.sets(st.sampled_from(NAMES), max_size=2),
        st.booleans(),
    ),
    min_size=1,
    max_size=20,
)


@given(events)
def test_kept_counts_find_the_elements_that_counting_anew_finds(steps):
    windows: dict[str, Window] = {}
    counts, tree, now = LossCounts(windows, SHORT_S, LONG_S), Tree(NET), 300.0
    for passed, losses, blind, other_tree in steps:
        now += passed
        for name, ago in losses:
            if windows.setdefault(name, Window()).lose(now - ago, 1):
                counts.lost(name, now - ago)
        counts.pass_time(now)
        tree = Tree(NET, frozenset({LINKS[1].id})) if other_tree else tree
        counts.look(now, tree, blind)
        assert counts.hot == hot_by_counting(windows, tree, blind, now)
