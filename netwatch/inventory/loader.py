"""All files of an inventory into one, every fault at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from netwatch.errors import Fault, InputError, Place
from netwatch.inventory.calendars import take_calendars
from netwatch.inventory.collector import collector_paused
from netwatch.inventory.customers import take_block, take_csv
from netwatch.inventory.draft import Draft
from netwatch.inventory.islands import check_islands
from netwatch.inventory.model import Inventory
from netwatch.inventory.references import check_links, check_references, fill_batteries
from netwatch.inventory.services import Services
from netwatch.sources import counted, read_yaml

_SUFFIXES: Final = (".yaml", ".yml", ".csv")


@dataclass(frozen=True, slots=True)
class Loaded:
    """An inventory, and what in it may not be as the operator thinks."""

    inventory: Inventory
    warnings: tuple[Fault, ...]


def load(paths: Sequence[Path], *, lenient: bool = False) -> Inventory:
    """The inventory of all files. `lenient` ignores unknown columns of CSV files.

    Raises:
        InputError: every fault of all files.
    """
    return read(paths, lenient=lenient).inventory


def read(
    paths: Sequence[Path],
    *,
    lenient: bool = False,
    profiles: Collection[str] | None = None,
    named_at: Mapping[Path, Place] | None = None,
    calendars: Sequence[Path] = (),
) -> Loaded:
    """The inventory of all files with its warnings.

    `profiles` are the SNMP profiles that devices may name (None = any); `named_at` tells where the
    operator named each file. `calendars` are iCalendar files of announced work.

    Raises:
        InputError: every fault of all files.
    """
    with collector_paused():
        return _read(paths, lenient, profiles, named_at or {}, calendars)


def _read(
    paths: Sequence[Path],
    lenient: bool,
    profiles: Collection[str] | None,
    places: Mapping[Path, Place],
    calendars: Sequence[Path],
) -> Loaded:
    draft = Draft()
    tables = _take_yaml(paths, draft, places)
    fill_batteries(draft)
    check_references(draft, profiles)
    check_links(draft)
    check_islands(draft)
    take_calendars(calendars, draft, places)
    services = Services(draft)
    for block in draft.customer_blocks:
        take_block(block, services, draft)
    for path in tables:
        with draft.faults.collecting():
            take_csv(path, draft, services, lenient=lenient, named_at=places.get(path))
    draft.faults.raise_any()
    if services.unattached:
        what = f"{counted(services.unattached, 'service')} without a device: no outage is ever told to them"
        draft.warn(Place(str((tables or paths)[0])), what, "fill the column device")
    if services.doubled:
        what = f"{counted(len(services.doubled), 'service')} given twice (same customer, same ports), the first here"
        draft.warn(services.doubled[0], what, "remove them if they are not two services")
    if services.at_odds:
        what = f"{counted(len(services.at_odds), 'service')} under the id of what looks like another customer"
        draft.warn(services.at_odds[0], f"{what}, the first here", "give another customer another id")
    return Loaded(_freeze(draft), tuple(draft.warnings))


def _take_yaml(paths: Sequence[Path], draft: Draft, places: Mapping[Path, Place]) -> list[Path]:
    """Read the YAML files; returns the CSV files, which can only be read after them."""
    tables = []
    for number, path in enumerate(paths):
        place = places.get(path, Place(str(path)))
        suffix = path.suffix.lower()
        if path in paths[:number]:
            draft.faults.add(place, f'the file "{path}" is named twice', "name it once")
        elif suffix == ".csv":
            tables.append(path)
        elif suffix not in _SUFFIXES:
            draft.faults.add(
                place, f'the file "{path}" is neither YAML nor CSV', "save it as YAML (.yaml) or CSV (.csv)"
            )
            draft.whole = False
        else:
            try:
                draft.take(read_yaml(path, named_at=places.get(path)))
            except InputError as error:
                draft.faults.extend(error.faults)
                draft.whole = False
    return tables


def _freeze(draft: Draft) -> Inventory:
    def frozen(kind: str) -> Mapping[str, Any]:
        return MappingProxyType(draft.records[kind])

    return Inventory(
        regions=frozen("region"),
        sites=frozen("site"),
        devices=frozen("device"),
        links=frozen("link"),
        providers=frozen("provider"),
        upstreams=frozen("upstream"),
        port_groups=frozen("port_group"),
        monitor=draft.monitor,
        maintenance=tuple(draft.records["maintenance"].values()),
        customers=MappingProxyType(draft.customers),
    )
