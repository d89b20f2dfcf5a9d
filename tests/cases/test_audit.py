from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from readingroom.cases.audit import FIELDS, LEAST, audit_cases
from readingroom.cases.partition import Partition, PartitionSection, partition_cases
from readingroom.cases.table import CaseTable
from readingroom.core.errors import CaseTableError

PAIR = {"a": "0.jpg", "b": "1.jpg", "distance": 0, "similarity": 1.0, "exact": True}


def draw_cases(patients: int = 120) -> CaseTable:
    number = np.arange(patients * 2)
    frame = pd.DataFrame(
        {
            "image": [f"{one}.jpg" for one in number],
            "label": [f"grade {one // 2 % 2}" for one in number],
            "patient": [f"p{one // 2}" for one in number],
            "lesion": [f"lesion {one // 2}" for one in number],
        }
    )
    return CaseTable(frame, Path(), Path("cases.csv"), ("grade 0", "grade 1"))


def draw_catalogue(cases: CaseTable) -> pd.DataFrame:
    facts: dict[str, Any] = {
        "image": cases.frame["image"],
        "readable": True,
        "reason": "",
        "kind": "JPEG",
        "width": 640,
        "height": 480,
        "channels": 3,
        "bits": 8,
        "note": "",
        "window": '"percentiles"',
        "windowed": "stored",
        "file_bytes": 40_000,
        "view_kind": "octagon",
        "view_x0": 20,
        "view_y0": 10,
        "view_x1": 620,
        "view_y1": 470,
        "blur": 200.0,
        "dark_share": 0.0,
        "bright_share": 0.0,
        "complaints": "",
    }
    return pd.DataFrame(facts)


def no_pairs(*pairs: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(pairs), columns=list(PAIR))


def audit(cases: CaseTable, catalogue: pd.DataFrame, partition: Partition, *pairs: dict[str, Any]) -> dict[str, Any]:
    result = audit_cases(cases, catalogue, partition, no_pairs(*pairs), seed=1)
    return json.loads(json.dumps(result, allow_nan=False))  # type: ignore[no-any-return]


def written(cases: CaseTable, splits: list[str]) -> Partition:
    """A partition as somebody wrote it, sound or not."""
    groups = cases.frame["patient"] if cases.has_patients else cases.frame["image"]
    frame = pd.DataFrame({"image": cases.frame["image"], "group": groups, "fold": 1, "split": splits, "copy": 0})
    return Partition(frame, "patient")


def codes(result: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in result["warnings"]]


@pytest.fixture(scope="module")
def sound() -> dict[str, Any]:
    cases = draw_cases()
    return audit(
        cases, draw_catalogue(cases), partition_cases(cases, PartitionSection(training=0.6, validation=0.1, test=0.3))
    )


def test_the_audit_holds_what_is_documented(sound: dict[str, Any]) -> None:
    assert set(sound) == set(FIELDS)
    assert (sound["kind"], sound["schema_version"]) == ("readingroom.audit", 1)


def test_sound_cases_give_no_warning(sound: dict[str, Any]) -> None:
    assert sound["warnings"] == []


def test_the_flow_counts_images_patients_and_lesions_of_every_part_and_class(sound: dict[str, Any]) -> None:
    assert sound["flow"]["analysed"] == {"images": 240, "groups": None, "patients": 120, "lesions": 120, "exams": None}
    parts = sound["partition"]["folds"][0]["parts"]
    assert [part["split"] for part in parts] == ["training", "validation", "test"]
    assert [part["patients"] for part in parts] == [72, 12, 36]
    assert [one["label"] for one in parts[2]["classes"]] == ["grade 0", "grade 1"]
    assert [one["images"] for one in parts[2]["classes"]] == [36, 36]


def test_the_flow_begins_with_the_rows_left_out() -> None:
    cases = replace(draw_cases(), excluded=(("poor preparation", 23),), excluded_patients=(("poor preparation", 20),))
    flow = audit(cases, draw_catalogue(cases), partition_cases(cases, PartitionSection()))["flow"]
    assert flow["rows"] == 263
    assert flow["excluded"] == [{"reason": "poor preparation", "rows": 23, "patients": 20}]


def test_every_fold_is_counted() -> None:
    cases = draw_cases()
    result = audit(cases, draw_catalogue(cases), partition_cases(cases, PartitionSection(folds=3)))
    assert [fold["name"] for fold in result["partition"]["folds"]] == ["1", "2", "3"]
    assert sum(fold["parts"][2]["images"] for fold in result["partition"]["folds"]) == 240


def test_duplicates_on_two_sides_are_listed_with_both_images_and_splits() -> None:
    cases = draw_cases()
    splits = ["training", "test", *["training"] * 118, *["test"] * 120]
    result = audit(cases, draw_catalogue(cases), written(cases, splits), PAIR)
    pair = result["duplicates"]["across_splits"]["listed"][0]
    assert (pair["a"], pair["split_a"], pair["b"], pair["split_b"]) == ("0.jpg", "training", "1.jpg", "test")
    assert result["duplicates"]["across_splits"]["exact"] == 1
    assert codes(result)[:2] == ["duplicates-across-splits", "patients-on-two-sides"]
    assert result["warnings"][0]["level"] == "error"


def test_duplicates_within_a_part_or_between_test_and_external_are_no_leak() -> None:
    cases = draw_cases()
    splits = ["test", "test", "external", *["training"] * 237]
    pairs = [PAIR, PAIR | {"b": "2.jpg"}]
    duplicates = audit(cases, draw_catalogue(cases), written(cases, splits), *pairs)["duplicates"]
    assert duplicates["pairs"] == 2
    assert duplicates["across_splits"]["total"] == 0


def test_a_pair_is_named_with_the_fold_that_separates_it() -> None:
    cases = draw_cases()
    partition = partition_cases(cases, PartitionSection(folds=3))
    other = next(image for image in partition.images("test", 2) if image not in partition.images("validation", 1))
    first = next(image for image in partition.images("training", 1) if image in partition.images("training", 2))
    pair = PAIR | {"a": first, "b": other, "exact": False}
    listed = audit(cases, draw_catalogue(cases), partition, pair)["duplicates"]["across_splits"]["listed"]
    assert len(listed) == 1
    assert (listed[0]["split_a"], listed[0]["split_b"]) != ("training", "training")


def test_duplicates_of_other_patients_and_labels_are_listed() -> None:
    cases = draw_cases()
    near = PAIR | {"b": "2.jpg", "distance": 3, "similarity": 0.8, "exact": False}
    result = audit(cases, draw_catalogue(cases), written(cases, ["training"] * 240), near)
    assert result["duplicates"]["across_patients"]["listed"][0]["patient_b"] == "p1"
    assert result["duplicates"]["conflicting_labels"]["listed"][0]["label_b"] == "grade 1"
    assert {"duplicates-across-patients", "conflicting-duplicates"} <= set(codes(result))


def test_a_leaking_group_is_counted_even_where_the_protocol_allows_it() -> None:
    cases = draw_cases()
    partition = partition_cases(cases, PartitionSection(protocol="as-published"))
    result = audit(cases, draw_catalogue(cases), partition)
    assert result["patients"]["groups_on_two_sides"]["total"] > 0
    assert codes(result)[0] == "as-published"
    assert result["partition"]["copies"] == 3


def test_unreadable_images_are_listed_with_their_reason_and_leave_the_flow() -> None:
    cases = draw_cases()
    catalogue = draw_catalogue(cases)
    catalogue.loc[7, ["readable", "reason"]] = [False, "the file is empty. Copy it again"]
    result = audit(cases, catalogue, partition_cases(cases, PartitionSection()))
    assert result["flow"]["unreadable"] == 1
    assert result["flow"]["analysed"]["images"] == 239
    assert result["images"]["unreadable"] == [{"image": "7.jpg", "reason": "the file is empty. Copy it again"}]
    assert "unreadable" in codes(result)


def test_blurred_and_badly_exposed_images_are_counted_and_the_worst_come_first() -> None:
    cases = draw_cases()
    catalogue = draw_catalogue(cases)
    catalogue.loc[[3, 4], ["blur", "complaints"]] = [[9.0, "blurred"], [4.0, "blurred overexposed"]]
    catalogue.loc[4, "bright_share"] = 0.4
    conditions = audit(cases, catalogue, partition_cases(cases, PartitionSection()))["images"]["conditions"]
    assert [conditions[name]["total"] for name in ("blurred", "underexposed", "overexposed")] == [2, 0, 1]
    assert conditions["blurred"]["worst"] == [{"image": "4.jpg", "value": 4.0}, {"image": "3.jpg", "value": 9.0}]


def test_mixed_formats_and_conversions_are_noted() -> None:
    cases = draw_cases()
    catalogue = draw_catalogue(cases)
    catalogue.loc[5, ["kind", "channels", "bits", "note"]] = ["PNG", 4, 16, "transparency removed"]
    result = audit(cases, catalogue, partition_cases(cases, PartitionSection()))
    assert result["images"]["formats"][1] == {"format": "PNG, 16 bit, colour and alpha", "images": 1}
    assert {"mixed-formats", "converted"} <= set(codes(result))


def test_a_class_below_the_stated_rule_is_named_with_the_rule() -> None:
    cases = draw_cases(40)
    result = audit(cases, draw_catalogue(cases), partition_cases(cases, PartitionSection()))
    assert result["small_classes"]["rules"] == LEAST
    small = {(one["split"], one["label"]): one["images"] for one in result["small_classes"]["found"]}
    assert small["test", "grade 0"] == 8
    warning = next(one for one in result["warnings"] if one["code"] == "small-class" and "the test" in one["text"])
    assert (warning["values"]["least_images"], warning["values"]["least_groups"]) == (30, 10)


def test_with_folds_the_tests_are_added_up() -> None:
    cases = draw_cases(40)
    result = audit(cases, draw_catalogue(cases), partition_cases(cases, PartitionSection(folds=5)))
    assert "test" not in {one["split"] for one in result["small_classes"]["found"]}


def test_patients_and_lesions_of_several_classes_are_counted() -> None:
    cases = draw_cases()
    label = cases.frame["label"].copy()
    label[0] = "grade 1"
    cases = replace(cases, frame=cases.frame.assign(label=label))
    patients = audit(cases, draw_catalogue(cases), partition_cases(cases, PartitionSection()))["patients"]
    assert patients["labels_each"] == {"1": 119, "2": 1}
    assert patients["images_each"] == {"lowest": 2, "median": 2.0, "mean": 2.0, "highest": 2}
    assert patients["lesions_with_several_labels"] == {"total": 1, "listed": ["lesion 0"]}


def test_shortcuts_reach_the_warnings() -> None:
    cases = draw_cases()
    catalogue = draw_catalogue(cases)
    catalogue["file_bytes"] += np.where(cases.frame["label"] == "grade 1", 50_000, 0)
    result = audit(cases, catalogue, partition_cases(cases, PartitionSection()))
    assert result["shortcuts"]["found"][0]["family"] == "file size"
    assert "shortcut-file-size" in codes(result)


def test_every_warning_can_be_said() -> None:
    cases = draw_cases(40)
    result = audit(
        cases, draw_catalogue(cases), partition_cases(cases, PartitionSection(protocol="as-published")), PAIR
    )
    assert len(result["warnings"]) > 3
    for warning in result["warnings"]:
        assert "{" not in (warning["text"] + warning["fix"]).format(**warning["values"])


def test_cases_without_patients_and_labels_are_audited() -> None:
    cases = draw_cases()
    frame = cases.frame.drop(columns=["patient", "lesion"]).assign(label=pd.Series([None] * 240, dtype="str"))
    cases = replace(cases, frame=frame, classes=())
    result = audit(cases, draw_catalogue(cases), partition_cases(cases, PartitionSection()), PAIR)
    assert result["flow"]["analysed"]["patients"] is None
    assert result["shortcuts"]["found"] == []


def test_a_catalogue_or_partition_of_other_images_is_refused() -> None:
    cases = draw_cases()
    partition = partition_cases(cases, PartitionSection())
    with pytest.raises(CaseTableError, match=r"the catalogue lacks 1 images, for example '0\.jpg'"):
        audit_cases(cases, draw_catalogue(cases).iloc[1:], partition, no_pairs(), seed=1)
    fewer = replace(cases, frame=cases.frame.iloc[1:].reset_index(drop=True))
    with pytest.raises(CaseTableError, match="the partition has 1 images that the cases do not have"):
        audit_cases(fewer, draw_catalogue(cases), partition, no_pairs(), seed=1)
