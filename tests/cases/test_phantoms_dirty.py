from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from readingroom.cases.cleaning import find_border
from readingroom.cases.images import read_image
from readingroom.cases.phantoms import draw_dirty_phantoms
from readingroom.cases.phantoms.dirty import CENTRES, draw_section
from readingroom.core.errors import CaseTableError
from readingroom.core.seeds import generator


def test_the_same_seed_draws_the_same_bytes_and_more_patients_leave_the_first_ones(tmp_path: Path) -> None:
    few, many = (pd.read_csv(draw_dirty_phantoms(tmp_path / f"{n}", patients=n, size=(64, 64))) for n in (6, 9))
    assert many.head(6).equals(few)
    for name in few["image"]:
        assert (tmp_path / "6" / name).read_bytes() == (tmp_path / "9" / name).read_bytes()


def test_every_image_is_16_bit_grey_with_a_border_that_can_be_found(tmp_path: Path) -> None:
    table = pd.read_csv(draw_dirty_phantoms(tmp_path, patients=12, difficulty=0.2))
    assert set(table["centre"]) <= set(CENTRES)
    found = 0
    for name in table["image"]:
        image = read_image(tmp_path / name)
        assert image.pixels.dtype == np.uint16
        assert image.pixels.shape == (96, 112)
        found += find_border(image.shown()) != (0, 0, 112, 96)
    assert found >= 11


def test_only_a_nodule_has_an_outline_and_it_is_brighter_than_what_is_around_it() -> None:
    healthy, none = draw_section((70, 80), ill=False, difficulty=0.3, rng=generator(1, "a"))
    assert not none.any()
    brighter = [draw_section((70, 80), ill=True, difficulty=0.0, rng=generator(seed, "b")) for seed in range(8)]
    assert all(tissue[mask == 1].mean() > tissue[mask == 0].mean() + 0.1 for tissue, mask in brighter)
    assert 0 < healthy.min() <= healthy.max() <= 1


def test_brightness_alone_does_not_give_the_class_away(tmp_path: Path) -> None:
    table = pd.read_csv(draw_dirty_phantoms(tmp_path, patients=80, size=(64, 72)))
    mean = np.array([read_image(tmp_path / name).pixels.mean() for name in table["image"]])
    ill = (table["label"] == "nodule").to_numpy()
    above = (mean[ill][:, None] > mean[~ill]).mean()
    assert 0.3 < above < 0.7


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseTableError, match="at least 16 pixels"):
        draw_dirty_phantoms(tmp_path, size=(8, 8))
