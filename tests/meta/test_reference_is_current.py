"""The generated reference says what the settings say. Write it anew with `python -m netwatch.config`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from netwatch import config
from netwatch.config.example import example, uncommented
from netwatch.config.reference import blocks, markdown, schema
from netwatch.sources import parse_yaml

ROOT = Path(__file__).parents[2]
HINT = "run: .venv/bin/python -m netwatch.config"
BLOCKS = list(blocks(schema()))


def test_the_reference_of_the_configuration_is_current():
    assert (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8") == markdown(), HINT


def test_the_commented_configuration_is_current():
    assert (ROOT / "config/netwatch.yaml").read_text(encoding="utf-8") == example(), HINT


@pytest.mark.parametrize(("path", "block"), BLOCKS, ids=[path or "top" for path, _ in BLOCKS])
def test_every_key_says_what_it_is_for(path, block):
    del path
    definitions = schema()["$defs"]
    for key, told in block["properties"].items():
        described = told.get("description") or definitions[told["$ref"].rsplit("/", 1)[-1]].get("description")
        assert described, f"{key} has no docstring"


def test_the_commented_configuration_is_good_and_without_warnings():
    report = config.check(ROOT / "config/netwatch.yaml")
    assert report.faults == ()
    assert report.warnings == ()
    assert report.counts["device"] == 12
    assert report.counts["customer"] == 15


def test_the_commented_configuration_shows_the_defaults_and_names_every_key(tmp_path):
    text = uncommented(example())
    named = {str(node.name) for node in parse_yaml(text, "netwatch.yaml").walk()}
    wanted = {key for _, block in BLOCKS for key in block["properties"]}
    assert wanted <= named
    path = tmp_path / "netwatch.yaml"
    path.write_text(text, encoding="utf-8")
    for name in ("network.yaml", "customers.csv"):
        (tmp_path / name).write_bytes((ROOT / "config" / name).read_bytes())
    shown, plain = config.load(path), config.load(ROOT / "config/netwatch.yaml")
    assert (shown.polling, shown.diagnosis, shown.incidents) == (plain.polling, plain.diagnosis, plain.incidents)
    assert replace(shown.communication, quiet_hours=()) == plain.communication
    assert (shown.storage, shown.metrics) == (plain.storage, plain.metrics)
    assert config.check(path).ok


def test_the_schema_is_json():
    assert json.loads(json.dumps(schema()))["properties"]["inventory"]
