"""Series: stacks in order along their normal, and everything that does not belong to one named with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from readingroom.cases.dicom.series import (
    FRAMES,
    LOCALISER,
    MOSAIC,
    NOWHERE,
    OTHER_SIZE,
    SAME_FILE,
    SAME_PLACE,
    stack_series,
)
from readingroom.cases.dicom.slices import Slice, normal_of, read_slice

AXIAL = (0.0, 0.0, 1.0)


def drawn(z: float | None = 0.0, **changes: Any) -> Slice:
    usual: dict[str, Any] = dict.fromkeys(
        ("modality", "description", "image_type", "study_date", "study_time", "study_uid"), ""
    )
    usual |= dict.fromkeys(("repetition_ms", "echo_ms", "flip_deg", "field_t", "acquisition", "temporal", "b_value"))
    usual |= {"path": Path(f"f/{z}{sorted(changes.items(), key=str)}"), "normal": AXIAL, "position_mm": z}
    usual |= {"size_px": (8, 8), "spacing_px_mm": (1.0, 1.0), "frames": 1, "series_number": "3", "series_uid": "1.3"}
    usual |= {
        "patient_id": "7",
        "thickness_mm": 4.0,
        "instance": 1.0,
        "sop_uid": f"{z}{sorted(changes.items(), key=str)}",
    }
    return Slice(**{**usual, **changes})


def positions(stacks: list[Any]) -> list[list[float | None]]:
    return [[one.position_mm for one in stack.slices] for stack in stacks]


def reasons(stacks: list[Any]) -> Counter[str]:
    return Counter(reason for stack in stacks for _, reason in stack.left_out)


def test_slices_are_ordered_by_position_whatever_their_numbers_and_names() -> None:
    stacks = stack_series([drawn(z, instance=30 - z) for z in (12.0, 0.0, 6.0, 18.0)])
    assert positions(stacks) == [[0.0, 6.0, 12.0, 18.0]]
    assert stacks[0].spacing_mm == 6.0
    assert stacks[0].gaps == ()


def test_a_missing_slice_is_a_gap_with_its_place() -> None:
    (stack,) = stack_series([drawn(z) for z in (0.0, 6.0, 12.0, 24.0, 30.0)])
    assert stack.gaps == ((12.0, 24.0),)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"image_type": "ORIGINAL\\PRIMARY\\LOCALIZER"}, LOCALISER),
        ({"description": "Survey_3pl"}, LOCALISER),
        ({"description": "定位像"}, LOCALISER),
        ({"image_type": "ORIGINAL\\PRIMARY\\M\\MOSAIC"}, MOSAIC),
        ({"frames": 20}, FRAMES),
        ({"normal": None, "z": None}, NOWHERE),
        ({"normal": (1.0, 0.0, 0.0)}, "other orientation (sagittal)"),
        ({"normal": (0.0, -0.9, 0.436)}, "other orientation (coronal)"),
        ({"size_px": (16, 16)}, OTHER_SIZE),
        ({"spacing_px_mm": (2.0, 2.0)}, OTHER_SIZE),
        ({"sop_uid": "0"}, SAME_FILE),
        ({"z": 6.0}, SAME_PLACE),
    ],
)
def test_what_does_not_belong_is_left_out_with_its_reason(other: dict[str, Any], reason: str) -> None:
    z = other.pop("z", 99.0)
    usual = [drawn(place, sop_uid=str(at)) for at, place in enumerate((0.0, 6.0, 12.0))]
    odd = drawn(z, **{"sop_uid": "odd", "path": Path("g/odd"), **other})
    stacks = stack_series([*usual, odd])
    assert positions(stacks) == [[0.0, 6.0, 12.0]]
    assert reasons(stacks) == {reason: 1}


def test_a_description_that_only_contains_a_word_for_localiser_stays() -> None:
    assert len(stack_series([drawn(description="T1 local coil, block, relocalised")])[0].slices) == 1


def test_tilted_slices_are_axial_by_their_nearest_axis() -> None:
    (stack,) = stack_series([drawn(z, normal=(0.0, -0.5, 0.866)) for z in (0.0, 6.0)])
    assert stack.first.orientation == "axial"
    assert stack.first.tilt_deg == pytest.approx(30.0, abs=0.1)


def test_with_any_orientation_each_direction_is_a_stack_and_unplaced_slices_stay() -> None:
    slices = [drawn(z) for z in (0.0, 6.0)] + [drawn(z, normal=(1.0, 0.0, 0.0)) for z in (0.0, 5.0)]
    slices += [drawn(None, normal=None, sop_uid=f"n{n}", instance=n) for n in (2, 1)]
    stacks = stack_series(slices, "any")
    assert sorted(positions(stacks), key=str) == [[0.0, 5.0], [0.0, 6.0], [None, None]]
    assert [one.instance for stack in stacks for one in stack.slices if one.normal is None] == [1, 2]


@pytest.mark.parametrize(
    "tell", [{"image_type": ("W", "F")}, {"echo_ms": (1.2, 2.4)}, {"temporal": (1.0, 2.0)}, {"b_value": (0.0, 800.0)}]
)
def test_several_images_at_each_position_become_stacks_of_their_own(tell: dict[str, tuple[Any, Any]]) -> None:
    ((name, values),) = tell.items()
    slices = [drawn(z, **{name: value}) for z in (0.0, 6.0, 12.0) for value in values]
    stacks = stack_series(slices)
    assert positions(stacks) == [[0.0, 6.0, 12.0]] * 2
    assert {getattr(one, name) for one in stacks[0].slices} | {getattr(stacks[1].first, name)} == {*values}
    assert len({getattr(one, name) for one in stacks[0].slices}) == 1
    assert not reasons(stacks)


def test_echoes_and_phases_together_are_told_apart() -> None:
    slices = [
        drawn(z, echo_ms=echo, temporal=phase) for z in (0.0, 6.0) for echo in (1.0, 2.0) for phase in (1.0, 2.0, 3.0)
    ]
    assert positions(stack_series(slices)) == [[0.0, 6.0]] * 6


def test_phases_that_nothing_tells_apart_are_taken_by_instance_number() -> None:
    slices = [drawn(z, instance=float(phase * 10 + z)) for phase in range(3) for z in (0.0, 6.0)]
    stacks = stack_series(slices)
    assert positions(stacks) == [[0.0, 6.0]] * 3
    assert [[one.instance for one in stack.slices] for stack in stacks] == [[0, 6], [10, 16], [20, 26]]


def test_a_value_that_changes_from_slice_to_slice_makes_no_stacks() -> None:
    slices = [drawn(z, acquisition=z) for z in (0.0, 6.0, 12.0)]
    doubled = replace(slices[0], sop_uid="again", path=Path("g/again"))
    stacks = stack_series([*slices, doubled])
    assert len(stacks) == 1
    assert reasons(stacks) == {SAME_PLACE: 1}


def test_series_without_an_identifier_are_known_by_their_folder() -> None:
    slices = [drawn(z, series_uid="", path=Path(folder) / str(z)) for folder in ("a", "b") for z in (0.0, 6.0)]
    slices = [replace(one, sop_uid=one.path.as_posix()) for one in slices]
    assert positions(stack_series(slices)) == [[0.0, 6.0]] * 2


def test_the_normal_is_the_cross_product_and_nothing_where_it_is_no_plane() -> None:
    assert normal_of((0, 1, 0, 0, 0, -1)) == (-1.0, 0.0, 0.0)
    assert normal_of((1, 0, 0, 1, 0, 0)) is None
    assert normal_of((0, 0, 0, 0, 0, 0)) is None


def test_headers_give_numbers_texts_and_places_and_leave_out_what_is_wrong(tmp_path: Path, write_dicom: Any) -> None:
    path = write_dicom(
        tmp_path / "a", z=12.5, EchoTime=1.54, PatientID="张三-1", SpecificCharacterSet="GB18030", RepetitionTime=None
    )
    one = read_slice(path)
    assert (one.patient_id, one.position_mm, one.echo_ms, one.repetition_ms) == ("张三-1", 12.5, 1.54, None)
    assert (one.normal, one.orientation, one.thickness_mm) == (AXIAL, "axial", 4.0)
    assert not hasattr(one, "patient_name")
