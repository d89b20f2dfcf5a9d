"""The participant flow: from the rows of the table to the images, patients and lesions of each part."""

from __future__ import annotations

from typing import Any

import pandas as pd

from readingroom.cases.partition import Partition
from readingroom.cases.table import CaseTable
from readingroom.core.tables import SPLITS

UNITS = {"images": "image", "groups": "group", "patients": "patient", "lesions": "lesion", "exams": "exam"}
"""What is counted, and the column whose different values are its number."""


def describe_flow(cases: CaseTable, catalogue: pd.DataFrame) -> dict[str, Any]:
    """Rows of the table, those left out with their reasons, those unreadable, and what is analysed.

    Patients are counted where they are known; a patient counts as left out when all its rows are.
    """
    gone = dict(cases.excluded_patients)
    excluded = [
        {"reason": reason, "rows": rows, "patients": gone.get(reason, 0) if cases.has_patients else None}
        for reason, rows in cases.excluded
    ]
    readable = readable_images(catalogue)
    analysed = cases.frame[cases.frame["image"].isin(readable)]
    return {
        "rows": len(cases) + sum(rows for _, rows in cases.excluded),
        "excluded": excluded,
        "unreadable": len(cases) - len(analysed),
        "analysed": count_units_of(analysed),
        "classes": _classes(analysed, cases.classes),
    }


def describe_partition(cases: CaseTable, partition: Partition) -> dict[str, Any]:
    """Images, groups, patients, lesions, exams and classes of every part of every fold."""
    rows = partition_rows(cases, partition)
    return {
        "by": partition.by,
        "protocol": partition.protocol,
        "copies": int(partition.frame["copy"].max()),
        "folds": [
            {"fold": fold, "name": name, "parts": _parts(rows[rows["fold"] == fold], cases.classes)}
            for fold, name in enumerate(partition.folds, start=1)
        ],
    }


def partition_rows(cases: CaseTable, partition: Partition) -> pd.DataFrame:
    """The rows of the partition, without copies, with what the case table knows of each image."""
    own = partition.frame[partition.frame["copy"] == 0].drop(columns="copy")
    known = cases.frame[[name for name in ("image", "label", "patient", "lesion", "exam") if name in cases.frame]]
    return own.merge(known, on="image", how="left")


def readable_images(catalogue: pd.DataFrame) -> set[str]:
    """Names of the images that could be read."""
    return set(catalogue.loc[catalogue["readable"].astype(bool), "image"])


def count_units_of(rows: pd.DataFrame) -> dict[str, int | None]:
    """Number of images, groups, patients, lesions and exams; None where the table does not name them."""
    return {unit: int(rows[column].nunique()) if column in rows else None for unit, column in UNITS.items()}


def _parts(rows: pd.DataFrame, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    parts = [(split, rows[rows["split"] == split]) for split in SPLITS]
    return [
        {"split": split, **count_units_of(part), "classes": _classes(part, classes)}
        for split, part in parts
        if len(part)
    ]


def _classes(rows: pd.DataFrame, classes: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"label": name, **count_units_of(rows[rows["label"] == name])} for name in classes]
