"""From a configuration file to a `Config`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from netwatch import inventory
from netwatch.communication.channels import sms_api
from netwatch.communication.planning.playbook import Playbook
from netwatch.communication.planning.playbook_file import default_playbook, load_playbook
from netwatch.config.settings import Settings
from netwatch.errors import Place
from netwatch.inventory.model import Inventory
from netwatch.polling.settings import SnmpProfile
from netwatch.sources import Node, read_yaml, validate

#: The profile that always exists.
DEFAULT_PROFILE: Final = "default"


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """The settings of one file. All paths in it are usable from the current directory.

    `path` is the file as it was named, `base_directory` where its relative paths start.
    """

    path: Path
    named_at: Mapping[Path, Place] = field(default_factory=lambda: MappingProxyType({}), repr=False, compare=False)

    @property
    def base_directory(self) -> Path:
        return self.path.parent

    def load_inventory(self, *, lenient: bool = False) -> Inventory:
        """Read the inventory's files now. `lenient` ignores unknown columns.

        Raises:
            InputError: every fault of all files.
        """
        return self.read_inventory(lenient=lenient).inventory

    def read_inventory(self, *, lenient: bool = False) -> inventory.Loaded:
        """The same, with the warnings."""
        return inventory.read(
            self.inventory,
            lenient=lenient,
            profiles=self.snmp.profiles,
            named_at=self.named_at,
            calendars=self.maintenance_calendars,
        )

    def load_playbook(self) -> Playbook:
        """Read the playbook now; the shipped one where none is named.

        Raises:
            InputError: every fault found.
        """
        return load_playbook(self.playbook) if self.playbook else default_playbook()


@dataclass(frozen=True, slots=True)
class Files:
    """A configuration, with what the files that it names say."""

    config: Config
    playbook: Playbook
    inventory: Inventory


def load(path: Path) -> Config:
    """The configuration of a file; the inventory is not read yet.

    Raises:
        InputError: every fault of the file.
    """
    return build(read_yaml(path), path)


def load_files(path: Path) -> Files:
    """The configuration of a file and what it names.

    Raises:
        InputError: every fault of the configuration; or else of the inventory, or else of the playbook.
    """
    config = load(path)
    inventory = config.load_inventory()
    return Files(config, config.load_playbook(), inventory)


def build(root: Node, path: Path) -> Config:
    """The configuration that the nodes of a file describe.

    Raises:
        InputError: every fault of the file.
    """
    _drop_empty_blocks(root, Settings(inventory=()))
    settings = validate(root, Settings)
    placed: Settings = _rebased(_with_shipped_gateways(_with_default_profile(settings)), path.parent)
    values = {one.name: getattr(placed, one.name) for one in fields(placed)}
    return Config(path=path, named_at=MappingProxyType(places_of_inventory(root, path.parent)), **values)


def inventory_paths(root: Node, base: Path) -> tuple[Path, ...]:
    """The inventory's files, also when the rest of the configuration is wrong.

    Raises:
        InputError: the key `inventory` itself is wrong.
    """
    node = root.get("inventory")
    return tuple(base / path for path in validate(node, tuple[Path, ...])) if node is not None else ()


def places_of_inventory(root: Node, base: Path) -> dict[Path, Place]:
    """Where the operator named each file of the inventory and each calendar."""
    nodes = [node for key in ("inventory", "maintenance_calendars") if (node := root.get(key)) is not None]
    listed = [entry for node in nodes for entry in node.entries()]
    return {base / entry.value: entry.place for entry in listed if isinstance(entry.value, str)}


def _drop_empty_blocks(node: Node, usual: object) -> None:
    """Take out blocks whose keys are all commented out: they have their defaults. `usual` are the defaults."""
    if not isinstance(node.value, dict):
        return
    for key, inner in list(node.value.items()):
        default = getattr(usual, key, None)
        if is_dataclass(default) and inner.value is None:
            del node.value[key]
        elif is_dataclass(default):
            _drop_empty_blocks(inner, default)


def _with_default_profile(settings: Settings) -> Settings:
    profiles = {DEFAULT_PROFILE: SnmpProfile(), **settings.snmp.profiles}
    return replace(settings, snmp=replace(settings.snmp, profiles=MappingProxyType(profiles)))


def _with_shipped_gateways(settings: Settings) -> Settings:
    """With the descriptions that come with netwatch beside the operator's own, where SMS are sent at all."""
    sms = settings.channels.sms
    if not sms.routes:
        return settings
    sms = replace(sms, apis=MappingProxyType({**sms_api.presets(), **sms.apis}))
    return replace(settings, channels=replace(settings.channels, sms=sms))


def _rebased(value: Any, base: Path) -> Any:
    """The same value with every relative path taken from `base`."""
    if isinstance(value, Path):
        return base / value
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: _rebased(getattr(value, one.name), base) for one in fields(value)}
        return replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(_rebased(inner, base) for inner in value)
    if isinstance(value, Mapping):
        return MappingProxyType({key: _rebased(inner, base) for key, inner in value.items()})
    return value
