"""The playbook: the operator's calamity plan as procedures of ordered steps, and which one applies. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from annotated_types import Ge, Gt, MinLen

from netwatch.communication.model import EXTERNAL, ApprovalKind, Audience
from netwatch.communication.planning.duties.model import Roster, TaskPlan
from netwatch.communication.texts.cells import SMS
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.model import Incident
from netwatch.inventory.model import Segment

_CONFIG: Final[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}
_VETO: Final = re.compile(r"veto(?: (\d+(?:\.\d+)?) ?s)?")
#: Nothing that a playbook asks for may take longer, seconds since the fault.
PROMISE_S: Final = 180.0
#: Segments that the audience `critical` means when a step names none.
CRITICAL_SEGMENTS: Final = (Segment.CRITICAL, Segment.WHOLESALE)


class Channel(StrEnum):
    """The ways in which a step can tell."""

    EMAIL = "email"
    SMS = "sms"
    WEBHOOK = "webhook"
    ALERTMANAGER = "alertmanager"
    PAGERDUTY = "pagerduty"
    APPRISE = "apprise"
    MASTODON = "mastodon"
    FACEBOOK = "facebook"
    PAGE = "page"


#: On-call services: each tells whoever it thinks right, so that no person is named to it. A playbook's `webhook` means
#: all of them that are set up.
SERVICES: Final = (Channel.WEBHOOK, Channel.ALERTMANAGER, Channel.PAGERDUTY, Channel.APPRISE)
#: Where a post stands for all the world once a person has approved it.
POSTED: Final = (Channel.MASTODON, Channel.FACEBOOK)
#: Those that keep an alarm open until they are told of its end.
KEEPING: Final = frozenset({Channel.ALERTMANAGER, Channel.PAGERDUTY})


class Reader(StrEnum):
    """Whom a step may tell; each is an `Audience`."""

    ONCALL = "oncall"
    STAFF = "staff"
    HELPDESK = "helpdesk"
    CRITICAL = "critical"
    CUSTOMER = "customer"
    PAGE = "page"
    PHONE = "phone"
    SOCIAL = "social"
    PRESS = "press"

    @property
    def audience(self) -> Audience:
        """The same as an audience."""
        return Audience(self.value)

    @property
    def external(self) -> bool:
        """Whether brakes and approval apply. What is for social media and press goes to a colleague, as a draft."""
        return self.audience in EXTERNAL

    @property
    def public(self) -> bool:
        """Whether all the world may read it in the end: one customer's fault is never told so."""
        return self in _PUBLIC


_PUBLIC: Final = frozenset({Reader.PAGE, Reader.PHONE, Reader.SOCIAL, Reader.PRESS})


class Repeat(StrEnum):
    """Which tellings a step takes part in."""

    UPDATES = "updates"
    ENDS = "ends"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class When:
    """Which incidents a procedure is for. Everything that is named must fit; what is left out fits all."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    scope: tuple[Scope, ...] = ()
    """regional, customer, redundancy, monitoring."""
    scenario: tuple[Scenario, ...] = ()
    """power, cable, equipment, upstream, weather, overload, maintenance, unknown."""
    region: tuple[str, ...] = ()
    """Ids of regions; at least one must be concerned."""
    segment: tuple[Segment, ...] = ()
    """Segments; at least one affected customer must be of them."""
    customers_at_least: Annotated[int, Ge(0)] = 0
    """Only when so many customers are out or degraded."""
    planned: bool | None = None
    """true: only announced work; false: never announced work."""

    @property
    def general(self) -> bool:
        """Whether it asks for nothing but scopes."""
        return self == When(scope=self.scope)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the plan: whom to tell, how, with which text, how soon, after whose approval."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    tell: Reader
    """Who is told."""
    by: tuple[Channel, ...]
    """Channels."""
    text: str = ""
    """Name of the text; empty = the one named like the audience."""
    within_s: Annotated[float, Gt(0)] = 180.0
    """Deadline since the fault, seconds; at most 180."""
    approval: str = ""
    """auto for colleagues and page; by_size, veto N s, or manual for customers. Empty = auto or by_size."""
    repeat: Repeat = Repeat.UPDATES
    """updates: every telling; ends: the first and the last; once: the first only."""
    segments: tuple[Segment, ...] = ()
    """For customers: only these segments. Empty = critical and wholesale for `critical`, all for `customer`."""

    def ways(self, routed: Collection[str]) -> tuple[Channel, ...]:
        """The channels by which the step tells when those `routed` have a route; the page always is there."""
        named = (SERVICES if channel is Channel.WEBHOOK else (channel,) for channel in self.by)
        found = dict.fromkeys(channel for channels in named for channel in channels)
        return tuple(channel for channel in found if channel is Channel.PAGE or channel.value in routed)

    @property
    def text_name(self) -> str:
        """The text that is used."""
        return self.text or self.tell.value

    def text_by(self, channel: Channel) -> str:
        """The text that is used on `channel`."""
        return SMS.get(self.text_name, self.text_name) if channel is Channel.SMS else self.text_name

    def takes(self, segment: Segment) -> bool:
        """Whether customers of `segment` are meant."""
        wanted = self.segments or (CRITICAL_SEGMENTS if self.tell is Reader.CRITICAL else ())
        return not wanted or segment in wanted

    def asks(self, veto_s: float) -> tuple[ApprovalKind, float]:
        """The least approval that the step asks for: its kind, and the veto window in seconds."""
        if self.approval == "manual":
            return ApprovalKind.MANUAL, 0.0
        if match := _VETO.fullmatch(self.approval):
            return ApprovalKind.VETO, float(match.group(1)) if match.group(1) else veto_s
        return ApprovalKind.AUTO, 0.0


def approval_is_known(words: str) -> bool:
    """Whether `words` can stand in a step's `approval`."""
    return words in {"", "auto", "by_size", "manual"} or _VETO.fullmatch(words) is not None


@dataclass(frozen=True, slots=True)
class Procedure:
    """What is done for one kind of incident."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    name: Annotated[str, MinLen(1)]
    """A heading that people know it by."""
    when: When
    """Which incidents it is for."""
    steps: tuple[Step, ...]
    """In this order."""
    tasks: tuple[TaskPlan, ...] = ()
    """What each duty does, in the order of their minutes."""

    @property
    def outward(self) -> bool:
        """Whether it tells anyone outside the company."""
        return any(step.tell.external or step.tell is Reader.PAGE for step in self.steps)


@dataclass(frozen=True, slots=True)
class Playbook:
    """All procedures; the first that fits an incident is followed."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    procedures: tuple[Procedure, ...]
    """From the most special to the most general."""
    roster: Roster = field(default_factory=Roster)
    """Who has which duty when; without it a duty is everybody's who has it under `people`."""

    def choose(self, incident: Incident, regions: Collection[str], segments: Collection[Segment]) -> Procedure | None:
        """The first procedure that fits; None when none does.

        `regions` and `segments` are those of the customers concerned.
        """
        for procedure in self.procedures:
            if _fits(procedure.when, incident, regions, segments):
                return procedure
        return None

    def named(self, name: str) -> Procedure | None:
        """The procedure of that name; None when the operator took it out."""
        return next((procedure for procedure in self.procedures if procedure.name == name), None)


def _fits(when: When, incident: Incident, regions: Collection[str], segments: Collection[Segment]) -> bool:
    size = len(incident.affected.out) + len(incident.affected.degraded)
    return (
        (not when.scope or incident.scope in when.scope)
        and (not when.scenario or incident.scenario in when.scenario)
        and (not when.region or any(region in regions for region in when.region))
        and (not when.segment or any(segment in segments for segment in when.segment))
        and size >= when.customers_at_least
        and (when.planned is None or when.planned is (incident.planned is not None))
    )
