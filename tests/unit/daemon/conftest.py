"""A clock that stands until it is moved, and a real store."""

import pytest

from netwatch.simulation.clock import SimulatedClock
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings


@pytest.fixture
def clock():
    return SimulatedClock(1_000_000.0)


@pytest.fixture
async def store(tmp_path, clock):
    opened = await Store.open(StorageSettings(directory="store", ballast_mib=0), clock, tmp_path)
    yield opened
    await opened.close()
