"""The audit: everything about cases, images and partition that a reviewer would ask, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from readingroom.cases.condition import condition_notes, describe_condition
from readingroom.cases.duplicates import SIMILAR
from readingroom.cases.flow import describe_flow, describe_partition, partition_rows
from readingroom.cases.leakage import describe_duplicates, describe_patients, duplicate_notes, patient_notes
from readingroom.cases.notes import Note
from readingroom.cases.partition import Partition
from readingroom.cases.shortcuts import Shortcuts, measure_shortcuts
from readingroom.cases.table import CaseTable
from readingroom.core.errors import CaseTableError

SCHEMA_VERSION = 1

FIELDS: dict[str, str] = {
    "kind": "readingroom.audit",
    "schema_version": "1; a reader of the file refuses a later one",
    "flow": "rows -> excluded [{reason, rows, patients}] -> unreadable -> analysed {images, patients, lesions, exams}; "
    "classes [{label, images, patients, lesions, exams}] of what is analysed. A number is null where the table does "
    "not name what is counted",
    "partition": "by, protocol, copies, folds [{fold, name, parts [{split, images, groups, patients, lesions, exams, "
    "classes [{label, images, ...}]}]}]; a group is a patient, or what stands for one",
    "small_classes": "rules {split: {images, groups}}: the least of a class in a part; found [{label, split, images, "
    "groups}]: what lies below. Tests of all folds are added up, of training and validation the smallest fold counts",
    "duplicates": "pairs, exact, images: in all; similar: least similarity of a pair; across_splits, across_patients, "
    "conflicting_labels: {total, exact, "
    "listed [{a, b, split_a, split_b, label_a, label_b, patient_a, patient_b, fold, distance, similarity, exact}]}",
    "patients": "known; groups_on_two_sides {total, listed}; images_each {lowest, median, mean, highest}; labels_each "
    "{number of classes: patients}; lesions_with_several_labels {total, listed}",
    "images": "unreadable_total; unreadable [{image, reason}]; conditions {blurred, underexposed, overexposed: "
    "{total, fact, limit, worst [{image, value}]}}; formats [{format, images}]; converted [{note, images}]; "
    "views {kind: images}; window: as the study asks for; windowed {stored, percentiles, file, missing, given: images}",
    "shortcuts": "found [{family, columns, auc, low, high, by_class, images, groups, level}]; left_out [class]; reason",
    "warnings": "[{level, code, text, values, fix}], the gravest first: text and fix are English templates, values "
    "what their {placeholders} stand for",
}
"""What the audit holds, by its top keys."""

LEAST: dict[str, dict[str, int]] = {
    "training": {"images": 50, "groups": 10},
    "validation": {"images": 10, "groups": 5},
    "test": {"images": 30, "groups": 10},
    "external": {"images": 30, "groups": 10},
}
"""Least images and groups of a class in each part. With 30 test cases, a sensitivity of 0.90 has a 95 % interval
from 0.74 to 0.97 (Wilson); with fewer, hardly anything is ruled out."""

_LEVELS = {"error": 0, "warning": 1, "note": 2}


def audit_cases(
    cases: CaseTable,
    catalogue: pd.DataFrame,
    partition: Partition,
    pairs: pd.DataFrame,
    *,
    similar: float = SIMILAR,
    seed: int,
) -> dict[str, Any]:
    """Audit the cases of a study: what `FIELDS` lists, ready for JSON.

    Args:
        cases: the case table; where there is an external table, both joined (`join_cases`).
        catalogue: one row an image, as `catalogue_images` gives it.
        partition: who learns, validates and tests on what.
        pairs: duplicates, as `find_duplicates` gives them: ``a``, ``b``, ``distance``, ``similarity``, ``exact``.
        similar: least similarity of these pairs.
        seed: seed of the search for shortcuts.

    Raises:
        CaseTableError: the catalogue or the partition is of other images.

    Example:
        >>> audit = audit_cases(cases, catalogue, partition, pairs, seed=7)  # doctest: +SKIP
        >>> [warning["code"] for warning in audit["warnings"]]  # doctest: +SKIP
        ['duplicates-across-splits', 'shortcut-file-size']
    """
    catalogue = _aligned(cases, catalogue, partition)
    rows = partition_rows(cases, partition)
    parts = describe_partition(cases, partition)
    duplicates = describe_duplicates(cases, partition, pairs, similar)
    patients = describe_patients(cases, partition)
    images = describe_condition(catalogue)
    small = _small_classes(parts)
    shortcuts = _shortcuts(catalogue, rows, seed)
    notes = [*cases.notes, *partition.notes, *duplicate_notes(duplicates), *patient_notes(patients, partition.protocol)]
    notes += [*_small_notes(small), *condition_notes(images, len(cases)), *shortcuts.notes()]
    return {
        "kind": FIELDS["kind"],
        "schema_version": SCHEMA_VERSION,
        "flow": describe_flow(cases, catalogue),
        "partition": parts,
        "small_classes": {"rules": LEAST, "found": small},
        "duplicates": duplicates,
        "patients": patients,
        "images": images,
        "shortcuts": {
            "found": [one.as_dict() for one in shortcuts.found],
            "left_out": list(shortcuts.left_out),
            "reason": shortcuts.reason,
        },
        "warnings": [note.as_dict() for note in sorted(notes, key=lambda note: _LEVELS[note.level])],
    }


def _aligned(cases: CaseTable, catalogue: pd.DataFrame, partition: Partition) -> pd.DataFrame:
    """The catalogue in the order of the cases."""
    images = pd.Index(cases.frame["image"])
    strange = set(partition.frame["image"]) - set(images)
    if strange:
        raise CaseTableError(
            f"the partition has {len(strange)} images that the cases do not have, for example {min(strange)!r}",
            fix="Audit the joined table where there is an external one (join_cases)",
            file=cases.source,
        )
    missing = images.difference(catalogue["image"])
    if len(missing):
        raise CaseTableError(
            f"the catalogue lacks {len(missing)} images, for example {missing[0]!r}",
            fix="Make the catalogue of these cases",
            file=cases.source,
        )
    aligned: pd.DataFrame = catalogue.set_index("image").loc[images].rename_axis("image").reset_index()
    return aligned


def _shortcuts(catalogue: pd.DataFrame, rows: pd.DataFrame, seed: int) -> Shortcuts:
    # External cases come from elsewhere, so that their frames differ by nature; the first fold names all others.
    own = rows[(rows["fold"] == rows["fold"].min()) & (rows["split"] != "external")]
    facts = catalogue.set_index("image").loc[own["image"]].reset_index()
    return measure_shortcuts(facts, own["label"], own["group"], seed=seed)


def _small_classes(partition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Parts that hold less of a class than `LEAST`."""
    counts = pd.DataFrame(
        [
            {"label": one["label"], "split": part["split"], "images": one["images"], "groups": one["groups"]}
            for fold in partition["folds"]
            for part in fold["parts"]
            for one in part["classes"]
        ],
        columns=["label", "split", "images", "groups"],
    )
    found = []
    for (split, label), folds in counts.groupby(["split", "label"], sort=False)[["images", "groups"]]:
        have = folds.sum() if split == "test" else folds.min()
        if any(have[unit] < least for unit, least in LEAST[str(split)].items()):
            found.append({"label": str(label), "split": str(split)} | {unit: int(have[unit]) for unit in have.index})
    return found


def _small_notes(small: list[dict[str, Any]]) -> Iterator[Note]:
    """One note a part, naming its classes: a page of warnings that are all alike is read by nobody."""
    for split, least in LEAST.items():
        here = [one for one in small if one["split"] == split]
        if here:
            smallest = sorted(here, key=lambda one: one["images"]) if len(here) > _MOST_NAMED else here
            named = ", ".join(f"{one['label']} ({one['images']}/{one['groups']})" for one in smallest[:_MOST_NAMED])
            named += f", … (+{len(here) - _MOST_NAMED})" if len(here) > _MOST_NAMED else ""
            values = {"classes": named, "least_images": least["images"], "least_groups": least["groups"]}
            yield Note("warning", "small-class", _SMALL[split], values, _SMALL_FIX)


_MOST_NAMED = 12
"""Of more small classes the smallest are named; ``small_classes`` holds all of them."""

_LESS = (
    "some classes are small (images/patients or groups): {classes}; at least {least_images}/{least_groups} is advised. "
)
_SMALL = {
    "training": "In the training part " + _LESS + "A reader can hardly learn them.",
    "validation": "In the validation part " + _LESS + "A threshold or an epoch chosen on them is uncertain.",
    "test": "In the test part " + _LESS + "Their sensitivity will have a wide interval.",
    "external": "In the external part " + _LESS + "Their sensitivity will have a wide interval.",
}
_SMALL_FIX = "Collect more patients of these classes, or use folds so that every case is tested once."
