"""The table of features: one row an image, its columns from the sources that a reader goes by."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.core.errors import CaseTableError
from readingroom.core.progress import Progress
from readingroom.core.tables import SCORE
from readingroom.reading.features.backbone import FeatureEngine, PreparedImage, features_of
from readingroom.reading.features.radiomics import Outlined, describe
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.features.text import joined_terms
from readingroom.reading.pipeline import Unread

RADIOMICS, NETWORK, TEXT, FACT, STACKED = "radiomics:", "network:", "text", "fact:", "score:"
NO_OUTLINE, NO_TEXT = "no outline", "no text"
_CERTAIN = 1e-6


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Features of images.

    Args:
        frame: one row an image that has all its features; the index is the image.
        time_ms: of each row, from its files to its features.
        unread: images that lack something, and what.
    """

    frame: pd.DataFrame
    time_ms: npt.NDArray[np.float64]
    unread: list[Unread] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Sources:
    """Where the features of images are taken from.

    Args:
        cases: one row an image: ``image``, and what the section needs of ``outline``, ``spacing_mm``, a text column and
            facts.
        root: folder of images and outlines.
        engine: of the backbone; None where no network gives features.
        prepared: gives an image prepared for that backbone.
        scores: readings of the other readers by name, whose scores are stacked.
        kept: folder where radiomics are kept; None keeps none.
        numbers: facts that are numbers, as a trained reader knows them; None takes those whose every value is one.
    """

    cases: pd.DataFrame
    root: Path
    engine: FeatureEngine | None = None
    prepared: PreparedImage | None = None
    scores: dict[str, pd.DataFrame] = field(default_factory=dict)
    kept: Path | None = None
    numbers: frozenset[str] | None = None


def gather_features(section: FeaturesSection, sources: Sources, *, name: str, progress: Progress) -> FeatureTable:
    """Gather the features of images.

    Args:
        section: the sources and their settings.
        sources: where they are taken from.
        name: of the reader.
        progress: where it is reported.

    Raises:
        CaseTableError: a column that is needed is not there.
        StudyFileError: mirp is needed and not installed.
    """
    check_columns(section, sources.cases)
    missing = lacking(section, sources.cases)
    unread = [Unread(str(image), reason) for image, reason in missing.items()]
    cases = sources.cases[~sources.cases["image"].isin(missing)]
    started = time.perf_counter()
    images = cases["image"].astype(str).tolist()
    frame, spent = pd.DataFrame(index=pd.Index(images, name="image")), np.zeros(len(images))
    for part, time_ms, failed in _parts(section, sources, cases, images, name, progress):
        frame, spent = pd.concat([frame, part], axis=1), spent + time_ms
        unread += failed
    gone = {one.image for one in unread}
    there = np.array([image not in gone for image in images], dtype=bool)
    elapsed = (time.perf_counter() - started) * 1000 / max(1, len(images))
    shared = 0.0 if section.radiomics is not None else elapsed
    return FeatureTable(frame[there], (spent + shared)[there], unread)


def lacking(section: FeaturesSection, cases: pd.DataFrame) -> dict[str, str]:
    """By image, what the case table lacks for this reader: an outline, or a text."""
    found: dict[str, str] = {}
    if section.text is not None:
        empty = cases[section.text.column].isna() | (cases[section.text.column].astype("string").str.strip() == "")
        found |= dict.fromkeys(cases.loc[empty.fillna(True).astype(bool), "image"].astype(str), NO_TEXT)
    if section.radiomics is not None:
        found |= dict.fromkeys(cases.loc[cases["outline"].isna(), "image"].astype(str), NO_OUTLINE)
    return found


def check_columns(section: FeaturesSection, cases: pd.DataFrame) -> None:
    """Refuse a case table without a column that the features need.

    Raises:
        CaseTableError: naming the first.
    """
    needed = {} if section.text is None else {section.text.column: "the text of each image"}
    needed |= {} if section.radiomics is None else {"outline": "the mask file of each image"}
    needed |= dict.fromkeys(section.facts, "a number or a kind of each image")
    for column, what in needed.items():
        if column not in cases:
            raise CaseTableError(f"there is no column {column}", fix=f"Add it: {what}", field=column)


def outlined_cases(cases: pd.DataFrame, root: Path) -> list[Outlined]:
    """Images of a case table with the files of their outlines."""
    spacing = cases["spacing_mm"].tolist() if "spacing_mm" in cases else [None] * len(cases)
    rows = zip(cases["image"].astype(str), cases["outline"].astype(str), spacing, strict=True)
    return [Outlined(image, root / image, root / outline, said) for image, outline, said in rows]


def columns_of(frame: pd.DataFrame, source: str) -> list[str]:
    """The columns of a source."""
    return [str(name) for name in frame.columns if str(name).startswith(source)]


_Part = tuple[pd.DataFrame, npt.NDArray[np.float64], list[Unread]]


def _parts(
    section: FeaturesSection, sources: Sources, cases: pd.DataFrame, images: list[str], name: str, progress: Progress
) -> list[_Part]:
    parts: list[_Part] = []
    nothing = np.zeros(len(images))
    if section.radiomics is not None:
        parts.append(_radiomics(section, sources, cases, name, progress))
    if sources.engine is not None and sources.prepared is not None:
        values, unread = features_of(sources.engine, images, sources.prepared, name=name, progress=progress)
        names = [f"{NETWORK}{number}" for number in range(values.shape[1])]
        parts.append((pd.DataFrame(values.astype(np.float64), index=images, columns=names), nothing, unread))
    if section.text is not None:
        wanted = section.text
        joined = [joined_terms(str(text), wanted) for text in cases[wanted.column]]
        parts.append((pd.DataFrame({TEXT: joined}, index=images), nothing, []))
    if section.facts:
        parts.append(_facts(cases[list(section.facts)].set_axis(images, axis=0), sources.numbers))
    if section.scores:
        parts.append(_scores(section.scores, sources.scores, images))
    return parts


def _radiomics(section: FeaturesSection, sources: Sources, cases: pd.DataFrame, name: str, progress: Progress) -> _Part:
    assert section.radiomics is not None
    found = describe(
        outlined_cases(cases, sources.root), section.radiomics, kept=sources.kept, name=name, progress=progress
    )
    frame = pd.DataFrame([one.features for one in found], index=[one.image for one in found], dtype=np.float64)
    unread = [Unread(one.image, one.reason) for one in found if one.reason]
    return frame.add_prefix(RADIOMICS), np.array([one.time_ms for one in found]), unread


def _facts(own: pd.DataFrame, known: frozenset[str] | None) -> _Part:
    """Numbers as such, everything else as a kind; a missing kind is a kind of its own, a missing number is missing."""
    columns: dict[str, pd.Series] = {}
    unread: list[Unread] = []
    for name in own:
        numbers = pd.to_numeric(own[name], errors="coerce").astype(np.float64)
        wrong = own[name].notna() & numbers.isna()
        is_number = not wrong.any() and numbers.notna().any() if known is None else f"{FACT}{name}" in known
        if is_number:
            unread += [
                Unread(str(image), f"{name} is {own[name][image]!r} and no number") for image in own.index[wrong]
            ]
        kinds = own[name].astype("string").fillna("").astype(object)
        columns[f"{FACT}{name}"] = numbers if is_number else kinds
    return pd.DataFrame(columns, index=own.index), np.zeros(len(own)), unread


def _scores(names: Sequence[str], readings: dict[str, pd.DataFrame], images: list[str]) -> _Part:
    """Log-odds of each class of each reader; of two classes those of the second."""
    columns: dict[str, npt.NDArray[np.float64]] = {}
    spent = np.zeros(len(images))
    for name in names:
        own = readings[name].set_index("image").reindex(images)
        classes = [column for column in own if str(column).startswith(SCORE)]
        for column in classes[1:] if len(classes) == 2 else classes:
            share = np.clip(own[column].to_numpy(dtype=np.float64), _CERTAIN, 1 - _CERTAIN)
            columns[f"{STACKED}{name}:{str(column).removeprefix(SCORE)}"] = np.log(share / (1 - share))
        spent = spent + own["time_ms"].fillna(0.0).to_numpy(dtype=np.float64)
    frame = pd.DataFrame(columns, index=images)
    gone = frame.isna().any(axis=1)
    return (
        frame,
        spent,
        [Unread(image, "a reader whose scores are needed did not read it") for image in frame.index[gone]],
    )
