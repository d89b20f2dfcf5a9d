"""Radiomics: features computed by hand, mirp's own call, and outlines of which nothing can be told."""

from __future__ import annotations

import logging
from itertools import product

import numpy as np
import pytest
from pydantic import ValidationError

from readingroom.cases.radiomics import RadiomicsSection, Volume, extract_features
from readingroom.cases.radiomics.perturbation import PERTURBATIONS, perturb
from readingroom.core.errors import ImageError

VALUES = np.array([[0, 1, 2, 3, 0], [3, 3, 1, 0, 2], [2, 0, 0, 1, 1], [1, 2, 3, 3, 0], [0, 1, 1, 2, 3]], float)


def volume(inside: np.ndarray | None = None, side_mm: float = 1.0) -> Volume:
    mask = np.ones_like(VALUES, bool) if inside is None else inside
    padded, around = np.pad(VALUES, 3, constant_values=9), np.pad(mask, 3)
    return Volume(padded[None], around[None], (1.0, side_mm, side_mm))


def small(**values: object) -> RadiomicsSection:
    return RadiomicsSection.model_validate({"bins": 4, "families": ["statistics", "glcm"]} | values)


def contrast_by_hand(levels: np.ndarray) -> float:
    """Symmetric pairs of neighbours in four directions, merged: the mean squared difference of their grey levels."""
    rows, columns = levels.shape
    pairs = [
        (levels[r, c], levels[r + dr, c + dc])
        for r, c, (dr, dc) in product(range(rows), range(columns), [(0, 1), (1, 0), (1, 1), (1, -1)])
        if 0 <= r + dr < rows and 0 <= c + dc < columns
    ]
    return float(np.mean([(a - b) ** 2 for a, b in pairs]))


def test_mean_and_energy_are_those_computed_by_hand() -> None:
    found = extract_features(volume(), small())
    assert found["stat_mean"] == pytest.approx(VALUES.mean())
    assert found["stat_energy"] == pytest.approx((VALUES**2).sum())


def test_the_contrast_of_the_co_occurrence_matrix_is_that_computed_by_hand() -> None:
    found = extract_features(volume(), small())
    name = next(key for key in found if key.startswith("cm_contrast"))
    assert found[name] == pytest.approx(contrast_by_hand(VALUES))


def test_the_approximate_volume_is_the_pixels_times_their_size() -> None:
    found = extract_features(volume(side_mm=0.5), small(families=["morphology"], spacing=None))
    assert found["morph_vol_approx"] == pytest.approx(VALUES.size * 0.5 * 0.5)


def test_features_are_those_of_mirps_own_call() -> None:
    from mirp import extract_features as by_mirp

    drawn = np.random.default_rng(1).normal(100, 20, (1, 24, 24)).astype(np.float32)
    inside = np.zeros(drawn.shape, bool)
    inside[0, 5:17, 6:18] = True
    ours = extract_features(
        Volume(drawn.astype(float), inside), small(bins=16, families=["statistics", "glcm", "glrlm"])
    )
    theirs = by_mirp(
        image=drawn, mask=inside, by_slice=True, base_feature_families=["statistics", "glcm", "glrlm"],
        base_discretisation_method="fixed_bin_number", base_discretisation_n_bins=16,
    )[0].iloc[0]  # fmt: skip
    assert len(ours) > 50
    assert all(ours[name] == pytest.approx(float(theirs[name]), rel=1e-5) for name in ours)


def test_what_lies_outside_the_outline_changes_nothing() -> None:
    before = volume()
    other = before.values.copy()
    other[~before.inside] = 1000
    first, second = extract_features(before, small()), extract_features(Volume(other, before.inside), small())
    assert first == second


def test_resampling_brings_two_magnifications_together() -> None:
    grid = np.add.outer(np.sin(np.arange(40) / 5), np.cos(np.arange(40) / 6)) * 50
    coarse, section = grid[::2, ::2], small(families=["statistics"], spacing=[1.0, 1.0])
    found = []
    for values, side in ((grid, 1.0), (coarse, 2.0)):
        inside = np.zeros(values.shape, bool)
        inside[int(8 / side) : int(32 / side), int(8 / side) : int(32 / side)] = True
        found.append(extract_features(Volume(values[None], inside[None], (1.0, side, side)), section))
    assert found[0]["stat_mean"] == pytest.approx(found[1]["stat_mean"], abs=3)


@pytest.mark.parametrize(("pixels", "said"), [(0, "the outline is empty"), (1, "has 1 pixels, too few")])
def test_an_outline_of_nothing_or_of_one_pixel_is_refused_by_name(pixels: int, said: str) -> None:
    inside = np.zeros(VALUES.shape, bool)
    inside.flat[:pixels] = True
    with pytest.raises(ImageError, match=said):
        extract_features(volume(inside), small(), "a.png")


def test_an_outline_without_a_value_in_the_range_is_refused() -> None:
    with pytest.raises(ImageError, match="lies in the range 50 to 90"):
        extract_features(volume(), small(bins=None, bin_width=5, range=[50, 90]), "a.png")


def test_the_programs_logging_is_left_as_it_was() -> None:
    before = (list(logging.getLogger().handlers), logging.getLogger().level)
    extract_features(volume(), small())
    assert (list(logging.getLogger().handlers), logging.getLogger().level) == before
    assert logging.root.manager.disable == 0


def test_a_filtered_image_adds_features_of_its_own() -> None:
    found = extract_features(volume(), small(families=["statistics"], filters=["log-1.0"]))
    assert {name.split("_")[0] for name in found} == {"stat", "log"}


@pytest.mark.parametrize(
    "values", [{"bins": 8, "bin_width": 25}, {"bin_width": 25}, {"filters": ["gabor"]}, {"range": [5, 1]}]
)
def test_settings_that_contradict_each_other_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RadiomicsSection.model_validate(values)


@pytest.mark.parametrize("how", PERTURBATIONS)
def test_a_perturbed_outline_is_another_outline_of_the_same_lesion(how: str) -> None:
    inside = np.zeros((1, 32, 32), bool)
    inside[0, 8:24, 8:24] = True
    other = perturb(inside, how, np.random.default_rng(3))
    assert (other != inside).any()
    assert (other & inside).sum() > 0.6 * inside.sum()
    assert (perturb(inside, how, np.random.default_rng(3)) == other).all()
