"""What is believed of one device: a small state machine fed by observations.

The believed state depends on the newest answer and the failures after it, never on the order
in which observations arrive; late and doubled ones do no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from netwatch.diagnosis.settings import DiagnosisSettings

NEVER: Final = float("-inf")
_KEPT: Final = 8


class Standing(StrEnum):
    """What is believed of a device."""

    UNKNOWN = "unknown"
    UP = "up"
    SUSPECT = "suspect"
    DOWN = "down"
    RECOVERING = "recovering"


#: Failures by their instants, in order. A tuple: nearly all devices have none, and share the empty one.
Fails = tuple[tuple[float, int], ...]


def _with_fail(fails: Fails, at: float, count: int) -> Fails:
    """Sorted, each instant once (a doubled line counts once), and short."""
    if not fails or fails[-1][0] < at:
        fails = (*fails, (at, count))
    else:
        known = dict(fails)
        known[at] = max(known.get(at, 0), count)
        fails = tuple(sorted(known.items()))
    return fails if len(fails) <= 2 * _KEPT else (*fails[:_KEPT], *fails[_KEPT + 1 :])


def _after(fails: Fails, at: float) -> Fails:
    """The failures later than `at`."""
    return tuple(fail for fail in fails if fail[0] > at)


def _probes(fails: Fails) -> int:
    return sum(count for _, count in fails)


@dataclass(slots=True)
class Silence:
    """A run of failures: its start, its newest failure, and whether it suffices to call the device down."""

    onset_at: float
    last_at: float
    probes: int
    enough: bool
    by_snmp: bool


@dataclass(slots=True)
class View:
    """What one poller saw of one device.

    `unanswered`: pings lost since the last answered one, whatever SNMP said. `mute`: how many of them an SNMP
    answer outlived.
    """

    poller: str = ""
    icmp_good_at: float = NEVER
    snmp_good_at: float = NEVER
    icmp_heard_at: float = NEVER
    snmp_heard_at: float = NEVER
    icmp_fails: Fails = ()
    snmp_fails: Fails = ()
    unanswered: Fails = ()
    mute: int = 0
    icmp_known: bool = False

    @property
    def good_at(self) -> float:
        return max(self.icmp_good_at, self.snmp_good_at)

    @property
    def heard_at(self) -> float:
        return max(self.icmp_heard_at, self.snmp_heard_at)

    def ping(self, at: float, sent: int, received: int) -> None:
        self.icmp_heard_at = max(self.icmp_heard_at, at)
        if received > 0:
            self.icmp_known = True
            if at > self.icmp_good_at:
                self.icmp_good_at = at
                if self.icmp_fails:
                    self.icmp_fails = _after(self.icmp_fails, at)
                self.mute = 0
        elif sent > 0 and at > self.icmp_good_at:
            self.unanswered = _with_fail(self.unanswered, at, sent)
            if at <= self.snmp_good_at:
                self.mute += sent
            else:
                self.icmp_fails = _with_fail(self.icmp_fails, at, sent)

    def proven_losses(self, settings: DiagnosisSettings) -> Fails:
        """Losses that an answer has outlived, each told once: only these are loss.

        A run of failures without an answer after it may be an outage or a filter. So is one of `failed_pings` and
        more, however it ends; it never counts.
        """
        if not self.unanswered or self.unanswered[0][0] > self.icmp_good_at:
            return ()
        run = tuple(fail for fail in self.unanswered if fail[0] <= self.icmp_good_at)
        self.unanswered = self.unanswered[len(run) :]
        return run if _probes(run) < settings.failed_pings else ()

    def poll(self, at: float, ok: bool) -> None:
        self.snmp_heard_at = max(self.snmp_heard_at, at)
        if ok:
            if at > self.snmp_good_at:
                self.snmp_good_at = at
                if self.snmp_fails:
                    self.snmp_fails = _after(self.snmp_fails, at)
                if self.icmp_fails:
                    before = _probes(self.icmp_fails)
                    self.icmp_fails = _after(self.icmp_fails, at)
                    self.mute += before - _probes(self.icmp_fails)
        elif at > self.snmp_good_at:
            self.snmp_fails = _with_fail(self.snmp_fails, at, 1)

    def forget_until(self, at: float) -> None:
        """Drop the failures up to and at `at`."""
        self.icmp_fails, self.snmp_fails = _after(self.icmp_fails, at), _after(self.snmp_fails, at)

    def filtered(self, settings: DiagnosisSettings) -> bool:
        """Whether pings of this device mean nothing: it never answered any, or SNMP answered all the while."""
        return not self.icmp_known or self.mute >= settings.failed_pings

    def silence(self, settings: DiagnosisSettings, port_down: bool) -> Silence | None:
        """The run of failures that counts, if any.

        When SNMP has answered amid failing pings, these alone prove nothing: SNMP must fail too, or a port say so.
        """
        by_snmp = self.filtered(settings)
        fails = self.snmp_fails if by_snmp else self.icmp_fails
        if not fails:
            return None
        need = (1 if port_down else settings.failed_polls) if by_snmp else settings.failed_pings
        probes = _probes(fails)
        agreed = by_snmp or not self.mute or port_down or bool(self.snmp_fails)
        return Silence(fails[0][0], fails[-1][0], probes, probes >= need and agreed, by_snmp)


def _poller(view: View) -> str:
    return view.poller


@dataclass(slots=True)
class DeviceEvidence:
    """All that is known of one device, and what is believed of it.

    `alive_since_at`: its first answer after the last silence that sufficed. `false_alarm`: it was called down last
    time, and was merely filtered or lossy. `exhausted`: it failed often enough, though maybe nothing was heard at all.
    `polled`: anything was told of it. `saved`: its state and since when, as last handed out to be saved; None = never.
    """

    views: tuple[View, ...] = ()  # one a poller, by its name
    standing: Standing = Standing.UNKNOWN
    answered_at: float = NEVER
    onset_at: float = NEVER
    confirmed_at: float = NEVER
    good_before_at: float = NEVER
    recovering_at: float = NEVER
    recovered_answers: int = 0
    alive_since_at: float = NEVER
    false_alarm: bool = False
    exhausted: bool = False
    returned_at: float = NEVER
    last_fail_at: float = NEVER
    polled: bool = False
    known: bool = False
    by_snmp: bool = False
    probes: int = 0
    booted_at: float | None = None
    rebooted_at: float = NEVER
    battery_at: float = NEVER
    battery_minutes: float | None = None
    saved: tuple[str, float] | None = None

    @property
    def is_down(self) -> bool:
        return self.standing is Standing.DOWN or self.standing is Standing.RECOVERING

    def view(self, poller: str) -> View:
        """What `poller` saw of it."""
        for known in self.views:
            if known.poller == poller:
                return known
        found = View(poller, icmp_known=self.known and not self.by_snmp)
        self.views = tuple(sorted((*self.views, found), key=_poller))
        return found

    @property
    def asks_ports(self) -> bool:
        """Whether a neighbour's port has a say in what its failures mean."""
        return any(view.mute or not view.icmp_known for view in self.views)

    def snmp_silent(self) -> bool:
        """Whether SNMP fails too since the onset, and no poller got an answer.

        An agent that never answered (wrong community, no agent at all) says nothing by its silence.
        """
        return any(view.snmp_fails and view.snmp_good_at > NEVER for view in self.views) and all(
            view.snmp_good_at < self.onset_at for view in self.views
        )

    def silence(self, settings: DiagnosisSettings, port_down: bool) -> Silence | None:
        """The silence that all pollers with a say agree on; None when one of them gets answers."""
        if len(self.views) == 1:
            return self.views[0].silence(settings, port_down)
        newest = max((view.heard_at for view in self.views), default=NEVER)
        heard = [
            view.silence(settings, port_down)
            for view in self.views
            if view.heard_at >= newest - settings.poller_silent_s
        ]
        silences = [silence for silence in heard if silence is not None]
        if not silences or len(silences) < len(heard):
            return None
        latest = max(silences, key=lambda s: (s.onset_at, s.last_at))
        return Silence(
            latest.onset_at,
            max(s.last_at for s in silences),
            sum(s.probes for s in silences),
            all(s.enough for s in silences),
            all(s.by_snmp for s in silences),
        )

    def judge(
        self, now: float, settings: DiagnosisSettings, port_down: bool, sighted: Callable[[float, float], bool]
    ) -> bool:
        """Bring `standing` up to date; return whether it changed.

        `sighted` tells whether anything was heard between two instants. Failures while nothing at all was heard may
        be the monitor's own; then one more must follow.
        """
        before = self.standing
        silence = self.silence(settings, port_down)
        self.exhausted = silence is not None and silence.enough
        if silence is not None:
            self.last_fail_at = silence.last_at
            self.by_snmp = silence.by_snmp
            silence.enough = silence.enough and sighted(silence.onset_at, silence.last_at)
            if silence.enough:
                self.alive_since_at = NEVER
        if self.is_down:
            self._judge_down(now, settings, silence)
        elif silence is None:
            self.standing = Standing.UP if self.known else Standing.UNKNOWN
        elif self.known:
            self.standing = Standing.SUSPECT
            self.onset_at = silence.onset_at
            self.probes = silence.probes
            if silence.enough:
                self._go_down(silence)
        return self.standing != before

    def _judge_down(self, now: float, settings: DiagnosisSettings, silence: Silence | None) -> None:
        """Whether a device that is down, or recovering, is so still."""
        if self._lives(settings):
            self._return(self.alive_since_at, false_alarm=True)
        elif self.standing == Standing.RECOVERING:
            self._recover(now, settings, silence)
        elif silence is None:
            self._begin_recovery()
        else:
            self.probes = silence.probes

    def _go_down(self, silence: Silence) -> None:
        self.standing = Standing.DOWN
        self.confirmed_at = silence.last_at
        self.good_before_at = self.answered_at

    def _begin_recovery(self) -> None:
        snmp_asked = any(view.snmp_fails or view.snmp_heard_at > self.onset_at for view in self.views)
        pinged_since = any(view.icmp_good_at > self.onset_at for view in self.views)
        self.recovering_at = self.answered_at
        self.recovered_answers = 1
        if self.alive_since_at == NEVER:
            self.alive_since_at = self.answered_at
        only_filtered = not pinged_since and not self.by_snmp and snmp_asked and not self.snmp_failed_since_onset()
        if only_filtered:
            self._return(self.answered_at, false_alarm=True)
        else:
            self.standing = Standing.RECOVERING

    def _return(self, at: float, *, false_alarm: bool) -> None:
        self.standing = Standing.UP
        self.returned_at = at
        self.false_alarm = false_alarm

    def _lives(self, settings: DiagnosisSettings) -> bool:
        """Whether it answered again and again for long: single failures among the answers are loss, not silence."""
        return self.alive_since_at > NEVER and self.answered_at - self.alive_since_at >= 2 * settings.recover_s

    def snmp_failed_since_onset(self) -> bool:
        return any(at >= self.onset_at for view in self.views for at, _ in view.snmp_fails)

    def _recover(self, now: float, settings: DiagnosisSettings, silence: Silence | None) -> None:
        if silence is not None:
            self.standing = Standing.DOWN
            return
        answering_s = max(now, self.answered_at) - self.recovering_at
        if answering_s >= settings.recover_s and self.answered_at > self.recovering_at:
            self._return(self.recovering_at, false_alarm=False)
