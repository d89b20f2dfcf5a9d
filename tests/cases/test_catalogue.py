"""The catalogue: one row an image, unreadable ones with their reason, and nothing read twice."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from readingroom.cases import catalogue as module
from readingroom.cases.catalogue import (
    COLUMNS,
    catalogue_images,
    describe_pixels,
    estimate_jpeg_quality,
    hash_pixels,
    view_of,
)
from readingroom.cases.duplicates import find_duplicates
from readingroom.cases.images import read_image
from readingroom.cases.view import find_view
from readingroom.core.errors import ImageError
from readingroom.core.tables import write_parquet


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    tissue = cv2.resize(rng.integers(60, 220, (8, 9, 3), dtype=np.uint8), (200, 160), interpolation=cv2.INTER_CUBIC)
    tissue[..., 1:] //= 2
    frame = np.zeros((180, 260, 3), np.uint8)
    frame[10:170, 50:250] = tissue
    return frame


def table(folder: Path, *names: str) -> Any:
    frame = pd.DataFrame({"image": list(names)})
    return SimpleNamespace(frame=frame, path=lambda name: folder / name, source=folder / "cases.csv", root=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(4):
        Image.fromarray(picture(number)).save(tmp_path / f"图{number}.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "图0.png").read_bytes()[:500])
    (tmp_path / "empty.jpg").touch()
    return tmp_path


NAMES = ("图2.png", "broken.png", "图0.png", "none.png", "empty.jpg", "图1.png")


def test_rows_are_in_the_tables_order_with_every_column(folder: Path) -> None:
    found = catalogue_images(table(folder, *NAMES), workers=3)
    assert found.columns.tolist() == list(COLUMNS)
    assert found["image"].tolist() == list(NAMES)
    assert found["readable"].tolist() == [True, False, True, False, False, True]
    good = found[found["readable"]]
    assert good["view_kind"].tolist() == ["rectangle"] * 3
    assert good[["width", "height", "bits"]].astype(int).to_numpy().tolist() == [[260, 180, 8]] * 3
    assert good.drop(columns="alpha").notna().all(axis=None)


def test_unreadable_files_are_listed_with_what_to_do(folder: Path) -> None:
    found = catalogue_images(table(folder, *NAMES)).set_index("image")
    assert "truncated" in found.loc["broken.png", "reason"]
    assert "no such file" in found.loc["none.png", "reason"]
    assert "empty" in found.loc["empty.jpg", "reason"]
    assert "Copy it again" in found.loc["empty.jpg", "reason"]
    assert found.loc["图0.png", "reason"] == ""


def test_what_the_disk_says_of_a_file_is_kept_even_where_it_cannot_be_read(folder: Path) -> None:
    found = catalogue_images(table(folder, *NAMES)).set_index("image")
    for name in ("broken.png", "empty.jpg"):
        status = (folder / name).stat()
        assert tuple(found.loc[name, ["file_bytes", "mtime_ns"]]) == (status.st_size, status.st_mtime_ns)
    assert pd.isna(found.loc["none.png", "file_bytes"])
    assert [len(found.loc[name, "sha256"]) for name in ("broken.png", "empty.jpg", "none.png")] == [64, 0, 0]


def test_strict_names_all_unreadable_files_in_one_error(folder: Path) -> None:
    with pytest.raises(ImageError, match="3 of 6") as caught:
        catalogue_images(table(folder, *NAMES), strict=True)
    assert len(caught.value.problems) == 3
    assert all(name in str(caught.value) for name in ("broken.png", "none.png", "empty.jpg"))


def test_an_image_named_twice_has_one_row(folder: Path) -> None:
    assert len(catalogue_images(table(folder, "图0.png", "图1.png", "图0.png"))) == 2


def test_a_view_survives_the_catalogue_and_parquet(folder: Path, tmp_path: Path) -> None:
    found = catalogue_images(table(folder, "图0.png", "broken.png"))
    write_parquet(found, tmp_path / "c.parquet", kind="catalogue")
    again = pd.read_parquet(tmp_path / "c.parquet")
    assert view_of(again.iloc[0]) == find_view(read_image(folder / "图0.png").pixels)
    assert again["thumbnail"].iloc[0] == found["thumbnail"].iloc[0]


def test_whole_views_still_describe_the_border_that_the_reader_will_see(folder: Path) -> None:
    auto, whole = (catalogue_images(table(folder, "图0.png"), view=view).iloc[0] for view in ("auto", "whole"))
    assert whole["view_kind"] == "whole"
    assert whole["view_x1"] == 260
    assert auto["panel_border_share"] == whole["panel_border_share"] > 0.2


def test_a_second_pass_reads_only_what_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = catalogue_images(table(folder, "图0.png", "图1.png", "图2.png", "broken.png"))
    read: list[str] = []
    original = module.catalogue_image

    def watched(image: str, path: Path, *asked: Any) -> dict[str, Any]:
        read.append(image)
        return original(image, path, *asked)

    monkeypatch.setattr(module, "catalogue_image", watched)
    Image.fromarray(picture(9)).save(folder / "图1.png")
    os.utime(folder / "图1.png", ns=(1, 1))
    second = catalogue_images(table(folder, "图0.png", "图1.png", "图2.png", "broken.png", "图3.png"), known=first)
    assert sorted(read) == ["broken.png", "图1.png", "图3.png"]
    pd.testing.assert_frame_equal(second.iloc[[0, 2]], first.iloc[[0, 2]], check_dtype=False)
    assert second["pixels_hash"].iloc[1] != first["pixels_hash"].iloc[1]


def test_a_catalogue_of_another_mode_or_version_is_not_used_again(folder: Path) -> None:
    first = catalogue_images(table(folder, "图0.png"), view="whole")
    assert catalogue_images(table(folder, "图0.png"), known=first)["view_kind"].iloc[0] == "rectangle"
    older = first.assign(version=0, view_kind="stale")
    assert catalogue_images(table(folder, "图0.png"), view="whole", known=older)["view_kind"].iloc[0] == "whole"


def test_the_same_pixels_in_another_format_are_exact_duplicates(folder: Path) -> None:
    Image.fromarray(picture(0)).save(folder / "copy.bmp")
    found = find_duplicates(catalogue_images(table(folder, "图0.png", "图1.png", "copy.bmp", "broken.png")))
    [pair] = found.pairs.to_dict("records")
    assert (pair["a"], pair["b"], pair["exact"]) == ("图0.png", "copy.bmp", True)


def test_one_worker_and_many_give_the_same_catalogue(folder: Path) -> None:
    cases = table(folder, *NAMES)
    pd.testing.assert_frame_equal(catalogue_images(cases, workers=1), catalogue_images(cases, workers=4))


def test_hashes_tell_shapes_and_depths_apart() -> None:
    pixels = np.zeros((4, 6), np.uint8)
    hashes = {hash_pixels(p) for p in (pixels, pixels.T, pixels[:3], np.zeros((2, 6), np.uint16))}
    assert len(hashes) == 4
    assert hash_pixels(np.asfortranarray(pixels)) == hash_pixels(pixels)


@pytest.mark.parametrize("quality", [30, 50, 75, 90, 95])
def test_the_quality_of_a_jpeg_is_estimated_within_one(tmp_path: Path, quality: int) -> None:
    Image.fromarray(picture(0)).save(tmp_path / "q.jpg", quality=quality)
    assert abs(estimate_jpeg_quality((tmp_path / "q.jpg").read_bytes()) - quality) <= 1
    assert estimate_jpeg_quality(b"\x89PNG") == 0


def test_the_black_around_a_body_is_no_fault_of_a_picture_without_colour() -> None:
    slice_ = np.zeros((60, 60), np.uint8)
    slice_[20:40, 20:40] = np.random.default_rng(1).integers(0, 255, (20, 20))
    assert describe_pixels(slice_, "whole")["complaints"] == ""
    assert describe_pixels(np.repeat(slice_[..., None], 3, axis=2), "whole")["complaints"] == "underexposed"
