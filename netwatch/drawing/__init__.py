"""Pictures of a part of the network, for a phone, a mail and a page.

In: the inventory's graph, and which elements failed or can't be reached. Out: one SVG text.
Invariants: 360 px wide, no text below 12 px, no script, nothing loaded from elsewhere; at most about 40 elements, the
rest summed up; state is told by shape, word and colour; equal input gives the same text, to the letter.
"""

from netwatch.drawing.model import State, Trouble
from netwatch.drawing.neighbourhood import neighbourhood
from netwatch.drawing.svg import draw
from netwatch.drawing.trouble import trouble_of

__all__ = ["State", "Trouble", "draw", "neighbourhood", "trouble_of"]
