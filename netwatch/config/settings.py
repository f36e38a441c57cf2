"""What a configuration file may say, section by section; each section is defined by its own stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import MinLen

from netwatch.communication.channels.settings import ChannelSettings
from netwatch.communication.settings import CommunicationSettings, Person
from netwatch.config.doors import MetricsSettings, WebSettings
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.incidents.settings import IncidentSettings
from netwatch.polling.settings import PollingSettings, SnmpSettings
from netwatch.storage.settings import StorageSettings


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The keys of `netwatch.yaml`. Only `inventory` is needed; relative paths start at the file's own directory."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    inventory: Annotated[tuple[Path, ...], MinLen(1)]
    """Files of the inventory: YAML (.yaml, .yml) and CSV (.csv), in any order."""
    maintenance_calendars: tuple[Path, ...] = ()
    """iCalendar files (.ics) with the X-MAINTNOTE fields of providers: announced work, as under `maintenance` of the
    inventory. The newest SEQUENCE of each maintenance counts."""
    polling: PollingSettings = field(default_factory=PollingSettings)
    """How often what is asked."""
    snmp: SnmpSettings = field(default_factory=SnmpSettings)
    """How devices are asked by SNMP."""
    diagnosis: DiagnosisSettings = field(default_factory=DiagnosisSettings)
    """How faults are told apart."""
    incidents: IncidentSettings = field(default_factory=IncidentSettings)
    """How long netwatch waits before it speaks, and before it says that all is well."""
    communication: CommunicationSettings = field(default_factory=CommunicationSettings)
    """Who speaks, how updates are promised, and the brakes on customers' notices."""
    playbook: Path | None = None
    """File of the calamity plan; null = the plan that comes with netwatch."""
    templates: tuple[Path, ...] = ()
    """Directories of your own texts; what they lack is taken from the texts that come with netwatch."""
    channels: ChannelSettings = field(default_factory=ChannelSettings)
    """How messages leave."""
    people: tuple[Person, ...] = ()
    """The staff who are told of outages."""
    storage: StorageSettings = field(default_factory=StorageSettings)
    """Where what must survive is kept."""
    web: WebSettings = field(default_factory=WebSettings)
    """Where people and commands find netwatch."""
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    """Where Prometheus finds netwatch."""
