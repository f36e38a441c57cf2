"""What the daemon offers at its doors, and the answers it gives.

Answers are for people: instants are aware UTC wall time (`Clock.utc` of the timeline's instants), elements are
shown by name and given by ref. `netwatch.web.wire` turns every answer into JSON and back;
`netwatch.web.views`, `why` and `lookup` build the answers from the stages' values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from netwatch.errors import NetwatchError
from netwatch.web.errands import CallView, TaskView


class RefusedError(NetwatchError):
    """The daemon understood, and won't: nothing waits for approval, the incident is closed, not allowed."""


class UnknownIncidentError(RefusedError):
    """There is no such incident."""


class UnknownDeviceError(RefusedError):
    """There is no such device."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that health depends on; `detail` is a sentence with figures, also when it is well."""

    name: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether netwatch lives and whether it can do its job.

    `live`: the loop turns, pollers and dispatcher run; when one fails, restart it. `ready`: warm, the store commits,
    not isolated; when one fails, a person must look. Each in the order of importance.
    """

    live: tuple[Check, ...] = ()
    ready: tuple[Check, ...] = ()

    @property
    def is_live(self) -> bool:
        return all(check.ok for check in self.live)

    @property
    def is_ready(self) -> bool:
        """Ready implies live."""
        return self.is_live and all(check.ok for check in self.ready)


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One incident in a list.

    `title` is one sentence with names. `root_causes` are refs, `root_names` the same elements for people.
    `customers_*` count customers now; `ever_affected` those out or degraded at any time; `told` those who got a
    notice (accepted or unsure). `next_update_at` None = no promise is owed. `estimate_until_at`: when a person thinks
    that it is over; None = nobody has said. `tasks` are those in people's hands, in the playbook's order.
    """

    id: str
    title: str
    status: str
    scope: str
    scenario: str
    root_causes: tuple[str, ...]
    root_names: tuple[str, ...]
    last_good_at: datetime
    onset_at: datetime
    confirmed_at: datetime | None = None
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    next_update_at: datetime | None = None
    customers_out: int = 0
    customers_degraded: int = 0
    customers_at_risk: int = 0
    ever_affected: int = 0
    told: int = 0
    devices_down: int = 0
    devices_unreachable: int = 0
    confidence: float = 0.0
    revision: int = 0
    reopened: int = 0
    planned: str | None = None
    merged_into: str | None = None
    note: str = ""
    estimate_from_at: datetime | None = None
    estimate_until_at: datetime | None = None
    tasks: tuple[TaskView, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """Notices that wait for time or people. `customers` would be told; `kind` is veto or manual."""

    incident: str
    title: str
    update: int
    kind: str
    reason: str
    release_at: datetime
    needed: int
    approved_by: tuple[str, ...] = ()
    vetoed_by: str = ""
    customers: int = 0


@dataclass(frozen=True, slots=True)
class MessageTally:
    """How many messages stand where."""

    channel: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class HoldView:
    """The global hold: while `on`, no customer is told anything. `since_at` None = never set."""

    on: bool = False
    by: str = ""
    since_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReloadView:
    """What became of reading the configuration and inventory again; `by` asked for it.

    `state`: refused (`faults` say why, the old ones are in force), learning (good; in force once netwatch has looked
    at the network with them, `waits_for` says what is missing), in_force. `changes` are words; `needs_restart` names
    settings that differ and wait for a restart; `notes` what it means for open incidents.
    """

    at: datetime
    state: str
    by: str
    changes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    needs_restart: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class FirstLookView:
    """How far the first look at the network has come. Asked is who answered or proved silent; `ports_resolved` are
    found or known to be missing. `left_s` at the present rate; None = it does not move.
    """

    pinged: int
    answered: int
    to_ping: int
    agents_asked: int
    agents_answered: int
    agents: int
    ports_resolved: int
    ports_missing: int
    ports: int
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class PageCopyView:
    """The outage page on another host. `verified_at`: when it last read back right; None = never since the start.

    `behind_since_at`: since when the page here is newer; None = it is not. `error` "" = the last try went well.
    """

    name: str
    verified_at: datetime | None = None
    behind_since_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class StatusView:
    """The daemon at a glance. `incidents` are the open ones, gravest first; `devices` count by believed state.

    `calls` are owed to customers, first due first. `hints`: what should be mended in the inventory or configuration, in sentences. `reload` None = none since the
    start; `first_look` None = it is over.
    """

    version: str
    at: datetime
    started_at: datetime
    health: Health
    devices: Mapping[str, int]
    customers: int
    isolated: bool
    warm: bool
    hold: HoldView
    incidents: tuple[IncidentView, ...] = ()
    approvals: tuple[ApprovalView, ...] = ()
    messages: tuple[MessageTally, ...] = ()
    promises_owed: int = 0
    calls: tuple[CallView, ...] = ()
    page: str = ""
    page_copies: tuple[PageCopyView, ...] = ()
    hints: tuple[str, ...] = ()
    reload: ReloadView | None = None
    first_look: FirstLookView | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, in one sentence. `since_fault_s` counts from the last good sample."""

    at: datetime
    since_fault_s: float
    text: str


@dataclass(frozen=True, slots=True)
class AlternativeView:
    """Another explanation, in words. `times_less_likely` as the diagnosis weighs it."""

    root_causes: tuple[str, ...]
    text: str
    times_less_likely: float


@dataclass(frozen=True, slots=True)
class CustomersView:
    """Customers by id, sorted; the same three names as in replay."""

    out: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    at_risk: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ElementsView:
    """What failed or can't be reached, by id and sorted; while the incident lasts, all that did since it was opened."""

    devices_down: tuple[str, ...] = ()
    devices_unreachable: tuple[str, ...] = ()
    links_cut: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WhyView:
    """An incident explained: what was seen and when, what follows, what else it could be, what it means.

    `reasons` are the diagnosis' sentences, `meaning` says what customers notice, `telling` who was told and what waits.
    """

    at: datetime
    incident: IncidentView
    conclusion: str
    timeline: tuple[Moment, ...]
    reasons: tuple[str, ...]
    alternatives: tuple[AlternativeView, ...]
    meaning: tuple[str, ...]
    telling: tuple[str, ...]
    customers: CustomersView = field(default_factory=CustomersView)
    messages: tuple[MessageTally, ...] = ()
    approvals: tuple[ApprovalView, ...] = ()
    elements: ElementsView = field(default_factory=ElementsView)


@dataclass(frozen=True, slots=True)
class OutageForCustomer:
    """What the helpdesk needs of one incident, for one customer. `say` is the published text in their language.

    `told_at`: whether a notice was accepted for this customer is `told`.
    """

    incident: str
    status: str
    scenario: str
    state: str
    since_at: datetime
    told: bool
    say_title: str = ""
    say: str = ""
    next_update_at: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One line of the customer's file and where it hangs, by names."""

    device: str
    interface: str
    backup: str = ""


@dataclass(frozen=True, slots=True)
class CustomerView:
    """One customer who matches. `state`: ok, out, degraded or at_risk; `advice` is for the agent, in one sentence."""

    id: str
    name: str
    segment: str
    language: str
    state: str
    advice: str
    services: tuple[ServiceView, ...] = ()
    outages: tuple[OutageForCustomer, ...] = ()


@dataclass(frozen=True, slots=True)
class LookupView:
    """Who matches `query`, and are they in a known outage? `more` counts matches beyond those listed.

    `caution` is "" or why "no known outage" is not to be trusted now (isolated, not yet warm).
    """

    query: str
    at: datetime
    customers: tuple[CustomerView, ...] = ()
    more: int = 0
    caution: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A command was carried out: one sentence for the person who gave it."""

    text: str
