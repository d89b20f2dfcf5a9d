"""Printed figures as linear bounds on four shares: what can stand together whatever the number of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import optimize

from readingroom.evaluation.arrays import Floats
from readingroom.evaluation.published.printed import Printed

_NUMERATORS = {
    "sensitivity": (1, 0, 0, 0),
    "specificity": (0, 0, 0, 1),
    "ppv": (1, 0, 0, 0),
    "npv": (0, 0, 0, 1),
    "accuracy": (1, 0, 0, 1),
    "f1": (2, 0, 0, 0),
}
_DENOMINATORS = {
    "sensitivity": (1, 0, 1, 0),
    "specificity": (0, 1, 0, 1),
    "ppv": (1, 1, 0, 0),
    "npv": (0, 0, 1, 1),
    "accuracy": (1, 1, 1, 1),
    "f1": (2, 1, 1, 0),
}
"""In the order tp, fp, fn, tn."""

_GOALS = {
    "tp": (1, 0, 0, 0),
    "fp": (0, 1, 0, 0),
    "fn": (0, 0, 1, 0),
    "tn": (0, 0, 0, 1),
    "positive": (1, 0, 1, 0),
    "negative": (0, 1, 0, 1),
}


def can_stand_together(figures: Mapping[str, Printed]) -> bool:
    """Whether some test set, of whatever size, could give all the figures, rounded or cut off.

    Args:
        figures: of a two-way table.

    Example:
        >>> from readingroom.evaluation.published import read_printed
        >>> printed = {"accuracy": "97%", "sensitivity": "90%", "specificity": "92%"}
        >>> can_stand_together({name: read_printed(text) for name, text in printed.items()})
        False
    """
    return _extreme(np.zeros(4), _bounds(figures, frozenset(figures)), (), ()) is not None


def relaxed_limits(
    figures: Mapping[str, Printed], *, total: int, positive: int | None = None, cut: frozenset[str] = frozenset()
) -> dict[str, tuple[float, float]] | None:
    """Limits of each count if it need not be whole; None where the figures cannot stand together.

    A printed rate bounds its numerator by its denominator, linearly; the limits are those of a linear programme. Every
    true table lies within them.

    Args:
        figures: of a two-way table.
        total: number of cases.
        positive: number of positives, where it is known.
        cut: figures whose digits may have been cut off.
    """
    bounds = _bounds(figures, cut)
    equal, sums = [(1, 1, 1, 1)], [float(total)]
    if positive is not None:
        equal, sums = [*equal, (1, 0, 1, 0)], [*sums, float(positive)]
    found = {}
    for name, goal in _GOALS.items():
        ends = [_extreme(sign * np.array(goal, dtype=float), bounds, equal, sums) for sign in (1.0, -1.0)]
        if ends[0] is None or ends[1] is None:
            return None
        found[name] = (ends[0], -ends[1])
    return found


def _bounds(figures: Mapping[str, Printed], cut: frozenset[str]) -> tuple[Floats, Floats]:
    rows, limits = [], []
    for name, figure in figures.items():
        low, high = (float(limit) for limit in figure.limits(cut=name in cut))
        over, under = np.array(_NUMERATORS[name], dtype=float), np.array(_DENOMINATORS[name], dtype=float)
        # A share above 0 is a share of something.
        rows += [low * under - over, over - high * under, -under]
        limits += [0.0, 0.0, -1.0 if figure.units else 0.0]
    return np.array(rows, dtype=np.float64).reshape(-1, 4), np.array(limits, dtype=np.float64)


def _extreme(
    goal: Floats, bounds: tuple[Floats, Floats], equal: Sequence[tuple[int, ...]], sums: Sequence[float]
) -> float | None:
    solved = optimize.linprog(
        goal, A_ub=bounds[0], b_ub=bounds[1], A_eq=equal or None, b_eq=sums or None, bounds=(0, None)
    )
    return float(solved.fun) if solved.status == 0 else None
