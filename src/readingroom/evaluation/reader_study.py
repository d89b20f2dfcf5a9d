"""Multi-reader multi-case studies: Obuchowski & Rockette's analysis with Hillis' degrees of freedom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.areas import difference_test
from readingroom.evaluation.arrays import Floats
from readingroom.evaluation.crossed import Crossed, crossed_study
from readingroom.evaluation.pooled import Panel, bounded, mean_of_readers
from readingroom.evaluation.reader_figures import reader_figures
from readingroom.evaluation.results import Estimate, Test, checked_level, chosen

CLAMPED = "Cov2 - Cov3 is negative and counts as 0, as in the official program (OR-DBM MRMC 2.51)"


@dataclass(frozen=True)
class MultiReader:
    """The result of a multi-reader multi-case study.

    Args:
        test: whether the modalities are equal on average over readers (F, or chi-squared with fixed readers); with two
            modalities it carries their difference.
        comparisons: each pair of modalities, first minus second.
        modalities: each modality's mean over readers; only its own readings make its interval, cut to [0, 1], as
            `pooled_readers` does.
        readings: (modality, reader) -> that reader's own figure, for these cases' population.
        readers: (reader, first modality, second) -> that reader's own comparison.
        components: ``reader, modality:reader, error, cov1, cov2, cov3`` as estimated, negative ones not clamped; empty
            with fixed cases.
        design: how it was analysed, as the methods section names it.
    """

    test: Test
    comparisons: Mapping[tuple[Any, Any], Test]
    modalities: Mapping[Any, Estimate]
    readings: Mapping[tuple[Any, Any], Estimate]
    readers: Mapping[tuple[Any, Any, Any], Test]
    components: Mapping[str, float]
    design: str


def multireader(
    table: pd.DataFrame,
    *,
    reader: str = "reader",
    modality: str = "modality",
    case: str = "case",
    truth: str = "truth",
    score: str = "score",
    metric: str = "auc",
    covariance: str = "delong",
    readers: str = "random",
    cases: str = "random",
    level: float = 0.95,
) -> MultiReader:
    """Compare modalities (with and without help, or networks and doctors) over several readers of the same cases.

    Obuchowski & Rockette (1995) with the degrees of freedom of Hillis (2007). Random readers and cases:
    F = MS(T) / [MS(TR) + r max(Cov2 - Cov3, 0)]. Fixed readers: chi-squared of (t - 1) MS(T) /
    [Var - Cov1 + (r - 1) max(Cov2 - Cov3, 0)]. Fixed cases: F = MS(T) / MS(TR). A negative Cov2 - Cov3 (or Cov2 of one
    modality) counts as 0, as the official program does, and the note says so.

    Args:
        table: one row a reading; every reader reads every case once in every modality (fully crossed).
        reader: name of the column with the reader.
        modality: of the column with the modality.
        case: of the column with the case.
        truth: of the column with 0 or 1; one truth a case.
        score: of the column with the score (``auc``) or the call, 0 or 1 (``sensitivity, specificity, accuracy``).
        metric: ``auc``, ``sensitivity``, ``specificity`` or ``accuracy``.
        covariance: of the figures over the same cases: ``delong`` (DeLong's; for shares the sample covariance of the
            calls) or ``jackknife`` (one case left out at a time).
        readers: ``random`` (the result holds for readers like these) or ``fixed`` (for these readers).
        cases: ``random`` or ``fixed``.
        level: confidence level.

    Raises:
        EvaluationError: missing columns, a design that is not fully crossed, one modality only, one reader where
            readers are random, both fixed.

    Example:
        >>> rows = [(r, m, c, c % 2, (c * (3 if m else 2) + r) % 5) for r in (1, 2) for m in (0, 1) for c in range(8)]
        >>> table = pd.DataFrame(rows, columns=["reader", "modality", "case", "truth", "score"])
        >>> multireader(table).comparisons[(0, 1)].difference
        0.1875
    """
    kind = f"{readers} readers, {cases} cases"
    analyse: Callable[[_Study], _Spread] = chosen(kind, ANALYSES, "readers")
    crossed = crossed_study(table, [reader, modality, case, truth, score], readers, checked_level(level))
    figures, covered = reader_figures(crossed, metric, covariance)
    study = _Study(crossed, figures, None if cases == "fixed" else covered)
    if covered is None and cases == "random":
        raise EvaluationError("one case only in a class", fix="Random cases need two of each", field="truth")
    return _result(study, kind, f"obuchowski-rockette, {kind}, {metric}, {covariance}", analyse(study))


class _Study:
    """Mean squares and mean covariances of the figures, (T, R)."""

    def __init__(self, crossed: Crossed, figures: Floats, covered: Floats | None) -> None:
        self.crossed, self.figures, self.covered = crossed, figures, covered
        self.t, self.r = figures.shape
        rows, columns, grand = figures.mean(axis=1), figures.mean(axis=0), figures.mean()
        self.ms_t = self.r * float(np.sum((rows - grand) ** 2)) / (self.t - 1)
        self.ms_r = self.t * float(np.sum((columns - grand) ** 2)) / max(self.r - 1, 1)
        rest = figures - rows[:, None] - columns[None, :] + grand
        self.ms_tr = float(np.sum(rest**2)) / max((self.t - 1) * (self.r - 1), 1)
        self.n = crossed.truth.size
        if covered is not None:
            self._covariances(covered.reshape(self.t, self.r, self.t, self.r))

    def _covariances(self, cube: Floats) -> None:
        # Axes of the cube: modality, reader, modality, reader.
        t, r = self.t, self.r
        same_cell = np.einsum("ijij->ij", cube)
        same_reader, same_modality = np.einsum("ijkj->ijk", cube), np.einsum("ijil->ijl", cube)
        self.error = float(same_cell.mean())
        self.error_of_reader = same_cell.mean(axis=0)
        self.cov1_of_reader = (same_reader.sum(axis=(0, 2)) - same_cell.sum(axis=0)) / (t * (t - 1))
        self.cov1 = float(self.cov1_of_reader.mean())
        pairs = max(r * (r - 1), 1)
        self.cov2 = float((same_modality.sum() - same_cell.sum()) / (t * pairs))
        others = cube.sum() - same_reader.sum() - same_modality.sum() + same_cell.sum()
        self.cov3 = float(others) / (t * (t - 1) * pairs)
        self.cell_variance = same_cell

    @property
    def excess(self) -> float:
        return float(max(self.cov2 - self.cov3, 0.0))

    def panel(self, i: int) -> Panel:
        """The readers of one modality."""
        if self.covered is None:
            return Panel(self.figures[i], None)
        own = slice(i * self.r, (i + 1) * self.r)
        return Panel(self.figures[i], self.covered[own, own])

    def components(self) -> dict[str, float]:
        if self.covered is None:
            return {}
        reader = (self.ms_r - self.ms_tr) / self.t - self.cov1 + self.cov3
        interaction = self.ms_tr - self.error + self.cov1 + self.cov2 - self.cov3
        errors = {"error": self.error, "cov1": self.cov1, "cov2": self.cov2, "cov3": self.cov3}
        return {"reader": reader, "modality:reader": interaction, **errors}


@dataclass(frozen=True)
class _Spread:
    """What differences are measured against, and degrees of freedom where the reference is Student's."""

    denominator: float
    df: float | None


def _random_both(study: _Study) -> _Spread:
    denominator = study.ms_tr + study.r * study.excess
    return _Spread(denominator, _ratio(denominator**2, study.ms_tr**2 / ((study.t - 1) * (study.r - 1))))


def _fixed_readers(study: _Study) -> _Spread:
    return _Spread(study.error - study.cov1 + (study.r - 1) * study.excess, None)


def _fixed_cases(study: _Study) -> _Spread:
    return _Spread(study.ms_tr, (study.t - 1) * (study.r - 1))


ANALYSES: dict[str, Callable[[_Study], _Spread]] = {
    "random readers, random cases": _random_both,
    "fixed readers, random cases": _fixed_readers,
    "random readers, fixed cases": _fixed_cases,
}


def _ratio(above: float, below: float) -> float | None:
    return above / below if below > 0 else None


def _result(study: _Study, kind: str, design: str, spread: _Spread) -> MultiReader:
    names, level, n = study.crossed.modalities, study.crossed.level, study.n
    means, note = study.figures.mean(axis=1), _note(study)
    variance = 2 / study.r * spread.denominator
    comparisons = {
        (names[i], names[j]): _noted(
            difference_test(float(means[i] - means[j]), variance, f"multireader, {design}", n, level, df=spread.df),
            note,
        )
        for i, j in combinations(range(study.t), 2)
    }
    modalities = {name: mean_of_readers(study.panel(i), kind, design, n, level) for i, name in enumerate(names)}
    test = _global(study, design, spread, comparisons, note)
    return MultiReader(test, comparisons, modalities, *_by_reader(study, design), study.components(), design)


def _note(study: _Study) -> str:
    return CLAMPED if study.covered is not None and study.cov2 < study.cov3 else ""


def _noted(test: Test, note: str) -> Test:
    return Test(**{**vars(test), "note": "; ".join(filter(None, [test.note, note]))})


def _global(
    study: _Study, design: str, spread: _Spread, comparisons: Mapping[tuple[Any, Any], Test], note: str
) -> Test:
    pair = next(iter(comparisons.values())) if study.t == 2 else None
    difference, low, high = (pair.difference, pair.low, pair.high) if pair else (None, None, None)
    method, level, freedom = f"multireader, {design}", study.crossed.level, float(study.t - 1)
    if spread.denominator <= 1e-18:
        alike = study.ms_t <= 1e-18
        statistic, p = (0.0, 1.0) if alike else (None, None)
        found = "the modalities never differ" if alike else "no variance to test against"
        return Test(statistic, p, difference, low, high, method, level, study.n, note=found)
    ratio = study.ms_t / spread.denominator
    if spread.df is None:
        statistic = freedom * ratio
        p = float(special.chdtrc(freedom, statistic))
        method = f"{method}, chi-squared"
        return Test(statistic, p, difference, low, high, method, level, study.n, freedom, note=note)
    p = float(special.fdtrc(freedom, spread.df, ratio))
    return Test(ratio, p, difference, low, high, f"{method}, F", level, study.n, (freedom, spread.df), note=note)


def _by_reader(study: _Study, design: str) -> tuple[dict[tuple[Any, Any], Estimate], dict[tuple[Any, Any, Any], Test]]:
    names, readers, level, n = study.crossed.modalities, study.crossed.readers, study.crossed.level, study.n
    cells = [(i, j) for i in range(study.t) for j in range(study.r)]
    if study.covered is None:
        plain = {
            (names[i], readers[j]): Estimate(float(study.figures[i, j]), None, None, level, design, n) for i, j in cells
        }
        return plain, {}
    readings = {
        (names[i], readers[j]): bounded(
            float(study.figures[i, j]), float(study.cell_variance[i, j]), None, n, level, design
        )
        for i, j in cells
    }
    tests = {
        (readers[j], names[a], names[b]): _of_reader(study, j, a, b, design)
        for j in range(study.r)
        for a, b in combinations(range(study.t), 2)
    }
    return readings, tests


def _of_reader(study: _Study, j: int, a: int, b: int, design: str) -> Test:
    variance = 2 * float(study.error_of_reader[j] - study.cov1_of_reader[j])
    difference = float(study.figures[a, j] - study.figures[b, j])
    return difference_test(difference, variance, f"one reader, {design}", study.n, study.crossed.level)
