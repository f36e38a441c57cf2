"""Passwords to keys, and AES in CFB, by published vectors."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes

from netwatch.errors import OperatingError
from netwatch.polling.snmp.usm.keys import AUTH, PRIVACY, AuthProtocol, key_of, localised, privacy_key
from netwatch.polling.snmp.usm.privacy import AesCfb
from tests.unit.polling.usm.agent import someone

MAPLE = b"maplesyrup"
MAPLE_ENGINE = bytes.fromhex("000000000000000000000002")


@pytest.mark.parametrize(
    ("name", "key", "local"),
    [  # RFC 3414 appendix A.3.1 and A.3.2
        ("md5", "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"),
        ("sha", "9fb5cc0381497b3793528939ff788d5d79145211", "6695febc9288e36282235fc7151f128497b38f3f"),
    ],
)
def test_keys_are_those_of_rfc_3414(name, key, local):
    assert key_of(AUTH[name], MAPLE).hex() == key
    assert localised(AUTH[name], bytes.fromhex(key), MAPLE_ENGINE).hex() == local


@pytest.mark.parametrize("password", [b"", b"1234567"])
def test_a_password_of_less_than_eight_characters_is_refused(password):
    with pytest.raises(OperatingError, match=f"{len(password)} characters, and RFC 3414 asks for 8"):
        key_of(AUTH["sha256"], password)
    with pytest.raises(OperatingError, match="RFC 3414"):
        someone(privacy_password=password)


class Unheard(hashes.HashAlgorithm):
    """A hash that no library offers."""

    name = "unheard"
    digest_size = 32
    block_size = 64


@pytest.mark.parametrize(
    "auth",
    [
        AuthProtocol("left-out", "left-out", hashes.SHA256, 12),
        AuthProtocol("left-out", "sha256", Unheard, 12),
    ],
)
def test_a_hash_that_the_machine_leaves_out_is_told_at_the_start(auth):
    with pytest.raises(OperatingError, match="do not offer left-out; use a stronger auth"):
        key_of(auth, b"a password")


@pytest.mark.parametrize(
    ("name", "bits", "mac_bytes"),
    [("md5", 128, 12), ("sha", 160, 12), ("sha224", 224, 16), ("sha256", 256, 24), ("sha384", 384, 32),
     ("sha512", 512, 48)],
)  # fmt: skip
def test_macs_are_cut_as_the_rfcs_say(name, bits, mac_bytes):
    assert AUTH[name].mac_bytes == mac_bytes
    assert len(localised(AUTH[name], b"x", MAPLE_ENGINE)) * 8 == bits


@pytest.mark.parametrize("auth", AUTH)
@pytest.mark.parametrize("privacy", PRIVACY)
def test_a_privacy_key_has_the_ciphers_length_and_begins_with_the_localised_key(auth, privacy):
    found = privacy_key(AUTH[auth], PRIVACY[privacy], b"key", MAPLE_ENGINE)
    assert len(found) == PRIVACY[privacy].key_bytes
    local = localised(AUTH[auth], b"key", MAPLE_ENGINE)
    assert found[: len(local)] == local[: len(found)]


def test_the_two_ways_to_lengthen_a_key_differ_only_where_a_key_is_lengthened():
    for name, longer in (("md5", True), ("sha", True), ("sha256", False), ("sha512", False)):
        ours, ciscos = (privacy_key(AUTH[name], PRIVACY[one], b"key", MAPLE_ENGINE) for one in ("aes256", "aes256c"))
        assert (ours != ciscos) is longer


PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
VECTOR = bytes(range(16))


@pytest.mark.parametrize(
    ("key", "secret"),
    [  # NIST SP 800-38A, F.3.13, F.3.15 and F.3.17
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            (
                "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"
                "26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6"
            ),
        ),
        (
            "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
            (
                "cdc80d6fddf18cab34c25909c99a417467ce7f7f81173621961a2b70171d3d7a"
                "2e1e8a1dd59b88b1c8e60fed1efac4c9c05f9f9ca9834fa042ae8fba584b09ff"
            ),
        ),
        (
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            (
                "dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407b"
                "df10132415e54b92a13ed0a8267ae2f975a385741ab9cef82031623d55b1e471"
            ),
        ),
    ],
)
def test_one_cipher_gives_nists_vectors_for_every_length_and_message_after_message(key, secret):
    cipher = AesCfb(bytes.fromhex(key))
    for size in range(1, len(PLAIN) + 1):
        assert cipher.encrypt(PLAIN[:size], int.from_bytes(VECTOR)) == bytes.fromhex(secret)[:size]
        assert cipher.decrypt(bytes.fromhex(secret)[:size], VECTOR) == PLAIN[:size]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": ""}, "no user"),
        ({"name": "u" * 33}, "33 bytes; SNMP allows 32"),
        ({"context": "c" * 33}, "33 bytes; SNMP allows 32"),
        ({"auth": "none"}, "privacy without authentication"),
    ],
)
def test_a_user_that_can_not_be_is_refused(wrong, told):
    with pytest.raises(OperatingError, match=told):
        someone(**wrong)


def test_keys_and_salts_are_not_shown():
    who = someone()
    assert "netwatch" in repr(who)
    for secret in ("auth_key=", "privacy_key=", "salts=", repr(who.auth_key), repr(who.privacy_key)):
        assert secret not in repr(who)
