"""The figures of a campaign, written into a document between two marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from netwatch.errors import Fault, InputError, OperatingError, Place
from netwatch.simulation.scoring import Score, table

_BEGIN: Final = "<!-- campaign: written by `make campaign`; do not edit by hand -->"
_END: Final = "<!-- end of campaign -->"
_WORST: Final = 12


def write_report(path: Path, scores: Sequence[Score], networks: Mapping[str, int], seed: int) -> None:
    """Replace what stands between the marks in `path`.

    Raises:
        InputError: the marks are not there.
        OperatingError: the file can't be read or written.
    """
    try:
        text = path.read_text(encoding="utf-8")
        before, begin, rest = text.partition(_BEGIN)
        _, end, after = rest.partition(_END)
        if not begin or not end:
            raise InputError(
                [Fault(Place(str(path)), "the marks of the campaign are missing", f"add {_BEGIN}, {_END}")]
            )
        body = report(scores, networks, seed)
        path.write_text(f"{before}{_BEGIN}\n{body}\n{_END}{after}", encoding="utf-8")
    except OSError as error:
        raise OperatingError(f"can't write {path}: {error.strerror}", "check the path and its permissions") from error


def report(scores: Sequence[Score], networks: Mapping[str, int], seed: int) -> str:
    """The table, how it came about, and what went wrong most."""
    classes = len({each.kind for each in scores})
    indented = "\n".join(f"    {line}" for line in table(scores).splitlines())
    told = [each for each in scores if each.customers_told]
    moved = sum(each.scope_moved for each in told)
    names = ", ".join(f"{name} ({count})" for name, count in networks.items())
    where = f"seed {seed}, drawn on {len(networks)} networks (in brackets how many on each): {names}"
    hours = sum(each.simulated_s for each in scores) / 3600.0
    wrong = sum(each.wrongly_told > 0 for each in scores)
    first = "`first`: share of faults whose incidents were all published with causes that belong to the answer."
    after = (
        f"After customers were first told, the scope changed in {moved} of {len(told)} faults. In {hours:,.0f} simulated "
        f"hours {wrong} times a customer whom nothing ailed was told without a person's consent. {first}"
    )
    lines = [
        f"{len(scores):,} faults of {classes} classes, {where}.",
        "",
        indented,
        "",
        after,
        "",
        "Trials that were not perfect, by class:",
        "",
        *_faults(scores),
    ]
    return "\n".join(lines)


def _faults(scores: Sequence[Score]) -> list[str]:
    """The worst classes with one example each."""
    wrong: dict[str, list[Score]] = {}
    for each in scores:
        if not each.perfect:
            wrong.setdefault(each.kind, []).append(each)
    ranked = sorted(wrong.items(), key=lambda found: (-len(found[1]), found[0]))
    lines = []
    for kind, found in ranked[:_WORST]:
        of = sum(each.kind == kind for each in scores)
        example = found[0]
        lines.append(
            f"- *{kind}*: {len(found)} of {of}. As in: {example.faults} was told as {example.told or 'nothing'}"
        )
    return lines or ["- none"]
