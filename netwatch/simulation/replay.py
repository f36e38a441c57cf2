"""`netwatch replay`: recorded observations through the production stages in virtual time; nothing is sent."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from netwatch import config
from netwatch.communication.model import Conditions
from netwatch.communication.planning import CommunicationState, Planner
from netwatch.communication.texts import load_texts
from netwatch.config import Config
from netwatch.diagnosis.engine import Engine
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory
from netwatch.pipeline import Pipeline
from netwatch.polling.model import Observation
from netwatch.simulation.cadence import Cadence, Metronome
from netwatch.simulation.readahead import read_ahead
from netwatch.simulation.reading import Recording
from netwatch.simulation.story import Story

#: What is taken for granted where the configuration sets up no way out at all.
_SUPPOSED: Final = frozenset({"email", "webhook"})


def replay(
    config_path: Path,
    observations: Path | Sequence[Path],
    *,
    lenient: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """What netwatch would have made of the observations: the JSON of `netwatch replay --json`.

    `progress` hears now and then how many bytes of how many were read.

    Raises:
        InputError: with every fault of the configuration, the inventory or the observations.
        OperatingError: when a file can't be read.
    """
    recording = Recording((observations,) if isinstance(observations, Path) else observations)
    with read_ahead(recording, progress) as observed:
        settings = config.load(config_path)
        return replay_observations(settings, settings.load_inventory(lenient=lenient), observed)


def replay_observations(settings: Config, inventory: Inventory, observations: Iterable[Observation]) -> dict[str, Any]:
    """The same for observations at hand, in the order of learning."""
    engine = Engine(Topology(inventory), settings.diagnosis)
    pipeline = Pipeline(engine, settings.incidents, planner_of(settings, inventory), CommunicationState())
    story = Story()
    metronome: Metronome | None = None
    observe = engine.observe
    with _collector_at_rest():
        for observation in observations:
            if metronome is None:
                metronome = Metronome(Cadence(), observation.at)
                _one_step(pipeline, metronome, story, observation.at)  # netwatch learns from here on, as live
            if metronome.next_at <= observation.at:
                _step_to(pipeline, metronome, story, observation.at)
            observe(observation)
            metronome.note(observation)
        if metronome is not None:
            _step_to(pipeline, metronome, story, metronome.newest_at)
            _one_step(pipeline, metronome, story, metronome.newest_at)
    return story.account()


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from walking all objects again and again: observations hold no cycles."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(200_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def ways_out(settings: Config) -> frozenset[str]:
    """The channels that a rehearsal tells by: those with a route; where none has one, those of a small operator."""
    return settings.channels.routed() or _SUPPOSED


def planner_of(settings: Config, inventory: Inventory) -> Planner:
    """The planner that the configuration describes, with the channels of `ways_out`.

    Raises:
        InputError: with every fault of the playbook or the texts.
    """
    playbook = settings.load_playbook()
    texts = load_texts(settings.templates)
    return Planner(playbook, texts, inventory, settings.people, settings.communication, channels=ways_out(settings))


def _step_to(pipeline: Pipeline[CommunicationState], metronome: Metronome, story: Story, at: float) -> None:
    while metronome.next_at <= at:
        _one_step(pipeline, metronome, story, metronome.next_at)


def _one_step(pipeline: Pipeline[CommunicationState], metronome: Metronome, story: Story, now: float) -> None:
    step = pipeline.step(now, (), Conditions())
    story.add(step.changes, step.plan, now)
    metronome.stepped(now, busy=not pipeline.book.quiet or bool(step.diagnosis.explanations))
