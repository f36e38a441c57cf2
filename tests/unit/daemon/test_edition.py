"""What a new reading of the files changes, what it can't change, and what makes it be refused."""

import shutil
from pathlib import Path

import pytest
import yaml

from netwatch import config
from netwatch.daemon.edition import read
from netwatch.errors import InputError

SAMPLE = Path(__file__).parents[3] / "config"


@pytest.fixture
def files(tmp_path):
    """The sample configuration in a directory of its own."""
    for one in SAMPLE.iterdir():
        if one.is_file():
            shutil.copy(one, tmp_path)
    return tmp_path / "netwatch.yaml"


def change(path: Path, **sections) -> None:
    content = yaml.safe_load(path.read_text())
    for section, values in sections.items():
        content[section] = {**(content.get(section) or {}), **values} if isinstance(values, dict) else values
    path.write_text(yaml.safe_dump(content, sort_keys=False))


@pytest.fixture
def present(files):
    loaded = config.load(files)
    return loaded, loaded.load_inventory()


def test_files_that_did_not_change_need_no_new_diagnosis(files, present):
    edition = read(files, *present, ())
    assert edition.engine is None
    assert (edition.changes, edition.needs_restart) == ((), ())
    assert read(files, *present, (), keep_engine=False).engine is not None


def test_what_can_only_change_at_a_restart_is_named_without_its_value_and_kept_as_it_is(files, present):
    change(
        files,
        polling={"icmp_interval_s": 7},
        storage={"directory": "elsewhere"},
        metrics={"port": None},
        communication={"recipient_gap_s": 5, "max_share": 0.5},
    )
    edition = read(files, *present, ())
    assert edition.needs_restart == (
        "storage.directory", "metrics.port", "polling.icmp_interval_s", "communication.recipient_gap_s",
    )  # fmt: skip
    assert edition.config.polling == present[0].polling
    assert edition.config.communication.recipient_gap_s == present[0].communication.recipient_gap_s
    assert edition.config.communication.max_share == 0.5
    assert edition.engine is None


def test_profiles_change_while_it_runs_and_the_trap_port_does_not(files, present):
    change(files, snmp={"profiles": {"default": {"community": "another"}}, "trap_port": 9162})
    edition = read(files, *present, ())
    assert edition.config.snmp.profiles["default"].community == "another"
    assert edition.config.snmp.trap_port == present[0].snmp.trap_port
    assert edition.needs_restart == ("snmp.trap_port",)


def test_a_change_of_the_network_or_its_customers_is_counted_and_looked_at(files, present):
    customers = files.with_name("customers.csv")
    first, *rows = customers.read_text().splitlines()
    customers.write_text("\n".join([first, *rows[1:]]) + "\n")
    edition = read(files, *present, ())
    assert edition.changes == ("1 customer removed",), "that the others moved up by a line is no change"
    assert edition.engine is not None


def test_settings_of_the_diagnosis_are_looked_at_too(files, present):
    change(files, diagnosis={"learning_s": 90})
    assert read(files, *present, ()).engine is not None


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("network.yaml", "\nlinkz: []\n", "linkz"),
        ("netwatch.yaml", "\npollling: {}\n", "pollling"),
        ("customers.csv", "c-x,nobody\n", "customers.csv"),
    ],
)
def test_a_fault_in_any_file_refuses_the_whole_and_names_the_place(files, present, name, text, words):
    with files.with_name(name).open("a") as file:
        file.write(text)
    with pytest.raises(InputError) as caught:
        read(files, *present, ())
    assert any(words in str(fault) and f"{name}:" in str(fault) for fault in caught.value.faults)
