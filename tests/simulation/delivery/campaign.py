"""Many seeds, on several processes, resumable: what `make test` and `make soak` run."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tests.simulation.delivery.loop import StuckError
from tests.simulation.delivery.playing import play
from tests.simulation.delivery.wishes import RuleError

#: Seeds that a worker plays between two reports.
PORTION = 50
COMMAND = "python -m tests.simulation.delivery --seed {seed}"


@dataclass
class Tally:
    """What many seeds came to. `broken` holds a sentence by seed."""

    seeds: int = 0
    messages: int = 0
    taken: int = 0
    processes: int = 0
    virtual_s: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    broken: dict[int, str] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        for name in ("seeds", "messages", "taken", "processes", "virtual_s"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.kills.update(other.kills)
        self.broken.update(other.broken)

    def __str__(self) -> str:
        lines = [f"seed {seed}: {why}; {COMMAND.format(seed=seed)}" for seed, why in sorted(self.broken.items())]
        figures = (
            f"{self.seeds} seeds, {self.processes} processes, {self.kills.total()} kills, {self.messages} messages planned, "
            f"{self.taken} taken by peers, {self.virtual_s / 86400:.1f} days of virtual time, {len(lines)} broken"
        )
        return "\n".join([*lines, figures])


def verdict(seed: int) -> tuple[str, Tally]:
    """A sentence when the seed breaks a rule or netwatch, "" otherwise; and its figures."""
    try:
        played = play(seed)
    except (RuleError, StuckError) as error:
        return str(error), Tally(seeds=1, broken={seed: str(error)})
    except Exception as error:  # noqa: BLE001 - netwatch's process ended by an exception: that is a finding
        return f"{type(error).__name__}: {error}", Tally(seeds=1, broken={seed: f"{type(error).__name__}: {error}"})
    kills = Counter({point.name: count for point, count in played.kills.items()})
    return "", Tally(1, played.messages, played.taken, played.processes, played.virtual_s, kills)


def portion(seeds: Sequence[int]) -> Tally:
    """Play these one after the other."""
    logging.disable(logging.CRITICAL)
    found = Tally()
    try:
        for seed in seeds:
            found.add(verdict(seed)[1])
    finally:
        logging.disable(logging.NOTSET)
    return found


def campaign(seeds: Sequence[int], jobs: int) -> Iterator[Tally]:
    """The sum so far, after each portion in its order."""
    portions = [seeds[place : place + PORTION] for place in range(0, len(seeds), PORTION)]
    total = Tally()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as workers:
        for found in workers.map(portion, portions):
            total.add(found)
            yield total


def done_before(path: Path) -> int:
    """Seeds that an earlier, interrupted campaign had played."""
    return int(json.loads(path.read_text())["next"]) if path.exists() else 0


def remember(path: Path, following: int) -> None:
    path.write_text(json.dumps({"next": following}))
