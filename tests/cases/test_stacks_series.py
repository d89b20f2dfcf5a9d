"""A folder of one DICOM series as a volume: ordered, rescaled, and refused where it cannot be trusted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from readingroom.cases.stacks.choice import VolumeStack
from readingroom.cases.stacks.read import read_stack
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.window import FileWindow
from readingroom.core.errors import ImageError

Write = Callable[..., Path]
IN_MM = VolumeStack(kind="volume", planes=2, spacing=(1, 1, 1))
WHOLE = VolumeStack(kind="volume", planes=2)


def greys(stack: LoadedStack) -> list[int]:
    """The value of each plane, which is the same all over it."""
    assert isinstance(stack.planes, np.ndarray)
    assert (stack.planes == stack.planes[:, :1, :1]).all()
    return [int(plane[0, 0]) for plane in stack.planes]


def refused(path: Path, choice: VolumeStack = WHOLE) -> ImageError:
    with pytest.raises(ImageError) as caught:
        read_stack(path, choice)
    assert str(path) in str(caught.value)
    assert caught.value.fix or caught.value.problems
    return caught.value


def test_slices_are_ordered_by_position_from_the_feet(tmp_path: Path, write_series: Write) -> None:
    stack = read_stack(write_series(tmp_path / "s", (6, 0, 4, 2)), IN_MM)
    assert greys(stack) == [20, 40, 30, 10]
    assert stack.spacing_mm == (2.0, 1.0, 1.0)
    assert stack.facts.kind == "DICOM series"
    assert stack.present == (True,) * 4


def test_a_ct_is_in_hounsfield_units_and_two_bytes_a_voxel(tmp_path: Path, write_dicom: Write) -> None:
    for number in range(3):
        pixels = np.full((8, 8), 1000 + number, np.uint16)
        said = {"Modality": "CT", "RescaleIntercept": -1024, "RescaleSlope": 1, "WindowCenter": 40, "WindowWidth": 400}
        write_dicom(tmp_path / f"{number}", pixels, z=number * 3, number=number, **said)
    stack = read_stack(tmp_path, IN_MM)
    assert greys(stack) == [-24, -23, -22]
    assert np.asarray(stack.planes).dtype == np.int16
    assert stack.display.measured
    assert stack.display.window == FileWindow(40, 400)
    assert stack.overview().pixels.dtype == np.float32
    assert "values rescaled by the file's slope and intercept" in stack.facts.notes


def test_a_sagittal_series_is_turned_to_axial_planes(tmp_path: Path, write_dicom: Write) -> None:
    for number in range(3):  # rows run to the feet, columns to the back, slices to the right
        pixels = np.arange(8, dtype=np.uint16)[:, None] * 10 + np.arange(8) + number * 100
        write_dicom(
            tmp_path / f"{number}",
            pixels.astype(np.uint16),
            number=number,
            ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
            ImagePositionPatient=[-5 * number, -50, 70],
            PixelSpacing=[0.5, 0.25],
        )
    stack = read_stack(tmp_path, IN_MM)
    assert np.asarray(stack.planes).shape == (8, 8, 3)
    assert stack.spacing_mm == (0.5, 0.25, 5.0)
    assert stack.affine is not None
    # The lowest, foremost, rightmost voxel: last row, first column, last slice.
    assert np.asarray(stack.planes)[0, 0, 0] == 270
    assert (stack.affine @ [0, 0, 0, 1])[:3].tolist() == [-10.0, -50.0, 66.5]
    assert any(note.startswith("axes changed") for note in stack.facts.notes)


def test_missing_slices_are_named_with_their_positions(tmp_path: Path, write_series: Write) -> None:
    path = write_series(tmp_path / "缺层", (0, 2, 4, 8, 10, 16))
    error = refused(path, IN_MM)
    assert [problem.what for problem in error.problems] == [
        "slices are missing between 4 and 8 mm (usual distance 2 mm)",
        "slices are missing between 10 and 16 mm (usual distance 2 mm)",
    ]
    assert "Export the whole series again" in error.fix


def test_missing_slices_are_noted_where_millimetres_do_not_matter(tmp_path: Path, write_series: Write) -> None:
    stack = read_stack(write_series(tmp_path / "s", (0, 2, 4, 8)), WHOLE)
    assert greys(stack) == [10, 20, 30, 40]
    assert stack.spacing_mm is None
    assert any("between 4 and 8 mm" in note for note in stack.facts.notes)


def test_mixed_distances_are_refused_where_they_matter(tmp_path: Path, write_series: Write) -> None:
    path = write_series(tmp_path / "s", (0, 2, 4, 6, 8.6, 11.2))
    assert "distances of 2 to 2.6 mm" in refused(path, IN_MM).problems[0].what
    assert any("distances of 2 to 2.6" in note for note in read_stack(path, WHOLE).facts.notes)


@pytest.mark.parametrize("step", [0.625, 2 / 3, 1.25])
def test_positions_rounded_to_a_tenth_are_no_mixed_distances(tmp_path: Path, write_series: Write, step: float) -> None:
    stack = read_stack(write_series(tmp_path / "s", [round(at * step, 1) for at in range(17)]), IN_MM)
    assert stack.spacing_mm is not None
    assert stack.spacing_mm[0] == pytest.approx(step, rel=0.01)


def test_distances_that_drift_are_refused_where_they_matter(tmp_path: Path, write_series: Write) -> None:
    path = write_series(tmp_path / "s", [*range(20), *(19 + 1.04 * at for at in range(1, 20))])
    assert "distances of 1 to 1.04 mm" in refused(path, IN_MM).problems[0].what


def test_a_tilted_gantry_is_kept_in_the_affine(tmp_path: Path, write_dicom: Write) -> None:
    for number in range(3):
        write_dicom(tmp_path / f"{number}", number=number, ImagePositionPatient=[0, number * 1.0, number * 2.0])
    stack = read_stack(tmp_path, IN_MM)
    assert stack.affine is not None
    assert stack.affine[:3, 0].tolist() == [0.0, 1.0, 2.0]
    assert stack.spacing_mm == (2.0, 1.0, 1.0)


def test_slices_shifted_within_their_plane_are_refused(tmp_path: Path, write_dicom: Write) -> None:
    for number, x in enumerate((0, 0, 9, 0)):
        write_dicom(tmp_path / f"{number}", number=number, ImagePositionPatient=[x, 0, number * 2.0])
    assert "shifted against each other" in refused(tmp_path, IN_MM).problems[0].what


def test_a_localiser_beside_the_slices_is_left_out_and_noted(
    tmp_path: Path, write_series: Write, write_dicom: Write
) -> None:
    folder = write_series(tmp_path / "s")
    write_dicom(folder / "loc.dcm", z=3.0, number=9, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    stack = read_stack(folder, IN_MM)
    assert greys(stack) == [10, 20, 30, 40]
    assert "1 files left out: localiser" in stack.facts.notes


def test_a_localiser_alone_is_refused(tmp_path: Path, write_dicom: Write) -> None:
    write_dicom(tmp_path / "loc.dcm", SeriesDescription="定位像", SpecificCharacterSet="ISO_IR 192")
    assert "no slice stays (localiser)" in refused(tmp_path).what


def test_the_same_file_twice_is_read_once(tmp_path: Path, write_series: Write) -> None:
    folder = write_series(tmp_path / "s")
    (folder / "copy.dcm").write_bytes((folder / "002.dcm").read_bytes())
    stack = read_stack(folder, IN_MM)
    assert greys(stack) == [10, 20, 30, 40]
    assert any("same image as another file" in note for note in stack.facts.notes)


def mixed(**change: Any) -> Any:
    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (mixed(z=2), "same position as another slice"),
        (mixed(z=8, PixelSpacing=[2, 2]), "another size or pixel spacing"),
        (mixed(z=8, pixels=np.zeros((4, 4), np.uint16)), "another size or pixel spacing"),
        (mixed(z=8, ImageType=["ORIGINAL", "PRIMARY", "MOSAIC"]), "mosaic"),
        (mixed(z=8, SeriesInstanceUID="1.2.3", SeriesDescription="T2"), "2 series in one folder"),
        (mixed(z=8, ImageOrientationPatient=[0, 1, 0, 0, 0, -1]), "2 stacks in one series"),
        (mixed(z=8, PixelData=None), "cannot"),
    ],
)
def test_what_is_not_of_the_series_is_refused_by_name(
    tmp_path: Path, write_series: Write, write_dicom: Write, change: dict[str, Any], said: str
) -> None:
    folder = write_series(tmp_path / "s")
    change = dict(change)
    write_dicom(folder / "other.dcm", change.pop("pixels", None), z=change.pop("z"), number=9, **change)
    error = str(refused(folder))
    assert said in error or said == "cannot"
    assert "other.dcm" in error or "T2" in error or "2 stacks" in error


def test_several_images_at_each_position_are_refused_with_what_tells_them_apart(
    tmp_path: Path, write_series: Write
) -> None:
    write_series(tmp_path / "s", EchoTime=10, SOPInstanceUID=None)
    for file in list((tmp_path / "s").iterdir()):
        file.rename(file.with_name(f"e1-{file.name}"))
    write_series(tmp_path / "s", EchoTime=80, SOPInstanceUID=None)
    error = refused(tmp_path / "s")
    assert "2 stacks in one series" in error.what
    assert sorted(one.what for one in error.problems) == [
        "301 T1: 4 slices (echo time ms 10.0)",
        "301 T1: 4 slices (echo time ms 80.0)",
    ]


def test_slices_without_positions_are_refused_where_millimetres_matter(tmp_path: Path, write_series: Write) -> None:
    folder = write_series(tmp_path / "s", (None, None, None))
    assert "without position" in refused(folder, IN_MM).problems[0].what
    assert greys(read_stack(folder, WHOLE)) == [10, 20, 30]


def test_one_slice_is_no_volume_where_millimetres_matter(tmp_path: Path, write_series: Write) -> None:
    folder = write_series(tmp_path / "s", (0,))
    assert refused(folder, IN_MM).problems[0].what == "one slice only"
    assert "one slice only" in read_stack(folder, WHOLE).facts.notes


def test_folders_without_a_series_say_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("x")
    (tmp_path / "outer" / "内层").mkdir(parents=True)
    assert "an empty folder" in refused(tmp_path / "empty").what
    assert "no DICOM files among 1" in refused(tmp_path / "texts").what
    assert "folders (内层)" in refused(tmp_path / "outer").what
    assert "no such file or folder" in refused(tmp_path / "none").what


def test_other_files_in_the_folder_are_passed_over_and_counted(tmp_path: Path, write_series: Write) -> None:
    folder = write_series(tmp_path / "第一例")
    (folder / "note.txt").write_text("x")
    (folder / ".DS_Store").write_text("x")
    assert "1 files that are not DICOM passed over" in read_stack(folder, IN_MM).facts.notes


def test_a_slice_that_cannot_be_decoded_is_refused_by_its_name(tmp_path: Path, write_series: Write) -> None:
    folder = write_series(tmp_path / "s")
    whole = (folder / "003.dcm").read_bytes()
    (folder / "003.dcm").write_bytes(whole[:-40])
    assert "003.dcm" in str(refused(folder))


def test_the_hash_follows_the_values_of_every_plane(tmp_path: Path, write_series: Write, write_dicom: Write) -> None:
    first = read_stack(write_series(tmp_path / "a"), WHOLE).pixels_hash()
    assert read_stack(write_series(tmp_path / "b"), WHOLE).pixels_hash() == first
    changed = np.full((8, 8), 40, np.uint16)
    changed[7, 7] = 41
    write_dicom(tmp_path / "b" / "004.dcm", changed, z=6, number=4)
    assert read_stack(tmp_path / "b", WHOLE).pixels_hash() != first
