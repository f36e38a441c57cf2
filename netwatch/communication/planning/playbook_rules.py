"""What a single step or task of a playbook may say. Pure; every fault at its own line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netwatch.communication.planning.duties.model import TaskPlan
from netwatch.communication.planning.duties.tasks import GIVABLE
from netwatch.communication.planning.playbook import (
    POSTED,
    PROMISE_S,
    SERVICES,
    Channel,
    Reader,
    Repeat,
    Step,
    When,
    approval_is_known,
)
from netwatch.communication.texts.cells import SMS, TEXTS
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.diagnosis.model import Scope
from netwatch.errors import Fault
from netwatch.sources import Node, one_of, quoted

_SILENT: Final = (Scope.REDUNDANCY, Scope.MONITORING)
_ON_PAGE: Final = frozenset({Reader.PAGE, Reader.PHONE})


def step_faults(when: When | None, step: Step, block: Node) -> Iterator[Fault]:
    """What is wrong with `step`. `when`: its procedure's conditions; None = they are wrong themselves."""
    if when is not None:
        yield from _scope_faults(when, step, block)
    yield from _channel_faults(step, block)
    yield from _text_faults(step, block)
    if step.within_s > PROMISE_S:
        what = f"{step.within_s:g} s after a fault is later than {PROMISE_S:g} s, within which everybody is told"
        yield Fault(block.place_of("within_s"), what, f"write {PROMISE_S:g} or less")
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
    elif set(POSTED) & set(step.by):
        if step.approval not in {"", "manual"}:
            yield Fault(block.place_of("approval"), "a post always waits for a person", "write manual")
    elif not step.tell.external and step.approval not in {"", "auto"}:
        yield Fault(block.place_of("approval"), "only customers' notices wait for approval", "write auto")
    if step.tell.external and step.repeat is Repeat.ONCE:
        yield Fault(block.place_of("repeat"), "whoever is told of an outage is told of its end", "write ends")
    if step.segments and not step.tell.external:
        yield Fault(block.place_of("segments"), f"{step.tell.value} has no segments", "remove this key")


def _scope_faults(when: When, step: Step, block: Node) -> Iterator[Fault]:
    scopes = when.scope or tuple(Scope)
    silent = [scope.value for scope in scopes if scope in _SILENT]
    outward = step.tell.external or step.tell.public
    if outward and (silent or when.planned):
        what = "announced work" if when.planned else f"incidents of scope {' and '.join(silent)}"
        mend = "name the scopes under `when` (regional, customer)" if not when.scope else "remove this step"
        yield Fault(block.place_of("tell"), f"{what} are never told outside the company", mend)
    elif step.tell.public and Scope.CUSTOMER in scopes:
        yield Fault(block.place_of("tell"), "one customer's fault is never made public", "remove this step")


def _channel_faults(step: Step, block: Node) -> Iterator[Fault]:
    on_page = step.tell in _ON_PAGE
    if not step.by:
        yield Fault(block.place_of("by"), "this step names no channel", one_of([channel.value for channel in Channel]))
    for channel in step.by:
        if (channel is Channel.PAGE) is not on_page:
            mend = "write by: [page]" if on_page else "use email"
            yield Fault(block.place_of("by"), f"{step.tell.value} can't be told by {channel.value}", mend)
        elif channel in POSTED and step.tell is not Reader.SOCIAL:
            yield Fault(block.place_of("by"), f"{step.tell.value} can't be told by {channel.value}", "use email")
        elif channel in SERVICES and step.tell is not Reader.ONCALL:
            yield Fault(block.place_of("by"), f"{channel.value} reaches on-call only", "use email")
        elif channel is Channel.SMS and step.tell.value not in SMS:
            yield Fault(block.place_of("by"), f"there is no SMS for {step.tell.value}", "use email")


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
    if reader.public:
        return (reader.value,)
    return (Reader.ONCALL.value, Reader.STAFF.value, Reader.HELPDESK.value)


def task_faults(task: TaskPlan, block: Node) -> Iterator[Fault]:
    """What is wrong with a task."""
    givable = sorted(duty.value for duty in GIVABLE)
    if task.duty not in GIVABLE:
        yield Fault(block.place_of("duty"), f"{task.duty.value} is nobody's task", one_of(givable))
    for duty in task.escalate_to:
        if duty not in GIVABLE:
            yield Fault(block.place_of("escalate_to"), f"nobody is asked as {duty.value}", one_of(givable))
    if not task.do:
        yield Fault(block.place_of("do"), "the task does not say what is to be done", 'write it as in {en: "..."}')
    words = block.get("do")
    for language, text in task.do.items():
        place = words.place_of(language) if words is not None else block.place
        if language not in LANGUAGES:
            yield Fault(place, f"no language is named {quoted(language)}", one_of(LANGUAGES, language))
        elif not text.strip():
            yield Fault(place, "the task does not say what is to be done", "write it in one sentence")
