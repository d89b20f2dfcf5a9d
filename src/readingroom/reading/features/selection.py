"""Selection of features: what varies, is not told twice, and tells the classes apart. Learned inside a pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin, f_classif, mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

Floats = npt.NDArray[np.float64]


class Selection(SelectorMixin, BaseEstimator):  # type: ignore[misc]
    """Keep the features that vary, are not correlated with one kept before, and rank highest.

    It sees the labels, so that it must stand inside a pipeline that cross-validation fits anew in each fold.

    Args:
        count: features that are kept; None keeps all that pass the first two steps.
        by: ``anova``, ``mutual_information`` or ``l1``.
        correlation: of two features with a higher absolute correlation the later is left out; 1 keeps both.
        seed: of the mutual information's noise.
    """

    def __init__(self, count: int | None = 20, by: str = "anova", correlation: float = 0.95, seed: int = 0) -> None:
        self.count = count
        self.by = by
        self.correlation = correlation
        self.seed = seed

    def fit(self, X: Floats, y: npt.NDArray[Any]) -> Selection:
        """Choose features by the rows of a training part, (N, F) and (N,)."""
        values = np.asarray(X, dtype=np.float64)
        self.n_features_in_ = values.shape[1]
        kept = np.flatnonzero(np.ptp(values, axis=0) > 1e-12 * np.maximum(np.abs(values).max(axis=0), 1e-300))
        kept = kept[uncorrelated(values[:, kept], self.correlation)]
        if self.count is not None and len(kept) > self.count:
            rank = _rank(values[:, kept], y, self.by, self.seed)
            best = np.argsort(-rank, kind="stable")[: self.count]
            kept = kept[np.sort(best)]
        self.kept_ = np.zeros(values.shape[1], dtype=bool)
        self.kept_[kept] = True
        return self

    def _get_support_mask(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.kept_)


def uncorrelated(values: Floats, most: float) -> npt.NDArray[np.int64]:
    """Places of the columns of (N, F) that have no higher absolute correlation than ``most`` with one kept before."""
    if most >= 1 or values.shape[1] < 2:
        return np.arange(values.shape[1])
    high = np.abs(np.corrcoef(values, rowvar=False)) > most
    kept: list[int] = []
    for place in range(values.shape[1]):
        if not high[place, kept].any():
            kept.append(place)
    return np.array(kept, dtype=np.int64)


def _rank(values: Floats, y: npt.NDArray[Any], by: str, seed: int) -> Floats:
    if by == "mutual_information":
        return np.asarray(mutual_info_classif(values, y, random_state=seed))
    if by == "l1":
        scaled = StandardScaler().fit_transform(values)
        model = LogisticRegression(l1_ratio=1.0, solver="saga", C=0.5, max_iter=2000, random_state=seed, tol=1e-3)
        return np.asarray(np.abs(model.fit(scaled, y).coef_).max(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.asarray(f_classif(values, y)[0], dtype=np.float64)
    return np.asarray(np.nan_to_num(found, nan=0.0, posinf=np.finfo(np.float64).max))
