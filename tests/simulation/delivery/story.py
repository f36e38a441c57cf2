"""A story of incidents by the dice: what happens, when, and to what; biased to where things meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from random import Random

from netwatch.communication.settings import QuietHours
from netwatch.inventory.model import Segment
from tests.simulation.delivery.kills import Point
from tests.simulation.delivery.relays import Mood


class What(StrEnum):
    """What may happen."""

    BEGIN = "a fault begins"
    GROW = "a fault grows"
    SHRINK = "part of a fault is mended"
    END = "a fault is mended"
    BACK = "a fault is back"
    CAUSE = "another cause is seen"
    SWALLOW = "one fault turns out to explain another"
    APPROVE = "a person approves"
    VETO = "a person vetoes"
    HOLD = "a person holds everything for a while"
    NOTE = "a person writes an update"
    RESOLVE = "a person resolves"
    CORRECT = "a person takes back what was told"
    OPT_OUT = "a customer does without"
    ISOLATE = "netwatch is cut off for a while"
    MOOD = "a route misbehaves for a while"
    HANG = "every relay keeps silent for a while"
    RELOAD = "the texts are reloaded"
    CLOCK = "the wall clock steps"
    BACKUP = "a back-up is made"
    KILL = "kill -9"
    STOP = "an orderly restart"
    DAMAGE = "kill -9, and the store is damaged"
    TORN = "kill -9, and the last line of the sent log is torn"


#: How often, by what; the first is also how each story begins.
CHANCES = {
    What.BEGIN: 3, What.GROW: 4, What.SHRINK: 3, What.END: 4, What.BACK: 3, What.CAUSE: 1.5, What.SWALLOW: 1,
    What.APPROVE: 2, What.VETO: 0.6, What.HOLD: 0.8, What.NOTE: 1.5, What.RESOLVE: 0.5, What.CORRECT: 0.6, What.OPT_OUT: 1, What.ISOLATE: 0.8,
    What.MOOD: 3, What.HANG: 0.3, What.RELOAD: 0.7, What.CLOCK: 0.8, What.BACKUP: 0.3, What.KILL: 5, What.STOP: 0.5,
    What.DAMAGE: 0.3, What.TORN: 0.3,
}  # fmt: skip
#: What a kill likes to follow at once.
FOLLOWED = frozenset({What.END, What.BACK, What.GROW, What.SHRINK, What.APPROVE, What.VETO, What.RELOAD, What.CLOCK, What.RESOLVE, What.CORRECT, What.OPT_OUT})  # fmt: skip
KILL_AT = {
    Point.CLAIMED: 4, Point.TAKEN: 4, Point.REPLIED: 4, Point.LOGGING: 3, Point.LOGGED: 3, Point.COMMITTED: 3, Point.DECIDED: 3,
    Point.SAVED: 3, Point.ORDERED: 1, Point.RELOADED: 1, Point.STEPPED: 1, Point.ANY: 2,
}  # fmt: skip
#: Longer than an end is kept.
LONG_HOLD_S = 760.0
_GAPS_S = (0.3, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 40.0, 75.0, 150.0, 280.0)


@dataclass(frozen=True, slots=True)
class Happening:
    """`after_s` seconds after the one before. `dice` decides the details; the same each time."""

    after_s: float
    what: What
    dice: int
    at: Point = Point.ANY
    passing: int = 1
    lasts_s: float = 0.0
    mood: Mood = Mood.WELL


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the world will do, whatever netwatch does."""

    seed: int
    happenings: tuple[Happening, ...]
    refuses: frozenset[str] = field(default_factory=frozenset)
    greylists: dict[str, float] = field(default_factory=dict)
    ceiling: int = 10
    real_texts: bool = False
    quiet_hours: tuple[QuietHours, ...] = ()
    asks: bool = False


def story_of(seed: int) -> Story:
    random = Random(f"story {seed}")
    customers = [f"c{number}" for number in range(10)]
    return Story(
        seed,
        tuple(_happenings(random)),
        refuses=frozenset(random.sample(customers, random.choice([0, 0, 0, 1]))),
        greylists={name: random.uniform(5, 40) for name in random.sample(customers, random.choice([0, 0, 1, 3]))},
        ceiling=random.choice([10, 10, 6]),
        real_texts=seed % 97 == 0,
        quiet_hours=tuple(_quiet_hours(random)),
        asks=random.random() < 0.4,
    )


def _quiet_hours(random: Random) -> Iterator[QuietHours]:
    """Some minutes of the story, which begins at 14:05."""
    begins = random.choice([4, 6, 7, 9, 12])
    ends = begins + random.choice([2, 4, 7])
    channels = random.choice([("sms",), ("sms",), ("email",)])
    segments = random.choice([(Segment.RESIDENTIAL,), (Segment.RESIDENTIAL, Segment.BUSINESS)])
    if random.random() < 0.3:
        yield QuietHours(time(14, begins), time(14, ends), channels, segments)


def _happenings(random: Random) -> Iterator[Happening]:
    count = random.randint(7, 14)
    yield _happening(random, What.BEGIN, 2.0)
    if random.random() < 0.15:
        yield _happening(random, What.BACKUP, random.choice(_GAPS_S[:8]))
    if random.random() < 0.2:  # no, no more, or it is over, while the first notices hang in the relays
        yield _happening(random, What.HANG, 0.1)
        yield _happening(random, random.choice([What.RESOLVE, What.VETO, What.OPT_OUT]), random.choice([4.0, 6.0, 8.0]))
    elif random.random() < 0.1:  # an end for some is held back for longer than it is true enough to be sent
        yield replace(_happening(random, What.HOLD, random.choice([20.0, 40.0])), lasts_s=LONG_HOLD_S)
        yield _happening(random, What.SHRINK, random.choice([2.0, 5.0]))
        count = random.randint(0, 3)  # so that the rest of it goes on until then
    for _ in range(count):
        what = random.choices(list(CHANCES), list(CHANCES.values()))[0]
        yield _happening(random, what, random.choice(_GAPS_S))
        if what is What.KILL and random.random() < 0.3:  # what was in flight is so again
            yield replace(_happening(random, What.KILL, 0.1), at=Point.CLAIMED, passing=1)
        if what is What.APPROVE and random.random() < 0.4:  # between the looking and the agreeing
            yield _happening(random, random.choice([What.NOTE, What.GROW]), random.choice([1.0, 3.0, 5.0]))
        if what in FOLLOWED and random.random() < 0.25:
            yield _happening(random, What.KILL, random.choice([0.0, 0.1, 1.0, 4.0]))


def _happening(random: Random, what: What, after_s: float) -> Happening:
    point = random.choices(list(KILL_AT), list(KILL_AT.values()))[0]
    return Happening(
        after_s,
        what,
        random.randrange(2**32),
        at=point,
        passing=random.choice([1, 1, 1, 2, 3, 5]),
        lasts_s=random.choice([5.0, 15.0, 30.0, 60.0]),
        mood=random.choice([mood for mood in Mood if mood not in {Mood.WELL, Mood.HANGING}]),
    )
