"""The facts that a text may use: one flat record, the template's variables. Listed in docs/reference/texts.md."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final

_NAME_LIMIT: Final = 120
_NOTE_LIMIT: Final = 2000
_SPACES: Final = re.compile(r"\s+")


def clean(value: str, limit: int = _NAME_LIMIT) -> str:
    """`value` as one harmless line: no control, bidi or invisible characters, at most `limit` long.

    Names come from people and from devices; a text must read the same whatever they hold.
    """
    kept = value  # nearly every name is printable: neither control, format, surrogate nor odd space (C and Z)
    if not value.isprintable():
        kept = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in value)
    line = _SPACES.sub(" ", kept).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clean_note(value: str) -> str:
    """A person's words as harmless lines; blank lines are kept single."""
    lines = [clean(line, _NOTE_LIMIT) for line in value[:_NOTE_LIMIT].splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


@dataclass(frozen=True, slots=True)
class Root:
    """A root cause by name. `kind` as in `Explanation`: device, link, site ...; `name` as people know it."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Supplier:
    """A provider behind the fault and how to reach it; `phone` and `contract` may be empty."""

    name: str
    phone: str
    contract: str


@dataclass(frozen=True, slots=True)
class Call:
    """A customer who should be rung up. `until`: the time that was promised, and `by` who promised it; may be empty."""

    name: str
    phone: str
    segment: str
    until: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What one duty does in this outage. `who` and `phone` may be empty; `minute` is when it should be begun.

    `number` (from 1) and `code` are what people answer with. `until`: by when somebody must say that they have it;
    None = somebody does.
    """

    duty: str
    who: str
    phone: str
    what: str
    minute: int
    number: int = 0
    code: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All variables of a template. Instants are local times with their zone."""

    incident: str
    """The incident's id, stands in every text."""
    phase: str
    """opened, update, no_news, estimate_changed, partly_restored, resolved, correction, planned or feedback."""
    scope: str
    """regional, customer, redundancy or monitoring."""
    scenario: str
    """power, cable, equipment, upstream, weather, overload, maintenance or unknown."""
    cause_known: bool
    """Whether the diagnosis is sure enough that customers may read the scenario."""
    places: tuple[str, ...]
    """Names of the regions concerned, most customers first; may be empty."""
    began_at: datetime
    """When the first failure was seen."""
    now: datetime
    """When the text is written."""
    next_update_at: datetime | None
    """The promise: when we write again at the latest; None = no further update is owed."""
    resolved_at: datetime | None
    """When it was over; None = it is not."""
    duration_minutes: int
    """Whole minutes since it began, or that it lasted."""
    company: str
    """The operator's name."""
    helpdesk_phone: str
    """The number for questions; for critical and wholesale customers their own; may be empty."""
    page_url: str
    """The outage page."""
    offers_4g_router: bool = False
    """Whether a temporary 4G router may be offered."""
    customer: str = ""
    """The reader's name in customers' texts; empty elsewhere."""
    segment: str = ""
    """The reader's segment in customers' texts: residential, business, critical or wholesale."""
    severity: str = "out"
    """out (nothing works) or degraded (slow, or partly)."""
    estimate_from: datetime | None = None
    """When it may be over at the earliest; given together with `estimate_until`, or neither."""
    estimate_until: datetime | None = None
    """When it is probably over; None = nobody can say yet."""
    estimate_before: datetime | None = None
    """The `estimate_until` that the reader knew before; None = there was none."""
    work_from: datetime | None = None
    """Announced work: when it begins. Always given in the phase planned; in a correction: it does not take place so."""
    work_until: datetime | None = None
    """Announced work: when it ends. Given where `work_from` is."""
    work_minutes: int = 0
    """Announced work: minutes without service at most; 0 = as long as the work."""
    feedback_url: str = ""
    """Where customers say how it was. Always given in the phase feedback."""
    again: bool = False
    """Whether it had been reported as over before."""
    merged_from: str = ""
    """The id under which the reader was told before two incidents became one; else empty."""
    merged_into: str = ""
    """The id of the incident that this one became part of; else empty."""
    note: str = ""
    """The words of a person where they are new to the reader, one or more lines; may be empty."""
    change: str = ""
    """Internal: what changed, one sentence; may be empty."""
    roots: tuple[Root, ...] = ()
    """Internal: the root causes, each with kind and name."""
    reasons: tuple[str, ...] = ()
    """Internal: why the diagnosis says so, sentences."""
    confidence: int = 0
    """Internal: the diagnosis' confidence in percent."""
    planned: str = ""
    """Internal: the id of the announced work that explains it; else empty."""
    devices_down: int = 0
    """Internal: devices that are down themselves."""
    devices_unreachable: int = 0
    """Internal: devices that can't be seen behind them."""
    customers_out: int = 0
    """Internal: customers without any working service."""
    customers_degraded: int = 0
    """Internal: customers with slow or partial service."""
    customers_at_risk: int = 0
    """Internal: customers who lost their redundancy."""
    customers_told: int = 0
    """Internal: customers who get a notice with this update."""
    customers_silent: int = 0
    """Internal: customers out or degraded whom no channel of the playbook reaches."""
    calls: tuple[Call, ...] = ()
    """Internal: critical and wholesale customers to ring up, each with name, phone and segment."""
    suppliers: tuple[Supplier, ...] = ()
    """Internal: providers behind the root causes, each with name, phone and contract."""
    tasks: tuple[Task, ...] = ()
    """Internal: who does what by the playbook, each with duty, who, phone, what, minute, number, code and until."""
    ask: str = ""
    """Internal: in the text task, why its reader is asked: one of `ASKS`; else empty."""
    approval: str = ""
    """Internal: auto, veto or manual; empty = no customers are told with this update."""
    approval_reason: str = ""
    """Internal: why this kind of approval."""
    approvals_needed: int = 0
    """Internal: how many different people must approve."""
    release_at: datetime | None = None
    """Internal: when the veto window ends; None = there is none."""

    def variables(self) -> dict[str, Any]:
        """The mapping that a template sees."""
        return {name: getattr(self, name) for name in VARIABLES}


#: Why a colleague is asked for something, in the text `task`.
ASKS: Final = (
    "handed", "due", "escalated", "unanswered", "promise", "estimate", "call_due", "call_missed", "call_back",
)  # fmt: skip
VARIABLES: Final = tuple(item.name for item in fields(Facts))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished text: `subject` one line (mail subject, page title), `body` plain text."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One place in the table of texts, and the file that fills it."""

    language: str
    text: str
    scope: str
    phase: str
    scenario: str
    file: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.language}/{self.scope}/{self.text}.{self.phase}.{self.scenario}"
