"""Settings of the doors: where people and programs find netwatch on this machine."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Le
from pydantic import AfterValidator

Port = Annotated[int, Ge(0), Le(65535)]


def _bind(written: str) -> str:
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        raise ValueError(f'"{written}" is no IPv4 or IPv6 address; 127.0.0.1 keeps it on this machine') from None


Bind = Annotated[str, AfterValidator(_bind)]


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The local API, the outage page and the staff's desk."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    socket: Path = Path("/run/netwatch/netwatch.sock")
    """Socket file of the local API, by which the commands speak to the running daemon. Its group may use it."""
    page_directory: Path = Path("/var/lib/netwatch/page")
    """Directory in which the outage page is written: index.html, outages.json, outages.atom."""
    page_bind: Bind = "127.0.0.1"
    """Address on which netwatch serves the outage page itself."""
    page_port: Port | None = None
    """TCP port of that page; null = it is not served, another web server serves the directory; 0 = any free port."""
    desk_bind: Bind = "127.0.0.1"
    """Address of the staff's desk."""
    desk_port: Port | None = None
    """TCP port of the desk; null = no desk; 0 = any free port."""


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Where Prometheus finds `/metrics`, `/-/healthy` and `/-/ready`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    bind: Bind = "127.0.0.1"
    """Address of the metrics."""
    port: Port | None = 9464
    """TCP port of the metrics; null = no metrics; 0 = any free port."""
