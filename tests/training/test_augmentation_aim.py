"""Aimed windows: so often as asked for, a lesion is in the window, whatever else is drawn; others stay at random."""

from __future__ import annotations

import numpy as np
import pytest

from readingroom.training.augmentation import Aim, AugmentationSection, Augmenter, apply_to_boxes

SIDE, WINDOW, COUNT = 400, 80, 300
SECTION = AugmentationSection.model_validate(
    {
        "affine": {"rotate": 15, "scale": [0.9, 1.1], "translate": 0.03},
        "flip": True,
        "flip_vertical": True,
        "crop": [(WINDOW / SIDE) ** 2] * 2,
    }
)


def augmenter_of(aim: Aim | None) -> Augmenter:
    return Augmenter(SECTION, WINDOW, (0.5,) * 3, (0.2,) * 3, seed=3, aim=aim)


def seen(share: float, boxes: list[np.ndarray]) -> float:
    """The share of windows that a box's middle lies in."""
    draws = augmenter_of(Aim(boxes, share, SIDE, 3)).draw(np.arange(len(boxes)), 0)
    moved = apply_to_boxes(boxes, draws, (SIDE, SIDE), cut=False)
    middles = [(one[:, :2] + one[:, 2:]) / 2 for one in moved]
    return float(np.mean([((one > 0) & (one < WINDOW)).all(axis=1).any() for one in middles]))


@pytest.fixture
def boxes() -> list[np.ndarray]:
    corner = np.random.default_rng(1).uniform(60, SIDE - 80, (COUNT, 2))
    return [np.array([[x, y, x + 12, y + 12]]) for x, y in corner]


def test_a_lesion_is_in_the_window_as_often_as_asked_for(boxes: list[np.ndarray]) -> None:
    by_chance = seen(0.0, boxes)
    assert by_chance < 0.15
    assert seen(1.0, boxes) > 0.98
    assert seen(0.5, boxes) == pytest.approx(0.5 + by_chance / 2, abs=0.08)


def test_images_without_a_lesion_keep_what_was_drawn(boxes: list[np.ndarray]) -> None:
    own = [*boxes[:3], np.empty((0, 4)), None]
    one, two = (augmenter_of(aim).draw(np.arange(5), 2).values for aim in (None, Aim(own, 1.0, SIDE, 3)))
    np.testing.assert_array_equal(one[3:], two[3:])
    assert (one[:3] != two[:3]).any(axis=1).all()


def test_what_an_image_gets_depends_on_its_own_index_only(boxes: list[np.ndarray]) -> None:
    augmenter = augmenter_of(Aim(boxes, 0.5, SIDE, 3))
    together, turned = augmenter.draw([4, 9, 2], 1).values, augmenter.draw([2, 9, 4], 1).values
    np.testing.assert_array_equal(together, turned[::-1])
