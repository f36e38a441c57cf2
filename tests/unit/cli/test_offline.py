"""Commands that need no daemon, and how the others find theirs."""

import json
from pathlib import Path

import pytest

from netwatch.cli import options
from netwatch.errors import OperatingError

NETWORK = """\
sites: [{id: hgl-1, name: Hengelo Noord}]
devices:
  - {id: core-1, site: hgl-1, role: core, address: 127.10.0.1}
  - {id: acc-1, site: hgl-1, role: access, address: 127.10.0.2}
links:
  - {id: trunk-1, a: "core-1:x", b: "acc-1:x"}
monitor: {attached_to: [core-1]}
"""
CUSTOMERS = """\
id,name,segment,language,email,mobile,phone,postcode,device,interface,backup_device,backup_interface,priority,notify
c-1,Bakkerij Jansen,business,nl,c-1@example.net,,,7551AB,acc-1,p1,,,5,email
"""


@pytest.fixture
def files(tmp_path):
    """A sound configuration in the current folder."""
    (tmp_path / "network.yaml").write_text(NETWORK)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "netwatch.yaml").write_text("inventory: [network.yaml, customers.csv]\n")
    return tmp_path


@pytest.mark.usefixtures("files")
def test_check_adds_up_the_seconds_of_a_sound_configuration(netwatch):
    said = netwatch("check")
    assert (said.code, said.err) == (0, "")
    assert "Seconds from a fault until customers are told, at worst:" in said.out
    assert "180.0  promised" in said.out
    assert "netwatch.yaml: no fault" in said.out
    view = json.loads(netwatch("check", "--json").out)
    assert view["ok"]
    assert view["stages"][-1]["until_s"] <= view["promise_s"] == 180.0


def test_check_shows_every_fault_with_its_place_and_ends_with_1(netwatch, files):
    (files / "network.yaml").write_text(NETWORK.replace("role: core", "role: rooter").replace('"acc-1:x"', '"gone:x"'))
    said = netwatch("check")
    assert (said.code, said.err) == (1, "")
    assert "network.yaml:3:" in said.out
    assert "rooter" in said.out
    assert "network.yaml:6:" in said.out
    view = json.loads(netwatch("check", "--json").out)
    assert not view["ok"]
    assert {fault["line"] for fault in view["faults"]} >= {3, 6}


def test_render_shows_a_text_and_its_file(netwatch):
    said = netwatch("render", "customer", "--language", "nl", "--scenario", "power")
    assert said.code == 0
    assert "packs/nl/" in said.out
    assert "Voorbeeldnet" in said.out
    (one,) = json.loads(netwatch("render", "customer", "--json").out)["texts"]
    assert one["subject"]
    everything = json.loads(netwatch("render", "--json").out)["texts"]
    assert {text["text"] for text in everything} >= {"customer", "staff", "oncall", "page"}


def test_render_of_an_unknown_text_names_the_mend(netwatch):
    said = netwatch("render", "costumer")
    assert (said.code, said.out) == (1, "")
    assert "there is no text" in said.err


def test_the_schema_is_json(netwatch):
    assert "inventory" in json.loads(netwatch("schema").out)["properties"]


def test_versions_are_told(netwatch):
    assert set(json.loads(netwatch("version", "--json").out)) == {"netwatch", "python"}
    assert netwatch("--version").out.startswith("netwatch ")


def test_replay_tells_what_would_have_been_concluded(netwatch, files):
    lines = []
    for tick in range(40):
        at = 10.0 * tick
        lines += [
            {"at": at, "probe": "icmp", "device": d, "sent": 1, "received": 1, "rtt_ms": 1.0}
            for d in ("core-1", "acc-1")
        ]
    for tick in range(60):
        at = 400.0 + tick
        lines.append({"at": at, "probe": "icmp", "device": "acc-1", "sent": 1, "received": 0})
        lines.append({"at": at + 0.1, "probe": "icmp", "device": "core-1", "sent": 1, "received": 1, "rtt_ms": 1.0})
    (files / "seen.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    account = json.loads(netwatch("replay", "seen.jsonl", "--json").out)
    (incident,) = account["incidents"]
    assert incident["customers"]["out"] == ["c-1"]
    said = netwatch("replay", "seen.jsonl")
    assert "1 incident" in said.out
    assert "1 out" in said.out


def test_replay_of_a_bad_line_names_it(netwatch, files):
    (files / "seen.jsonl").write_text('{"at": 1, "probe": "icmp"}\n')
    said = netwatch("replay", "seen.jsonl")
    assert said.code == 1
    assert "seen.jsonl:1" in said.err


def test_the_daemon_is_found_by_the_configuration(netwatch, daemon, files, monkeypatch):
    monkeypatch.delenv("NETWATCH_SOCKET")
    with (files / "netwatch.yaml").open("a") as file:
        file.write(f"web: {{socket: {daemon.socket}}}\n")
    assert netwatch("status").code == 0
    assert netwatch("status", "-c", "netwatch.yaml").code == 0


def test_a_broken_configuration_hides_a_running_daemon_only_when_it_is_named(netwatch, daemon, files, monkeypatch):
    monkeypatch.delenv("NETWATCH_SOCKET")
    monkeypatch.setattr("netwatch.cli.options.DEFAULT_SOCKET", Path(daemon.socket))
    (files / "netwatch.yaml").write_text("nonsense: true\n")
    assert netwatch("status").code == 0
    said = netwatch("status", "-c", "netwatch.yaml")
    assert said.code == 1
    assert "netwatch.yaml:1:1" in said.err


def test_a_usual_place_that_may_not_be_read_counts_as_empty(monkeypatch, tmp_path):
    locked = tmp_path / "etc"
    locked.mkdir()

    class Locked(type(locked)):
        def is_file(self):
            raise PermissionError(13, "Permission denied", str(self))

    readable = tmp_path / "netwatch.yaml"
    readable.write_text("inventory: []\n")
    monkeypatch.setattr(options, "DEFAULT_CONFIGS", (Locked(locked / "netwatch.yaml"), readable))
    assert options.found_config() == readable
    monkeypatch.setattr(options, "DEFAULT_CONFIGS", (Locked(locked / "netwatch.yaml"),))
    assert options.found_config() is None
    with pytest.raises(OperatingError, match="is there for you to read"):
        options.config_path(None)
