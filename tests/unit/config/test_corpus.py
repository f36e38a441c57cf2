"""Broken configurations and inventories: each gets its exact and whole report."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwatch import config

CORPUS = Path(__file__).parents[2] / "corpus" / "broken"
CASES = sorted(path for path in CORPUS.iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_case_gets_exactly_its_report(case, monkeypatch):
    expected = case / "expected.txt"
    assert expected.exists(), f"{case.name} has no expected.txt: write what a user should read"
    monkeypatch.chdir(case)
    assert config.check(Path("netwatch.yaml")).text() == expected.read_text(encoding="utf-8")


def test_the_corpus_is_large():
    assert len(CASES) >= 45


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_reported_line_names_a_file_and_a_mend(case, monkeypatch):
    monkeypatch.chdir(case)
    for fault in config.check(Path("netwatch.yaml")).faults:
        assert (case / fault.where.file).exists()
        assert fault.mend
        assert "pydantic" not in str(fault)
