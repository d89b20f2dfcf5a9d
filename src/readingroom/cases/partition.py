"""The partition: which images train, validate and test a reader, no patient on two sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd
from pydantic import Field, model_validator

from readingroom.cases import division
from readingroom.cases import partition_notes as say
from readingroom.cases.groups import (
    IMAGE,
    PATIENT,
    Groups,
    column_values,
    divided_groups,
    group_cases,
    refuse_divided,
    sound_groups,
)
from readingroom.cases.notes import Note
from readingroom.cases.problems import nearest_split
from readingroom.cases.table import CaseTable
from readingroom.core.config import Section
from readingroom.core.errors import PartitionError, Problem
from readingroom.core.tables import SPLITS

PUBLISHED_COPIES = 3
"""Augmented copies of each image under the protocol as published: study 1 made 3 400 images of 1 048."""


def copies_made(protocol: str | None, copies: int | None, column: str | None) -> int:
    """Augmented copies of each image that are made before the division, by the keys of ``partition:``.

    Only the protocol as published makes some, and none where a column decides: that may name copies already.

    Example:
        >>> copies_made("as-published", None, None), copies_made("as-published", 0, None)
        (3, 0)
    """
    if protocol != "as-published" or column is not None:
        return 0
    return PUBLISHED_COPIES if copies is None else copies


class PartitionSection(Section):
    """The study file's ``partition:``: how the cases are divided into training, validation and test."""

    by: str = "patient"
    """What stays together: patient, or another column of the case table (exam, centre). Without a patient column,
    near-duplicates stay together. `image` keeps nothing together, and only the protocol as published allows it."""
    training: float = Field(default=0.7, gt=0, le=1)
    """Share of the cases that readers learn from. The three shares sum to 1."""
    validation: float = Field(default=0.1, ge=0, lt=1)
    """Share of the cases that stop training and fix the threshold. With folds, of the cases outside the test fold,
    in its ratio to training."""
    test: float = Field(default=0.2, ge=0, lt=1)
    """Share of the cases that are read once, at the end. Not used where folds, leave_out or column decide."""
    folds: int | None = Field(default=None, ge=2, le=100)
    """Cross-validation with so many folds: each case is tested once, by readers that never saw it."""
    leave_out: str | None = None
    """Column (centre, for example) whose values are left out in turn: each value is the test of one fold."""
    column: str | None = None
    """Column of the case table that holds training, validation and test (and external), decided beforehand."""
    external: str | None = None
    """Path of a second case table, of another hospital or time: all its cases are tested as `external`."""
    seed: int = 0
    """Seed of the division. The same seed and the same cases give the same partition, in whatever order of rows."""
    protocol: Literal["sound", "as-published"] = "sound"
    """`as-published` divides by image and copies with augmentation before the division, as many papers did.
    Its results are inflated; the report says so."""
    copies: int | None = Field(default=None, ge=0, le=50)
    """Augmented copies of each image that the protocol as published makes before the division; 3 where not given. They
    are made with the study's `augmentation`; a reader with an augmentation of its own (`{}` is one) learns without
    them."""

    @model_validator(mode="after")
    def _agrees(self) -> PartitionSection:
        if abs(self.training + self.validation + self.test - 1) > 1e-6:
            total = self.training + self.validation + self.test
            raise ValueError(f"training, validation and test sum to {total:g}; let them sum to 1")
        given = [name for name in ("folds", "leave_out", "column") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are both given; keep one")
        if self.protocol == "sound" and self.test == 0 and not (given or self.external):
            raise ValueError("test is 0, so that nothing is tested; give it a share, or folds, or an external table")
        if self.protocol == "as-published" and self.leave_out:
            raise ValueError("leave_out belongs to protocol: sound; as-published divides by image")
        if self.protocol == "sound" and self.copies:
            raise ValueError("copies before the division belong to protocol: as-published; use augmentation instead")
        if self.protocol == "sound" and self.by == "image":
            raise ValueError(
                "by: image puts pictures of one patient on both sides; use by: patient, or protocol: as-published"
            )
        return self


@dataclass(frozen=True)
class Partition:
    """Who learns, validates and tests on what.

    Args:
        frame: one row per image and fold (and copy): ``image``, ``group`` (patient, or what stands for one),
            ``fold`` from 1, ``split`` (one of `SPLITS`), ``copy`` (0 is the image itself; only the protocol
            as published has augmented copies, from 1).
        by: what was kept together: patient, near-duplicates, image, or a column.
        notes: what the report has to say about it.
        protocol: ``sound`` or ``as-published``.
        folds: name of each fold: its number, or the value that was left out.
    """

    frame: pd.DataFrame
    by: str
    notes: tuple[Note, ...] = ()
    protocol: str = "sound"
    folds: tuple[str, ...] = ("1",)

    def images(self, split: str, fold: int = 1) -> list[str]:
        """The images of one part, in the order of the case table, without copies."""
        frame = self.frame
        chosen = (frame["split"] == split) & (frame["fold"] == fold) & (frame["copy"] == 0)
        return list(frame.loc[chosen, "image"])


def partition_cases(
    cases: CaseTable,
    section: PartitionSection,
    *,
    groups: Sequence[int] | pd.Series | None = None,
    external: CaseTable | None = None,
) -> Partition:
    """Divide the cases as the study file asks.

    Groups (patients) are dealt whole, stratified by class; see `deal_groups`.

    Args:
        cases: the case table.
        section: the study file's ``partition:``.
        groups: number of the group of near-duplicates of each row of ``cases``, or of each image as
            `find_duplicates` gives them; used where no patient is known.
        external: cases of another table, all of them tested as ``external``.

    Raises:
        PartitionError: a column is missing or incomplete, there are too few groups, a class would be missing
            from a part, or a patient would be on two sides.

    Example:
        >>> partition = partition_cases(cases, PartitionSection(folds=5, seed=7))  # doctest: +SKIP
        >>> partition.images("test", fold=2)  # doctest: +SKIP
        ['images/0042.jpg', 'images/0107.jpg']
    """
    if groups is not None and not isinstance(groups, pd.Series) and len(groups) != len(cases):
        raise PartitionError(f"{len(groups)} group numbers for {len(cases)} images", fix="Give one for each row")
    divide = _divide_published if section.protocol == "as-published" else _divide_soundly
    partition = divide(cases, section, groups)
    return partition if external is None else _with_external(partition, cases, external)


def _divide_soundly(cases: CaseTable, section: PartitionSection, near: Sequence[int] | pd.Series | None) -> Partition:
    groups = group_cases(cases, section.by, near)
    said = say.grouping(groups.by, cases.has_patients)
    if section.column is not None:
        frame, more = _as_written(cases, section, groups)
        folds: tuple[str, ...] = ("1",)
    elif section.leave_out is not None:
        frame, folds, more = _leaving_out(cases, section, groups)
    else:
        frame, more = _dealt(cases, section, groups)
        folds = tuple(str(fold) for fold in sorted(frame["fold"].unique()))
    return Partition(frame, groups.by, (*said, *more), "sound", folds)


def _dealt(cases: CaseTable, section: PartitionSection, groups: Groups) -> tuple[pd.DataFrame, list[Note]]:
    units = division.count_units(groups.names, cases.frame["label"], cases.classes, section.seed)
    frame = _expanded(_base(cases, groups), groups.names, units, _splits(units, section))
    return frame, [] if section.folds else say.uneven(frame, _shares(section))


def _splits(units: division.Units, section: PartitionSection) -> list[division.Splits]:
    if section.folds is None:
        return [division.divide_by_shares(units, _shares(section))]
    return list(division.divide_by_folds(units, section.folds, section.training, section.validation))


def _shares(section: PartitionSection) -> dict[str, float]:
    return {"training": section.training, "validation": section.validation, "test": section.test}


def _base(cases: CaseTable, groups: Groups) -> pd.DataFrame:
    images, names = cases.frame["image"].to_numpy(), groups.names.to_numpy()
    return pd.DataFrame({"image": images, "group": names, "fold": 1, "split": "", "copy": 0})


def _expanded(
    base: pd.DataFrame, names: pd.Series, units: division.Units, folds: Sequence[division.Splits]
) -> pd.DataFrame:
    """The rows of ``base`` once per fold, with the split of the unit that each is named after."""
    frames = [
        base.assign(fold=fold, split=names.map(dict(zip(units.names, splits, strict=True))).to_numpy())
        for fold, splits in enumerate(folds, start=1)
    ]
    return pd.concat(frames, ignore_index=True)


def _leaving_out(
    cases: CaseTable, section: PartitionSection, groups: Groups
) -> tuple[pd.DataFrame, tuple[str, ...], list[Note]]:
    column = str(section.leave_out)
    values = column_values(cases, column, "leave_out")
    refuse_divided(groups.names, values, cases, f"images that belong together have several values of {column!r}")
    names = division.left_out_values(values, column)
    units = division.count_units(groups.names, cases.frame["label"], cases.classes, section.seed)
    value_of = dict(zip(groups.names, values, strict=True))
    splits = [
        division.divide_rest(
            units,
            pd.Series(units.names).map(value_of).eq(name).to_numpy(),
            section.training,
            section.validation,
            f"without {name}",
        )
        for name in names
    ]
    lacking = division.absent_classes(cases.frame["label"], values, cases.classes)
    frame = _expanded(_base(cases, groups), groups.names, units, splits)
    return frame, tuple(names), say.lacking_left_out(lacking)


def _as_written(cases: CaseTable, section: PartitionSection, groups: Groups) -> tuple[pd.DataFrame, list[Note]]:
    column = str(section.column)
    splits = column_values(cases, column, "column")
    _refuse_unknown(splits, column, cases)
    said = []
    if groups.by == PATIENT or section.by != PATIENT:
        refuse_divided(groups.names, splits, cases, f"images that belong together are in several parts of {column!r}")
    elif divided := divided_groups(groups.names, splits):
        said += say.near_duplicates_divided(len(divided))
    if "validation" not in set(splits) and section.validation:
        splits = _validation_drawn(cases, section, groups, splits)
        said += say.validation_drawn(int((splits == "validation").sum()))
    absent = division.absent_classes(cases.frame["label"], splits, cases.classes)
    division.refuse_absent([pair for pair in absent if pair[0] != "external"], column)
    said += say.lacking_external([pair for pair in absent if pair[0] == "external"])
    return _base(cases, groups).assign(split=splits.to_numpy()), said


def _refuse_unknown(splits: pd.Series, column: str, cases: CaseTable) -> None:
    unknown = splits[~splits.isin(SPLITS)].value_counts()
    problems = [_unknown_split(str(value), int(count)) for value, count in unknown.items()]
    if "training" not in set(splits):
        problems.append(Problem("training", "no images"))
    if problems:
        raise PartitionError(
            f"the column {column!r} does not write a partition",
            fix=f"Write one of {', '.join(SPLITS)} in every row",
            file=cases.source,
            field="partition.column",
            problems=problems,
        )


def _unknown_split(value: str, count: int) -> Problem:
    meant = nearest_split(value)
    return Problem(repr(value), f"{count} images", f"Did you mean {meant!r}?" if meant else "")


def _validation_drawn(cases: CaseTable, section: PartitionSection, groups: Groups, splits: pd.Series) -> pd.Series:
    """The written splits, with a share of the training groups taken for validation."""
    learning = splits == "training"
    units = division.count_units(
        groups.names[learning], cases.frame.loc[learning, "label"], cases.classes, section.seed
    )
    drawn = division.divide_by_shares(units, {"training": section.training, "validation": section.validation})
    return splits.where(~learning, groups.names.map(dict(zip(units.names, drawn, strict=True))))


def _divide_published(cases: CaseTable, section: PartitionSection, near: Sequence[int] | pd.Series | None) -> Partition:
    """Images and their augmented copies dealt one by one, as if each were a patient."""
    groups = sound_groups(cases, near)
    copies = copies_made(section.protocol, section.copies, section.column)
    if section.column is not None:
        splits = column_values(cases, section.column, "column")
        _refuse_unknown(splits, section.column, cases)
        frame = _base(cases, groups).assign(split=splits.to_numpy())
    else:
        frame = _dealt_alone(cases, section, groups, copies)
    folds = tuple(str(fold) for fold in sorted(frame["fold"].unique()))
    said = say.as_published(frame, copies, groups.by)
    return Partition(frame, IMAGE, tuple(said), "as-published", folds)


def _dealt_alone(cases: CaseTable, section: PartitionSection, groups: Groups, copies: int) -> pd.DataFrame:
    base = pd.concat([_base(cases, groups).assign(copy=copy) for copy in range(copies + 1)], ignore_index=True)
    labels = pd.concat([cases.frame["label"]] * (copies + 1), ignore_index=True)
    alone = base["image"] + "#" + base["copy"].astype(str)
    units = division.count_units(alone, labels, cases.classes, section.seed)
    return _expanded(base, alone, units, _splits(units, section))


def _with_external(partition: Partition, cases: CaseTable, external: CaseTable) -> Partition:
    """The partition with the cases of another table, tested in every fold."""
    both = sorted(set(cases.frame["image"]) & set(external.frame["image"]))
    if both:
        raise PartitionError(
            f"{len(both)} images are in both tables by their names, for example {both[0]!r}",
            fix="If they are other files, write them relative to the first table's root (CaseTable.rebased)",
            file=external.source,
            field="partition.external",
        )
    groups = sound_groups(external, None)
    named = replace(groups, names="external:" + groups.names)
    base = _base(external, named).assign(split="external")
    frames = [base.assign(fold=fold) for fold in range(1, len(partition.folds) + 1)]
    frame = pd.concat([partition.frame, *frames], ignore_index=True)
    shared = _shared_patients(cases, external)
    absent = division.absent_classes(external.frame["label"], base["split"], cases.classes)
    said = (*say.shared_patients(shared), *say.lacking_external(absent))
    return replace(partition, frame=frame, notes=(*partition.notes, *said))


def _shared_patients(cases: CaseTable, external: CaseTable) -> list[str]:
    if not (cases.has_patients and external.has_patients):
        return []
    return sorted(set(cases.frame[PATIENT].dropna()) & set(external.frame[PATIENT].dropna()))
