"""Pixels of a stack: 8 bits, square, one window for planes that belong together, absent planes black and only they."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from readingroom.cases.stacks.choice import FrameStack, ViewStack, VolumeStack, parse_stack
from readingroom.cases.stacks.pixels import stack_pixels, volume_percentiles
from readingroom.cases.window import GivenWindow
from readingroom.core.errors import ImageError

Write = Callable[..., Path]
HU = GivenWindow(centre=0, width=2000)


def ball(centre: tuple[float, float, float], spacing: tuple[float, float, float], shape: tuple[int, int, int]) -> Any:
    """Values (x, y, z): 800 within 6 mm of a centre in mm (RAS, from the first voxel), else -1000."""
    place = np.moveaxis(np.indices(shape), 0, -1) * np.array(spacing)
    return np.where(np.linalg.norm(place - np.array(centre), axis=-1) <= 6, 800, -1000).astype(np.int16)


def volume(**changes: Any) -> VolumeStack:
    return VolumeStack(**{"kind": "volume", "planes": 9, "spacing": (2, 2, 2), **changes})


@pytest.fixture
def nodule(tmp_path: Path, write_nifti: Write) -> Path:
    spacing = (1.0, 1.0, 3.0)
    return write_nifti(tmp_path / "ct.nii.gz", ball((15, 20, 60), spacing, (50, 60, 30)), np.diag([*spacing, 1.0]))


def test_a_point_is_the_middle_of_the_patch(nodule: Path) -> None:
    made, notes = stack_pixels(f"{nodule}@-15,-20,60", volume(around="point"), size=9, window=HU)
    assert (made.shape, made.dtype) == ((9, 9, 9, 1), np.uint8)
    bright = np.argwhere(made[..., 0] > 128)
    assert np.abs(bright.mean(axis=0) - 4).max() < 0.3
    assert (bright.min(axis=0).tolist(), bright.max(axis=0).tolist()) == ([2, 2, 2], [6, 6, 6])
    assert "resampled from 3 x 1 x 1 to 2 x 2 x 2 mm" in notes
    assert any(note.endswith("of the volume is outside the box") for note in notes)


def test_a_lesion_has_the_same_size_whatever_the_spacing(tmp_path: Path, write_nifti: Write) -> None:
    sizes = []
    for spacing, shape in (
        ((1.0, 1.0, 1.0), (40, 40, 40)),
        ((0.8, 0.8, 2.5), (50, 50, 16)),
        ((2.0, 1.0, 1.0), (20, 40, 40)),
    ):
        path = write_nifti(tmp_path / "a.nii", ball((19, 19, 19), spacing, shape), np.diag([*spacing, 1.0]))
        made, _ = stack_pixels(
            f"{path}@-19,-19,19", volume(around="point", planes=17, spacing=(1, 1, 1)), size=17, window=HU
        )
        sizes.append((made > 115).sum())
    assert np.allclose(sizes, 4 / 3 * np.pi * 6**3, rtol=0.12)


def test_outside_the_volume_is_black_and_said(nodule: Path) -> None:
    made, notes = stack_pixels(nodule, volume(planes=60), size=50, window=HU)
    assert not made[:7, 1:, 1:].any()
    assert any(note.endswith("of the box is outside the volume, and black") for note in notes)


@pytest.mark.parametrize(
    ("path", "choice", "said"),
    [
        ("@-15,-20,600", volume(around="point"), "the point -15, -20, 600 lies 511.5 mm outside the volume"),
        ("@15,20,60", volume(around="point"), "mm outside the volume (x -49 to 0, y -59 to 0, z 0 to 87)"),
        ("", volume(around="point"), "no point in this volume"),
    ],
)
def test_a_point_that_is_not_in_the_volume_is_refused(nodule: Path, path: str, choice: VolumeStack, said: str) -> None:
    with pytest.raises(ImageError) as caught:
        stack_pixels(f"{nodule}{path}", choice, size=16)
    assert said in caught.value.what
    assert str(nodule) in str(caught.value)
    assert caught.value.fix


def test_a_point_that_is_not_asked_for_is_not_used_and_said(nodule: Path) -> None:
    made, notes = stack_pixels(f"{nodule}@-15,-20,60", volume(), size=16, window=HU)
    assert any("the point is not used" in note for note in notes)
    assert (made == stack_pixels(nodule, volume(), size=16, window=HU)[0]).all()


def test_axes_that_are_not_at_right_angles_are_refused(tmp_path: Path, write_nifti: Write) -> None:
    affine = np.diag([1.0, 1, 1, 1])
    affine[0, 1] = 0.3
    path = write_nifti(tmp_path / "a.nii", np.zeros((8, 8, 8), np.int16), affine)
    with pytest.raises(ImageError, match="right angles"):
        stack_pixels(path, volume(), size=16)


def test_without_spacing_the_whole_volume_is_stretched_or_padded(tmp_path: Path, write_nifti: Write) -> None:
    path = write_nifti(tmp_path / "a.nii", np.full((20, 40, 6), 100, np.uint8), np.diag([1.0, 1, 5, 1]))
    stretched, notes = stack_pixels(path, volume(spacing=None, planes=4), size=16)
    assert (stretched == 100).all()
    assert "resampled from 6 x 40 x 20 voxels to 4 x 16 x 16" in notes
    padded, _ = stack_pixels(path, volume(spacing=None, planes=4), size=16, fit="pad")
    assert (padded[:, :, 4:12] == 100).all()


def test_percentiles_are_those_of_the_whole_volume(tmp_path: Path, write_nifti: Write) -> None:
    values = np.linspace(0, 4000, 20 * 20 * 20).reshape(20, 20, 20).astype(np.int16)
    path = write_nifti(tmp_path / "a.nii", values)
    whole, _ = stack_pixels(path, volume(spacing=(1, 1, 1), planes=20), size=20)
    patch, _ = stack_pixels(path, volume(spacing=(1, 1, 1), planes=10), size=20)
    assert (whole[5:15] == patch).all()
    assert whole.min() == 0
    assert whole.max() == 255


@pytest.mark.parametrize("kind", [np.int16, np.uint16, np.uint8, np.float32])
def test_percentiles_without_a_copy_are_numpys(kind: Any) -> None:
    values = (np.random.default_rng(3).gamma(2.0, 20.0, (9, 11, 13))).astype(kind)
    assert np.allclose(volume_percentiles(values, (0.5, 99.3)), np.percentile(values.astype(np.float64), (0.5, 99.3)))


def test_the_files_window_is_used_and_missed_where_there_is_none(tmp_path: Path, write_series: Write) -> None:
    with_window = write_series(tmp_path / "a", WindowCenter=25, WindowWidth=20)
    made, notes = stack_pixels(with_window, volume(spacing=None, planes=4), size=16, window="file")
    assert made[:, 0, 0, 0].tolist() == [1, 67, 201, 255]  # the first would be 0, and is marked as being there
    assert not any("no window" in note for note in notes)
    _, notes = stack_pixels(write_series(tmp_path / "b"), volume(spacing=None, planes=4), size=16, window="file")
    assert "no window in the file: percentiles" in notes


def test_an_inverted_volume_is_turned_and_black_outside(tmp_path: Path, write_series: Write) -> None:
    path = write_series(tmp_path / "s", PhotometricInterpretation="MONOCHROME1")
    made, _ = stack_pixels(path, volume(planes=6, spacing=(2, 1, 1)), size=16)
    assert made[:, 8, 8, 0].tolist() == [0, 255, 170, 85, 0, 0]


def test_planes_that_are_there_are_never_all_black(tmp_path: Path, write_nifti: Write, write_video: Write) -> None:
    path = write_nifti(tmp_path / "a.nii", np.zeros((8, 8, 8), np.int16))
    made, _ = stack_pixels(path, volume(spacing=None, planes=3), size=16)
    assert made.reshape(3, -1).sum(axis=1).tolist() == [1, 1, 1]
    clip, _ = stack_pixels(write_video(tmp_path / "a.mp4", 2), FrameStack(kind="frames", planes=4), size=16)
    assert (clip.shape, clip.reshape(4, -1).any(axis=1).tolist()) == ((4, 16, 16, 3), [True, True, False, False])


def test_frames_of_more_than_8_bits_share_one_window(tmp_path: Path, write_dicom: Write) -> None:
    for number, level in enumerate((100, 200, 400)):  # contrast agent arrives
        write_dicom(tmp_path / f"{number}.dcm", np.full((8, 8), level, np.uint16), number=number)
    made, _ = stack_pixels(tmp_path, FrameStack(kind="frames", planes=3), size=16)
    assert made[:, 8, 8, 0].tolist() == [0, 85, 255]


def test_each_view_has_a_window_of_its_own(tmp_path: Path) -> None:
    ramp = np.arange(64, dtype=np.uint16).reshape(8, 8)
    for name, factor in (("T2", 1), ("DWI", 500)):
        Image.fromarray(ramp * factor).save(tmp_path / f"{name}.png")
    choice = parse_stack({"kind": "views", "names": ["T2", "DCE", "DWI"]})
    assert isinstance(choice, ViewStack)
    made, notes = stack_pixels(tmp_path, choice, size=16)
    assert np.abs(made[0].astype(int) - made[2]).max() <= 1
    assert not made[1].any()
    assert made.shape == (3, 16, 16, 3)
    assert "missing: DCE" in notes


def test_a_volume_of_a_multi_frame_dicom_is_ordered_by_its_frames_positions(tmp_path: Path, write_dicom: Write) -> None:
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    def holding(name: str, **said: Any) -> Dataset:
        outer, inner = Dataset(), Dataset()
        for key, value in said.items():
            setattr(inner, key, value)
        setattr(outer, name, Sequence([inner]))
        return outer

    shared = holding("PlaneOrientationSequence", ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    shared.PixelMeasuresSequence = holding("PixelMeasuresSequence", PixelSpacing=[1, 1]).PixelMeasuresSequence
    path = write_dicom(
        tmp_path / "enhanced.dcm",
        np.repeat(np.array([30, 10, 20], np.uint16), 64).reshape(3, 8, 8),
        NumberOfFrames=3,
        Rows=8,
        Columns=8,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        PlanarConfiguration=None,
        ImageOrientationPatient=None,
        ImagePositionPatient=None,
        PixelSpacing=None,
        SharedFunctionalGroupsSequence=Sequence([shared]),
        PerFrameFunctionalGroupsSequence=Sequence(
            [holding("PlanePositionSequence", ImagePositionPatient=[0, 0, z]) for z in (10, 0, 5)]
        ),
    )
    made, notes = stack_pixels(path, volume(planes=3, spacing=(5, 1, 1)), size=16)
    assert made[:, 8, 8, 0].tolist() == [0, 128, 255]
    assert "resampled from 5 x 1 x 1 to 5 x 1 x 1 mm" in notes


def test_pages_of_a_tiff_are_planes_without_millimetres(tmp_path: Path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", np.arange(5 * 64, dtype=np.uint16).reshape(5, 8, 8))
    made, _ = stack_pixels(tmp_path / "a.tif", volume(planes=5, spacing=None), size=16)
    assert (np.diff(made.mean(axis=(1, 2, 3))) > 0).all()
    with pytest.raises(ImageError, match="distances between voxels are not known"):
        stack_pixels(tmp_path / "a.tif", volume(), size=16)
