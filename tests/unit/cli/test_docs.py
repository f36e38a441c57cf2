"""Help and documentation say what the commands do."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from netwatch.cli.exits import Exit
from netwatch.cli.main import application
from netwatch.web import sample
from netwatch.web.api import local_api
from netwatch.web.fake import FakeDoors
from netwatch.web.metrics import CATALOGUE

DOCS = Path(__file__).parents[3] / "docs"
COMMANDS = typer.main.get_command(application()).commands
CLI = (DOCS / "reference" / "cli.md").read_text()
BLOCK = re.compile(r"```console\n\$ netwatch ([^\n]*)\n(.*?)```", re.DOTALL)


def section(command):
    return CLI.split(f"### netwatch {command}\n")[1].split("\n## ")[0].split("\n### ")[0]


def test_the_reference_holds_exactly_the_commands_that_there_are():
    assert set(re.findall(r"^### netwatch (\w+)$", CLI, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_is_documented(command):
    shared = CLI.split("## Exit codes")[0]
    for parameter in COMMANDS[command].params:
        for name in parameter.opts:
            if name.startswith("--"):
                assert f"`{name}" in section(command) + shared or f"{name} " in section(command), name


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_help_is_short_and_has_a_group_and_an_example(netwatch, command):
    said = netwatch(command, "--help")
    assert said.code == 0
    assert f"Example: netwatch {command}" in " ".join(said.out.split())
    assert COMMANDS[command].rich_help_panel
    first = COMMANDS[command].help.split("\n\n")[0]
    assert len(first) <= 60


def test_the_overview_fits_on_one_screen(netwatch):
    said = netwatch("--help")
    assert len(said.out.splitlines()) <= 50
    for command in COMMANDS:
        assert f"│ {command} " in said.out


def test_commands_that_answer_have_json():
    for name, command in COMMANDS.items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert ("--json" in options) == (name not in {"run", "demo", "schema"}), name


def test_every_exit_code_is_documented():
    table = CLI.split("## Exit codes")[1].split("##")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == set(Exit)


@pytest.mark.parametrize(("command", "output"), BLOCK.findall(CLI))
def test_the_outputs_in_the_reference_are_real(netwatch, doors, monkeypatch, command, output):
    monkeypatch.setattr("netwatch.cli.terminal.local", lambda at: at)
    doors.version = "0.1.0"
    assert netwatch(*shlex.split(command)).out.rstrip() == output.rstrip()


def test_every_metric_is_documented_with_its_labels():
    text = (DOCS / "reference" / "metrics.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \|([^\n]*)$", text, re.MULTILINE))
    assert set(rows) == {entry.name for entry in CATALOGUE}
    for entry in CATALOGUE:
        assert entry.help in rows[entry.name]
        for label in getattr(entry, "labels", ()):
            assert f"`{label}`" in rows[entry.name]


def test_every_path_of_the_local_api_is_documented():
    text = (DOCS / "reference" / "local-api.md").read_text()
    for route in local_api(FakeDoors(sample.picture())).routes:
        method = "POST" if "POST" in route.methods else "GET"
        if "{order}" in route.path:
            for order in ("approve", "veto", "update", "scenario", "resolve"):
                assert f"`{method} {route.path.replace('{order}', order)}`" in text
        else:
            assert f"`{method} {route.path}" in text
