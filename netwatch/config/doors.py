"""Settings of the doors: where people and programs find netwatch on this machine."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Le

from netwatch.communication.page.settings import CopySettings
from netwatch.late import late

if TYPE_CHECKING:
    import pydantic
else:
    pydantic = late("pydantic")

Port = Annotated[int, Ge(0), Le(65535)]


def _bind(written: str) -> str:
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        raise ValueError(f'"{written}" is no IPv4 or IPv6 address; 127.0.0.1 keeps it on this machine') from None


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """Where the phone queue asks what to say to a caller."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    bind: Annotated[str, pydantic.AfterValidator(_bind)] = "127.0.0.1"
    """Address on which the queue is answered. Another than this machine's own needs a token."""
    port: Port | None = None
    """TCP port of it; null = nobody is answered; 0 = any free port."""
    token_file: str = ""
    """File with the token that the queue must bear (Bearer, or Basic's password); empty = none, on loopback only.
    Relative to the configuration file."""
    country_code: Annotated[str, pydantic.StringConstraints(pattern=r"^([1-9][0-9]{0,2})?$")] = ""
    """Country code of numbers that the inventory or the queue writes without one, as in 31; empty = they match none."""
    own_directory: Path | None = None
    """Directory of your own words: phone.nl.txt is spoken first, phone.nl.url is the address of a recording that is
    played first. Read at each call."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The local API, the outage page and the phone queue."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    socket: Path = Path("/run/netwatch/netwatch.sock")
    """Socket file of the local API, by which the commands speak to the running daemon. Its group may use it."""
    page_directory: Path = Path("/var/lib/netwatch/page")
    """Directory in which the outage page is written: index.html, outages.json, outages.atom."""
    page_copies: CopySettings = field(default_factory=CopySettings)
    """Further hosts on which the page stands, so that it can be read when this one can't be reached."""
    page_bind: Annotated[str, pydantic.AfterValidator(_bind)] = "127.0.0.1"
    """Address on which netwatch serves the outage page itself."""
    page_port: Port | None = None
    """TCP port of that page; null = it is not served, another web server serves the directory; 0 = any free port."""
    phone: PhoneSettings = field(default_factory=PhoneSettings)
    """The phone queue's own door."""


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Where Prometheus finds `/metrics`, `/-/healthy` and `/-/ready`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    bind: Annotated[str, pydantic.AfterValidator(_bind)] = "127.0.0.1"
    """Address of the metrics."""
    port: Port | None = 9464
    """TCP port of the metrics; null = no metrics; 0 = any free port."""
