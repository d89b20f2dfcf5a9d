"""Regions: what a box changes in a training image, how often, and that nothing else moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from readingroom.training.augmentation import AugmentationSection, Augmenter
from readingroom.training.augmentation.regions import crop_region, dim_background, emphasise, mix_in
from readingroom.training.augmentation.section import RegionsSection
from readingroom.training.prepared import PreparedImages
from readingroom.training.sources import ImageSource

SIZE = 64
BOX = np.array([[16.0, 24.0, 32.0, 40.0]])


def draw_images(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(40, 200, (count, SIZE, SIZE, 3)).astype(np.uint8)


def test_a_crop_shows_the_box_with_its_margin_and_stays_within_the_image() -> None:
    image = np.zeros((SIZE, SIZE, 3), np.uint8)
    image[24:40, 16:32] = 255
    assert crop_region(image, BOX[0], 0.0).min() == 255
    wide = crop_region(image, BOX[0], 0.5)
    assert (wide > 127).mean() == pytest.approx(0.25, abs=0.03)
    corner = crop_region(image, np.array([0.0, 0.0, 10.0, 10.0]), 1.0)
    assert corner.shape == image.shape


def test_the_background_is_dimmed_and_the_box_is_not() -> None:
    image = draw_images(1)[0]
    made = dim_background(image, BOX[0], 0.5)
    assert (made[24:40, 16:32] == image[24:40, 16:32]).all()
    assert np.abs(made[:20].astype(int) - image[:20] / 2).max() <= 1


def test_a_mixture_holds_both() -> None:
    image = draw_images(1)[0]
    crop = np.full_like(image, 200)
    assert np.abs(mix_in(image, crop, 0.25).astype(float) - (0.75 * image + 50)).max() <= 1


def test_images_without_a_box_stay_and_the_stated_share_is_changed() -> None:
    images, section = draw_images(200), RegionsSection(p=0.5)
    none = [np.empty((0, 4))] * 200
    assert (emphasise(images, none, section, 7, np.arange(200), 0) == images).all()
    made = emphasise(images, [BOX] * 200, section, 7, np.arange(200), 0)
    changed = (made != images).any(axis=(1, 2, 3)).mean()
    assert 0.38 < changed < 0.62


def test_what_is_drawn_depends_on_seed_epoch_and_index_alone() -> None:
    images, section = draw_images(8), RegionsSection(p=1.0)
    whole = emphasise(images, [BOX] * 8, section, 7, np.arange(8), 3)
    part = emphasise(images[4:], [BOX] * 4, section, 7, np.arange(4, 8), 3)
    assert (whole[4:] == part).all()
    assert not (whole == emphasise(images, [BOX] * 8, section, 7, np.arange(8), 4)).all()


def test_only_drawn_inputs_are_helped(tmp_path: Path) -> None:
    images = draw_images(6)
    np.save(tmp_path / "i.npy", images)
    section = AugmentationSection(regions=RegionsSection(p=1.0))
    augmenter = Augmenter(section, SIZE, (0, 0, 0), (1, 1, 1), seed=7)
    source = ImageSource(PreparedImages(tmp_path / "i.npy"), augmenter, boxes=(BOX,) * 5 + (None,))
    plain, drawn = source.plain(np.arange(6)), source.drawn(np.arange(6), epoch=0)
    assert all(not np.array_equal(plain[place], drawn[place]) for place in range(5))
    assert np.array_equal(plain[5], drawn[5])


def test_some_way_must_be_left() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        RegionsSection(crop=0, dim=0, mix=0)
