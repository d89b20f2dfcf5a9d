"""Marks with scores: sensitivity against false positives an image (FROC), and average precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from readingroom.core.errors import EvaluationError
from readingroom.core.seeds import generator
from readingroom.evaluation.arrays import Floats, Ints
from readingroom.evaluation.matching import Matches
from readingroom.evaluation.proportions import proportion
from readingroom.evaluation.results import Estimate, Estimates, Table, checked_level, chosen, undefined

REPLICATES = 2000
RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False positives an image at which detection challenges state the sensitivity (Niemeijer 2011, LUNA16)."""
REPEATS = ("ignored", "false")
PER = ("image", "patient")

_BLOCK = 1_000_000
_NO_BOX = "no reference box"


@dataclass(frozen=True, eq=False)
class Froc:
    """The free-response ROC curve, from no mark to all, and its sensitivities at stated false positives.

    A mark counts at score >= threshold. Row i of every array belongs together; thresholds fall.

    Args:
        threshold: (K,) the first is infinite (no mark counts).
        false_positives: (K,) an image, or a patient.
        sensitivity: (K,) share of the lesions found; not a number where there is none.
        patient_sensitivity: (K,) share of the patients with a lesion of whom one is found.
        by_lesion: sensitivity at each rate, named as the rate is (``0.125``), and their ``mean``.
        by_patient: the same of the patients.
    """

    threshold: Floats
    false_positives: Floats
    sensitivity: Floats
    patient_sensitivity: Floats
    by_lesion: Estimates
    by_patient: Estimates

    def threshold_at(self, rate: float) -> float:
        """The lowest threshold with at most ``rate`` false positives (an image or patient); infinite where none has."""
        return float(self.threshold[self.false_positives <= rate][-1])


def froc(
    matches: Matches,
    *,
    rates: Sequence[float] = RATES,
    per: str = "image",
    between: str = "step",
    repeats: str = "ignored",
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> Froc:
    """Sensitivity against false positives an image, or a patient.

    False positives are counted over all images, with a lesion or without. A lesion that several images show is found
    where one of them hits it. Intervals: percentiles of a bootstrap of patients, in which the threshold is found anew,
    so that they hold what choosing it costs.

    Args:
        matches: from `match_boxes`.
        rates: false positives an image (or a patient), above 0.
        per: what false positives are counted by: ``image`` or ``patient``, with a lesion or without.
        between: ``step``: the sensitivity of the lowest threshold with no more than that rate, which a reader can
            really be set to; ``linear``: interpolated between thresholds, as LUNA16 and MONAI do.
        repeats: further marks on a lesion that is hit already are ``ignored``, as LUNA16 and MONAI do, or ``false``.
        replicates: of the bootstrap; 0 gives no intervals.
        seed: the same seed gives the same intervals.
        level: confidence level.

    Returns:
        The curve and its sensitivities; without a reference box they are not defined, without a mark they are 0.
        In steps, ``beside`` is Wilson's interval that takes the threshold as given and the lesions as independent.

    Raises:
        EvaluationError: a rate of 0 or less, an unknown word, no confidence level.

    Example:
        >>> from readingroom.evaluation import match_boxes
        >>> marks = match_boxes(["a", "b"], ["a", "b"], [0.9, 0.4], [[0, 0, 9, 9]] * 2, ["a"], [[0, 0, 9, 8]])
        >>> froc(marks, rates=[0.5], replicates=0).by_lesion["0.5"].value
        1.0
    """
    read_off = chosen(between, BETWEEN, "between")
    chosen(per, dict.fromkeys(PER), "per")
    _check(repeats, replicates, level)
    wanted = np.asarray(rates, dtype=np.float64)
    if wanted.ndim != 1 or not wanted.size or not (wanted > 0).all():
        raise EvaluationError(f"rates {list(rates)}", fix="Give false positives an image, above 0", field="rates")
    marks = _Marks.of(matches, repeats, per)
    units = _lesions(matches, marks.count), _patients(matches, marks.count)
    readers = [read_off(marks, unit, wanted) for unit in units]
    drawn = [[read(draw) for read in readers] for draw in _draws(marks, replicates, seed)]
    by = ", by patient" if per == "patient" else ""
    method = f"FROC{by}, {matches.rule}, {between}" + (f"; {_said(marks, replicates)}" if replicates else "")
    by_lesion, by_patient = (
        _table([f"{rate:g}" for rate in wanted], np.concatenate(of), unit, between == "step", method, level)
        for unit, of in zip(units, zip(*drawn, strict=True), strict=True)
    )
    curves = [_curve(marks, unit) for unit in units]
    false = np.cumsum(np.concatenate([[0.0], marks.false]))[marks.ends] / marks.parts.sum()
    return Froc(marks.thresholds, false, curves[0], curves[1], by_lesion, by_patient)


def average_precision(
    matches: Matches,
    *,
    method: str = "all-point",
    repeats: str = "false",
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """The area under the curve of precision against recall, of one class.

    Marks of equal score count together, so that their order does not matter (COCO's tools take them one by one).

    Args:
        matches: from `match_boxes`.
        method: how the curve is read: ``all-point`` (at each recall the best precision of that recall or more, summed
            over all steps; VOC from 2010), ``coco`` (that precision averaged at recall 0, 0.01 … 1), ``voc11`` (at
            0, 0.1 … 1; VOC until 2009) or ``step`` (each step's own precision, as scikit-learn's
            ``average_precision_score``).
        repeats: further marks on a box that is hit already are ``false``, as VOC and COCO count, or ``ignored``.
        replicates: of the bootstrap of patients (percentile); 0 gives no interval.
        seed: the same seed gives the same interval.
        level: confidence level.

    Returns:
        The area; 0 where there is no mark, not defined where there is no reference box.

    Raises:
        EvaluationError: an unknown word, no confidence level.

    Example:
        >>> from readingroom.evaluation import match_boxes
        >>> marks = match_boxes(["a"], ["a", "a"], [0.9, 0.8], [[0, 0, 9, 9], [20, 20, 30, 30]], ["a"], [[0, 0, 9, 8]])
        >>> average_precision(marks, replicates=0).value
        1.0
    """
    read_off = chosen(method, PRECISION, "method")
    _check(repeats, replicates, level)
    marks = _Marks.of(matches, repeats)
    areas = _area(marks, np.bincount(matches.patient[matches.box_image], minlength=marks.count), read_off)
    drawn = np.concatenate([areas(draw) for draw in _draws(marks, replicates, seed)])
    said = f"average precision, {method}, {matches.rule}" + (f"; {_said(marks, replicates)}" if replicates else "")
    return _estimate(drawn, matches.box_image.size, said, level, None)


def _check(repeats: str, replicates: int, level: float) -> None:
    chosen(repeats, dict.fromkeys(REPEATS), "repeats")
    checked_level(level)
    if replicates < 0 or replicates == 1:
        fix = "Give 0 for no interval, or 2 or more; 2000 is usual"
        raise EvaluationError(f"{replicates} replicates", fix=fix, field="replicates")


@dataclass(frozen=True, eq=False)
class _Marks:
    """The marks that count, by falling score, with the patient of each."""

    score: Floats  # (M,)
    false: Floats  # (M,) 1 for a false mark, 0 for a hit
    patient: Ints  # (M,)
    images: Floats  # (C,) of each patient
    parts: Floats  # (C,) that false marks are counted by: the images, or the patient once
    count: int

    @classmethod
    def of(cls, matches: Matches, repeats: str, per: str = "image") -> _Marks:
        counted = np.flatnonzero(~matches.repeat) if repeats == "ignored" else np.arange(matches.score.size)
        order = counted[np.argsort(-matches.score[counted], kind="stable")]
        count = int(matches.patient.max()) + 1
        images = np.bincount(matches.patient, minlength=count).astype(np.float64)
        parts = images if per == "image" else np.minimum(images, 1.0)
        false = (matches.hit[order] < 0).astype(np.float64)
        return cls(matches.score[order], false, matches.patient[matches.mark_image[order]], images, parts, count)

    @property
    def ends(self) -> Ints:
        """(K,) how many marks count at each distinct score, after 0."""
        last = np.flatnonzero(np.diff(self.score, append=-np.inf))
        return np.concatenate([[0], last + 1]).astype(np.int64)

    @property
    def thresholds(self) -> Floats:
        return np.concatenate([[np.inf], self.score[self.ends[1:] - 1]])

    def running(self, which: Ints, group: Ints, groups: int) -> Running:
        """Some of the marks, in groups: those of the first 1, 2 … groups added up for any draw."""
        return _running(group, self.patient[which], (groups, self.count))


@dataclass(frozen=True, eq=False)
class _Units:
    """What is to be found: lesions, or patients with a lesion; by falling score of the best mark that finds it."""

    score: Floats  # (F,) of those that are found at all
    patient: Ints  # (F,)
    held: Floats  # (C,) of each patient, found or not

    @classmethod
    def of(cls, score: Floats, patient: Ints, count: int) -> _Units:
        order = np.argsort(-score, kind="stable")
        order = order[np.isfinite(score[order])]
        return cls(score[order], patient[order], np.bincount(patient, minlength=count).astype(np.float64))

    @property
    def size(self) -> int:
        return int(self.held.sum())

    def share(self, group: Ints, groups: int) -> Running:
        """The share of the units that the first 1, 2 … groups find, for any draw; not a number where there is none."""
        found = _running(group, self.patient, (groups, self.held.size))

        def of(drawn: Floats) -> Floats:
            total = self.held @ drawn
            none: Floats = np.full((groups, total.size), np.nan)
            return np.asarray(np.divide(found(drawn), total, out=none, where=total > 0))

        return of


Running = Callable[[Floats], Floats]
"""How often each patient counts, (C, R), to a sum for each group and draw, (G, R)."""


def _running(group: Ints, patient: Ints, shape: tuple[int, int]) -> Running:
    # A sparse product goes along the draws, so that a replicate costs an addition for each mark.
    table = sparse.csr_array((np.ones(group.size), (group, patient)), shape=shape)
    return lambda drawn: np.asarray(np.cumsum(table @ drawn, axis=0))


def _lesions(matches: Matches, count: int) -> _Units:
    lesions = int(matches.box_lesion.max(initial=-1)) + 1
    patient = np.zeros(lesions, dtype=np.int64)
    patient[matches.box_lesion] = matches.patient[matches.box_image]
    return _Units.of(_best(matches, matches.box_lesion, lesions), patient, count)


def _patients(matches: Matches, count: int) -> _Units:
    owner = matches.patient[matches.box_image]
    ill = np.unique(owner)
    return _Units.of(_best(matches, owner, count)[ill], ill, count)


def _best(matches: Matches, unit: Ints, count: int) -> Floats:
    """(count,) the highest score of the marks that hit each unit's boxes; -infinite where none does."""
    hits = np.flatnonzero(matches.hit >= 0)
    best = np.full(count, -np.inf)
    np.maximum.at(best, unit[matches.hit[hits]], matches.score[hits])
    return best


def _draws(marks: _Marks, replicates: int, seed: int) -> Iterator[Floats]:
    """How often each patient counts, (C, R): once each first, then the replicates in blocks that fit the memory."""
    yield np.ones((marks.count, 1))
    random = generator(seed, "bootstrap")
    even = np.full(marks.count, 1 / marks.count)
    block = max(1, _BLOCK // max(marks.score.size, marks.count))
    for start in range(0, replicates, block):
        drawn = random.multinomial(marks.count, even, size=min(block, replicates - start))
        yield np.ascontiguousarray(drawn.T, dtype=np.float64)


def _curve(marks: _Marks, units: _Units) -> Floats:
    share = units.share(np.searchsorted(-marks.thresholds, -units.score), marks.thresholds.size)
    return np.asarray(share(np.ones((marks.count, 1)))[:, 0])


ReadOff = Callable[[_Marks, _Units, Floats], Callable[[Floats], Floats]]


def _in_steps(marks: _Marks, units: _Units, rates: Floats) -> Callable[[Floats], Floats]:
    """(R, K) sensitivity at the lowest threshold with no more than each rate."""
    wrong = np.flatnonzero(marks.false)
    # A false mark that is one too many puts the threshold above its score: so many units are found there.
    levels, group = np.unique(np.searchsorted(-units.score, -marks.score[wrong]), return_inverse=True)
    false = marks.running(wrong, group, levels.size)
    levels = np.append(levels, units.score.size)
    share = units.share(np.searchsorted(levels, np.arange(units.score.size), side="right"), levels.size)

    def of(drawn: Floats) -> Floats:
        allowed = rates * (marks.parts @ drawn)[:, None] * (1 + 1e-12)
        rows = zip(_rows(false(drawn)), allowed, strict=True)
        excess = np.stack([np.searchsorted(counted, limit, side="right") for counted, limit in rows])
        return np.take_along_axis(share(drawn).T, excess, axis=1)

    return of


def _interpolated(marks: _Marks, units: _Units, rates: Floats) -> Callable[[Floats], Floats]:
    """(R, K) sensitivity on straight lines between the thresholds."""
    falling, wrong = -marks.thresholds, np.flatnonzero(marks.false)
    found = np.searchsorted(falling, -units.score)
    # The curve is flat between the thresholds that find something: their corners are all of it.
    corners = np.unique(np.concatenate([[0, falling.size - 1], found - 1, found]))
    at = np.searchsorted(corners, np.searchsorted(falling, -marks.score[wrong]))
    false = marks.running(wrong, at, corners.size)
    share = units.share(np.searchsorted(corners, found), corners.size)

    def of(drawn: Floats) -> Floats:
        rows = zip(_rows(false(drawn) / (marks.parts @ drawn)), _rows(share(drawn)), strict=True)
        return np.stack([np.interp(rates, x, y) for x, y in rows])

    return of


def _rows(columns: Floats) -> Floats:
    """(R, K) from (K, R), each draw's numbers side by side in memory, where they are searched."""
    return np.asarray(np.ascontiguousarray(columns.T))


BETWEEN: dict[str, ReadOff] = {"step": _in_steps, "linear": _interpolated}


def _area(marks: _Marks, boxes: Ints, read_off: Callable[[Floats, Floats], Floats]) -> Callable[[Floats], Floats]:
    """(R,) average precision of a draw; not a number where no reference box was drawn."""
    hits = np.flatnonzero(marks.false == 0)
    # Between hits the precision only falls: the curve is known from its points with a hit.
    points = np.unique(np.searchsorted(marks.ends, hits + 1))
    ends = marks.ends[points]
    group = np.searchsorted(ends, np.arange(ends.max(initial=0)) + 1)
    counted = marks.running(np.arange(group.size), group, ends.size)
    right = marks.running(hits, np.searchsorted(ends, hits + 1), ends.size)

    def of(drawn: Floats) -> Floats:
        total, below, above = boxes @ drawn, counted(drawn), right(drawn)
        precision = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
        recall = np.divide(above, total, out=np.zeros_like(above), where=total > 0)
        return np.where(total > 0, read_off(recall, precision), np.nan)

    return of


def _each_step(recall: Floats, precision: Floats) -> Floats:
    """(R,) from (K, R), recall rising."""
    return np.asarray(np.sum(np.diff(recall, axis=0, prepend=0.0) * precision, axis=0))


def _best_from_here(precision: Floats) -> Floats:
    return np.asarray(np.maximum.accumulate(precision[::-1], axis=0)[::-1])


def _all_points(recall: Floats, precision: Floats) -> Floats:
    return _each_step(recall, _best_from_here(precision))


def _at_points(points: int) -> Callable[[Floats, Floats], Floats]:
    wanted = np.linspace(0, 1, points)

    def read_off(recall: Floats, precision: Floats) -> Floats:
        # Beyond the highest recall the precision is 0.
        best = np.pad(_best_from_here(precision), ((0, 1), (0, 0)))
        reached = np.stack([np.searchsorted(column, wanted) for column in _rows(recall)], axis=1)
        return np.asarray(np.take_along_axis(best, reached, axis=0).mean(axis=0))

    return read_off


PRECISION: dict[str, Callable[[Floats, Floats], Floats]] = {
    "all-point": _all_points,
    "coco": _at_points(101),
    "voc11": _at_points(11),
    "step": _each_step,
}


def _said(marks: _Marks, replicates: int) -> str:
    unit = "images" if marks.count == marks.images.sum() else f"{marks.count} patients"
    return f"bootstrap of {unit}, percentile, {replicates} replicates"


def _table(names: Sequence[str], drawn: Floats, units: _Units, steps: bool, method: str, level: float) -> Estimates:
    columns = dict(zip(names, drawn.T, strict=True))
    # Between thresholds there is no count of units found, so no Wilson interval of it.
    beside: dict[str, Estimate] = {}
    if steps and units.size:
        beside = {name: proportion(round(of[0] * units.size), units.size, level=level) for name, of in columns.items()}
    columns["mean"] = drawn.mean(axis=1)
    entries = {name: _estimate(of, units.size, method, level, beside.get(name)) for name, of in columns.items()}
    return Table(entries, {"found": units.score.size, "all": units.size})


def _estimate(drawn: Floats, n: int, method: str, level: float, beside: Estimate | None) -> Estimate:
    """From the value itself, ``drawn[0]``, and the replicates after it."""
    value, replicates = float(drawn[0]), drawn[1:]
    if np.isnan(value):
        return undefined(n, level, method, _NO_BOX)
    known = replicates[~np.isnan(replicates)]
    lost = replicates.size - known.size
    note = f"{_NO_BOX} in {lost} of {replicates.size} replicates, which are left out" if lost else ""
    if known.size < 2:
        return Estimate(value, None, None, level, method, n, note=note, beside=beside)
    low, high = (float(end) for end in np.quantile(known, [(1 - level) / 2, (1 + level) / 2]))
    return Estimate(value, low, high, level, method, n, float(known.var(ddof=1)), note, beside)
