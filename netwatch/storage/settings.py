"""Settings of the store: where it lies, how it is backed up, when it mistrusts itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Where what must survive is kept."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    directory: str = "/var/lib/netwatch"
    """Directory of the store; relative to the configuration file. Made when it is missing, readable by netwatch only."""
    sent_log: str = ""
    """Path of the log of what was sent (ids and states only), best on another disk; empty = in the store's directory."""
    backups: str = ""
    """Directory of the back-ups, best on another disk; empty = `backups` in the store's directory."""
    backup_every_s: Annotated[float, Ge(60)] = 3600.0
    """Time between two back-ups, seconds."""
    backups_kept: Annotated[int, Ge(1)] = 24
    """Number of back-ups that are kept; older ones are removed."""
    ballast_mib: Annotated[int, Ge(0)] = 16
    """Space kept in reserve and released when the disk is full, MiB. 0 = none."""
    crash_limit: Annotated[int, Ge(0)] = 3
    """So many starts after a crash within the crash window, and customers' notices start on hold. 0 = never."""
    crash_window_s: Annotated[float, Gt(0)] = 300.0
    """The crash window, seconds."""
    history_days: Annotated[float, Gt(0)] = 400.0
    """How long closed incidents, their journal and the page's entries are kept, days."""
    address_days: Annotated[float, Gt(0)] = 30.0
    """How long settled messages (addresses, texts) are kept after their incident is closed, days."""

    def database_path(self, base: Path) -> Path:
        """The store's file; `base` is the configuration's directory."""
        return base / self.directory / "netwatch.db"

    def snmp_engine_path(self, base: Path) -> Path:
        """Where netwatch's own SNMP engine keeps its id and its boots."""
        return base / self.directory / "snmp-engine"

    def clock_path(self, base: Path) -> Path:
        """Where the timeline's anchor is kept until the next boot."""
        return base / self.directory / "clock"

    def calls_path(self, base: Path) -> Path:
        """Directory of the call lists of the outages at hand."""
        return base / self.directory / "calls"

    def sent_log_path(self, base: Path) -> Path:
        return base / self.sent_log if self.sent_log else base / self.directory / "sent.log"

    def backups_path(self, base: Path) -> Path:
        return base / self.backups if self.backups else base / self.directory / "backups"

    def ballast_path(self, base: Path) -> Path:
        return base / self.directory / "ballast"
