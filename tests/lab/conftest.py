"""The lab's network, built once for all its tests and removed after them, whatever happened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab.namespaces.network import Network
from tests.lab.namespaces.shell import remove_leftovers

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def root():
    """The lab needs root; this is the only reason why any of it is skipped."""
    if os.geteuid() != 0:
        pytest.skip("the lab makes network namespaces and raw sockets, which need root")
    remove_leftovers()
    return True


@pytest.fixture(scope="session")
def network(root, tmp_path_factory):
    assert root
    built = Network(tmp_path_factory.mktemp("network"))
    yield built
    built.remove()
