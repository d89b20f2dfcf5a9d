"""Intake: from the study file to cases that are catalogued, partitioned and audited."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from readingroom.cases.audit import audit_cases
from readingroom.cases.catalogue import catalogue_images
from readingroom.cases.dicom.patients import take_patients
from readingroom.cases.duplicates import Duplicates, find_duplicates
from readingroom.cases.partition import Partition, partition_cases
from readingroom.cases.table import CaseTable, join_cases, load_cases
from readingroom.core.errors import CaseTableError
from readingroom.core.files import hash_value, write_json
from readingroom.core.progress import Progress
from readingroom.core.tables import write_csv, write_parquet
from readingroom.study.boxes import Boxes, check_boxes
from readingroom.study.described import exclude_undescribed
from readingroom.study.folder import RunFolder
from readingroom.study.outlines import Outlines, as_lesion_cases, check_outlines
from readingroom.study.points import Points, check_points
from readingroom.study.published import write_copies
from readingroom.study.schema import StudyFile
from readingroom.study.scores import check_scores

_OWN_COLUMNS = ("image", "label", "outline", "boxes", "points", "split", "annotator")
"""Columns of the case table that the readings do not repeat under their own names."""


@dataclass(frozen=True)
class Intake:
    """Cases that are ready to be learned from and read.

    Args:
        cases: the images that could be read, external ones included.
        catalogue: one row an image of the case table, readable or not.
        partition: one row an image and fold.
        audit: as `readingroom.cases.audit.audit_cases` gives it, with ``outlines`` where they are needed.
        outlines: of the cases; None where no reader needs them.
        boxes: of the cases; None where no reader needs them.
        score: column of the reference standard's continuous score; None without one.
        points: of the lesions in whole volumes; None where no reader needs them.
    """

    cases: CaseTable
    catalogue: pd.DataFrame
    partition: Partition
    audit: dict[str, Any]
    outlines: Outlines | None = None
    boxes: Boxes | None = None
    score: str | None = None
    points: Points | None = None

    @cached_property
    def folds(self) -> list[int]:
        """Folds, from 1."""
        return sorted(int(fold) for fold in self.partition.frame["fold"].unique())

    def splits(self, fold: int) -> pd.Series:
        """Split of each case in a fold, in the order of the cases."""
        return self._of_fold(fold)["split"]

    def _of_fold(self, fold: int) -> pd.DataFrame:
        parts = self.partition.frame
        ordered: pd.DataFrame = parts[parts["fold"] == fold].set_index("image").loc[self.cases.frame["image"]]
        return ordered.set_axis(self.cases.frame.index, axis=0)

    def reading_facts(self, fold: int) -> pd.DataFrame:
        """What a reading repeats of its case: image, truth, split, group and the facts of the case table."""
        frame = self.cases.frame
        facts = frame.drop(columns=[name for name in (*_OWN_COLUMNS, self.score) if name in frame.columns])
        parts = self._of_fold(fold)
        own = {"image": frame["image"], "truth": frame["label"], "split": parts["split"], "group": parts["group"]}
        if self.score is not None:
            own["truth_score"] = pd.to_numeric(frame[self.score])
        return pd.DataFrame(own).join(facts)

    def described_partition(self) -> pd.DataFrame:
        """The partition with the facts of each image beside it."""
        facts = self.cases.frame.drop(columns=["split", "outline", "boxes", "points"], errors="ignore")
        return self.partition.frame.merge(facts, on="image", how="left", validate="many_to_one")

    @property
    def key(self) -> str:
        """Hash of what the readings depend on beside the readers."""
        facts = [self.reading_facts(fold).to_csv(index=False) for fold in self.folds]
        return hash_value([facts, self.catalogue["sha256"].tolist()])


def take_in(study: StudyFile, base: Path, folder: RunFolder, *, strict: bool, progress: Progress) -> Intake:
    """Load, catalogue, partition and audit the cases of a study, and write what was found into the run folder.

    Args:
        study: the study file.
        base: folder that its paths are relative to.
        folder: of the run.
        strict: stop at images that cannot be read.
        progress: where it is reported.
    """
    cases, external = _load(study, base)
    everything = cases if external is None else join_cases(cases, external)
    catalogue = _catalogue(everything, study, folder, strict, progress)
    everything = take_patients(everything, catalogue)
    cases, external = (
        (everything, None) if external is None else (_only(cases, everything), _only(external, everything))
    )
    outlines, boxes, points = _known_lesions(study, everything, catalogue, folder, progress)
    known = {"segmentation": outlines, "detection": boxes or points}.get(study.task.kind)
    if known is not None:
        everything = as_lesion_cases(replace(known, cases=everything))
        cases, external = _only(cases, everything), None if external is None else _only(external, everything)
        catalogue = catalogue[catalogue["image"].isin(everything.frame["image"])].reset_index(drop=True)
    described: dict[str, Any] = {}
    if study.feature_sections:
        everything, described = _described(study, everything, catalogue, folder, progress)
        cases, external = _only(cases, everything), None if external is None else _only(external, everything)
        catalogue = _still(catalogue, everything)
    duplicates = find_duplicates(catalogue, patients=_patients(everything))
    partition = _partition(study, _readable(cases, catalogue), external, catalogue, duplicates)
    audit = audit_cases(
        everything, catalogue, partition, duplicates.pairs, similar=duplicates.similar, seed=study.partition.seed
    )
    audit |= {} if outlines is None else {"outlines": outlines.audit()}
    audit |= {} if boxes is None else {"boxes": boxes.audit()}
    audit |= {"features": described} if described else {}
    audit |= {} if points is None else {"points": points.audit()}
    write_json(folder.audit, audit)
    readable = _readable(everything, catalogue)
    if (partition.frame["copy"] > 0).any():
        readable, partition = write_copies(study, readable, catalogue, partition, folder.published, progress)
        catalogue = _catalogue(readable, study, folder, strict, progress)
    intake = Intake(readable, catalogue, partition, audit, outlines, boxes, study.task.score, points)
    write_csv(intake.described_partition(), folder.partition)
    return intake


def _known_lesions(
    study: StudyFile, cases: CaseTable, catalogue: pd.DataFrame, folder: RunFolder, progress: Progress
) -> tuple[Outlines | None, Boxes | None, Points | None]:
    """The outlines, the boxes and the points of the images that can be read, where a reader needs them."""
    readable, normal = _readable(cases, catalogue), study.task.normal
    outlines = check_outlines(readable, catalogue, normal, progress) if study.outlines else None
    boxes = check_boxes(readable, catalogue, normal, progress) if study.boxes else None
    if boxes is not None:
        write_parquet(boxes.table(), folder.reference_boxes, kind="reference_boxes")
    points = check_points(readable, catalogue, normal) if study.points else None
    if points is not None:
        write_parquet(points.table(), folder.reference_points, kind="reference_points")
    return outlines, boxes, points


def _described(
    study: StudyFile, cases: CaseTable, catalogue: pd.DataFrame, folder: RunFolder, progress: Progress
) -> tuple[CaseTable, dict[str, Any]]:
    """Without the images that a features reader cannot describe; those that cannot be read stay, to be counted so."""
    readable = set(_readable(cases, catalogue).frame["image"])
    there = cases.frame["image"].isin(readable)
    seen = replace(cases, frame=cases.frame[there].reset_index(drop=True))
    kept, audit = exclude_undescribed(seen, study.feature_sections, folder.radiomics, progress)
    stays = cases.frame["image"].isin(set(kept.frame["image"])) | ~there
    return replace(kept, frame=cases.frame[stays].reset_index(drop=True)), audit


def _still(catalogue: pd.DataFrame, cases: CaseTable) -> pd.DataFrame:
    return catalogue[catalogue["image"].isin(cases.frame["image"])].reset_index(drop=True)


def _only(part: CaseTable, whole: CaseTable) -> CaseTable:
    """The rows of the whole table that are of one of the two tables it was made of, as the whole says them."""
    names = set(part.rebased(whole.root).frame["image"])
    frame = whole.frame[whole.frame["image"].isin(names)].reset_index(drop=True)
    return replace(whole, frame=frame, source=part.source)


def _load(study: StudyFile, base: Path) -> tuple[CaseTable, CaseTable | None]:
    task, scheme = study.task, study.partition
    root = None if study.images is None else base / study.images
    # As published, a column may well put a patient on both sides; that is what is to be shown.
    split = scheme.column if scheme.protocol == "sound" else None
    only_lesions = task.kind in {"segmentation", "detection"}
    cases = load_cases(
        base / study.cases,
        label=task.label,
        classes=task.classes,
        root=root,
        split=split,
        labelled=not only_lesions,
        complete=not only_lesions,
        stack=study.input.stack,
    )
    check_scores(cases, task.score)
    if scheme.external is None:
        return cases, None
    external = load_cases(
        base / scheme.external, label=task.label, classes=cases.classes, complete=False, stack=study.input.stack
    )
    check_scores(external, task.score)
    return cases, external


def _catalogue(cases: CaseTable, study: StudyFile, folder: RunFolder, strict: bool, progress: Progress) -> pd.DataFrame:
    known = _known(folder)
    wanted = study.input
    border = None if wanted.clean is None else wanted.clean.border
    catalogue = catalogue_images(
        cases,
        view=wanted.view,
        window=wanted.window,
        border=border,
        stack=wanted.stack,
        known=known,
        strict=strict,
        progress=progress,
    )
    write_parquet(catalogue, folder.catalogue, kind="catalogue")
    return catalogue


def _known(folder: RunFolder) -> pd.DataFrame | None:
    """The catalogues of earlier runs and of arms: images that have not changed since are not decoded again."""
    # Its own last: of rows of one image the last is taken.
    known = [pd.read_parquet(path) for path in reversed(folder.catalogues)]
    return pd.concat(known, ignore_index=True) if known else None


def _patients(cases: CaseTable) -> pd.Series | None:
    return cases.frame.drop_duplicates("image").set_index("image")["patient"] if cases.has_patients else None


def _readable(cases: CaseTable, catalogue: pd.DataFrame) -> CaseTable:
    readable = set(catalogue.loc[catalogue["readable"], "image"])
    frame = cases.frame[cases.frame["image"].isin(readable)].reset_index(drop=True)
    if frame.empty:
        raise CaseTableError(
            "none of the images can be read",
            fix=f"The first: {catalogue['image'].iloc[0]}: {catalogue['reason'].iloc[0]}",
            file=cases.source,
        )
    return replace(cases, frame=frame)


def _partition(
    study: StudyFile,
    cases: CaseTable,
    external: CaseTable | None,
    catalogue: pd.DataFrame,
    duplicates: Duplicates,
) -> Partition:
    groups = duplicates.groups.reindex(cases.frame["image"]).reset_index(drop=True)
    tested = None if external is None else _readable(external.rebased(cases.root), catalogue)
    return partition_cases(cases, study.partition, groups=groups, external=tested)
