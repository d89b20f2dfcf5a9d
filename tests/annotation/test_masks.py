import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from readingroom.annotation import read_mask, separate_parts, trace
from readingroom.annotation.masks import read_numbers
from readingroom.annotation.outlines import rasterise
from readingroom.core.errors import AnnotationError

DISC = np.hypot(*np.mgrid[-20:20, -25:25]) < 12


def _save(path: Path, values: np.ndarray, mode: str | None = None, **options: object) -> Path:
    image = Image.fromarray(values)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


@pytest.mark.parametrize("value", [1, 255, 7])
def test_one_value_beside_0_is_the_foreground(value: int, tmp_path: Path) -> None:
    mask = read_mask(_save(tmp_path / "掩膜 1.png", DISC.astype(np.uint8) * value), (50, 40))
    assert np.array_equal(mask.inside, DISC)
    assert mask.present == (1,)
    assert bool(mask.notes) is (value == 7)


@pytest.mark.parametrize("mode", ["1", "RGB", "RGBA", "LA"])
def test_masks_of_one_bit_and_in_grey_colours_are_read(mode: str, tmp_path: Path) -> None:
    mask = read_mask(_save(tmp_path / "a.png", DISC.astype(np.uint8) * 255, mode))
    assert np.array_equal(mask.inside, DISC)


def test_a_jpeg_is_divided_at_half_and_says_so(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.jpg", DISC.astype(np.uint8) * 255, quality=60)
    assert np.unique(np.asarray(Image.open(path))).size > 2
    mask = read_mask(path)
    assert np.count_nonzero(mask.inside != DISC) <= 4
    assert "divided at 128" in mask.notes[0]


def test_soft_edges_in_a_png_are_no_lesions_of_their_own(tmp_path: Path) -> None:
    large = Image.fromarray(DISC.astype(np.uint8) * 255)
    soft = np.asarray(large.resize((150, 120), Image.Resampling.BILINEAR))
    assert np.unique(soft).size > 3
    mask = read_mask(_save(tmp_path / "a.png", soft))
    assert mask.present == (1,)
    assert np.array_equal(mask.inside, soft >= 128)


def test_grey_levels_that_fill_areas_are_lesions(tmp_path: Path) -> None:
    values = np.zeros((20, 30), np.uint8)
    values[2:9, 2:9], values[12:18, 12:18], values[3:8, 20:26] = 85, 170, 255
    assert read_mask(_save(tmp_path / "a.png", values)).present == (85, 170, 255)


def test_a_palette_keeps_its_numbers_and_its_border_is_background(tmp_path: Path) -> None:
    values = np.zeros((20, 30), np.uint8)
    values[2:9, 2:9], values[12:18, 12:18] = 1, 2
    values[9, 2:9] = 255
    image = Image.fromarray(values)
    image.putpalette([n * 7 % 256 for n in range(768)])
    image.save(tmp_path / "a.png")
    mask = read_mask(tmp_path / "a.png")
    assert mask.present == (1, 2)
    assert np.array_equal(mask.values, np.where(values == 255, 0, values))
    assert "255" in mask.notes[0]


def test_colours_become_numbers(tmp_path: Path) -> None:
    rgb = np.zeros((10, 12, 3), np.uint8)
    rgb[1:4, 1:4], rgb[5:9, 5:9] = (255, 0, 0), (0, 255, 0)
    mask = read_mask(_save(tmp_path / "a.png", rgb))
    assert mask.present == (1, 2)
    assert mask.values[6, 6] == 1  # the order is that of the colours' numbers: 00ff00 before ff0000
    assert "#00ff00, #ff0000" in mask.notes[0]


def test_more_than_255_lesions_need_16_bits_and_have_them(tmp_path: Path) -> None:
    values = np.arange(400, dtype=np.uint16).reshape(20, 20)
    mask = read_mask(_save(tmp_path / "a.png", values))
    assert mask.values.dtype == np.uint16
    assert np.array_equal(mask.values, values)


def test_transparency_around_a_lesion_is_background(tmp_path: Path) -> None:
    rgba = np.zeros((40, 50, 4), np.uint8)
    rgba[..., 3] = DISC * 255
    assert np.array_equal(read_mask(_save(tmp_path / "a.png", rgba)).inside, DISC)


def test_a_mask_that_seems_inside_out_is_named(tmp_path: Path) -> None:
    mask = read_mask(_save(tmp_path / "a.png", (~DISC).astype(np.uint8) * 255))
    assert "exchanged" in mask.notes[0]


@pytest.mark.parametrize(
    ("size", "said"), [((60, 40), "50 x 40 pixels, its image 60 x 40"), ((40, 50), "width and height exchanged")]
)
def test_a_mask_of_another_size_than_its_image_is_refused(size: tuple[int, int], said: str, tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=said):
        read_mask(_save(tmp_path / "a.png", DISC.astype(np.uint8)), size)


def test_an_empty_mask_is_refused_only_where_a_lesion_is_said_to_be(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.png", np.zeros((4, 4), np.uint8))
    assert read_mask(path).present == ()
    with pytest.raises(AnnotationError, match="empty, though its image is said to show a lesion"):
        read_mask(path, lesion=True)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("dark.jpg", DISC.astype(np.uint8), "do not survive JPEG"),
        ("levels.jpg", np.repeat(np.array([[0, 128, 255]] * 24, np.uint8), 24, axis=1), "several grey levels"),
        ("colours.jpg", np.kron(np.array([[[0, 0, 0], [255, 0, 0]]], np.uint8), np.ones((24, 24, 1), np.uint8)),
         "colours"),
        ("decimal.tif", np.ones((4, 4), np.float32), "decimal"),
    ],
)  # fmt: skip
def test_masks_whose_values_cannot_be_told_apart_are_refused(
    name: str, values: np.ndarray, said: str, tmp_path: Path
) -> None:
    with pytest.raises(AnnotationError, match=said):
        read_mask(_save(tmp_path / name, values))


def test_a_truncated_or_missing_mask_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.png", np.random.default_rng(0).integers(0, 255, (50, 50), np.uint8))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(AnnotationError, match="not a mask that can be read"):
        read_mask(path)
    with pytest.raises(AnnotationError, match="no such file"):
        read_mask(tmp_path / "none.png")


def test_parts_are_separated_and_specks_are_parts() -> None:
    mask = np.zeros((9, 9))
    mask[1:3, 1:3], mask[3, 3], mask[7, 7] = 1, 1, 1
    assert [int(part.sum()) for part in separate_parts(mask)] == [5, 1]


def test_numbered_pixels_stay_as_stored(tmp_path: Path) -> None:
    values = np.zeros((4, 5), np.uint8)
    values[1, 1] = 2
    assert np.array_equal(read_numbers(_save(tmp_path / "a.png", values), (5, 4)), values)
    with pytest.raises(AnnotationError, match="JPEG or in colours"):
        read_numbers(_save(tmp_path / "a.jpg", values), (5, 4))


def test_the_masks_of_real_polyps_are_read_and_come_back(shared: Path) -> None:
    root = shared / "data" / "hyperkvasir"
    with (root / "cases.csv").open(encoding="utf-8-sig") as opened:
        rows = [row for row in csv.DictReader(opened) if row["outline"]][::20]
    assert len(rows) == 28
    for row in rows:
        with Image.open(root / row["image"]) as image:
            mask = read_mask(root / row["outline"], image.size, lesion=True)
        polygons = trace(mask.inside)
        assert mask.present == (1,)
        assert np.array_equal(rasterise(polygons, *mask.values.shape), mask.inside)
