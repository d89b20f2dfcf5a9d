"""Images become lesions and patients by the rules that have names."""

from __future__ import annotations

import pandas as pd
import pytest

from readingroom.report.units import grouped_readings, has_unit, image_readings

CLASSES = ("normal", "polyp")


def rows(*cells: tuple[str, str | None, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(cells, columns=["patient", "lesion", "truth", "predicted", "score_polyp"])
    frame["score_normal"] = 1 - frame["score_polyp"]
    return frame.assign(reader="r", split="test", image=[f"{n}.png" for n in range(len(frame))])


def test_a_lesion_is_recognised_if_any_of_its_images_is() -> None:
    units = grouped_readings(
        rows(("p", "1", "polyp", "normal", 0.1), ("p", "1", "polyp", "polyp", 0.9)), CLASSES, "lesion"
    )
    assert units.top1 is not None
    assert units.top1.tolist() == [True]
    assert units.scores is not None
    assert units.scores[:, 1].tolist() == [0.9]


def test_a_lesion_missed_on_every_image_stands_where_most_of_its_images_stood() -> None:
    cells = [("p", "1", "polyp", "normal", 0.1), ("p", "1", "polyp", "normal", 0.2)]
    units = grouped_readings(rows(*cells), CLASSES, "lesion")
    assert units.answer is not None
    assert units.answer.tolist() == [0]
    assert units.reference.tolist() == [1]


def test_lesions_numbered_anew_in_each_patient_are_different_lesions() -> None:
    units = grouped_readings(
        rows(("p", "1", "polyp", "polyp", 0.9), ("q", "1", "polyp", "polyp", 0.9)), CLASSES, "lesion"
    )
    assert len(units.keys) == 2


def test_images_without_a_lesion_are_left_out_and_counted() -> None:
    units = grouped_readings(
        rows(("p", "1", "polyp", "polyp", 0.9), ("q", None, "normal", "normal", 0.1)), CLASSES, "lesion"
    )
    assert (len(units.keys), units.left_out) == (1, 1)


def test_a_patient_with_images_of_both_classes_has_both_and_no_place_in_the_confusion_matrix() -> None:
    cells = [("p", None, "polyp", "polyp", 0.9), ("p", None, "normal", "normal", 0.1)]
    units = grouped_readings(rows(*cells), CLASSES, "patient")
    assert units.truth.tolist() == [[True, True]]
    assert units.reference.tolist() == [-1]


def test_patients_are_the_clusters_of_images() -> None:
    units = image_readings(rows(("p", None, "polyp", "polyp", 0.9), ("p", None, "polyp", "normal", 0.2)), CLASSES)
    assert units.several_a_patient
    assert units.patients == 1


def test_groups_of_near_duplicates_stand_for_patients_that_nobody_named() -> None:
    frame = rows(("p", None, "polyp", "polyp", 0.9), ("q", None, "normal", "normal", 0.2)).drop(columns="patient")
    units = image_readings(frame.assign(group=[4, 4]), CLASSES)
    assert units.several_a_patient


def test_readings_without_calls_have_no_answers() -> None:
    units = image_readings(rows(("p", None, "polyp", "polyp", 0.9)).assign(predicted=pd.NA), CLASSES)
    assert units.called is None
    assert units.top1 is None


def test_readings_without_scores_have_no_scores() -> None:
    assert image_readings(rows(("p", None, "polyp", "polyp", 0.9)).drop(columns="score_normal"), CLASSES).scores is None


@pytest.mark.parametrize(("patients", "expected"), [(["p", "p"], True), (["p", "q"], False)])
def test_patients_are_counted_only_where_some_have_several_images(patients: list[str], expected: bool) -> None:
    frame = rows(("p", None, "polyp", "polyp", 0.9), ("q", None, "normal", "normal", 0.2)).assign(patient=patients)
    assert has_unit(frame, "patient") is expected
