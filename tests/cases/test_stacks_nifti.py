"""NIfTI: values scaled, axes in DICOM's patient frame, and files that cannot be trusted refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from readingroom.cases.stacks.choice import VolumeStack
from readingroom.cases.stacks.nifti import read_nifti
from readingroom.cases.stacks.read import read_stack
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.core.errors import ImageError

Write = Callable[..., Path]
VALUES = np.arange(60, dtype=np.int16).reshape(5, 4, 3)  # x, y, z
IN_MM = VolumeStack(kind="volume", planes=2, spacing=(1, 1, 1))
WHOLE = VolumeStack(kind="volume", planes=2)


def planes(stack: LoadedStack) -> np.ndarray:
    assert isinstance(stack.planes, np.ndarray)
    return stack.planes


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "病例一.NII.GZ"])
def test_axes_are_turned_to_the_patients(tmp_path: Path, write_nifti: Write, name: str) -> None:
    stack = read_nifti(write_nifti(tmp_path / name, VALUES, np.diag([0.5, 2, 3, 1])))
    # NIfTI counts to the right and the front; planes here go from the feet, front and right.
    assert planes(stack).tolist() == VALUES[::-1, ::-1].transpose(2, 1, 0).tolist()
    assert stack.spacing_mm == (3.0, 2.0, 0.5)
    assert stack.affine is not None
    assert (stack.affine @ [0, 0, 0, 1]).tolist() == [-2.0, -6.0, 0.0, 1.0]  # x = 4 * 0.5 to the right
    assert (stack.facts.kind, stack.facts.width, stack.facts.height) == ("NIfTI", 5, 4)
    assert stack.display.measured


def test_slope_and_intercept_are_applied_once(tmp_path: Path, write_nifti: Write) -> None:
    path = write_nifti(tmp_path / "a.nii", VALUES)
    raw = bytearray(path.read_bytes())
    raw[112:120] = np.array([2.0, -1024.0], "<f4").tobytes()  # scl_slope, scl_inter
    path.write_bytes(raw)
    found = planes(read_nifti(path))
    assert found.dtype == np.int16
    assert sorted(found.ravel()) == [2 * value - 1024 for value in range(60)]


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        (np.uint8, np.uint8),
        (np.uint16, np.uint16),
        (np.int32, np.int16),
        (np.float64, np.int16),
        (np.float32, np.int16),
    ],
)
def test_whole_numbers_are_kept_small(tmp_path: Path, write_nifti: Write, kind: Any, kept: Any) -> None:
    assert planes(read_nifti(write_nifti(tmp_path / "a.nii.gz", VALUES.astype(kind)))).dtype == kept


def test_fractions_and_large_numbers_become_floating_point(tmp_path: Path, write_nifti: Write) -> None:
    assert planes(read_nifti(write_nifti(tmp_path / "a.nii", VALUES + 0.5))).dtype == np.float32
    assert planes(read_nifti(write_nifti(tmp_path / "b.nii", VALUES.astype(np.int32) * 9000))).dtype == np.float32


def test_voxels_that_are_not_numbers_are_black_and_counted(tmp_path: Path, write_nifti: Write) -> None:
    values = VALUES.astype(np.float32) - 20
    values[2, 2, 2] = np.nan
    stack = read_nifti(write_nifti(tmp_path / "a.nii", values))
    assert planes(stack).min() == -20
    assert "1 voxels that are not numbers shown black" in stack.facts.notes


def test_the_sform_is_preferred_and_a_qform_that_differs_is_noted(tmp_path: Path, write_nifti: Write) -> None:
    path = write_nifti(
        tmp_path / "a.nii", VALUES, np.diag([1.0, 1, 4, 1]), sform=2, qform=1, pixdim=[1, 1, 1, 3, 0, 0, 0, 0]
    )
    stack = read_nifti(path)
    assert stack.spacing_mm == (4.0, 1.0, 1.0)
    assert any("sform and qform differ by up to 2.0 mm" in note for note in stack.facts.notes)


def test_the_qform_is_used_where_the_sform_has_no_code(tmp_path: Path, write_nifti: Write) -> None:
    stack = read_nifti(write_nifti(tmp_path / "a.nii", VALUES, np.diag([1.0, 2, 3, 1]), sform=0, qform=1))
    assert stack.spacing_mm == (3.0, 2.0, 1.0)


def test_positions_in_micrometres_become_mm(tmp_path: Path, write_nifti: Write) -> None:
    stack = read_nifti(write_nifti(tmp_path / "a.nii", VALUES, np.diag([500.0, 500, 1000, 1]), xyzt_units=3))
    assert stack.spacing_mm == (1.0, 0.5, 0.5)
    assert any("micron" in note for note in stack.facts.notes)


def no_codes(path: Path, write: Write) -> Path:
    write(path, VALUES)
    raw = bytearray(path.read_bytes())
    raw[252:256] = bytes(4)  # qform_code, sform_code: nibabel does not write a file without
    path.write_bytes(raw)
    return path


def damaged(rows: Any) -> Callable[[Path, Write], Path]:
    def make(path: Path, write: Write) -> Path:
        write(path, VALUES, sform=1)
        raw = bytearray(path.read_bytes())
        raw[280:328] = np.array(rows, "<f4").tobytes()  # srow_x, srow_y, srow_z
        path.write_bytes(raw)
        return path

    return make


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (no_codes, "sform and qform both have the code 0"),
        (damaged(np.zeros((3, 4))), "the sform is all zero"),
        (damaged([[1, 0, 0, 0], [2, 0, 0, 0], [0, 0, 1, 0]]), "the sform is singular"),
        (damaged([[np.nan, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]), "the sform is not all numbers"),
    ],
)
def test_without_a_valid_affine_only_what_needs_millimetres_is_refused(
    tmp_path: Path, write_nifti: Write, make: Callable[[Path, Write], Path], reason: str
) -> None:
    path = make(tmp_path / "无仿射.nii", write_nifti)
    stack = read_stack(path, WHOLE)
    assert stack.affine is None
    assert stack.spacing_mm is None
    assert any(reason in note for note in stack.facts.notes)
    with pytest.raises(ImageError, match=reason) as caught:
        read_stack(path, IN_MM)
    assert caught.value.file == str(path)
    assert "set_sform" in caught.value.fix


def test_one_volume_in_four_dimensions_is_read_and_several_are_refused(tmp_path: Path, write_nifti: Write) -> None:
    assert planes(read_nifti(write_nifti(tmp_path / "one.nii.gz", VALUES[..., None]))).shape == (3, 4, 5)
    for shape in ((5, 4, 3, 2), (5, 4, 3, 1, 6)):
        path = write_nifti(tmp_path / "many.nii.gz", np.zeros(shape, np.int16))
        with pytest.raises(ImageError, match=f"{np.prod(shape[3:])} volumes in one NIfTI file") as caught:
            read_nifti(path)
        assert "slicer" in caught.value.fix


def test_a_single_plane_is_read_and_noted(tmp_path: Path, write_nifti: Write) -> None:
    for values in (VALUES[..., 0], VALUES[..., :1]):
        stack = read_nifti(write_nifti(tmp_path / "a.nii", values))
        assert planes(stack).shape == (1, 4, 5)
        assert "one plane only" in stack.facts.notes


def test_complex_numbers_and_colours_are_refused(tmp_path: Path, write_nifti: Write) -> None:
    with pytest.raises(ImageError, match="complex"):
        read_nifti(write_nifti(tmp_path / "a.nii", VALUES.astype(np.complex64)))
    colours = np.zeros((5, 4, 3), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    with pytest.raises(ImageError, match="colours"):
        read_nifti(write_nifti(tmp_path / "b.nii", colours))


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_truncated_file_is_refused(tmp_path: Path, write_nifti: Write, name: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(-1000, 1000, (40, 40, 20)).astype(np.int16)
    path = write_nifti(tmp_path / name, noise)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ImageError, match="damaged or truncated") as caught:
        read_nifti(path)
    assert caught.value.file == str(path)


def test_what_is_no_nifti_inside_is_refused(tmp_path: Path, write_nifti: Write) -> None:
    for name, data in (("a.nii", b""), ("b.nii.gz", b"not gzip"), ("c.nii.gz", gzip.compress(b"x" * 500))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ImageError, match="damaged or truncated"):
            read_nifti(tmp_path / name)
    with pytest.raises(ImageError, match="no such file"):
        read_stack(tmp_path / "none.nii", WHOLE)
