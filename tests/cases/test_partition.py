from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from readingroom.cases.partition import PUBLISHED_COPIES, Partition, PartitionSection, partition_cases
from readingroom.cases.table import CaseTable
from readingroom.core.errors import PartitionError


def draw_cases(patients: int = 60, classes: int = 3, seed: int = 0, folder: str = "") -> CaseTable:
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), rng.integers(1, 8, patients))
    own = patient % classes
    label = np.where(rng.random(len(patient)) < 0.9, own, rng.integers(0, classes, len(patient)))
    frame = pd.DataFrame(
        {
            "image": [f"{folder}{number}.jpg" for number in range(len(patient))],
            "label": [f"class {number}" for number in label],
            "patient": [f"p{number}" for number in patient],
            "centre": [f"centre {number // classes % 4}" for number in patient],
            "exam": [f"exam {number // 2}" for number in range(len(patient))],
        }
    )
    return CaseTable(frame, Path(), Path("cases.csv"), tuple(f"class {number}" for number in range(classes)))


def without_patients(cases: CaseTable) -> CaseTable:
    return replace(cases, frame=cases.frame.drop(columns="patient"))


def with_column(cases: CaseTable, name: str, values: object) -> CaseTable:
    return replace(cases, frame=cases.frame.assign(**{name: values}))


def codes(partition: Partition) -> list[str]:
    return [note.code for note in partition.notes]


def assert_sound(partition: Partition, cases: CaseTable) -> None:
    for _, fold in partition.frame.groupby("fold"):
        assert list(fold["image"]) == list(cases.frame["image"])
        assert len(fold[["group", "split"]].drop_duplicates()) == len(set(fold["group"]))


@settings(max_examples=25, deadline=None)
@given(st.integers(30, 80), st.integers(0, 10_000), st.sampled_from([None, 2, 5]))
def test_no_patient_is_on_two_sides_and_every_image_is_once_in_each_fold(
    patients: int, seed: int, folds: int | None
) -> None:
    cases = draw_cases(patients, seed=seed)
    partition = partition_cases(cases, PartitionSection(folds=folds, seed=seed))
    assert_sound(partition, cases)
    assert partition.frame["fold"].nunique() == (folds or 1)


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 6), st.integers(0, 10_000))
def test_the_tests_of_all_folds_are_all_images_once(folds: int, seed: int) -> None:
    cases = draw_cases(seed=seed)
    partition = partition_cases(cases, PartitionSection(folds=folds, seed=seed))
    tested = [image for fold in range(1, folds + 1) for image in partition.images("test", fold)]
    assert sorted(tested) == sorted(cases.frame["image"])


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10_000), st.sampled_from([{}, {"folds": 3}, {"leave_out": "centre"}, {"protocol": "as-published"}])
)
def test_the_order_of_the_rows_does_not_matter(seed: int, options: dict[str, object]) -> None:
    cases = draw_cases(seed=seed)
    order = np.random.default_rng(seed).permutation(len(cases))
    shuffled = replace(cases, frame=cases.frame.iloc[order].reset_index(drop=True))
    keys = ["image", "fold", "copy"]
    section = PartitionSection(seed=seed, **options)  # type: ignore[arg-type]
    first, second = (partition_cases(table, section).frame.sort_values(keys) for table in (cases, shuffled))
    pd.testing.assert_frame_equal(first.reset_index(drop=True), second.reset_index(drop=True))


def test_shares_and_classes_come_near_to_what_is_asked() -> None:
    cases = draw_cases(300)
    frame = partition_cases(cases, PartitionSection()).frame.merge(cases.frame, on="image")
    shares = pd.crosstab(frame["label"], frame["split"], normalize="index")
    for split, share in {"training": 0.7, "validation": 0.1, "test": 0.2}.items():
        assert shares[split].to_numpy() == pytest.approx(share, abs=0.005)


def test_another_seed_divides_otherwise_and_the_same_seed_alike() -> None:
    cases = draw_cases()
    splits = [list(partition_cases(cases, PartitionSection(seed=seed)).frame["split"]) for seed in (1, 1, 2)]
    assert splits[0] == splits[1]
    assert splits[0] != splits[2]


def test_validation_of_a_fold_has_its_ratio_to_training() -> None:
    cases = draw_cases(200)
    frame = partition_cases(cases, PartitionSection(folds=4, training=0.6, validation=0.2)).frame
    assert frame["split"].value_counts(normalize=True)["validation"] == pytest.approx(0.75 / 4, abs=0.01)


def test_leaving_out_tests_each_value_in_its_own_fold() -> None:
    cases = draw_cases()
    partition = partition_cases(cases, PartitionSection(leave_out="centre"))
    assert partition.folds == ("centre 0", "centre 1", "centre 2", "centre 3")
    centre = cases.frame.set_index("image")["centre"]
    for fold, name in enumerate(partition.folds, start=1):
        assert set(centre[partition.images("test", fold)]) == {name}
    assert_sound(partition, cases)


def test_leaving_out_says_which_class_a_value_lacks() -> None:
    cases = draw_cases()
    lacking = (cases.frame["centre"] == "centre 1") & (cases.frame["label"] == "class 2")
    cases = replace(cases, frame=cases.frame[~lacking].reset_index(drop=True))
    partition = partition_cases(cases, PartitionSection(leave_out="centre"))
    assert "When centre 1 is left out, the test has no case of the class class 2" in str(partition.notes[0])


def test_leaving_out_a_value_that_divides_patients_is_refused() -> None:
    with pytest.raises(PartitionError, match="several values of 'exam'"):
        partition_cases(draw_cases(), PartitionSection(leave_out="exam"))


def test_leaving_out_needs_two_values() -> None:
    with pytest.raises(PartitionError, match="every image has the same 'ward'"):
        partition_cases(with_column(draw_cases(), "ward", "A"), PartitionSection(leave_out="ward"))


def test_a_written_partition_is_taken_as_it_is() -> None:
    cases = draw_cases()
    number = cases.frame["patient"].str[1:].astype(int) % 10
    written = np.select([number < 6, number < 8], ["training", "validation"], "test")
    partition = partition_cases(with_column(cases, "part", written), PartitionSection(column="part"))
    assert list(partition.frame["split"]) == list(written)
    assert partition.notes == ()


def test_a_written_partition_without_validation_has_it_drawn_from_training() -> None:
    cases = draw_cases()
    written = np.where(cases.frame["patient"].str[1:].astype(int) % 5 == 0, "test", "training")
    cases = with_column(cases, "part", written)
    partition = partition_cases(cases, PartitionSection(column="part"))
    assert_sound(partition, cases)
    assert codes(partition) == ["validation-drawn"]
    assert set(partition.images("test")) == set(cases.frame.loc[written == "test", "image"])


def test_a_written_partition_that_divides_patients_is_refused() -> None:
    cases = with_column(draw_cases(), "part", np.resize(["training", "test"], len(draw_cases())))
    with pytest.raises(PartitionError, match="in several parts of 'part'") as caught:
        partition_cases(cases, PartitionSection(column="part"))
    assert caught.value.problems[0].what == "test, training"


def test_a_written_partition_of_unknown_words_is_refused() -> None:
    cases = with_column(draw_cases(), "part", "train")
    with pytest.raises(PartitionError, match="Did you mean 'training'"):
        partition_cases(cases, PartitionSection(column="part"))


def test_a_written_partition_that_lacks_a_class_is_refused() -> None:
    cases = draw_cases()
    patient = cases.frame["patient"].str[1:].astype(int)
    cases = replace(cases, frame=cases.frame.assign(label=[f"class {number % 3}" for number in patient]))
    written = np.where(patient < 3, "validation", np.where(patient % 3 == 0, "test", "training"))
    with pytest.raises(PartitionError, match="test: no image of the class 'class 1'"):
        partition_cases(with_column(cases, "part", written), PartitionSection(column="part"))


def test_without_patients_near_duplicates_stay_together_and_the_report_says_so() -> None:
    cases = without_patients(draw_cases())
    groups = [number // 3 for number in range(len(cases))]
    partition = partition_cases(cases, PartitionSection(), groups=groups)
    assert partition.by == "near-duplicates"
    assert_sound(partition, cases)
    assert partition.frame["group"].nunique() == len(set(groups))
    assert codes(partition) == ["patients-unknown"]


def test_without_patients_and_groups_nothing_is_kept_together_and_the_report_says_so() -> None:
    partition = partition_cases(without_patients(draw_cases()), PartitionSection())
    assert partition.by == "image"
    assert codes(partition) == ["nothing-kept-together"]


def test_group_numbers_must_be_as_many_as_images() -> None:
    with pytest.raises(PartitionError, match="2 group numbers for"):
        partition_cases(draw_cases(), PartitionSection(), groups=[1, 2])


def test_another_column_is_kept_together() -> None:
    cases = draw_cases()
    partition = partition_cases(cases, PartitionSection(by="centre"))
    assert partition.by == "centre"
    assert set(partition.frame["group"]) == set(cases.frame["centre"])
    assert "uneven-part" in codes(partition)


def test_a_column_that_divides_patients_is_refused() -> None:
    with pytest.raises(PartitionError, match="a patient has images in several values of 'exam'"):
        partition_cases(draw_cases(), PartitionSection(by="exam"))


def test_an_unknown_column_suggests_the_nearest() -> None:
    with pytest.raises(PartitionError, match="Did you mean 'centre'"):
        partition_cases(draw_cases(), PartitionSection(by="center"))


def test_a_column_with_gaps_is_refused() -> None:
    cases = draw_cases()
    cases = with_column(cases, "ward", ["A", None, *["B"] * (len(cases) - 2)])
    with pytest.raises(PartitionError, match=r"1 images have no 'ward', the first is '1\.jpg'"):
        partition_cases(without_patients(cases), PartitionSection(by="ward"))


def test_the_published_protocol_divides_images_and_their_copies() -> None:
    cases = draw_cases()
    partition = partition_cases(cases, PartitionSection(protocol="as-published"))
    assert partition.by == "image"
    assert len(partition.frame) == len(cases) * (PUBLISHED_COPIES + 1)
    assert len(partition.frame[["image", "split"]].drop_duplicates()) > len(cases)
    assert codes(partition) == ["as-published", "copies-before-division", "groups-on-both-sides"]
    assert "too high" in str(partition.notes[0])


def test_the_published_protocol_keeps_the_patient_so_that_the_leak_can_be_counted() -> None:
    cases = draw_cases()
    partition = partition_cases(cases, PartitionSection(protocol="as-published", copies=0))
    assert set(partition.frame["group"]) == set(cases.frame["patient"])
    trained = partition.frame["split"] == "training"
    both = set(partition.frame.loc[trained, "group"]) & set(partition.frame.loc[~trained, "group"])
    assert partition.notes[-1].as_dict()["values"]["n"] == len(both) > 0


def test_the_published_protocol_accepts_a_written_partition_that_leaks() -> None:
    written = np.resize(["training", "test", "validation"], len(draw_cases()))
    cases = with_column(draw_cases(), "part", written)
    partition = partition_cases(cases, PartitionSection(protocol="as-published", column="part"))
    assert list(partition.frame["split"]) == list(written)
    assert "groups-on-both-sides" in codes(partition)


def test_a_class_with_too_few_patients_is_named_with_their_number() -> None:
    cases = draw_cases()
    rare = cases.frame["patient"].isin(["p0", "p1"])
    label = cases.frame["label"].where(~rare, "罕见 rare")
    cases = replace(with_column(cases, "label", label), classes=(*cases.classes, "罕见 rare"))
    with pytest.raises(PartitionError) as caught:
        partition_cases(cases, PartitionSection())
    problem = caught.value.problems[0]
    assert problem.where == "class '罕见 rare'"
    assert "it has 2 groups (patients)" in problem.what


def test_a_class_of_one_centre_only_is_refused_with_the_centre_that_was_left_out() -> None:
    cases = draw_cases()
    labels = cases.frame["label"]
    centre = labels.eq(cases.classes[0]).map({True: "North", False: "South"})
    patients = cases.frame["patient"]
    # A patient is at one centre.
    north = set(patients[centre == "North"])
    divided = with_column(cases, "centre", patients.isin(north).map({True: "North", False: "South"}).to_numpy())
    with pytest.raises(PartitionError, match=r"training \(without North\).*All its patients are tested there"):
        partition_cases(divided, PartitionSection(leave_out="centre"))


def test_too_few_patients_for_the_folds_are_refused() -> None:
    with pytest.raises(PartitionError, match="4 groups cannot fill 5 folds"):
        partition_cases(draw_cases(4), PartitionSection(folds=5))


def test_external_cases_are_tested_in_every_fold() -> None:
    cases, external = draw_cases(), draw_cases(20, seed=1, folder="elsewhere/")
    partition = partition_cases(cases, PartitionSection(folds=2, external="other.csv"), external=external)
    assert partition.images("external", 1) == partition.images("external", 2) == list(external.frame["image"])
    learned = partition.frame[partition.frame["split"] != "external"]
    tested = partition.frame[partition.frame["split"] == "external"]
    assert not set(learned["group"]) & set(tested["group"])
    assert codes(partition) == ["patients-in-external"]


def test_external_cases_that_lack_a_class_say_so() -> None:
    external = draw_cases(20, folder="elsewhere/")
    kept = external.frame[external.frame["label"] != "class 1"].reset_index(drop=True)
    external = without_patients(replace(external, frame=kept))
    partition = partition_cases(draw_cases(), PartitionSection(external="other.csv"), external=external)
    assert codes(partition) == ["class-missing-external"]


def test_an_image_in_both_tables_is_refused() -> None:
    with pytest.raises(PartitionError, match="in both tables"):
        partition_cases(draw_cases(), PartitionSection(external="other.csv"), external=draw_cases())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"training": 0.9}, "sum to 1.2"),
        ({"folds": 3, "column": "part"}, "folds and column are both given"),
        ({"by": "image"}, "by: image puts pictures of one patient on both sides"),
        ({"copies": 2}, "belong to protocol: as-published"),
        ({"training": 0.8, "validation": 0.2, "test": 0}, "nothing is tested"),
        ({"protocol": "as-published", "leave_out": "centre"}, "leave_out belongs to protocol: sound"),
        ({"folds": 1}, "greater than or equal to 2"),
        ({"fold": 5}, "Extra inputs are not permitted"),
    ],
)
def test_contradictory_sections_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PartitionSection(**options)  # type: ignore[arg-type]


def test_every_key_of_the_section_is_described() -> None:
    descriptions = [field.description for field in PartitionSection.model_fields.values()]
    assert len(descriptions) == 11
    assert all(descriptions)


def test_images_without_labels_are_divided_too() -> None:
    cases = draw_cases()
    cases = replace(with_column(cases, "label", pd.Series([None] * len(cases), dtype="str")), classes=())
    assert_sound(partition_cases(cases, PartitionSection()), cases)
