"""The shapes that tell how a device fares: each has its own outline and sign, so that colour is never needed.

Colours are of Okabe and Ito's set, which colour-blind people tell apart (vermillion, orange, blue; grey beside them).
"""

from __future__ import annotations

from typing import Final

from netwatch.drawing.model import State

LEGEND: Final = (State.FAILED, State.UNREACHABLE, State.DEGRADED, State.HEALTHY)


def style_of(state: State) -> str:
    """The colour of a state."""
    if state is State.FAILED:
        return "#b84300"
    if state is State.UNREACHABLE:
        return "#555555"
    return "#c77f00" if state is State.DEGRADED else "#0072b2"


def mark(state: State, x: int, y: int) -> str:
    """The shape of a state, 16 px wide, around a point."""
    colour = style_of(state)
    if state is State.FAILED:
        return (
            f'<path d="M{x - 3} {y - 8}h6l5 5v6l-5 5h-6l-5 -5v-6z" fill="{colour}"/>'
            f'<path d="M{x - 3} {y - 3}l6 6m0 -6l-6 6" stroke="#ffffff" stroke-width="2"/>'
        )
    if state is State.UNREACHABLE:
        return (
            f'<path d="M{x} {y - 8}l8 8l-8 8l-8 -8z" fill="#ffffff" stroke="{colour}" stroke-width="1.5" '
            f'stroke-dasharray="3 2"/><path d="M{x - 3} {y}h6" stroke="{colour}" stroke-width="2"/>'
        )
    if state is State.DEGRADED:
        return (
            f'<path d="M{x} {y - 8}l8 15h-16z" fill="#ffd27f" stroke="{colour}" stroke-width="1.5"/>'
            f'<path d="M{x} {y - 3}v5m0 1.5v1.5" stroke="{_DARK}" stroke-width="1.8"/>'
        )
    return (
        f'<circle cx="{x}" cy="{y}" r="7" fill="{colour}"/>'
        f'<path d="M{x - 3} {y}l2 2.5l4 -5" fill="none" stroke="#ffffff" stroke-width="2"/>'
    )


_DARK: Final = "#5c3a00"
