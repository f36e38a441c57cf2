"""Settings of an SNMP profile that only make sense together.

Read from the nodes, as in `values`, so that these faults are told together with those of the types.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from netwatch.config.places import node_at
from netwatch.sources import Faults, Node, quoted

_VERSION_3: Final = ("user", "auth", "auth_password_file", "privacy", "privacy_password_file", "context")
_SHORTEST_PASSWORD: Final = 8  # RFC 3414 section 11.2


def check_profiles(root: Node, base: Path, faults: Faults) -> None:
    """Faults of profiles whose version, user, protocols and passwords do not fit. Relative files start at `base`."""
    profiles = node_at(root, ("snmp", "profiles"))
    for name, profile in profiles.items() if profiles is not None else ():
        if _given(profile, "version") == "3":
            _check_version_3(name, profile, faults)
            for key in ("auth_password_file", "privacy_password_file"):
                _check_password(profile, key, base, faults)
        else:
            for key in _VERSION_3:
                if _given(profile, key):
                    what = f"{quoted(key)} belongs to SNMP version 3"
                    faults.add(profile.place_of(key), what, 'add version: "3", or remove the key')


def _check_version_3(name: str, profile: Node, faults: Faults) -> None:
    if not _given(profile, "user"):
        faults.add(profile.place_of("user"), f"the profile {quoted(name)} of version 3 has no user", "add user")
    if _given(profile, "privacy") and not _given(profile, "auth"):
        what = "privacy without authentication does not exist in SNMP version 3"
        faults.add(profile.place_of("privacy"), what, "add auth and auth_password_file, or set privacy: none")
    for protocol in ("auth", "privacy"):
        key = f"{protocol}_password_file"
        if _given(profile, protocol) and not _given(profile, key):
            faults.add(profile.place_of(protocol), f"{protocol} is given, but no {key}", f"add {key}")
        if _given(profile, key) and not _given(profile, protocol):
            faults.add(profile.place_of(key), f"{key} is given, but no {protocol}", f"add {protocol}")
    for key in ("community", "community_file"):
        if _given(profile, key):
            faults.add(profile.place_of(key), f"{quoted(key)} belongs to SNMP versions 1 and 2c", "remove the key")


def _check_password(profile: Node, key: str, base: Path, faults: Faults) -> None:
    """A fault for a password that is too short; that the file can be read is checked elsewhere."""
    if not (named := _given(profile, key)):
        return
    try:
        lines = (base / named).read_bytes().splitlines()
    except (OSError, ValueError):
        return
    size = len(lines[0]) if lines else 0
    if size < _SHORTEST_PASSWORD:
        what = f"the password in {quoted(str(base / named))} has {size} characters, and SNMP version 3 needs 8 at least"
        mend = "write the whole password on the first line, or give the agents' user a longer one"
        faults.add(profile.place_of(key), what, mend)


def _given(profile: Node, key: str) -> str:
    """What the operator wrote; empty when that is nothing or `none`."""
    node = profile.get(key)
    written = node.value if node is not None and isinstance(node.value, str) else ""
    return "" if written == "none" else written
