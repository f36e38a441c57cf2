"""An inventory in the making: what the files declare, where they declare it, and the faults so far."""

from __future__ import annotations

from typing import Any, Final

from netwatch.errors import Fault, Place
from netwatch.inventory.elements import MONITOR, SECTIONS, WITNESS, Section
from netwatch.inventory.fields import entries, read_block
from netwatch.inventory.model import Monitor, Service
from netwatch.sources import Faults, Node, Suggester, quoted

_PLURAL: Final = {section.kind: name for name, section in SECTIONS.items()} | {"witness": "monitor.witnesses"}


class Draft:
    """Collects the elements of all files. `declared` knows also those whose other keys are wrong,
    so that one fault does not cause a second one at every reference.

    `whole` is False when a file or section could not be read: references are then not judged.
    """

    def __init__(self) -> None:
        self.faults = Faults()
        self.warnings: list[Fault] = []
        self.declared: dict[str, dict[str, Node]] = {kind: {} for kind in _PLURAL}
        self.records: dict[str, dict[str, Any]] = {kind: {} for kind in _PLURAL}
        self.customers: dict[str, tuple[Service, ...]] = {}
        self.customer_blocks: list[Node] = []
        self.monitor_block: Node | None = None
        self.monitor = Monitor()
        self.whole = True
        self._suggesters: dict[str, Suggester] = {}

    def take(self, root: Node) -> None:
        """Read all sections of one YAML file, but leave its customers for later."""
        known = [*SECTIONS, "monitor", "customers"]
        for name, node in root.items():
            if name == "monitor":
                self._take_monitor(node)
            elif name == "customers":
                self.customer_blocks.extend(entries(node, self.faults))
            elif name in SECTIONS and (node.value is None or isinstance(node.value, list)):
                for block in entries(node, self.faults):
                    self._take_element(block, SECTIONS[name])
            elif name in SECTIONS:
                self.whole = False
                self.faults.add(node.place, f"expected a list, found {node.kind}", 'begin each entry with "- "')
            else:
                self.whole = False
                mend = f"known here: {', '.join(known)}{Suggester(known).hint(name)}"
                self.faults.add(node.key_place, f"unknown key {quoted(name)}", mend)

    def require(self, node: Node, kind: str, ident: str) -> None:
        """A fault at `node` when no element of this kind has the id."""
        if ident not in self.declared[kind]:
            self.unknown(node.place, kind, ident)

    def unknown(self, where: Place, kind: str, ident: str) -> None:
        """A fault for an id that nothing declares; none while a file is missing that may declare it."""
        if self.whole:
            mend = f"declare it under {_PLURAL[kind]}, or mend the id{self.hint(kind, ident)}"
            self.faults.add(where, f"unknown {kind.replace('_', ' ')} {quoted(ident)}", mend)

    def hint(self, kind: str, ident: str) -> str:
        """` Did you mean ...?` among the declared ids of a kind; call it when all files are read."""
        if kind not in self._suggesters:
            self._suggesters[kind] = Suggester(self.declared[kind])
        return self._suggesters[kind].hint(ident)

    def warn(self, where: Place, what: str, mend: str) -> None:
        """Note what works, but not as the operator may think."""
        self.warnings.append(Fault(where, what, mend))

    def _take_element(self, block: Node, section: Section) -> None:
        values = read_block(block, section.keys, self.faults)
        if values is None or "id" not in values:
            return
        ident = values["id"]
        first = self.declared[section.kind].setdefault(ident, block)
        if first is not block:
            what = f"the {section.kind.replace('_', ' ')} {quoted(ident)} is declared twice"
            other = first.place_of("id")
            mend = f"give one of them another id (the first is at {other.file}:{other.line})"
            self.faults.add(block.place_of("id"), what, mend)
        elif all(name in values for name, key in section.keys.items() if key.required):
            self.records[section.kind][ident] = section.make(values)

    def _take_monitor(self, node: Node) -> None:
        if self.monitor_block is not None:
            first = self.monitor_block.key_place
            mend = f"keep one of them (the first is at {first.file}:{first.line})"
            self.faults.add(node.key_place, "the monitor is described twice", mend)
            return
        self.monitor_block = node
        if node.value is None:
            return
        values = read_block(node, MONITOR, self.faults) or {}
        for block in entries(node.get("witnesses"), self.faults):
            self._take_element(block, WITNESS)
        self.monitor = Monitor(values.get("attached_to", ()), tuple(self.records["witness"].values()))
