from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from readingroom.core.errors import TrainingError
from readingroom.training.augmentation import AugmentationSection, Draws, draw, draw_copies, neutral

FULL = AugmentationSection.model_validate(
    {
        "affine": {"rotate": 20, "shear": 5, "scale": [0.8, 1.2], "translate": 0.1},
        "elastic": {"alpha": 30, "sigma": 6},
        "jitter": {"brightness": 0.2, "contrast": 0.3, "saturation": 0.4, "hue": 0.03},
        "flip": True,
        "flip_vertical": True,
        "crop": [0.8, 1.0],
    }
)


def same(a: Draws, b: Draws) -> bool:
    return a.values.tobytes() == b.values.tobytes() and a.noise.tobytes() == b.noise.tobytes()


def test_draws_depend_on_the_image_and_not_on_its_batch() -> None:
    together = draw(FULL, 7, 3, [5, 0, 999_999, 2], 64)
    for row, index in enumerate([5, 0, 999_999, 2]):
        assert same(together.take([row]), draw(FULL, 7, 3, [index], 64))


def test_an_index_drawn_twice_gives_the_same_numbers() -> None:
    draws = draw(FULL, 7, 0, [4, 4], 64)
    assert same(draws.take([0]), draws.take([1]))


@pytest.mark.parametrize("other", [(8, 3, 0), (7, 4, 0), (7, 3, 1)], ids=["seed", "epoch", "copy"])
def test_another_seed_epoch_or_copy_gives_other_numbers(other: tuple[int, int, int]) -> None:
    seed, epoch, copy = other
    ours, theirs = draw(FULL, 7, 3, [1], 64), draw(FULL, seed, epoch, [1], 64, copy=copy)
    assert (ours.values[:, :5] != theirs.values[:, :5]).all()
    assert (ours.noise != theirs.noise).mean() > 0.9


def test_the_numbers_never_change_between_versions() -> None:
    drawn = draw(FULL, 7, 3, [11], 64)
    assert drawn.column("rotate_deg")[0] == pytest.approx(0.7002720127558923, abs=1e-12)
    assert drawn.noise[0, 0, 0, :4].tolist() == [27, 68, 83, 194]


def test_draws_fill_their_ranges_evenly() -> None:
    draws = draw(FULL, 1, 0, np.arange(4000), 8)
    area = draws.column("crop_side") ** 2
    ranges = {
        "rotate_deg": (-20, 20),
        "shear_deg": (-5, 5),
        "scale": (0.8, 1.2),
        "translate_x": (-0.1, 0.1),
        "brightness": (0.8, 1.2),
        "contrast": (0.7, 1.3),
        "saturation": (0.6, 1.4),
        "hue": (-0.03, 0.03),
    }
    for values, (low, high) in [(draws.column(name), ends) for name, ends in ranges.items()] + [(area, (0.8, 1.0))]:
        assert values.min() >= low
        assert values.max() <= high
        shares = np.histogram(values, bins=4, range=(low, high))[0] / 4000
        assert np.abs(shares - 0.25).max() < 0.03
    assert abs(draws.column("flip").mean() - 0.5) < 0.03
    assert abs(np.corrcoef(draws.column("flip"), draws.column("flip_vertical"))[0, 1]) < 0.05


def test_a_probability_leaves_the_rest_as_they_are() -> None:
    section = AugmentationSection.model_validate(
        {
            "affine": {"rotate": 20, "p": 0.25},
            "elastic": {"alpha": 5, "sigma": 4, "p": 0.5},
            "jitter": {"hue": 0.1, "p": 0},
        }
    )
    draws = draw(section, 1, 0, np.arange(4000), 8)
    assert abs((draws.column("rotate_deg") != 0).mean() - 0.25) < 0.03
    assert abs((draws.column("alpha_px") == 5).mean() - 0.5) < 0.03
    assert (draws.column("hue") == 0).all()


def test_an_option_shifts_no_other_draw() -> None:
    without = FULL.model_copy(update={"elastic": None, "crop": None})
    ours, theirs = draw(FULL, 7, 0, [1, 2], 64), draw(without, 7, 0, [1, 2], 64)
    assert (ours.column("hue") == theirs.column("hue")).all()
    assert (ours.column("rotate_deg") == theirs.column("rotate_deg")).all()


def test_copies_stand_image_by_image_and_are_those_of_draw() -> None:
    draws = draw_copies(FULL, 7, [3, 9], 4, 64, epoch=2)
    assert draws.index.tolist() == [3, 3, 3, 3, 9, 9, 9, 9]
    assert draws.copy.tolist() == [0, 1, 2, 3] * 2
    assert same(draws.take([6]), draw(FULL, 7, 2, [9], 64, copy=2))


def test_recorded_draws_are_read_back_to_the_bit(tmp_path: Path) -> None:
    draws = draw(FULL.model_copy(update={"outside": "reflect"}), 7, 3, [5, 0], (48, 64))
    draws.save(tmp_path / "图.npz")
    again = Draws.load(tmp_path / "图.npz")
    assert same(draws, again)
    assert again.index.tolist() == [5, 0]
    assert (again.size, again.sigma_px, again.outside) == ((48, 64), 6.0, "reflect")


@pytest.mark.parametrize("content", [b"", b"not draws", b"PK\x03\x04 cut short"], ids=["empty", "text", "truncated"])
def test_a_file_that_holds_no_draws_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "draws.npz").write_bytes(content)
    with pytest.raises(TrainingError, match=r"draws\.npz: not recorded draws"):
        Draws.load(tmp_path / "draws.npz")


def test_draws_of_another_version_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "draws.npz", columns=np.array(["rotate_deg"]))
    with pytest.raises(TrainingError, match="another version"):
        Draws.load(tmp_path / "draws.npz")


def test_the_table_of_draws_has_a_row_an_image() -> None:
    table = draw(FULL, 7, 3, [5, 0], 64).table()
    assert table["index"].tolist() == [5, 0]
    assert table["epoch"].tolist() == [3, 3]
    assert set(table.columns) >= {"rotate_deg", "crop_side", "hue", "flip", "alpha_px"}


def test_an_empty_batch_is_drawn() -> None:
    assert len(draw(FULL, 7, 3, [], 64)) == 0
    assert len(neutral(0, (64, 64))) == 0


def test_a_negative_index_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        draw(FULL, 7, 3, [-1], 64)
