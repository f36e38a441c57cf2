"""From a profile of the configuration to the agent of a device."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from netwatch.errors import OperatingError
from netwatch.polling.plan import DevicePlan
from netwatch.polling.settings import PollingSettings, SnmpProfile
from netwatch.polling.snmp.agent import Agent
from netwatch.polling.snmp.codec import V1, V2C
from netwatch.polling.snmp.session import Community, Session
from netwatch.polling.snmp.tables import TableShape
from netwatch.polling.snmp.usm.keys import SHORTEST_PASSWORD_BYTES
from netwatch.polling.snmp.usm.session import UsmSession
from netwatch.polling.snmp.usm.user import UsmUser, user

_VERSIONS: Final = {"1": V1, "2c": V2C, "3": 3}
_USER_FIELDS: Final = ("name", "auth", "privacy", "context", "auth_key", "privacy_key")
_MOST: Final = 255  # no agent takes a longer community

Access = Community | UsmUser
"""What a profile's agents share: a community, or a user with its keys."""


def accesses(
    profiles: Mapping[str, SnmpProfile], named: Mapping[str, str], held: Mapping[str, Access]
) -> Mapping[str, Access]:
    """The secrets of the profiles that are named, each by one device that does; those as `held` stay the same objects.

    Raises:
        OperatingError: a profile does not exist, or its secrets can't be read.
    """
    found: dict[str, Access] = {}
    for name, device in named.items():
        if name not in profiles:
            raise OperatingError(
                f'device {device} names the SNMP profile "{name}", which does not exist',
                f"use one of {', '.join(sorted(profiles))}, or add it under snmp.profiles",
            )
        new, old = access(profiles[name]), held.get(name)
        found[name] = old if old is not None and same(old, new) else new
    return found


def access(profile: SnmpProfile) -> Access:
    """The profile's secrets, read and checked.

    Raises:
        OperatingError: a file can't be read, or holds no fitting secret.
    """
    if profile.version == "3":
        return _user(profile)
    return Community(_VERSIONS[profile.version], _community(profile))


def session(access_: Access) -> Session:
    """The session of one agent."""
    return access_ if isinstance(access_, Community) else UsmSession(access_)


def same(one: Access, other: Access) -> bool:
    """Whether two accesses ask with the same secrets."""
    if isinstance(one, Community) or isinstance(other, Community):
        return one == other
    return all(getattr(one, name) == getattr(other, name) for name in _USER_FIELDS)


def shape(profile: SnmpProfile) -> TableShape:
    """How the profile's agents are walked at first."""
    return TableShape(_VERSIONS[profile.version], profile.max_repetitions)


def _community(profile: SnmpProfile) -> bytes:
    """The profile's community.

    Raises:
        OperatingError: its file can't be read, or holds none.
    """
    if profile.community_file is None:
        return profile.community.encode()
    found = _first_line(profile.community_file, "community").strip()
    if not found:
        raise OperatingError(f"the community file {profile.community_file} is empty", "write it on the first line")
    return found


def _user(profile: SnmpProfile) -> UsmUser:
    """The profile's user. A few milliseconds for each password.

    Raises:
        OperatingError: no user, privacy without authentication, or a password that is missing or too short.
    """
    authenticates, encrypts = profile.auth != "none", profile.privacy != "none"
    return user(
        profile.user,
        auth=profile.auth,
        auth_password=_password(profile.auth_password_file, "auth_password_file") if authenticates else b"",
        privacy=profile.privacy,
        privacy_password=_password(profile.privacy_password_file, "privacy_password_file") if encrypts else b"",
        context=profile.context,
        first_salt=secrets.randbits(64),
    )


def _password(path: Path | None, key: str) -> bytes:
    """The password, with any spaces that it begins or ends with."""
    if path is None:
        raise OperatingError(f"a profile of SNMP version 3 has no {key}", f"add {key}")
    found = _first_line(path, "password")
    if len(found) < SHORTEST_PASSWORD_BYTES:
        raise OperatingError(
            f"the SNMP password in {path} has {len(found)} characters, and RFC 3414 asks for "
            f"{SHORTEST_PASSWORD_BYTES} at least",
            "write the whole password on the first line, or give the agents' user a longer one",
        )
    return found


def _first_line(path: Path, what: str) -> bytes:
    try:
        lines = path.read_bytes()[: _MOST + 1].splitlines()
    except OSError as error:
        raise OperatingError(
            f"the {what} file {path} can't be read: {error.strerror}",
            f"let netwatch's user read it, or correct {'community_file' if what == 'community' else 'its name'}",
        ) from error
    return lines[0] if lines else b""


def agent(plan: DevicePlan, profile: SnmpProfile, access_: Access, settings: PollingSettings) -> Agent:
    """How the device of `plan` is asked."""
    return Agent(
        plan.device,
        plan.address,
        profile.port,
        session(access_),
        settings.snmp_timeout_s if profile.timeout_s is None else profile.timeout_s,
        settings.snmp_retries if profile.retries is None else profile.retries,
        profile.pause_ms / 1e3,
    )
