"""Leakage: duplicates and patients on two sides of the partition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from readingroom.cases.duplicates import SIMILAR
from readingroom.cases.flow import partition_rows
from readingroom.cases.groups import divided_groups
from readingroom.cases.notes import Note
from readingroom.cases.partition import Partition
from readingroom.cases.table import CaseTable

LISTED = 200
"""Pairs that the audit lists at most of one kind; their number is always whole."""


def describe_duplicates(
    cases: CaseTable, partition: Partition, pairs: pd.DataFrame, similar: float = SIMILAR
) -> dict[str, Any]:
    """Exact and near duplicates: in all, on two sides of the partition, between patients, of different labels.

    A pair is on two sides when, in some fold, one image is in training and the other is not; or one is in
    validation and the other in test or external.

    Args:
        cases: the case table.
        partition: who learns and tests on what.
        pairs: ``a``, ``b`` (images), ``distance``, ``similarity`` and ``exact`` (the same pixels) of each pair, as
            `find_duplicates` gives them.
        similar: least similarity of these pairs.
    """
    known = _known_pairs(cases, partition, pairs)
    return {
        "pairs": len(known),
        "exact": int(known["exact"].sum()),
        "images": len(set(known["a"]) | set(known["b"])),
        "similar": round(similar, 4),
        "across_splits": _chosen(known, known["across"]),
        "across_patients": _chosen(known, known["other_patient"]),
        "conflicting_labels": _chosen(known, known["other_label"]),
    }


def describe_patients(cases: CaseTable, partition: Partition) -> dict[str, Any]:
    """Patients (or groups that stand for them) on two sides, and how images and labels lie over patients."""
    rows = partition_rows(cases, partition)
    leaking = sorted(set(_divided(rows, "group")))
    result: dict[str, Any] = {
        "known": cases.has_patients,
        "groups_on_two_sides": {"total": len(leaking), "listed": leaking[:LISTED]},
        "images_each": None,
        "labels_each": None,
        "lesions_with_several_labels": _several_labels(cases, "lesion"),
    }
    if cases.has_patients:
        per = cases.frame.groupby("patient")
        result["images_each"] = _spread(per.size())
        result["labels_each"] = _histogram(per["label"].nunique())
    return result


def duplicate_notes(duplicates: dict[str, Any]) -> Iterator[Note]:
    """What the report says of the duplicates."""
    if duplicates["similar"] > SIMILAR:
        text = (
            "Images of different patients are alike here by their kind, as standard views are. Duplicates had to stand "
            "out among them: similarity {similar} instead of {usual}."
        )
        yield Note("note", "standard-views", text, {"similar": duplicates["similar"], "usual": SIMILAR})
    across = duplicates["across_splits"]
    if across["total"]:
        text = (
            "Pairs of duplicate images lie on two sides of the partition: {total}, of them {exact} with the same "
            "pixels. Readers are tested on scenes that they learned from."
        )
        fix = "Name patients in the table, or divide by patient or by near-duplicates (protocol: sound)."
        yield Note(_grave(across), "duplicates-across-splits", text, _counts(across), fix)
    between = duplicates["across_patients"]
    if between["total"]:
        text = (
            "Pairs of duplicate images belong to different patients: {total}, of them {exact} with the same pixels. "
            "Perhaps one patient has two pseudonyms."
        )
        yield Note("warning", "duplicates-across-patients", text, _counts(between), "Look at the pairs listed.")
    conflicting = duplicates["conflicting_labels"]
    if conflicting["total"]:
        text = "Pairs of duplicate images have different labels: {total}, of them {exact} with the same pixels."
        fix = "Look at the pairs listed: where both show the same thing, one of the labels is wrong."
        yield Note(_grave(conflicting), "conflicting-duplicates", text, _counts(conflicting), fix)


def patient_notes(patients: dict[str, Any], protocol: str) -> Iterator[Note]:
    """What the report says of patients on two sides and of labels that differ within a patient or a lesion."""
    leaking = patients["groups_on_two_sides"]["total"]
    if leaking and protocol == "sound":
        text = "Patients (or groups that stand for them) with images on two sides of the partition: {n}."
        yield Note("error", "patients-on-two-sides", text, {"n": leaking}, "Divide by patient.")
    several = sum(count for number, count in (patients["labels_each"] or {}).items() if int(number) > 1)
    if several:
        text = "Patients with images of more than one class: {n}."
        yield Note("note", "patients-of-several-classes", text, {"n": several})
    lesions = patients["lesions_with_several_labels"]
    if lesions["total"]:
        text = "Lesions whose images have different labels: {n}, for example {example}."
        fix = "Correct the labels, or give each lesion a name of its own."
        values = {"n": lesions["total"], "example": lesions["listed"][0]}
        yield Note("warning", "lesions-of-several-classes", text, values, fix)


def _known_pairs(cases: CaseTable, partition: Partition, pairs: pd.DataFrame) -> pd.DataFrame:
    facts = cases.frame.set_index("image")
    known = pairs[["a", "b", "distance", "similarity", "exact"]].reset_index(drop=True)
    for side in ("a", "b"):
        for column in ("label", "patient"):
            values = facts[column] if column in facts else pd.Series(dtype="str")
            known[f"{column}_{side}"] = known[side].map(values)
    known["other_label"] = _differ(known["label_a"], known["label_b"])
    known["other_patient"] = _differ(known["patient_a"], known["patient_b"])
    return _with_sides(known, partition).sort_values(
        ["exact", "similarity", "a", "b"], ascending=[False, False, True, True]
    )


def _differ(first: pd.Series, second: pd.Series) -> pd.Series:
    return first.notna() & second.notna() & (first.astype(object) != second.astype(object))


def _with_sides(known: pd.DataFrame, partition: Partition) -> pd.DataFrame:
    """The pairs with the first fold that separates them and the split of each image there."""
    result = known.assign(across=False, fold=1, split_a=None, split_b=None)
    for fold in range(len(partition.folds), 0, -1):
        frame = partition.frame[partition.frame["fold"] == fold]
        splits = frame[frame["copy"] == 0].set_index("image")["split"]
        a, b = known["a"].map(splits).astype(object), known["b"].map(splits).astype(object)
        across = _differ(_side(a), _side(b))
        shown = across | (fold == 1) & ~result["across"]
        result.loc[shown, "fold"] = fold
        result.loc[shown, "split_a"] = a[shown]
        result.loc[shown, "split_b"] = b[shown]
        result["across"] |= across
    return result


def _side(splits: pd.Series) -> pd.Series:
    # Test and external are both only read, so that a pair between them inflates nothing.
    return splits.replace("external", "test")


def _divided(rows: pd.DataFrame, column: str) -> Iterator[str]:
    for _, fold in rows.groupby("fold"):
        yield from divided_groups(fold[column], _side(fold["split"]))


def _chosen(known: pd.DataFrame, which: pd.Series) -> dict[str, Any]:
    chosen = known[which]
    return {
        "total": len(chosen),
        "exact": int(chosen["exact"].sum()),
        "listed": [_pair(row) for row in chosen.head(LISTED).to_dict("records")],
    }


def _pair(row: dict[Any, Any]) -> dict[str, Any]:
    pair = {name: _text(row[name]) for name in ("a", "b", "split_a", "split_b", "label_a", "label_b")}
    pair |= {name: _text(row[name]) for name in ("patient_a", "patient_b")}
    measured = {"distance": int(row["distance"]), "similarity": float(row["similarity"]), "exact": bool(row["exact"])}
    return pair | {"fold": int(row["fold"])} | measured


def _text(cell: Any) -> str | None:
    return None if pd.isna(cell) else str(cell)


def _counts(found: dict[str, Any]) -> dict[str, int]:
    return {"total": found["total"], "exact": found["exact"]}


def _grave(found: dict[str, Any]) -> Any:
    return "error" if found["exact"] else "warning"


def _several_labels(cases: CaseTable, column: str) -> dict[str, Any]:
    if column not in cases.frame:
        return {"total": 0, "listed": []}
    known = cases.frame[[column, "label"]].dropna()
    names = divided_groups(known[column], known["label"])
    return {"total": len(names), "listed": names[:LISTED]}


def _spread(counts: pd.Series) -> dict[str, float]:
    return {
        "lowest": int(counts.min()),
        "median": float(counts.median()),
        "mean": float(counts.mean()),
        "highest": int(counts.max()),
    }


def _histogram(counts: pd.Series) -> dict[str, int]:
    return {str(number): int(count) for number, count in counts.value_counts().sort_index().items()}
