"""Stability: how little each radiomic feature depends on how the outline was drawn, by the intraclass correlation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from readingroom.cases.radiomics import RadiomicsSection
from readingroom.cases.radiomics.perturbation import PERTURBATIONS
from readingroom.core.progress import Progress
from readingroom.core.seeds import derive_seed, generator
from readingroom.evaluation import icc
from readingroom.reading.features.radiomics import describe
from readingroom.reading.features.table import RADIOMICS, outlined_cases

COLUMNS = ("feature", "icc", "low", "high", "images")


def measure_stability(
    cases: pd.DataFrame, section: RadiomicsSection, root: Path, *, kept: Path, seed: int, name: str, progress: Progress
) -> pd.DataFrame:
    """The intraclass correlation of each feature between the outlines as they are and as other hands might draw them.

    Two-way, absolute agreement, single measurement: ICC(2,1) of Shrout & Fleiss (1979), ICC(A,1) of McGraw & Wong.

    Args:
        cases: rows of the training part; so many of them as ``section`` says are drawn, of as many patients as can be.
        section: the settings.
        root: folder of images and outlines.
        kept: folder where features are kept.
        seed: of the choice of images and of the perturbations.
        name: shown with the progress.
        progress: where it is reported.

    Returns:
        One row a feature: ``feature, icc, low, high, images``; ``icc`` is missing where it is not defined.
    """
    chosen = outlined_cases(choose_cases(cases, section.measured, seed), root)
    own = derive_seed(seed, "perturbed outlines")
    wanted = [replace(one, perturbed=how, seed=own) for how in ("", *PERTURBATIONS) for one in chosen]
    found = describe(wanted, section, kept=kept, name=f"{name}: stability", progress=progress)
    parts = [found[start : start + len(chosen)] for start in range(0, len(found), len(chosen))] if chosen else []
    whole = [row for row in zip(*parts, strict=True) if not any(one.reason for one in row)]
    features = list(whole[0][0].features) if whole else []
    rows = [_row(feature, np.array([[one.features[feature] for one in row] for row in whole])) for feature in features]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def unstable(stability: pd.DataFrame, least: float | None) -> frozenset[str]:
    """Columns of the features that depend more on the outline than ``least`` allows, or whose dependence is unknown."""
    if least is None:
        return frozenset()
    return frozenset(RADIOMICS + stability.loc[~(stability["icc"] >= least), "feature"])


def choose_cases(cases: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """So many rows drawn by chance, a second image of a patient only when each has one."""
    order = generator(seed, "stability").permutation(len(cases))
    drawn = cases.iloc[order]
    who = drawn["patient"] if "patient" in drawn else drawn["image"]
    first = who.fillna(drawn["image"]).groupby(who.fillna(drawn["image"])).cumcount()
    return drawn.iloc[np.argsort(first.to_numpy(), kind="stable")[:count]]


def _row(feature: str, values: np.ndarray) -> tuple[str, float, float, float, int]:
    known = values[np.isfinite(values).all(axis=1)]
    if len(known) < 3:
        return feature, np.nan, np.nan, np.nan, len(known)
    found = icc(known, form="ICC(A,1)")
    low, value, high = (np.nan if one is None else float(one) for one in (found.low, found.value, found.high))
    return feature, value, low, high, len(known)
