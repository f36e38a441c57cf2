from __future__ import annotations

import pytest

from netwatch import config

NETWORK = """\
devices: [{id: core-1, role: core, address: 192.0.2.1, snmp: default}]
monitor: {attached_to: [core-1], witnesses: [{id: w1, address: 198.51.100.1}]}
"""
CONFIG = """\
inventory: [network.yaml]
snmp:
  profiles:
    default: {community_file: community}
"""


def check(folder, mode):
    (folder / "network.yaml").write_text(NETWORK)
    (folder / "netwatch.yaml").write_text(CONFIG)
    (folder / "community").write_text("s3cret\n")
    (folder / "community").chmod(mode)
    return config.check(folder / "netwatch.yaml")


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_secret_that_only_its_owner_reads_is_taken(tmp_path, mode):
    assert check(tmp_path, mode).ok


@pytest.mark.parametrize("mode", [0o440, 0o604, 0o644, 0o660])
def test_a_secret_that_others_may_read_is_refused(tmp_path, mode):
    report = check(tmp_path, mode)
    assert len(report.faults) == 1
    assert f"may be read by others (mode {mode:04o}); chmod 0400 it" in report.text()
    assert report.faults[0].where.key == "snmp.profiles.default.community_file"


def test_no_report_and_no_representation_shows_a_secret(tmp_path):
    assert check(tmp_path, 0o400).ok
    path = tmp_path / "netwatch.yaml"
    path.write_text(CONFIG.replace("community_file: community", "community: s3cret"))
    loaded = config.load(path)
    assert "s3cret" not in repr(loaded)
    assert "s3cret" not in config.check(path).text()
    path.write_text(CONFIG.replace("community_file: community", "port: s3cret, communty: s3cret2"))
    assert "s3cret2" not in config.check(path).text()


def test_a_credential_that_systemd_lays_out_later_is_not_missed_before(tmp_path):
    check(tmp_path, 0o400)
    path = tmp_path / "netwatch.yaml"
    path.write_text(
        CONFIG.replace("community_file: community", "community_file: /run/credentials/netwatch.service/secret_snmp")
    )
    assert config.check(path).ok
