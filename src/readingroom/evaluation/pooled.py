"""Several readers of one modality pooled: the mean of their figures, for readers like these or for these."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Floats
from readingroom.evaluation.crossed import crossed_readers
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.reader_figures import reader_figures
from readingroom.evaluation.results import Estimate, checked_level, chosen

CLAMPED = "Cov2 is negative and counts as 0, as in the official program (OR-DBM MRMC 2.51)"
ALIKE = "the figures show no variance, so that the interval collapses"


def pooled_readers(
    table: pd.DataFrame,
    *,
    reader: str = "reader",
    case: str = "case",
    truth: str = "truth",
    score: str = "score",
    metric: str = "auc",
    covariance: str = "delong",
    readers: str = "random",
    cases: str = "random",
    level: float = 0.95,
) -> Estimate:
    """The mean figure of several readers of the same cases in one modality ("the doctors' mean sensitivity").

    Obuchowski & Rockette's model (1995) of one modality, with the degrees of freedom of Hillis (2007). Random readers
    and cases: variance [MS(R) + r max(Cov2, 0)] / r, Student's t with
    [MS(R) + r max(Cov2, 0)]² / [MS(R)² / (r - 1)] degrees of freedom. Fixed readers: [Var + (r - 1) max(Cov2, 0)] / r,
    normal. Fixed cases: MS(R) / r, t with r - 1. It is what `multireader` gives for each of its modalities.

    Args:
        table: one row a reading; every reader reads every case once (fully crossed).
        reader: name of the column with the reader.
        case: of the column with the case.
        truth: of the column with 0 or 1; one truth a case.
        score: of the column with the score (``auc``) or the call, 0 or 1 (``sensitivity, specificity, accuracy``).
        metric: ``auc``, ``sensitivity``, ``specificity`` or ``accuracy``.
        covariance: see `multireader`.
        readers: ``random`` (the result holds for readers like these) or ``fixed`` (for these readers).
        cases: ``random`` or ``fixed``.
        level: confidence level.

    Returns:
        The plain mean over readers with its interval, cut to [0, 1]; ``n`` is the number of cases.

    Raises:
        EvaluationError: missing columns, a design that is not fully crossed, one reader where readers are random,
            both fixed.

    Example:
        >>> rows = [(r, c, c % 2, (c * 3 + r) % 5) for r in (1, 2, 3) for c in range(8)]
        >>> table = pd.DataFrame(rows, columns=["reader", "case", "truth", "score"])
        >>> str(pooled_readers(table))
        '0.427 (0.069 to 0.786)'
    """
    design = f"{readers} readers, {cases} cases"
    chosen(design, MEANS, "readers")
    crossed = crossed_readers(table, [reader, case, truth, score], readers, checked_level(level))
    figures, covered = reader_figures(crossed, metric, covariance)
    method = f"obuchowski-rockette, {design}, {metric}, {covariance}"
    return mean_of_readers(Panel(figures[0], covered), design, method, crossed.truth.size, level)


@dataclass(frozen=True, eq=False)
class Panel:
    """The readers of one modality.

    Args:
        figures: (R,) of each.
        covered: (R, R) their covariance over the cases; None where it does not exist or cases are fixed.
    """

    figures: Floats
    covered: Floats | None

    @property
    def spread(self) -> float:
        """MS(R), the variance of the figures between readers."""
        return float(self.figures.var(ddof=1)) if self.figures.size > 1 else 0.0

    def errors(self) -> tuple[float, float]:
        """The mean variance of one reader's figure, and Cov2, the mean covariance of two readers'.

        Raises:
            EvaluationError: there is no covariance.
        """
        if self.covered is None:
            raise EvaluationError("one case only in a class", fix="Random cases need two of each", field="truth")
        r, own = self.figures.size, float(np.trace(self.covered))
        return own / r, (float(self.covered.sum()) - own) / max(r * (r - 1), 1)


Mean = tuple[float, float | None, str]
"""Variance of the mean, degrees of freedom where the reference is Student's, and what must be known of them."""


def _random_both(panel: Panel) -> Mean:
    r, ms, cov2 = panel.figures.size, panel.spread, panel.errors()[1]
    whole = ms + max(r * cov2, 0.0)
    return whole / r, whole**2 / (ms**2 / (r - 1)) if ms > 0 else None, CLAMPED if cov2 < 0 else ""


def _fixed_readers(panel: Panel) -> Mean:
    r, (error, cov2) = panel.figures.size, panel.errors()
    return (error + (r - 1) * max(cov2, 0.0)) / r, None, CLAMPED if cov2 < 0 else ""


def _fixed_cases(panel: Panel) -> Mean:
    r = panel.figures.size
    return panel.spread / r, r - 1.0, ""


MEANS: dict[str, Callable[[Panel], Mean]] = {
    "random readers, random cases": _random_both,
    "fixed readers, random cases": _fixed_readers,
    "random readers, fixed cases": _fixed_cases,
}


def mean_of_readers(panel: Panel, design: str, method: str, n: int, level: float) -> Estimate:
    """The mean figure of a panel, by one of `MEANS`.

    Args:
        panel: the readers.
        design: which of `MEANS`.
        method: how it was analysed, as the methods section names it.
        n: number of cases.
        level: confidence level.
    """
    variance, df, note = MEANS[design](panel)
    estimate = bounded(float(panel.figures.mean()), variance, df, n, level, method)
    return Estimate(**{**vars(estimate), "note": note or (ALIKE if variance <= 0 else "")})


def bounded(value: float, variance: float, df: float | None, n: int, level: float, method: str) -> Estimate:
    """A figure with its normal (or Student's) interval, cut to [0, 1]."""
    quantile = normal_quantile(level) if df is None else float(special.stdtrit(df, 0.5 + level / 2))
    half = quantile * math.sqrt(variance)
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0), level, method, n, variance)
