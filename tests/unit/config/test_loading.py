from __future__ import annotations

import os
from pathlib import Path

import pytest

from netwatch import config
from netwatch.communication.people import Duty
from netwatch.errors import InputError
from netwatch.inventory.model import Port

NETWORK = """\
devices:
  - {id: core-1, role: core, address: 192.0.2.1, snmp: default}
  - {id: acc-1, role: access, address: 192.0.2.2}
links: [{id: trunk-1, a: core-1, b: "acc-1:up"}]
monitor: {attached_to: [core-1], witnesses: [{id: w1, address: 198.51.100.1}]}
"""
CUSTOMERS = "id,name,segment,language,device,notify\nc-1,Bakery,business,nl,acc-1,none\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "network.yaml").write_text(NETWORK)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "netwatch.yaml"
    path.write_text(text)
    return path


def test_a_file_with_only_the_inventory_is_enough(folder):
    loaded = config.load(write(folder, "inventory: [network.yaml, customers.csv]\n"))
    assert loaded.polling.icmp_interval_s == 10.0
    assert loaded.communication.veto_s == 30.0
    assert loaded.playbook is None
    assert loaded.load_inventory().customers["c-1"][0].primary == Port("acc-1")


def test_a_section_whose_keys_are_all_commented_out_has_its_defaults(folder):
    text = "inventory: [network.yaml]\npolling:\n  # icmp_interval_s: 5\ndiagnosis:\n  costs:\nchannels:\n  email:\n"
    assert config.load(write(folder, text)).polling.icmp_interval_s == 10.0


def test_relative_paths_start_at_the_directory_of_the_file(folder, monkeypatch):
    monkeypatch.chdir("/")
    text = "inventory: [network.yaml]\nplaybook: plan.yaml\ntemplates: [texts, /srv/texts]\nweb: {socket: run/sock}\n"
    loaded = config.load(write(folder, text))
    assert loaded.base_directory == folder
    assert loaded.inventory == (folder / "network.yaml",)
    assert loaded.playbook == folder / "plan.yaml"
    assert loaded.templates == (folder / "texts", Path("/srv/texts"))
    assert loaded.web.socket == folder / "run/sock"
    assert len(loaded.load_inventory().devices) == 2


def test_the_profile_default_always_exists(folder):
    text = "inventory: [network.yaml]\nsnmp:\n  profiles:\n    cpe: {timeout_s: 5, retries: null}\n"
    loaded = config.load(write(folder, text))
    assert sorted(loaded.snmp.profiles) == ["cpe", "default"]
    assert loaded.snmp.profiles["cpe"].timeout_s == 5.0
    assert loaded.load_inventory().devices["core-1"].snmp == "default"


def test_people_are_read_with_their_duties(folder):
    loaded = config.load(write(folder, "inventory: [network.yaml]\npeople:\n  - {id: anna, duties: [oncall, lead]}\n"))
    assert loaded.people[0].duties == (Duty.ONCALL, Duty.LEAD)


def test_what_the_operator_wrote_stays_text_where_text_is_meant(folder):
    text = "inventory: [network.yaml]\ncommunication: {company: NO, helpdesk_phone: 0741234567}\n"
    loaded = config.load(write(folder, text))
    assert loaded.communication.company == "NO"
    assert loaded.communication.helpdesk_phone == "0741234567"


def test_load_raises_every_fault_at_once(folder):
    path = write(folder, "inventory: [network.yaml]\npolling: {icmp_interval_s: x, colour: red}\nmetrics: {port: -1}\n")
    with pytest.raises(InputError) as caught:
        config.load(path)
    assert [fault.where.key for fault in caught.value.faults] == [
        "polling.icmp_interval_s", "polling.colour", "metrics.port",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["missing.yaml", "folder", "pipe"])
def test_a_configuration_that_is_no_file_is_one_clear_line(folder, name):
    (folder / "folder").mkdir()
    (folder / "pipe").unlink(missing_ok=True)
    os.mkfifo(folder / "pipe")
    report = config.check(folder / name)
    assert len(report.faults) == 1
    assert report.text().count("\n") == 2


def test_a_lenient_check_ignores_unknown_columns_and_names_them(folder):
    (folder / "customers.csv").write_text(CUSTOMERS.replace("notify\n", "notify,sla\n").replace("none\n", "none,7d\n"))
    path = write(folder, "inventory: [network.yaml, customers.csv]\n")
    assert not config.check(path).ok
    report = config.check(path, lenient=True)
    assert report.ok
    assert any('the column "sla" is unknown and ignored' in str(warning) for warning in report.warnings)


def test_a_configuration_is_frozen(folder):
    loaded = config.load(write(folder, "inventory: [network.yaml]\n"))
    with pytest.raises(AttributeError):
        loaded.playbook = Path("other.yaml")  # type: ignore[misc]


def test_counts_and_budget_are_reported(folder):
    report = config.check(write(folder, "inventory: [network.yaml, customers.csv]\n"))
    assert report.ok
    assert report.counts["device"] == 2
    assert report.budget is not None
    assert report.budget.kept
