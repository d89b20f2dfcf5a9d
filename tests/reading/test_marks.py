"""Marks: peaks to a fraction of a voxel, tiles that meet without a gap, and neighbours that are kept apart."""

import numpy as np
import pytest
import torch
from torch import nn

from readingroom.cases.stacks.choice import VolumeStack
from readingroom.core.errors import BundleError
from readingroom.networks.heat_mapper import HeatMapper
from readingroom.reading.mark_engine import MarkEngine, cut, patch_problem, tiles_of
from readingroom.reading.marks import FoundMarks, find_peaks, keep_apart
from readingroom.reading.preprocessing import Preprocessing


def gaussian(shape: tuple[int, ...], middle: list[float], height: float, sd: float = 1.5) -> np.ndarray:
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return height * np.exp(-((grid - middle) ** 2).sum(axis=-1) / (2 * sd**2))


def test_peaks_are_found_to_a_fraction_of_a_voxel_the_surest_first() -> None:
    heat = gaussian((16, 20, 18), [5.3, 6, 7.6], 0.6) + gaussian((16, 20, 18), [11, 13.2, 4], 0.9)
    found = find_peaks(torch.from_numpy(heat).float(), (0, 0, 0), (16, 20, 18))
    assert found.scores[:2].round(2).tolist() == [0.89, 0.57]
    assert found.places[:2] == pytest.approx(np.array([[11, 13.2, 4], [5.3, 6, 7.6]]), abs=0.35)


def test_peaks_of_the_margin_are_left_to_the_next_tile() -> None:
    heat = torch.from_numpy(gaussian((16, 16, 16), [3, 8, 8], 0.9)).float()
    assert len(find_peaks(heat, (4, 0, 0), (16, 16, 16))) == 0
    assert len(find_peaks(heat, (3, 0, 0), (16, 16, 16))) == 1


def test_the_heat_of_a_network_that_has_learned_nothing_gives_no_marks() -> None:
    heat = torch.from_numpy(np.random.default_rng(1).uniform(0.03, 0.13, (16, 16, 16))).float()
    assert len(find_peaks(heat, (0, 0, 0), (16, 16, 16))) == 0


def test_a_map_without_heat_has_no_peaks() -> None:
    assert len(find_peaks(torch.zeros(8, 8, 8), (0, 0, 0), (8, 8, 8))) == 0


def test_of_marks_too_near_in_millimetres_the_surest_is_kept() -> None:
    parts = [FoundMarks(np.array([[0.0, 0, 0], [0, 0, 9]]), np.array([0.5, 0.4])),
             FoundMarks(np.array([[1.0, 0, 0]]), np.array([0.8]))]  # fmt: skip
    affine = np.diag([3.0, 1.0, 1.0, 1.0])
    assert keep_apart(parts, affine, 4.0).scores.tolist() == [0.8, 0.4]
    assert keep_apart(parts, affine, 2.9).scores.tolist() == [0.8, 0.5, 0.4]


@pytest.mark.parametrize("shape", [(20, 40, 33), (16, 16, 16), (7, 90, 16), (17, 24, 64)])
def test_each_voxel_is_answered_for_by_exactly_one_tile(shape: tuple[int, int, int]) -> None:
    counts = np.zeros(shape, int)
    tiles = list(tiles_of(shape, (16, 24, 16)))
    for tile in tiles:
        counts[tuple(slice(at + a, at + b) for at, a, b in zip(tile.start, tile.low, tile.high, strict=True))] += 1
    assert counts.min() == counts.max() == 1


def test_what_lies_outside_the_volume_is_black() -> None:
    made = cut(np.full((2, 4, 4), 9, np.uint8), (-1, 2, -2), (4, 4, 4))
    assert made.sum() == 9 * 2 * 2 * 2
    assert made[1:3, :2, 2:].all()


class _Bright(nn.Module):
    """Heat that is the brightness itself: what a tile says does not depend on its borders."""

    def forward(self, volumes: torch.Tensor) -> torch.Tensor:
        return (volumes * 0.999 + 1e-6).logit(1e-6)


@pytest.fixture
def engine() -> MarkEngine:
    stack = VolumeStack(kind="volume", planes=16, spacing=(1, 1, 1), around="whole")
    network = HeatMapper("unet_3d", _Bright())
    nn.init.zeros_(network.prior)
    return MarkEngine(network, Preprocessing("whole", 16, "stretch", stack=stack), apart_mm=4)


def test_a_volume_of_any_extent_is_read_as_if_it_were_one_tile(engine: MarkEngine) -> None:
    shape = (37, 50, 21)
    middles = [[4, 5, 6], [18.5, 25, 10], [33, 44, 16], [12, 40, 3]]
    heat = sum(gaussian(shape, middle, 0.5 + 0.1 * place) for place, middle in enumerate(middles))
    found = engine.find((np.asarray(heat) * 255).astype(np.uint8), np.eye(4))
    assert len(found) == 4
    assert found.places == pytest.approx(np.array(middles[::-1], dtype=float), abs=0.4)


def test_a_volume_smaller_than_a_tile_is_read(engine: MarkEngine) -> None:
    found = engine.find((gaussian((5, 9, 40), [2, 4, 30], 0.9) * 255).astype(np.uint8), np.eye(4))
    assert found.places == pytest.approx(np.array([[2.0, 4, 30]]), abs=0.3)


def test_a_reader_of_boxes_around_the_centre_marks_nothing() -> None:
    stack = VolumeStack(kind="volume", planes=16, spacing=(1, 1, 1))
    with pytest.raises(BundleError, match="whole volumes"):
        MarkEngine(HeatMapper("unet_3d", _Bright()), Preprocessing("whole", 16, "pad", stack=stack), apart_mm=4)


def test_patches_that_a_network_cannot_halve_are_named_by_their_key() -> None:
    assert "input.stack.planes" in patch_problem((20, 32, 32))
    assert "input.size" in patch_problem((32, 36, 36))
    assert patch_problem((32, 64, 64)) == ""
