"""Keys: the same fault keeps its key from step to step and over a restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """One explanation that needs a key: its roots, all its elements as refs, and its onset."""

    roots: tuple[str, ...]
    elements: frozenset[str]
    onset_at: float


def assign(
    candidates: Sequence[Candidate],
    before: Mapping[str, frozenset[str]],
    published: frozenset[str],
) -> list[str]:
    """A key for each candidate. `before`: the elements of each key so far; `published` keys are preferred.

    Each known key goes to at most one candidate, the one with most in common (shared roots count most).
    """
    if not candidates:
        return []
    keys_of = _by_element(before)
    pairs = []
    for place, candidate in enumerate(candidates):
        common: Counter[str] = Counter()
        for together, count in Counter(map(keys_of.get, candidate.elements)).items():
            for key in together or ():
                common[key] += count
        for key, count in common.items():
            shares_root = any(root in before[key] for root in candidate.roots)
            pairs.append(((key in published, shares_root, count), key, place))
    pairs.sort(key=lambda pair: (tuple(-int(part) for part in pair[0]), pair[1], pair[2]))
    keys: dict[int, str] = {}
    taken: set[str] = set()
    for _, key, place in pairs:
        if place not in keys and key not in taken:
            keys[place] = key
            taken.add(key)
    for place, candidate in enumerate(candidates):
        if place not in keys:
            keys[place] = _fresh(candidate, taken | set(before))
            taken.add(keys[place])
    return [keys[place] for place in range(len(candidates))]


def _by_element(before: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    """The keys of each element: mostly one, which is entered for many elements at once."""
    found: dict[str, tuple[str, ...]] = {}
    for key, elements in before.items():
        shared = found.keys() & elements
        found.update(dict.fromkeys(elements - shared if shared else elements, (key,)))
        for element in shared:
            found[element] = (*found[element], key)
    return found


def _fresh(candidate: Candidate, taken: set[str]) -> str:
    base = f"{candidate.roots[0]}@{candidate.onset_at:.1f}"
    key, count = base, 2
    while key in taken:
        key, count = f"{base}/{count}", count + 1
    return key
