"""Reads a playbook and refuses one that could not be followed, with every fault at its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from netwatch.communication.planning.playbook import (
    Channel,
    Playbook,
    Procedure,
    Reader,
    Repeat,
    Step,
    approval_is_known,
)
from netwatch.communication.texts.cells import TEXTS
from netwatch.diagnosis.model import Scope
from netwatch.errors import Fault, InputError, Place
from netwatch.sources import Node, one_of, read_yaml, validate

SHIPPED: Final = Path(__file__).with_name("playbook.yaml")
_SILENT: Final = (Scope.REDUNDANCY, Scope.MONITORING)


def default_playbook() -> Playbook:
    """The playbook that is followed when the operator names none."""
    return load_playbook(SHIPPED)


def load_playbook(path: Path, *, named_at: Place | None = None) -> Playbook:
    """The playbook in `path`. `named_at`: where the configuration names it.

    Raises:
        InputError: every fault found.
    """
    node = read_yaml(path, named_at=named_at)
    playbook = validate(node, TypeAdapter(Playbook))
    faults = [*_procedure_faults(playbook, node), *_coverage_faults(playbook, node)]
    if faults:
        raise InputError(faults)
    return playbook


def _procedure_faults(playbook: Playbook, node: Node) -> Iterator[Fault]:
    blocks = node.get("procedures")
    assert blocks is not None, "validated above"
    seen: dict[str, int] = {}
    for procedure, block in zip(playbook.procedures, blocks.entries(), strict=True):
        if procedure.name in seen:
            yield Fault(
                block.place_of("name"),
                f'the procedure "{procedure.name}" stands twice',
                f"give it another name; the first is on line {seen[procedure.name]}",
            )
        seen.setdefault(procedure.name, block.line)
        steps = block.get("steps")
        assert steps is not None, "validated above"
        if not procedure.steps:
            yield Fault(steps.place, "this procedure has no steps", "add one, as in {tell: oncall, by: [email]}")
        for step, step_block in zip(procedure.steps, steps.entries(), strict=True):
            yield from _step_faults(procedure, step, step_block)


def _step_faults(procedure: Procedure, step: Step, block: Node) -> Iterator[Fault]:
    scopes = procedure.when.scope or tuple(Scope)
    silent = [scope.value for scope in scopes if scope in _SILENT]
    outward = step.tell.external or step.tell in {Reader.PAGE, Reader.PHONE}
    if outward and (silent or procedure.when.planned):
        what = "announced work" if procedure.when.planned else f"incidents of scope {' and '.join(silent)}"
        mend = "name the scopes under `when` (regional, customer)" if not procedure.when.scope else "remove this step"
        yield Fault(block.place_of("tell"), f"{what} are never told outside the company", mend)
    elif step.tell in {Reader.PAGE, Reader.PHONE} and Scope.CUSTOMER in scopes:
        yield Fault(block.place_of("tell"), "one customer's fault is never made public", "remove this step")
    yield from _channel_faults(step, block)
    yield from _text_faults(step, block)
    if not approval_is_known(step.approval):
        yield Fault(
            block.place_of("approval"),
            f'unknown approval "{step.approval}"',
            one_of(("auto", "by_size", "veto 30 s", "manual"), step.approval),
        )
    elif step.tell.external and step.approval == "auto":
        yield Fault(
            block.place_of("approval"),
            "customers' notices are never released unseen by the brakes",
            "write by_size; how many go at once is communication.auto_share and auto_customers",
        )
    elif not step.tell.external and step.approval not in {"", "auto"}:
        yield Fault(block.place_of("approval"), "only customers' notices wait for approval", "write auto")
    if step.tell.external and step.repeat is Repeat.ONCE:
        yield Fault(block.place_of("repeat"), "whoever is told of an outage is told of its end", "write ends")
    if step.segments and not step.tell.external:
        yield Fault(block.place_of("segments"), f"{step.tell.value} has no segments", "remove this key")


def _channel_faults(step: Step, block: Node) -> Iterator[Fault]:
    on_page = step.tell in {Reader.PAGE, Reader.PHONE}
    if not step.by:
        yield Fault(block.place_of("by"), "this step names no channel", one_of([channel.value for channel in Channel]))
    for channel in step.by:
        if (channel is Channel.PAGE) is not on_page:
            mend = "write by: [page]" if on_page else "use email"
            yield Fault(block.place_of("by"), f"{step.tell.value} can't be told by {channel.value}", mend)
        elif channel is Channel.WEBHOOK and step.tell is not Reader.ONCALL:
            yield Fault(block.place_of("by"), "a webhook reaches on-call only", "use email")


def _text_faults(step: Step, block: Node) -> Iterator[Fault]:
    if not step.text:
        return
    kin = _kin(step.tell)
    if step.text not in TEXTS:
        yield Fault(block.place_of("text"), f'no text is named "{step.text}"', one_of(kin, step.text))
    elif step.text not in kin:
        yield Fault(block.place_of("text"), f'the text "{step.text}" is not for {step.tell.value}', one_of(kin))


def _kin(reader: Reader) -> tuple[str, ...]:
    """The texts that may stand in for each other: never an internal one outside, never a public one for on-call."""
    if reader.external:
        return (Reader.CRITICAL.value, Reader.CUSTOMER.value)
    if reader in {Reader.PAGE, Reader.PHONE}:
        return (reader.value,)
    return (Reader.ONCALL.value, Reader.STAFF.value, Reader.HELPDESK.value)


def _coverage_faults(playbook: Playbook, node: Node) -> Iterator[Fault]:
    """A scope that nothing serves, and a procedure that is never reached."""
    served: set[Scope] = set()
    blocks = node.get("procedures")
    assert blocks is not None, "validated above"
    for procedure, block in zip(playbook.procedures, blocks.entries(), strict=True):
        scopes = set(procedure.when.scope or Scope)
        if scopes <= served:
            yield Fault(
                block.place_of("when"),
                "this procedure is never followed: those above it fit everything that it fits",
                "move it up, or remove it",
            )
        if procedure.when.general:
            served |= scopes
    for scope in Scope:
        if scope not in served:
            yield Fault(
                node.place_of("procedures"),
                f"nobody is told of some incidents of scope {scope.value}",
                f"add a procedure with `when: {{scope: [{scope.value}]}}` and no other condition",
            )
