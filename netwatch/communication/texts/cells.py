"""The table of texts: which cells there are, and which file names may fill them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from netwatch.communication.model import Audience, Phase
from netwatch.communication.texts.facts import Cell
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.sources import one_of

SUFFIX: Final = ".j2"
#: Sentences that the texts of one language share; holds macros, fills no cell.
FRAGMENT: Final = "_sentences.j2"
#: Who reads it -> the scopes in which there is something to read.
TEXTS: Final = {
    Audience.ONCALL.value: tuple(Scope),
    Audience.STAFF.value: tuple(Scope),
    Audience.HELPDESK.value: tuple(Scope),
    Audience.CRITICAL.value: (Scope.REGIONAL, Scope.CUSTOMER),
    Audience.CUSTOMER.value: (Scope.REGIONAL, Scope.CUSTOMER),
    Audience.PAGE.value: (Scope.REGIONAL,),
    Audience.PHONE.value: (Scope.REGIONAL,),
    Audience.SOCIAL.value: (Scope.REGIONAL,),
    Audience.PRESS.value: (Scope.REGIONAL,),
    "oncall_sms": tuple(Scope),
    "task": tuple(Scope),
    "task_sms": tuple(Scope),
    "critical_sms": (Scope.REGIONAL, Scope.CUSTOMER),
    "customer_sms": (Scope.REGIONAL, Scope.CUSTOMER),
    "critical_call": (Scope.REGIONAL, Scope.CUSTOMER),
}
#: What an audience reads as SMS, and what its reader is told on the phone.
SMS: Final = {
    Audience.ONCALL.value: "oncall_sms",
    Audience.CRITICAL.value: "critical_sms",
    Audience.CUSTOMER.value: "customer_sms",
    "task": "task_sms",
}
CALL: Final = "critical_call"
#: What a single colleague is asked to do.
TASK: Final = "task"
#: A text without files of its own is served by another one's.
STAND_IN: Final = {Audience.CRITICAL.value: Audience.CUSTOMER.value, "critical_sms": "customer_sms"}
PHASES: Final = tuple(Phase)
#: Phases that only some texts have: nobody but a customer is asked how it was.
ONLY_IN: Final = {
    Phase.FEEDBACK: frozenset({Audience.CRITICAL.value, Audience.CUSTOMER.value, "critical_sms", "customer_sms"})
}
#: Read outside the company: must bear the id, the page's address and the next promise. (The page itself shows them.)
PUBLIC: Final = frozenset({
    Audience.CRITICAL.value, Audience.CUSTOMER.value, Audience.PHONE.value, Audience.SOCIAL.value,
    Audience.PRESS.value, "critical_sms", "customer_sms",
})  # fmt: skip
#: All whose words are heard or read outside the company.
OUTWARD: Final = PUBLIC | {Audience.PAGE.value, CALL}


def phases_of(text: str) -> tuple[Phase, ...]:
    """The phases in which there is a text of this name."""
    return tuple(phase for phase in PHASES if text in ONLY_IN.get(phase, TEXTS))


def all_cells() -> Iterator[Cell]:
    """Every cell of the table, in a stable order."""
    for language, (text, scopes) in product(LANGUAGES, TEXTS.items()):
        for scope, phase, scenario in product(scopes, phases_of(text), Scenario):
            yield Cell(language, text, scope.value, phase.value, scenario.value)


def candidates(cell: Cell, text: str) -> tuple[str, ...]:
    """File names within a language's folder that fill `cell` as `text`, the most special first.

    A file for no phase in particular speaks of an outage; it fills no phase that only some texts have.
    """
    stems = [
        f"{cell.scope}/{text}.{cell.phase}.{cell.scenario}",
        f"{cell.scope}/{text}.{cell.phase}",
        f"{cell.scope}/{text}",
        f"{text}.{cell.phase}.{cell.scenario}",
        f"{text}.{cell.phase}",
        text,
    ]
    if cell.phase in ONLY_IN:
        stems = [stem for stem in stems if cell.phase in stem.split(".")]
    return tuple(stem + SUFFIX for stem in stems)


@dataclass(frozen=True, slots=True)
class Misnamed:
    """Why a file name fills no cell, and what mends it."""

    what: str
    mend: str


def misnamed(name: str) -> Misnamed | None:  # noqa: PLR0911 - one return a part of the name
    """Whether `name` (with `/`, relative to a folder of templates) can fill a cell; None when it can."""
    language, _, rest = name.partition("/")
    if not rest or language not in LANGUAGES:
        return Misnamed(f'no folder of texts is named "{language}"', one_of(LANGUAGES, language))
    if rest == FRAGMENT:
        return None
    if not rest.endswith(SUFFIX):
        return Misnamed("this is no template", f'templates end in "{SUFFIX}"; move the file elsewhere')
    folder, _, stem = rest.removesuffix(SUFFIX).rpartition("/")
    text, *more = stem.split(".")
    scopes = [scope.value for scope in Scope]
    if folder and folder not in scopes:
        return Misnamed(f'no scope is named "{folder}"', one_of(scopes, folder))
    if text not in TEXTS:
        return Misnamed(f'no text is named "{text}"', one_of(TEXTS, text))
    if folder and Scope(folder) not in TEXTS[text]:
        return Misnamed(f'there is no text "{text}" in the scope {folder}', one_of([s.value for s in TEXTS[text]]))
    phases = [phase.value for phase in phases_of(text)]
    if more and more[0] not in phases:
        return Misnamed(f'the text {text} has no phase "{more[0]}"', one_of(phases, more[0]))
    if len(more) > 1 and more[1] not in list(Scenario):
        return Misnamed(f'no scenario is named "{more[1]}"', one_of([scenario.value for scenario in Scenario], more[1]))
    if len(more) > 2:
        return Misnamed("the name has too many parts", f"write [scope/]text.phase.scenario{SUFFIX}")
    return None
