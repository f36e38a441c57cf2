"""From a profile of the configuration to the agent of a device."""

from __future__ import annotations

from netwatch.errors import OperatingError
from netwatch.polling.plan import DevicePlan
from netwatch.polling.settings import PollingSettings, SnmpProfile
from netwatch.polling.snmp.client import Agent
from netwatch.polling.snmp.codec import V1, V2C

_MOST = 255  # no agent takes a longer community


def community(profile: SnmpProfile) -> bytes:
    """The profile's community.

    Raises:
        OperatingError: its file can't be read, or holds none.
    """
    if profile.community_file is None:
        return profile.community.encode()
    try:
        first = profile.community_file.read_bytes()[: _MOST + 1].splitlines()
    except OSError as error:
        raise OperatingError(
            f"the community file {profile.community_file} can't be read: {error.strerror}",
            "let netwatch's user read it, or correct community_file",
        ) from error
    if not first or not first[0].strip():
        raise OperatingError(f"the community file {profile.community_file} is empty", "write it on the first line")
    return first[0].strip()


def agent(plan: DevicePlan, profile: SnmpProfile, secret: bytes, settings: PollingSettings) -> Agent:
    """How the device of `plan` is asked."""
    return Agent(
        plan.device,
        plan.address,
        profile.port,
        V1 if profile.version == "1" else V2C,
        secret,
        settings.snmp_timeout_s if profile.timeout_s is None else profile.timeout_s,
        settings.snmp_retries if profile.retries is None else profile.retries,
    )
