"""Views: files or folders called as the view, in the order of the study file, and what is missing left open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from readingroom.cases.stacks.choice import ViewStack
from readingroom.cases.stacks.read import read_stack
from readingroom.core.errors import ImageError

Write = Callable[..., Path]


def picture(path: Path, grey: int, size: tuple[int, int] = (8, 6)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).save(path)


def names(*wanted: str, each: int = 1) -> ViewStack:
    return ViewStack(kind="views", names=wanted, each=each)


def test_views_come_in_the_order_of_the_study_file_whatever_their_kind(
    tmp_path: Path, write_series: Write, write_nifti: Write, write_dicom: Write
) -> None:
    folder = tmp_path / "病人甲"
    write_series(folder / "T2", range(0, 18, 2))  # greys 10 to 90
    write_nifti(folder / "dwi.nii.gz", np.arange(9, dtype=np.int16)[None, None].repeat(8, 0).repeat(8, 1))
    picture(folder / "正位.png", 77)
    write_dicom(folder / "lateral.dcm", np.full((8, 8), 55, np.uint16))
    stack = read_stack(folder, names("正位", "DWI", "t2", "Lateral", each=3))
    assert stack.present == (True, False, False, *(True,) * 6, True, False, False)
    greys = [float(stack.image(at).pixels.mean()) for at in np.flatnonzero(stack.present)]
    assert greys == [77, 1, 4, 7, 20, 50, 80, 55]
    assert stack.facts.kind == "views"


def test_a_missing_view_is_absent_and_noted(tmp_path: Path) -> None:
    picture(tmp_path / "p" / "ap.png", 9)
    stack = read_stack(tmp_path / "p", names("ap", "lateral"))
    assert stack.present == (True, False)
    assert "missing: lateral" in stack.facts.notes


def test_a_folder_of_pictures_is_a_view_of_several_planes(tmp_path: Path) -> None:
    for number in range(1, 11):
        picture(tmp_path / "p" / "phase" / f"{number}.png", number)
    stack = read_stack(tmp_path / "p", names("phase", each=2))
    assert [stack.image(at).pixels[0, 0] for at in (0, 1)] == [3, 8]


def test_sagittal_slices_stay_the_planes_of_a_view_and_stand_upright(tmp_path: Path, write_nifti: Write) -> None:
    values = np.zeros((10, 12, 5), np.int16)  # columns to the back, rows to the feet, slices to the left
    values[:, 0] = 5  # the head
    affine = np.array([[0, 0, -4, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    write_nifti(tmp_path / "p" / "T2.nii.gz", values, affine)
    plane = read_stack(tmp_path / "p", names("T2")).image(0).pixels
    assert plane.shape == (12, 10)
    assert plane[0].tolist() == [5] * 10
    assert not plane[1:].any()


def refused(path: Path, choice: ViewStack) -> ImageError:
    with pytest.raises(ImageError) as caught:
        read_stack(path, choice)
    assert caught.value.fix
    return caught.value


def test_without_any_of_the_names_the_error_lists_what_is_there(tmp_path: Path) -> None:
    picture(tmp_path / "p" / "正位.png", 9)
    (tmp_path / "p" / ".hidden").write_text("x")
    error = refused(tmp_path / "p", names("ap", "lateral"))
    assert error.what == "none of the views ap, lateral; here are: 正位.png"
    (tmp_path / "q").mkdir()
    assert "here are: nothing" in refused(tmp_path / "q", names("ap")).what


def test_a_view_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "p" / "ap.png", 9)
    picture(tmp_path / "p" / "AP.jpg", 9)
    assert "ap is there more than once (AP.jpg, ap.png)" in refused(tmp_path / "p", names("ap")).what


def test_a_damaged_view_is_refused_and_not_taken_for_missing(tmp_path: Path) -> None:
    picture(tmp_path / "p" / "ap.png", 9)
    (tmp_path / "p" / "lateral.png").write_bytes(b"")
    assert "lateral.png" in str(refused(tmp_path / "p", names("ap", "lateral")))
    (tmp_path / "p" / "lateral.png").unlink()
    (tmp_path / "p" / "lateral").mkdir()
    assert "a view without pictures" in refused(tmp_path / "p", names("ap", "lateral")).what


def test_a_file_is_no_folder_of_views(tmp_path: Path) -> None:
    picture(tmp_path / "ap.png", 9)
    assert "not a folder" in refused(tmp_path / "ap.png", names("ap")).what
