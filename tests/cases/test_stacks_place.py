"""Places in volumes: named in the case table, and found again in an image's path."""

from __future__ import annotations

from pathlib import Path

import pytest

from readingroom.cases.stacks.place import split_place, with_place
from readingroom.core.errors import CaseTableError


@pytest.mark.parametrize(
    "point", ["-12.5 30 104", "-12.5,30,104", " ( -12.5, 30; 104 ) ", "-12.5，30，104", "-1.25e1 3e1 104"]
)
def test_a_point_is_written_behind_the_image_and_read_again(point: str) -> None:
    placed = with_place("病例/001.nii.gz", point)
    assert placed == "病例/001.nii.gz@-12.5,30,104"
    assert split_place(placed) == (Path("病例/001.nii.gz"), (-12.5, 30.0, 104.0))


def test_tiny_and_large_numbers_are_written_without_exponents() -> None:
    assert with_place("a.nii", "0.00001 -0.0001 123456.7891") == "a.nii@0,0,123456.789"


@pytest.mark.parametrize("path", ["a@b.nii.gz", "ct@1,2.nii", "user@host/1.dcm", "a.nii@1,2"])
def test_an_at_sign_without_three_numbers_belongs_to_the_name(path: str) -> None:
    assert split_place(path) == (Path(path), None)


@pytest.mark.parametrize("point", ["", "1 2", "1 2 3 4", "a b c", "1 2 nan", "inf 0 0", "1,5 2,5 3,5"])
def test_nonsense_is_refused_with_the_image_and_the_column(point: str) -> None:
    with pytest.raises(CaseTableError, match=r"001\.nii") as caught:
        with_place("001.nii", point)
    assert caught.value.field == "point"
    assert "x y z in mm" in caught.value.fix
