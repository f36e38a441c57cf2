"""SNMPv3 in the configuration: what is refused, and what a good profile becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwatch import config
from netwatch.errors import OperatingError
from netwatch.polling.settings import SnmpProfile
from netwatch.polling.snmp import profiles
from netwatch.polling.snmp.usm import UsmSession, UsmUser
from netwatch.polling.snmp.usm.keys import AUTH, PRIVACY

GOOD = {
    "version": '"3"',
    "user": "netwatch",
    "auth": "sha256",
    "auth_password_file": "auth",
    "privacy": "aes128",
    "privacy_password_file": "privacy",
}


@pytest.fixture
def faults_of(tmp_path):
    """The faults of a configuration with this profile, as `key: what; mend`."""
    root = Path(__file__).parents[4]
    for name in ("network.yaml", "customers.csv"):
        (tmp_path / name).write_bytes((root / "config" / name).read_bytes())
    for name, content in (("auth", "a password\n"), ("privacy", "another one\r\n"), ("short", "1234567\n")):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o400)

    def check(**profile):
        lines = [f"      {key}: {value}" for key, value in profile.items()]
        text = "\n".join(["inventory: [network.yaml, customers.csv]", "snmp:", "  profiles:", "    core:", *lines, ""])
        (tmp_path / "netwatch.yaml").write_text(text)
        faults = config.check(tmp_path / "netwatch.yaml").faults
        return [f"{fault.where.key.removeprefix('snmp.profiles.core.')}: {fault.what}" for fault in faults]

    return check


def without(*keys, **changed):
    return {key: value for key, value in {**GOOD, **changed}.items() if key not in keys}


@pytest.mark.parametrize(
    "good",
    [
        GOOD,
        without(version="3"),
        {"version": "3", "user": "netwatch"},
        {"version": "3", "user": "netwatch", "auth": "none", "privacy": "none", "context": '""'},
        without("privacy", "privacy_password_file", auth="md5"),
        {"version": "2c", "auth": "none", "privacy": "none", "user": '""'},
        *({**GOOD, "privacy": privacy} for privacy in PRIVACY),
        *({**GOOD, "auth": auth} for auth in AUTH),
    ],
)
def test_a_profile_that_fits_has_no_fault(faults_of, good):
    assert faults_of(**good) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (without("user"), ['user: the profile "core" of version 3 has no user']),
        (
            without("auth", "auth_password_file"),
            ["privacy: privacy without authentication does not exist in SNMP version 3"],
        ),
        (without("auth_password_file"), ["auth: auth is given, but no auth_password_file"]),
        (without("privacy_password_file"), ["privacy: privacy is given, but no privacy_password_file"]),
        (without("privacy"), ["privacy_password_file: privacy_password_file is given, but no privacy"]),
        (without(community="secret"), ['community: "community" belongs to SNMP versions 1 and 2c']),
        ({"version": "2c", "user": "netwatch"}, ['user: "user" belongs to SNMP version 3']),
        ({"version": "1", "privacy": "aes128"}, ['privacy: "privacy" belongs to SNMP version 3']),
        (without(auth="sha1"), ['auth: unknown value "sha1"']),
        (without(privacy="des"), ['privacy: "des" protects nothing any more and is not offered']),
        (without(privacy="3DES"), ['privacy: "3DES" protects nothing any more and is not offered']),
        (without(privacy="aes"), ['privacy: unknown value "aes"']),
        (without(user="u" * 33), [f'user: "{"u" * 33}" is too long']),
    ],
)
def test_a_profile_that_does_not_fit_is_refused(faults_of, wrong, told):
    assert faults_of(**wrong) == told


def test_a_password_that_is_too_short_is_told_by_the_check(faults_of):
    (told,) = faults_of(**without(privacy_password_file="short"))
    assert told.startswith("privacy_password_file: the password in ")
    assert told.endswith("has 7 characters, and SNMP version 3 needs 8 at least")


def profile(tmp_path, **changed):
    for name, content in (("auth", b"a password\n"), ("privacy", b" another one\r\nsecond line")):
        (tmp_path / name).write_bytes(content)
    wanted = {"auth_password_file": tmp_path / "auth", "privacy_password_file": tmp_path / "privacy", **changed}
    return SnmpProfile(version="3", user="netwatch", auth="sha256", privacy="aes128", **wanted)


def test_a_profile_becomes_one_user_and_a_session_for_each_agent(tmp_path):
    who = profiles.access(profile(tmp_path))
    assert isinstance(who, UsmUser)
    assert (who.name, who.auth, who.privacy, who.level) == (b"netwatch", AUTH["sha256"], PRIVACY["aes128"], 3)
    one, other = profiles.session(who), profiles.session(who)
    assert isinstance(one, UsmSession)
    assert one is not other


def test_the_same_passwords_are_the_same_access_and_others_are_not(tmp_path):
    who = profiles.access(profile(tmp_path))
    assert profiles.same(who, profiles.access(profile(tmp_path)))
    assert not profiles.same(who, profiles.access(profile(tmp_path, privacy_password_file=tmp_path / "auth")))
    assert not profiles.same(who, profiles.access(SnmpProfile()))
    assert next(who.salts) != next(profiles.access(profile(tmp_path)).salts)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"auth_password_file": None}, "has no auth_password_file"),
        ({"privacy_password_file": None}, "has no privacy_password_file"),
        ({"auth_password_file": Path("/nowhere/at/all")}, "/nowhere/at/all can't be read"),
        ({"context": "ü" * 17}, "34 bytes; SNMP allows 32"),
    ],
)
def test_what_is_found_wrong_at_the_start_says_what_mends_it(tmp_path, changed, told):
    with pytest.raises(OperatingError, match=told):
        profiles.access(profile(tmp_path, **changed))


@pytest.mark.parametrize("content", [b"", b"\n", b"1234567\n", b"\n12345678"])
def test_a_file_without_a_long_enough_password_is_refused(tmp_path, content):
    (tmp_path / "wrong").write_bytes(content)
    with pytest.raises(OperatingError, match="RFC 3414 asks for 8 at least"):
        profiles.access(profile(tmp_path, auth_password_file=tmp_path / "wrong"))
