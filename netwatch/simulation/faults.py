"""The language of faults: `cut trunk-17 at 60 for 300`, `loss trunk-4 30%`, `power hgl-1`.

Grammar: VERB [TARGET] [N%] [at S] [for S]. `at` counts from the start of the rehearsal (default 0); without `for`
the fault stays. A target is an id; what it names follows from the verb, and a `kind:id` ref decides where two
kinds share an id.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from netwatch.errors import Fault as InputFault
from netwatch.errors import InputError, Place
from netwatch.inventory.model import Inventory


class Verb(StrEnum):
    """What is done to the network."""

    CUT = "cut"
    DOWN = "down"
    POWER = "power"
    LOSS = "loss"
    FLAP = "flap"
    ISOLATE = "isolate"
    ACCESS = "access"
    SILENT = "silent"
    MUTE = "mute"
    HANG = "hang"
    BLIND = "blind"


#: Kinds of element that a verb takes, in the order in which an id is looked up. None of them: no target.
TARGETS: Final[Mapping[Verb, tuple[str, ...]]] = MappingProxyType(
    {
        Verb.CUT: ("link", "duct", "port_group", "upstream", "provider"),
        Verb.DOWN: ("device",),
        Verb.POWER: ("site", "feed", "region"),
        Verb.LOSS: ("link",),
        Verb.FLAP: ("link",),
        Verb.ISOLATE: (),
        Verb.ACCESS: ("customer",),
        Verb.SILENT: ("link",),
        Verb.MUTE: ("device",),
        Verb.HANG: ("device",),
        Verb.BLIND: ("witness",),
    }
)


@dataclass(frozen=True, slots=True)
class Breakage:
    """One fault of a rehearsal. `element` is a ref; `for_s` None = it stays; `loss_ratio` only with `loss`."""

    verb: Verb
    element: str
    at_s: float = 0.0
    for_s: float | None = None
    loss_ratio: float = 0.0

    @property
    def end_s(self) -> float:
        """When it is mended; infinity when never."""
        return float("inf") if self.for_s is None else self.at_s + self.for_s

    def __str__(self) -> str:
        words = [self.verb.value]
        if self.verb is not Verb.ISOLATE:
            words.append(self.element)
        if self.verb is Verb.LOSS:
            words.append(f"{self.loss_ratio:.0%}")
        words.append(f"at {self.at_s:g}")
        if self.for_s is not None:
            words.append(f"for {self.for_s:g}")
        return " ".join(words)


def ids_by_kind(inventory: Inventory) -> Mapping[str, Collection[str]]:
    """Every id that a fault may name, by kind."""
    return {
        "link": inventory.links,
        "duct": sorted({duct for link in inventory.links.values() for duct in link.ducts}),
        "port_group": inventory.port_groups,
        "upstream": inventory.upstreams,
        "provider": sorted(
            {link.provider for link in inventory.links.values() if link.provider}
            | {way.provider for way in inventory.upstreams.values() if way.provider}
        ),
        "device": inventory.devices,
        "site": inventory.sites,
        "feed": sorted({site.power_feed for site in inventory.sites.values() if site.power_feed}),
        "region": inventory.regions,
        "customer": inventory.customers,
        "witness": [witness.id for witness in inventory.monitor.witnesses],
    }


def parse_all(texts: Iterable[str], inventory: Inventory, file: str = "fault") -> tuple[Breakage, ...]:
    """Read several faults.

    Raises:
        InputError: with every fault of every line; the place is `file` and the line's number from 1.
    """
    return parse_at(((text, Place(file, number)) for number, text in enumerate(texts, 1)), inventory)


def parse_at(texts: Iterable[tuple[str, Place]], inventory: Inventory) -> tuple[Breakage, ...]:
    """Read several faults, each with the place where it stands.

    Raises:
        InputError: with every fault of every text.
    """
    kinds = ids_by_kind(inventory)
    found: list[Breakage] = []
    wrong: list[InputFault] = []
    for text, place in texts:
        try:
            found.append(_parse(text, kinds, place))
        except InputError as error:
            wrong.extend(error.faults)
    if wrong:
        raise InputError(wrong)
    return tuple(found)


def parse(text: str, inventory: Inventory) -> Breakage:
    """Read one fault.

    Raises:
        InputError: when the text is not in the language or names what the inventory does not hold.
    """
    return parse_all((text,), inventory)[0]


def _parse(text: str, kinds: Mapping[str, Collection[str]], where: Place) -> Breakage:
    words = text.split()
    verb = _verb(words[0] if words else "", where)
    rest = words[1:]
    element = "monitor"
    if TARGETS[verb]:
        if not rest or rest[0] in {"at", "for"}:
            raise _fault(where, f"{verb} of what?", f"name a {_either(TARGETS[verb])}: `{verb} ID at 60 for 300`")
        element = _element(verb, rest.pop(0), kinds, where)
    loss_ratio = 0.0
    if verb is Verb.LOSS:
        share = rest.pop(0) if rest else ""
        loss_ratio = _number(share.removesuffix("%"), "the loss", where) / 100.0 if share.endswith("%") else -1.0
        if not 0.0 < loss_ratio <= 1.0:
            raise _fault(where, f'"{share}" is not a loss', "write a share from 1% to 100%: `loss trunk-17 30%`")
    times = _times(rest, where)
    return Breakage(verb, element, times.get("at", 0.0), times.get("for"), loss_ratio)


def _times(words: list[str], where: Place) -> Mapping[str, float]:
    """The seconds after `at` and `for`, as far as they are written."""
    times: dict[str, float] = {}
    while words:
        word = words.pop(0)
        if word not in {"at", "for"}:
            raise _fault(where, f'"{word}" is not understood here', "after the target come `at S` and `for S`")
        if word in times:
            raise _fault(where, f"`{word}` stands here twice", f"keep one `{word} S`; another time is another fault")
        times[word] = _number(words.pop(0) if words else "", f"the time after `{word}`", where)
    if times.get("for") == 0.0:
        raise _fault(
            where, "a fault `for 0` never happens", "write how many seconds it lasts, or no `for`: then it stays"
        )
    return times


def _verb(word: str, where: Place) -> Verb:
    if word in set(Verb):
        return Verb(word)
    near = difflib.get_close_matches(word, [verb.value for verb in Verb], 1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise _fault(where, f'unknown fault "{word}"', f"use one of {', '.join(Verb)}.{hint}")


def _element(verb: Verb, word: str, kinds: Mapping[str, Collection[str]], where: Place) -> str:
    wanted = TARGETS[verb]
    kind, colon, name = word.partition(":")
    if colon and kind in wanted and name in kinds[kind]:
        return word
    for kind in wanted:
        if word in kinds[kind]:
            return f"{kind}:{word}"
    raise _fault(where, f'no {_either(wanted)} is called "{word}"', _hint(verb, name if colon else word, kinds))


def _hint(verb: Verb, word: str, kinds: Mapping[str, Collection[str]]) -> str:
    """What was meant: an element of another kind by that very name, or the nearest name of the right kinds."""
    wanted = TARGETS[verb]
    other = next((kind for kind in kinds if kind not in wanted and word in kinds[kind]), None)
    if other is not None:
        fitting = [each.value for each in Verb if other in TARGETS[each]]
        return f'"{word}" is a {_named(other)}: write `{fitting[0]} {word}`' if fitting else f'"{word}" is a {other}'
    known = sorted({name for kind in wanted for name in kinds[kind]})
    near = difflib.get_close_matches(word, known, 1)
    if near:
        return f'Did you mean "{near[0]}"?'
    lower = {name.lower(): name for name in known}
    if word.lower() in lower:
        return f'Did you mean "{lower[word.lower()]}"?'
    return f"`{verb}` takes a {_either(wanted)} of the inventory"


def _either(words: Sequence[str]) -> str:
    named = [_named(word) for word in words]
    return " or ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def _named(kind: str) -> str:
    return {"feed": "power feed", "port_group": "port group"}.get(kind, kind)


def _number(word: str, what: str, where: Place) -> float:
    try:
        number = float(word)
    except ValueError:
        number = -1.0
    if not 0.0 <= number < float("inf"):
        raise _fault(
            where, f'{what} is "{word}", which is no number of seconds or per cent', "write a number from 0 up"
        )
    return number


def _fault(where: Place, what: str, mend: str) -> InputError:
    return InputError([InputFault(where, what, mend)])
