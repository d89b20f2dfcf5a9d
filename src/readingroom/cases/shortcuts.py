"""Shortcuts: how well the label can be guessed from what is not anatomy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readingroom.cases.division import count_units
from readingroom.cases.notes import Level, Note
from readingroom.cases.stratify import deal_groups
from readingroom.core.seeds import derive_seed, generator

FOLDS = 5
"""Folds of the cross-validation; a class needs as many groups to take part."""

MOST_IMAGES = 5000
"""Images that the measurement uses at most, drawn by whole groups; more would not change the answer."""

NOTED = 0.6
WARNED = 0.7
"""AUC from which a shortcut is noted and warned of, if its interval lies above one half."""

TOGETHER = "all together"

_REPLICATES = 200
_TREES = 30

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shortcut:
    """How well one family of facts, none of them anatomy, tells the label.

    Args:
        family: frame size, file size, border, text panel, patch, file format, or all together.
        columns: the facts that were used.
        auc: macro average over the classes of the AUC of one class against the rest, on images whose group
            (patient or near-duplicates) the guesser had not seen; 0.5 is chance.
        low: lower end of its 95 % interval, by bootstrap over groups.
        high: upper end.
        by_class: AUC of each class against the rest.
        images: number of images.
        groups: number of groups.
    """

    family: str
    columns: tuple[str, ...]
    auc: float
    low: float
    high: float
    by_class: Mapping[str, float]
    images: int
    groups: int

    @property
    def level(self) -> Level | None:
        """How grave it is: None where the label cannot be guessed."""
        if self.low <= 0.5 or self.auc < NOTED:
            return None
        return "warning" if self.auc >= WARNED else "note"

    def as_dict(self) -> dict[str, Any]:
        """The measurement as JSON."""
        return {
            "family": self.family,
            "columns": list(self.columns),
            "auc": self.auc,
            "low": self.low,
            "high": self.high,
            "by_class": dict(self.by_class),
            "images": self.images,
            "groups": self.groups,
            "level": self.level or "none",
        }


@dataclass(frozen=True)
class Shortcuts:
    """All families that could be measured.

    Args:
        found: one measurement a family, the whole last.
        left_out: classes with too few groups to be guessed by cross-validation.
        reason: why nothing was measured; empty where something was.
    """

    found: tuple[Shortcut, ...] = ()
    left_out: tuple[str, ...] = ()
    reason: str = ""

    def notes(self) -> list[Note]:
        """What the report says of them."""
        said = [_note(shortcut) for shortcut in self.found if shortcut.level]
        if self.left_out:
            values = {"classes": ", ".join(self.left_out), "folds": FOLDS}
            said.append(Note("note", "shortcut-classes-left-out", _LEFT_OUT, values))
        return said


@dataclass(frozen=True)
class _Sample:
    facts: pd.DataFrame
    codes: NDArray[np.int64]  # (N,) number of the class
    groups: NDArray[np.int64]  # (N,) number of the group
    folds: NDArray[np.int64]  # (N,) fold that an image is guessed in
    classes: tuple[str, ...]


def measure_shortcuts(
    catalogue: pd.DataFrame, labels: Sequence[str] | pd.Series, groups: Sequence[str] | pd.Series, *, seed: int
) -> Shortcuts:
    """Guess the label from the facts of the file and of what is burned into the frame, never from anatomy.

    A random forest is trained on each family of facts and guesses images of groups that it has not seen
    (cross-validation, stratified, groups kept whole).

    The size of a file depends on anatomy as well: a smooth bowel compresses better than a folded one. It is
    therefore a family of its own.

    Args:
        catalogue: one row an image; the columns of `catalogue_images`.
        labels: class of each row.
        groups: patient, or group of near-duplicates, of each row.
        seed: seed of folds, trees and bootstrap.

    Example:
        >>> measured = measure_shortcuts(catalogue, labels, groups, seed=7)  # doctest: +SKIP
        >>> [(one.family, round(one.auc, 2)) for one in measured.found]  # doctest: +SKIP
        [('frame size', 0.88), ('file size', 0.91), ('all together', 0.97)]
    """
    known = pd.DataFrame({"label": list(labels), "group": list(groups)}, dtype="str")
    usable = catalogue["readable"].to_numpy(bool) & known["label"].notna().to_numpy()
    enough, left_out = _classes(known[usable])
    if len(enough) < 2:
        return Shortcuts((), left_out, "fewer than two classes have enough patients or groups")
    usable &= known["label"].isin(enough).to_numpy()
    sample = _sample(_facts(catalogue[usable]), known[usable].reset_index(drop=True), enough, seed)
    families = {name: columns for name, columns in _families(sample.facts).items() if columns}
    found = [_measure(name, columns, sample, seed) for name, columns in families.items()]
    if len(found) > 1:
        found.append(_measure(TOGETHER, [name for columns in families.values() for name in columns], sample, seed))
    return Shortcuts(tuple(found), left_out, "" if found else "every fact is the same in all images")


def _facts(catalogue: pd.DataFrame) -> pd.DataFrame:
    """The facts as numbers; margins of the view as shares of the frame, so that they do not repeat its size."""
    facts = {str(name): _numbers(catalogue[name]) for name in catalogue.columns if _family(str(name))}
    edges = {name: _numbers(catalogue[f"view_{name}"]) for name in ("x0", "y0", "x1", "y1")}
    width, height = _numbers(catalogue["width"]), _numbers(catalogue["height"])
    facts["margin_left"], facts["margin_right"] = edges["x0"] / width, 1 - edges["x1"] / width
    facts["margin_top"], facts["margin_bottom"] = edges["y0"] / height, 1 - edges["y1"] / height
    return pd.DataFrame(facts)


def _numbers(cells: pd.Series) -> Floats:
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.to_numpy(float)
    return pd.factorize(cells, sort=True)[0].astype(float)


def _family(column: str) -> str | None:
    for prefix, family in _PREFIXES.items():
        if column.startswith(prefix):
            return family
    return None


def _families(facts: pd.DataFrame) -> dict[str, list[str]]:
    families: dict[str, list[str]] = {name: [] for name in dict.fromkeys(_PREFIXES.values())}
    for column in facts:
        if len(facts[column].unique()) > 1:
            families[str(_family(str(column)))].append(str(column))
    return families


def _classes(known: pd.DataFrame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    groups = known.groupby("label")["group"].nunique()
    return tuple(groups.index[groups >= FOLDS]), tuple(groups.index[groups < FOLDS])


def _sample(table: pd.DataFrame, known: pd.DataFrame, classes: tuple[str, ...], seed: int) -> _Sample:
    units = count_units(known["group"], known["label"], classes, seed)
    parts = max(1, -(-len(known) // MOST_IMAGES))
    if parts > 1:
        units = units.chosen(deal_groups(units.counts, [1 / parts] * parts, units.keys("shortcut sample")) == 0)
    rows = known[known["group"].isin(units.names)]
    dealt = deal_groups(units.counts, [1 / FOLDS] * FOLDS, units.keys("shortcut folds"))
    numbers = _codes(rows["group"], units.names)
    codes = _codes(rows["label"], classes)
    return _Sample(table.loc[rows.index], codes, numbers, dealt[numbers], classes)


def _codes(cells: pd.Series, names: Sequence[str]) -> NDArray[np.int64]:
    return np.asarray(cells.map({name: number for number, name in enumerate(names)}), np.int64)


def _measure(family: str, columns: Sequence[str], sample: _Sample, seed: int) -> Shortcut:
    scores = _guess(sample.facts[list(columns)].to_numpy(float), sample, derive_seed(seed, "shortcut", family))
    by_class = _areas(sample.codes, scores)
    low, high = _interval(sample, scores, seed, family)
    return Shortcut(
        family,
        tuple(columns),
        float(np.nanmean(by_class)),
        low,
        high,
        {name: float(area) for name, area in zip(sample.classes, by_class, strict=True)},
        len(sample.codes),
        len(np.unique(sample.groups)),
    )


def _guess(facts: Floats, sample: _Sample, seed: int) -> Floats:
    """(N, C) score of each class for images of groups that the forest had not seen."""
    # Imported here: it takes a second, and everybody imports this room, but few look for shortcuts.
    from sklearn.ensemble import RandomForestClassifier

    scores = np.zeros((len(facts), len(sample.classes)))
    for fold in range(FOLDS):
        guessed = sample.folds == fold
        forest = RandomForestClassifier(
            n_estimators=_TREES, min_samples_leaf=5, class_weight="balanced", random_state=seed % 2**32
        )
        forest.fit(facts[~guessed], sample.codes[~guessed])
        scores[np.ix_(guessed, forest.classes_)] = forest.predict_proba(facts[guessed])
    return scores


def _areas(codes: NDArray[np.int64], scores: Floats) -> Floats:
    """(C,) AUC of each class against the rest, from ranks; not a number where a class is not there."""
    from scipy.stats import rankdata  # imported here for the same reason

    ranks = rankdata(scores, axis=0)
    real = codes[:, None] == np.arange(scores.shape[1])
    positives = real.sum(axis=0)
    pairs = positives * (len(codes) - positives)
    over = (ranks * real).sum(axis=0) - positives * (positives + 1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(over / pairs)


def _interval(sample: _Sample, scores: Floats, seed: int, family: str) -> tuple[float, float]:
    rng = generator(seed, "shortcut interval", family)
    members = [np.flatnonzero(sample.groups == group) for group in np.unique(sample.groups)]
    areas = []
    for _ in range(_REPLICATES):
        drawn = rng.integers(0, len(members), len(members))
        rows = np.concatenate([members[group] for group in drawn])
        found = _areas(sample.codes[rows], scores[rows])
        # A draw of groups of one class only has no area; with few groups that happens.
        if not np.isnan(found).all():
            areas.append(float(np.nanmean(found)))
    low, high = np.quantile(areas, [0.025, 0.975])
    return float(low), float(high)


def _note(shortcut: Shortcut) -> Note:
    text, fix = _TEXTS[shortcut.family]
    best = max(shortcut.by_class, key=lambda name: shortcut.by_class[name])
    values = {
        "auc": round(shortcut.auc, 4),
        "low": round(shortcut.low, 4),
        "high": round(shortcut.high, 4),
        "label": best,
        "best": round(shortcut.by_class[best], 4),
    }
    return Note(shortcut.level or "note", f"shortcut-{shortcut.family.replace(' ', '-')}", text + _AUC, values, fix)


_PREFIXES = {
    "width": "frame size",
    "height": "frame size",
    "file_bytes": "file size",
    "channels": "file format",
    "bits": "file format",
    "kind": "file format",
    "alpha": "file format",
    "jpeg_quality": "file format",
    "view_kind": "border",
    "margin_": "border",
    "panel_border": "border",
    "panel_text": "text panel",
    "panel_patch": "patch",
    "panel_green": "patch",
}
"""Family of the columns that begin so; the first that fits counts. All others may be anatomy and are not used."""

_AUC = (
    " AUC {auc:.2f} (95 % interval {low:.2f} to {high:.2f}; 0.5 is chance), on images of patients or scenes that the "
    "guesser had not seen. Best guessed: {label}, {best:.2f}."
)
_CROP = "Let input.view be auto, so that only the view reaches the readers."
_SAVE = "Export all classes from one device with one setting; compare the readers within images of one size."
_TEXTS = {
    "frame size": ("The label can be guessed from the width and height of the frame alone.", _SAVE),
    "file size": (
        "The label can be guessed from the size of the file alone. Part of this is anatomy (a smooth wall compresses "
        "better), part is how the images were saved.",
        _SAVE,
    ),
    "border": ("The label can be guessed from the shape and place of the border around the view alone.", _CROP),
    "text panel": ("The label can be guessed from the text burned into the frame alone.", _CROP),
    "patch": ("The label can be guessed from the patches over the frame alone.", _CROP),
    "file format": (
        "The label can be guessed from the format of the file alone: its kind, depth and compression.",
        _SAVE,
    ),
    TOGETHER: (
        "The label can be guessed without looking at anatomy, from the file and what is around the view together.",
        "Take images of all classes from the same devices and time, and test on images of another hospital.",
    ),
}
_LEFT_OUT = (
    "Shortcuts were not looked for in classes with fewer than {folds} patients or groups of near-duplicates: {classes}."
)
