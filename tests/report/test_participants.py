"""The participant flow and Table 1."""

from __future__ import annotations

import pandas as pd

from readingroom.core.translations import Translator
from readingroom.report.figures.style import Pen
from readingroom.report.participants import (
    audited_parts,
    exclusions,
    flow_of,
    part_frame,
    parts_of,
    table_one,
)

say = Translator("en")
CLASSES = ("normal", "polyp")


def test_parts_come_from_the_partition_in_their_natural_order(readings: pd.DataFrame) -> None:
    partition = pd.DataFrame(
        {"image": ["a", "b", "c"], "group": ["p", "p", "q"], "split": ["test", "test", "training"]}
    )
    parts = parts_of(part_frame(partition, readings), CLASSES, patients_known=True)
    assert [(part.split, part.images, part.patients) for part in parts] == [("training", 1, 1), ("test", 2, 1)]


def test_without_a_partition_the_parts_are_those_of_the_readings(readings: pd.DataFrame) -> None:
    parts = parts_of(part_frame(pd.DataFrame(), readings), CLASSES, patients_known=True)
    tested = readings[readings["split"] == "test"].drop_duplicates("image")
    assert parts[-1].images == len(tested)
    assert parts[-1].classes == {name: int((tested["truth"] == name).sum()) for name in CLASSES}


def test_copies_and_other_folds_are_not_counted_twice(readings: pd.DataFrame) -> None:
    partition = pd.DataFrame(
        {"image": ["a", "a", "a"], "fold": [1, 1, 2], "copy": [0, 1, 0], "split": ["test", "test", "training"]}
    )
    parts = parts_of(part_frame(partition, readings), CLASSES, patients_known=False)
    assert [(part.split, part.images, part.patients) for part in parts] == [("test", 1, None)]


def test_what_the_audit_counted_is_taken_from_the_audit() -> None:
    part = {"split": "training", "images": 9, "patients": None, "lesions": 4}
    audit = {"partition": {"folds": [{"parts": [{**part, "classes": [{"label": "polyp", "images": 9}]}]}]}}
    assert audited_parts(audit)[0].classes == {"polyp": 9}
    assert audited_parts({}) == ()


def test_excluded_and_unreadable_images_leave_the_flow_with_their_reason() -> None:
    audit = {"flow": {"excluded": [{"reason": "poor preparation", "rows": 23}], "unreadable": 2}}
    assert exclusions(audit) == (("poor preparation", 23), ("cannot be read as an image", 2))
    flow = flow_of((), exclusions(audit), {"network": 1}, Pen(say))
    assert flow.excluded is not None
    assert flow.excluded.lines == ("poor preparation (n = 23)", "cannot be read as an image (n = 2)")
    assert flow.start.lines == ("25 images",)


def test_table_one_has_facts_by_patient(readings: pd.DataFrame) -> None:
    frame = part_frame(pd.DataFrame(), readings)
    parts = parts_of(frame, CLASSES, patients_known=True)
    table = table_one(frame, parts, say)
    heads = [row[0].text for row in table.cells()]
    assert heads[:3] == ["Images", "Patients", "Lesions"]
    assert {"Class: polyp", "Age", "Sex: F", "Centre: North"} <= set(heads)
    assert "by patient" in table.note
    women = next(row for row in table.cells() if row[0].text == "Sex: F")
    patients = frame[frame["split"] == "test"].drop_duplicates("patient")
    share = (patients["sex"] == "F").sum()
    assert women[-1].text == f"{share} ({100 * share / len(patients):.1f}%)"


def test_a_fact_with_a_value_for_every_patient_is_no_row(readings: pd.DataFrame) -> None:
    frame = part_frame(pd.DataFrame(), readings.assign(record=readings["patient"] + "-record"))
    table = table_one(frame, parts_of(frame, CLASSES, patients_known=True), say)
    assert not any("record" in row[0].text.lower() for row in table.cells())
