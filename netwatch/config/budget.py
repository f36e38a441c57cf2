"""The 180 seconds, added up from the settings: how long after a fault the last customer is told, at worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from netwatch.communication.planning.playbook import Playbook
from netwatch.config.roles import first_probe
from netwatch.config.settings import Settings

#: What netwatch promises, and the shares that no setting changes (design 1).
PROMISE_S: Final = 180.0
_DIAGNOSE_S: Final = 1.0
_INTERNAL_S: Final = 5.0
_FEW_S: Final = 10.0
_RESERVE_S: Final = 40.0


@dataclass(frozen=True, slots=True)
class Share:
    """One stage's part of the time, in seconds. `default_s` is its part with default settings;
    `settings` are the keys that decide it.
    """

    stage: str
    seconds: float
    default_s: float
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """The stages in order; `total_s` must stay within `PROMISE_S`."""

    shares: tuple[Share, ...]

    @property
    def total_s(self) -> float:
        return sum(share.seconds for share in self.shares)

    @property
    def internal_s(self) -> float:
        """Until colleagues are alerted and the page is written."""
        return sum(share.seconds for share in self.shares[:-3])

    @property
    def notices_s(self) -> float:
        """Until customers' notices may leave."""
        return sum(share.seconds for share in self.shares[:-2])

    @property
    def reserve_s(self) -> float:
        return self.shares[-1].seconds

    @property
    def kept(self) -> bool:
        return self.total_s <= PROMISE_S

    @property
    def above_default(self) -> tuple[Share, ...]:
        """The stages that take longer than by default, the worst first."""
        longer = [share for share in self.shares if share.seconds > share.default_s]
        return tuple(sorted(longer, key=lambda share: share.default_s - share.seconds))


def budget(settings: Settings, playbook: Playbook | None = None) -> Budget:
    """The slower of the two ways: a large fault that is still growing, and a small one with little evidence.

    `playbook` is the plan that is followed; None = the one that comes with netwatch.
    """
    default = Settings(inventory=settings.inventory)
    veto_s = longest_veto_s(settings, playbook)
    usual_s = default.communication.veto_s
    large = widespread(settings, playbook)
    small = _budget(_small(settings, veto_s), _small(default, usual_s))
    return max(large, small, key=lambda one: one.total_s)


def widespread(settings: Settings, playbook: Playbook | None = None) -> Budget:
    """The way of a large fault that is still growing, whose notices take longest."""
    default = Settings(inventory=settings.inventory)
    veto_s = longest_veto_s(settings, playbook)
    return _budget(_large(settings, veto_s), _large(default, default.communication.veto_s))


def longest_veto_s(settings: Settings, playbook: Playbook | None) -> float:
    """The longest window in which people may stop customers' notices, in seconds."""
    usual_s = settings.communication.veto_s
    steps = [step for procedure in playbook.procedures for step in procedure.steps] if playbook else []
    return max([usual_s, *(step.asks(usual_s)[1] for step in steps if step.tell.external)])


_Parts = Sequence[tuple[str, float, tuple[str, ...]]]


def _budget(parts: _Parts, defaults: _Parts) -> Budget:
    return Budget(
        tuple(
            Share(stage, seconds, default, settings)
            for (stage, seconds, settings), (_, default, _) in zip(parts, defaults, strict=True)
        )
    )


def _first_probe(settings: Settings, *, of_one_customer: bool) -> tuple[str, float, tuple[str, ...]]:
    seconds, keys = first_probe(settings.polling, of_one_customer=of_one_customer)
    return "next probe of the device, and its time-out", seconds, keys


def _after_opening(veto_s: float, mailing_s: float) -> _Parts:
    return (
        ("diagnose, find who is affected, open the incident", _DIAGNOSE_S, ()),
        ("alert on-call, write the page and the phone text", _INTERNAL_S, ()),
        ("veto window for customers' notices", veto_s, ("communication.veto_s", "the playbook's veto")),
        ("notices accepted by the relays", mailing_s, ("channels.delivery.mailing_budget_s",)),
        ("reserve: one restart, one change of route", _RESERVE_S, ()),
    )


def _large(settings: Settings, veto_s: float) -> _Parts:
    polling, incidents = settings.polling, settings.incidents
    confirm_s = polling.confirm_probes * polling.confirm_spacing_s + polling.icmp_timeout_s
    # What never comes to rest is published at the latest so long after the first failure.
    growing_s = max(incidents.settle_growing_s, incidents.publish_at_latest_s - confirm_s)
    settle_s = max(incidents.settle_s, incidents.settle_settled_s, growing_s)
    by_settling = ("incidents.settle_growing_s", "incidents.publish_at_latest_s", "incidents.settle_s")
    return (
        _first_probe(settings, of_one_customer=False),
        ("confirm by further probes", confirm_s, ("polling.confirm_probes", "polling.confirm_spacing_s")),
        ("settle while the fault grows", settle_s, by_settling),
        *_after_opening(veto_s, settings.channels.delivery.mailing_budget_s),
    )


def _small(settings: Settings, veto_s: float) -> _Parts:
    return (
        _first_probe(settings, of_one_customer=True),
        ("wait for a second kind of evidence", settings.incidents.weak_wait_s, ("incidents.weak_wait_s",)),
        *_after_opening(veto_s, _FEW_S),
    )
