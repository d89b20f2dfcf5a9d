"""What a partition has to say about itself: what was kept together, what was not, and what that inflates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from readingroom.cases.groups import IMAGE, NEAR_DUPLICATES, divided_groups
from readingroom.cases.notes import Note

UNEVEN = 0.05
"""Difference between a part's share of the images and the share asked for, above which it is said."""


def grouping(by: str, has_patients: bool) -> list[Note]:
    """What stands for the patient where none is named."""
    if has_patients:
        return []
    fix = "Add a column patient with a pseudonym for each patient."
    if by == NEAR_DUPLICATES:
        text = (
            "The table does not name patients, so it cannot be excluded that one patient is in training and in test "
            "at once. Groups of near-duplicate images were kept together instead."
        )
        return [Note("warning", "patients-unknown", text, {}, fix)]
    if by == IMAGE:
        text = (
            "The table does not name patients and near-duplicates were not looked for: images were divided one by "
            "one, and one patient may be in training and in test at once."
        )
        return [Note("warning", "nothing-kept-together", text, {}, fix)]
    text = (
        "The table does not name patients. Images of one {by} were kept together; it cannot be excluded that one "
        "patient is in training and in test at once."
    )
    return [Note("warning", "patients-unknown", text, {"by": by}, fix)]


def as_published(frame: pd.DataFrame, copies: int, by: str) -> list[Note]:
    """What the protocol as published is, and what it inflates; ``by`` is what should have stayed together."""
    fix = "Set partition.protocol to sound to see what the readers can do on patients they have not seen."
    text = (
        "This is the protocol as published, not a sound one: images were divided one by one, whoever they are of. "
        "Accuracy, sensitivity, specificity and AUC are too high, because a reader is rewarded for knowing the "
        "patient or the scene again."
    )
    said = [Note("warning", "as-published", text, {}, fix)]
    if copies:
        said.append(_copied(frame, copies))
    if by != IMAGE:
        said.append(_on_both_sides(frame, patients=by != NEAR_DUPLICATES))
    return said


def _copied(frame: pd.DataFrame, copies: int) -> Note:
    text = (
        "Each image was copied {copies} times with augmentation before the division: {n} of {total} images have "
        "copies on both sides, so that the reader is tested on altered pictures of its training."
    )
    divided = _learnt_and_tested(frame, "image")
    values = {"copies": copies, "n": divided, "total": frame["image"].nunique()}
    return Note("warning", "copies-before-division", text, values)


def _on_both_sides(frame: pd.DataFrame, *, patients: bool) -> Note:
    text = (
        "Patients with images both in training and in validation or test: {n} of {total}."
        if patients
        else "Groups of near-duplicates with images both in training and in validation or test: {n} of {total}."
    )
    values = {"n": _learnt_and_tested(frame, "group"), "total": frame["group"].nunique()}
    return Note("warning", "groups-on-both-sides", text, values)


def _learnt_and_tested(frame: pd.DataFrame, column: str) -> int:
    """Number of images or groups that one fold has in training and elsewhere."""
    sides = (frame["split"] == "training").map({True: "training", False: "other"})
    names = frame["fold"].astype(str) + "/" + frame[column]
    return len({name.split("/", 1)[1] for name in divided_groups(names, sides)})


def uneven(frame: pd.DataFrame, shares: Mapping[str, float]) -> list[Note]:
    """Parts whose size is far from what was asked, because groups are large."""
    text = (
        "The part {split} holds {got:.0%} of the images where {asked:.0%} were asked for: groups that stay together "
        "are large."
    )
    got = frame["split"].value_counts(normalize=True)
    return [
        Note("note", "uneven-part", text, {"split": split, "got": float(got.get(split, 0.0)), "asked": share})
        for split, share in shares.items()
        if abs(got.get(split, 0.0) - share) > UNEVEN
    ]


def lacking_left_out(lacking: Sequence[tuple[str, str]]) -> list[Note]:
    """Values left out that have no case of some class."""
    text = "When {value} is left out, the test has no case of the class {label}: look at the pooled results."
    return [
        Note("warning", "class-missing-left-out", text, {"value": value, "label": label}) for value, label in lacking
    ]


def lacking_external(lacking: Sequence[tuple[str, str]]) -> list[Note]:
    """Classes of which the external cases have none."""
    text = "The external cases have none of the class {label}."
    return [Note("warning", "class-missing-external", text, {"label": label}) for _, label in lacking]


def shared_patients(names: Sequence[str]) -> list[Note]:
    """Patients of one name in both tables."""
    if not names:
        return []
    text = (
        "Patients of the same name are in the cases and in the external cases: {n}, for example {patients}. "
        "If they are the same people, the external test is not external."
    )
    fix = "Give the patients of each table names of their own."
    return [Note("warning", "patients-in-external", text, {"n": len(names), "patients": ", ".join(names[:5])}, fix)]


def near_duplicates_divided(count: int) -> list[Note]:
    """A written partition separates near-duplicates."""
    text = "The written partition separates images of {n} groups of near-duplicates."
    return [Note("warning", "near-duplicates-divided", text, {"n": count}, "See the duplicates of the audit.")]


def validation_drawn(count: int) -> list[Note]:
    """The table writes no validation."""
    text = "The table writes no validation part: {n} images were drawn for it from training, by whole groups."
    return [Note("note", "validation-drawn", text, {"n": count})]
