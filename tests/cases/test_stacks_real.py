"""A real head, 384 slices of DICOM: the same voxels and millimetres as NIfTI, nibabel and SimpleITK have them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from readingroom.cases.dicom.collect import read_headers
from readingroom.cases.stacks.choice import VolumeStack
from readingroom.cases.stacks.nifti import read_nifti
from readingroom.cases.stacks.pixels import stack_pixels
from readingroom.cases.stacks.read import read_stack
from readingroom.cases.stacks.resample import resample_volume
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.core.errors import ImageError
from readingroom.core.progress import SilentProgress

IN_MM = VolumeStack(kind="volume", planes=40, spacing=(2, 2, 2))
AIR = 10
"""Stored values up to this are air and its noise."""


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    found = shared / "data" / "dicom" / "t1_head"
    if not found.is_dir():
        pytest.skip("no ../shared/data/dicom/t1_head, the real head")
    pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
    return found


@pytest.fixture(scope="module")
def head(folder: Path) -> LoadedStack:
    return read_stack(folder, IN_MM)


@pytest.fixture(scope="module")
def by_itk(folder: Path) -> Any:
    sitk = pytest.importorskip("SimpleITK", reason="the outside reference of geometry")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def voxels(stack: LoadedStack) -> np.ndarray:
    assert isinstance(stack.planes, np.ndarray)
    return stack.planes


def test_the_head_is_read_whole_from_feet_to_head(head: LoadedStack) -> None:
    assert voxels(head).shape == (384, 384, 274)
    assert head.spacing_mm == pytest.approx((0.66667, 0.66667, 0.69999), abs=1e-4)
    assert head.facts.notes == ("oblique by 8 degrees: planes stay as acquired",)
    assert head.affine is not None
    assert (np.diag(head.affine[2::-1, :3]) > 0).all()


def test_a_voxels_place_is_that_of_its_files_header(folder: Path, head: LoadedStack) -> None:
    import pydicom

    slices, _ = read_headers(sorted(folder.iterdir()), SilentProgress())
    ordered = sorted(slices, key=lambda one: one.position_mm or 0.0)
    assert head.affine is not None
    for plane, row, column in ((0, 0, 0), (100, 37, 201), (383, 383, 273)):
        file = pydicom.dcmread(ordered[plane].path)
        along, down = np.array(file.ImageOrientationPatient, float).reshape(2, 3)
        between_rows, between_columns = map(float, file.PixelSpacing)
        wanted = np.array(file.ImagePositionPatient) + column * between_columns * along + row * between_rows * down
        assert np.abs(head.affine[:3] @ [plane, row, column, 1] - wanted).max() < 1e-3
        assert voxels(head)[plane, row, column] == file.pixel_array[row, column]


def test_nifti_of_the_same_head_has_the_same_voxels_in_the_same_places(head: LoadedStack, tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel", reason="NIfTI needs the extra 'volumes'")
    assert head.affine is not None
    ras = np.diag([-1.0, -1, 1, 1]) @ head.affine[:, [2, 1, 0, 3]]
    # Stored with another order of axes than ours, as converters do: x to the right, z first.
    stored, affine = voxels(head)[:, :, ::-1].transpose(0, 2, 1), ras[:, [2, 0, 1, 3]].copy()
    affine[:3, 3] += affine[:3, 1] * 273
    affine[:3, 1] *= -1
    nibabel.save(nibabel.Nifti1Image(stored, affine), tmp_path / "head.nii")
    found = read_nifti(tmp_path / "head.nii")
    assert (voxels(found) == voxels(head)).all()
    assert found.affine is not None
    assert np.abs(found.affine - head.affine).max() < 1e-4
    assert found.pixels_hash() == head.pixels_hash()
    assert stack_pixels(tmp_path / "head.nii", IN_MM, size=48)[0].any()


def test_simpleitk_reads_the_same_voxels_in_the_same_places(head: LoadedStack, by_itk: Any) -> None:
    sitk = pytest.importorskip("SimpleITK")
    assert (sitk.GetArrayViewFromImage(by_itk) == voxels(head)).all()
    assert head.affine is not None
    for plane, row, column in ((0, 0, 0), (383, 0, 273), (200, 100, 50)):
        wanted = by_itk.TransformIndexToPhysicalPoint((column, row, plane))
        assert np.abs(head.affine[:3] @ [plane, row, column, 1] - wanted).max() < 0.01


def test_a_finer_patch_is_that_of_simpleitks_resampler(head: LoadedStack, by_itk: Any) -> None:
    sitk = pytest.importorskip("SimpleITK")
    point, spacing, size = (5.0, -20.0, 30.0), (0.5, 0.4, 0.4), 40
    choice = VolumeStack(kind="volume", planes=24, spacing=spacing, around="point")
    made = resample_volume(head, choice, size, point).planes
    assert head.affine is not None
    axes = np.array(by_itk.GetDirection()).reshape(3, 3)
    resampler = sitk.ResampleImageFilter()
    resampler.SetInterpolator(sitk.sitkLinear)
    resampler.SetSize((size, size, 24))
    resampler.SetOutputSpacing(spacing[::-1])
    resampler.SetOutputDirection(by_itk.GetDirection())
    half = (np.array([size, size, 24]) - 1) / 2 * spacing[::-1]
    resampler.SetOutputOrigin((np.array(point) - axes @ half).tolist())
    resampler.SetOutputPixelType(sitk.sitkFloat32)
    wanted = sitk.GetArrayFromImage(resampler.Execute(by_itk))
    assert np.abs(made - wanted).max() < 0.01  # of values up to 85
    assert np.ptp(wanted) > 50


def solid(planes: np.ndarray) -> np.ndarray:
    """The head without its hollows, 0 or 100: each plane's outlines, filled."""
    made = np.zeros(planes.shape, np.uint8)
    for plane, filled in zip(planes, made, strict=True):
        outlines, _ = cv2.findContours((plane > AIR).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        large = [outline for outline in outlines if cv2.contourArea(outline) > 500]
        cv2.drawContours(filled, large, -1, 100, cv2.FILLED)
    return made


@pytest.mark.parametrize("spacing", [1.0, 2.0, 3.5])
def test_resampling_keeps_the_volume_of_the_head(head: LoadedStack, spacing: float) -> None:
    mask = replace(head, planes=solid(voxels(head)))
    assert mask.spacing_mm is not None
    wanted_mm3 = (voxels(mask) > 50).sum() * np.prod(mask.spacing_mm)
    assert 3.5e6 < wanted_mm3 < 6e6  # a head
    count = int(np.ceil(260 / spacing))
    made = resample_volume(mask, VolumeStack(kind="volume", planes=count, spacing=(spacing,) * 3), count).planes
    assert (made > 50).sum() * spacing**3 == pytest.approx(wanted_mm3, rel=0.02)


def test_resampling_keeps_the_sum_of_all_values(head: LoadedStack) -> None:
    made = resample_volume(head, VolumeStack(kind="volume", planes=130, spacing=(2, 2, 2)), 130).planes
    assert head.spacing_mm is not None
    wanted = voxels(head).sum(dtype=np.float64) * np.prod(head.spacing_mm)
    assert made.sum(dtype=np.float64) * 8 == pytest.approx(wanted, rel=0.001)


def test_a_missing_slice_of_the_head_is_found(folder: Path, tmp_path: Path) -> None:
    for path in sorted(folder.iterdir())[:40]:
        if path.name != "N2D_0020.dcm":
            (tmp_path / path.name).symlink_to(path.resolve())
    with pytest.raises(ImageError) as caught:
        read_stack(tmp_path, IN_MM)
    assert len(caught.value.problems) == 1
    assert "slices are missing between" in caught.value.problems[0].what


def test_mosaics_and_phases_of_echo_planar_series_are_refused_with_a_reason(shared: Path) -> None:
    folders = sorted({path.parent for path in (shared / "data" / "dicom" / "epi").rglob("*.dcm")})
    if not folders:
        pytest.skip("no ../shared/data/dicom/epi")
    for folder in folders:
        with pytest.raises(ImageError) as caught:
            read_stack(folder, VolumeStack(kind="volume", planes=8))
        assert caught.value.problems
        assert caught.value.fix
