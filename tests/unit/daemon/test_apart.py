"""What another process reads of the files is the same, and so is what is wrong with them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from netwatch.daemon import apart
from netwatch.daemon.apart import read_files, read_here
from netwatch.errors import InputError, OperatingError

SAMPLE = Path(__file__).parents[3] / "config"


@pytest.fixture
def files(tmp_path):
    for one in SAMPLE.iterdir():
        if one.is_file():
            shutil.copy(one, tmp_path)
    return tmp_path


@pytest.mark.parametrize("check", [False, True])
def test_what_is_read_apart_equals_what_is_read_here(files, check):
    path = files / "netwatch.yaml"
    assert read_files(path, check=check) == read_here(path, check=check)


def test_every_fault_arrives_with_its_place(files):
    path = files / "netwatch.yaml"
    network = files / "network.yaml"
    network.write_text(network.read_text().replace("role: core", "role: rooter").replace("region: ", "regoin: ", 1))
    with pytest.raises(InputError) as here:
        read_here(path, check=True)
    with pytest.raises(InputError) as there:
        read_files(path, check=True)
    assert there.value.faults == here.value.faults
    assert len(here.value.faults) >= 2


def test_a_reader_that_dies_is_told_as_such(files, monkeypatch):
    monkeypatch.setattr(apart, "_PROGRAM", "import os; os.abort()")
    with pytest.raises(OperatingError, match="ended with -6"):
        read_files(files / "netwatch.yaml", check=False)
