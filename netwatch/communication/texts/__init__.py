"""The prepared texts: what is written to whom, in nl, pl and en.

In: facts of an incident (`Facts`). Out: a finished subject and body (`Rendered`).
Invariants: every cell of the table has a text in every language; every template was rendered with sample facts
before it may speak; templates are a sandbox without code; no value of the inventory is ever read as a template.
"""

from netwatch.communication.texts.facts import Cell, Facts, Rendered, clean, clean_note
from netwatch.communication.texts.library import TextError, Texts
from netwatch.communication.texts.loading import check_texts, load_texts
from netwatch.communication.texts.samples import sample

__all__ = [
    "Cell",
    "Facts",
    "Rendered",
    "TextError",
    "Texts",
    "check_texts",
    "clean",
    "clean_note",
    "load_texts",
    "sample",
]
