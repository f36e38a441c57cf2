"""Settings of the page's further copies: on which hosts the outage page stands besides this one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from annotated_types import Ge, Gt, Le

from netwatch.late import late

if TYPE_CHECKING:
    import pydantic
else:
    pydantic = late("pydantic")

_CONFIG: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}
#: What may stand in a command's arguments: no blank, quote or sign that a shell or sftp reads, no dash in front.
_NAME: Final = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
_HOST: Final = r"^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$"
_FOLDER: Final = r"^[A-Za-z0-9_./][A-Za-z0-9_./@+-]*$"
_ENDPOINT: Final = r"^https?://[A-Za-z0-9.:\[\]-]+/?$"
_PREFIX: Final = r"^([A-Za-z0-9_.-]+/)*$"


class Way(StrEnum):
    """By which of OpenSSH's ways the files go. sftp needs nothing but that over there; rsync needs rsync too."""

    SFTP = "sftp"
    RSYNC = "rsync"


@dataclass(frozen=True, slots=True)
class SshCopy:
    """One host that is reached by SSH. Its key must be known beforehand: an unknown host gets nothing."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    host: Annotated[str, pydantic.StringConstraints(pattern=_HOST)]
    """Name or address of the host. An address still works when the DNS does not."""
    directory: Annotated[str, pydantic.StringConstraints(pattern=_FOLDER)]
    """Directory over there that a web server serves; relative ones start at the login's home."""
    user: Annotated[str, pydantic.StringConstraints(pattern=_NAME)]
    """Login over there; one that may do nothing else is best."""
    key_file: str
    """File with the private key, without a pass phrase. Relative to the configuration file."""
    by: Way = Way.SFTP
    """sftp or rsync."""
    port: Annotated[int, Ge(1), Le(65535)] = 22
    """Port of the SSH server."""
    known_hosts: str = ""
    """File with the host's public key, as ssh-keyscan prints it; empty = /etc/ssh/ssh_known_hosts."""
    timeout_s: Annotated[float, Gt(0), Le(120)] = 20.0
    """Longest time for one renewal, its reading back included, seconds."""


@dataclass(frozen=True, slots=True)
class S3Copy:
    """One bucket of a store that speaks S3. Addressed as endpoint/bucket/file."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    endpoint: Annotated[str, pydantic.StringConstraints(pattern=_ENDPOINT)]
    """Address of the store, as in https://s3.eu-central-1.amazonaws.com."""
    bucket: Annotated[str, pydantic.StringConstraints(pattern=_NAME)]
    """Name of the bucket."""
    access_key_id: str
    """Name of the key that requests are signed with."""
    secret_key_file: str
    """File with the secret part of that key, read at each renewal. Relative to the configuration file."""
    region: Annotated[str, pydantic.StringConstraints(pattern=_NAME)] = "us-east-1"
    """Region that requests are signed for; many stores take any."""
    prefix: Annotated[str, pydantic.StringConstraints(pattern=_PREFIX)] = ""
    """What stands before the names of the files, as in status/; empty = nothing."""
    timeout_s: Annotated[float, Gt(0), Le(120)] = 20.0
    """Longest time for one renewal, its reading back included, seconds."""


@dataclass(frozen=True, slots=True)
class CopySettings:
    """Further hosts on which the outage page stands. Each renewal is verified by reading every file back."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    ssh: tuple[SshCopy, ...] = ()
    """Hosts that are reached by SSH."""
    s3: tuple[S3Copy, ...] = ()
    """Buckets of stores that speak S3."""
    behind_alarm_s: Annotated[float, Gt(0)] = 180.0
    """On-call is told when a copy has been older than the page here for so long, seconds."""
