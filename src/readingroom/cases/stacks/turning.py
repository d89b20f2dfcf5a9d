"""Turning: a volume's axes brought to the usual order, and the change noted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from readingroom.cases.stacks.geometry import Affine, Order, reorder, tilt_deg
from readingroom.cases.stacks.stack import LoadedStack, Volume

Turn = Callable[[Affine], Order]
"""`readingroom.cases.stacks.geometry.nearest_axial` or `upright`."""

_AXES = ("planes", "rows", "columns")
_TILTED_DEG = 1.0


def turned(stack: LoadedStack, planes: Volume, turn: Turn) -> LoadedStack:
    """The stack with its axes in the order that ``turn`` says; without an affine as it is. Nothing is interpolated."""
    if stack.affine is None:
        return stack
    order = turn(stack.affine)
    moved, affine = reorder(planes, stack.affine, order)
    height, width = moved.shape[1:]
    notes = (*stack.facts.notes, *_notes(order, affine))
    facts = replace(stack.facts, notes=notes, height=height, width=width)
    return replace(stack, planes=moved, affine=affine, facts=facts)


def _notes(order: Order, affine: Affine) -> list[str]:
    axes, turns = order
    notes = []
    if axes != (0, 1, 2):
        notes.append("axes changed: planes, rows, columns were " + ", ".join(_AXES[axis] for axis in axes))
    if any(turns):
        notes.append("turned: " + ", ".join(name for name, turn in zip(_AXES, turns, strict=True) if turn))
    if (tilt := tilt_deg(affine)) > _TILTED_DEG:
        notes.append(f"oblique by {tilt:.0f} degrees: planes stay as acquired")
    return notes
