"""Learning to mark: heat around lesions, a loss that falls where it should, lesions dealt into other volumes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from readingroom.cases.stacks.whole import WholeVolume
from readingroom.training.marking import (
    HeatObjective,
    Patches,
    PreparedPoints,
    focal_loss,
    heat_of,
    of_shares,
    shares_of,
)
from readingroom.training.prepared_volumes import PreparedVolumes, prepare_volumes

EXTENT = (16, 16, 16)


@pytest.fixture
def volumes(tmp_path: Path) -> PreparedVolumes:
    shapes = [(20, 30, 40), (24, 20, 20)]

    def prepare(name: str) -> WholeVolume:
        affine = np.diag([2.0, 1.0, 1.0, 1.0])
        affine[:3, 3] = [5, -7, 100]
        return WholeVolume(np.full(shapes[int(name)], 50 * (int(name) + 1), np.uint8), affine, ())

    return prepare_volumes(tmp_path, ["0", "1"], prepare, key="drawn")


def test_heat_is_1_in_the_middle_and_falls_off_in_millimetres() -> None:
    heat = heat_of(np.array([[8.0, 8, 8, 6]]), EXTENT, (2.0, 1.0, 1.0))
    assert heat[8, 8, 8] == 1
    assert heat[8, 8, 12] == pytest.approx(heat[10, 8, 8])
    assert heat[8, 8, 11] == pytest.approx(np.exp(-0.5))  # half the radius away


def test_the_smallest_lesion_has_heat_on_more_than_a_voxel() -> None:
    heat = heat_of(np.array([[8.5, 8.5, 8.5, 0.1]]), EXTENT, (1.0, 1.0, 1.0))
    assert (heat >= 0.5).sum() == 8


def test_no_lesion_gives_no_heat_and_one_beyond_the_patch_only_its_tail() -> None:
    assert not heat_of(np.empty((0, 4)), EXTENT, (1.0, 1.0, 1.0)).any()
    assert 0 < heat_of(np.array([[-2.0, 8, 8, 6]]), EXTENT, (1.0, 1.0, 1.0)).max() < 1


def test_the_loss_falls_where_heat_rises_on_lesions_and_nowhere_else() -> None:
    heat = torch.from_numpy(heat_of(np.array([[8.0, 8, 8, 3]]), EXTENT, (1.0, 1.0, 1.0)))[None]
    flat, right, wrong = torch.full_like(heat, -4.0), torch.where(heat >= 0.5, 3.0, -4.0), torch.full_like(heat, -4.0)
    wrong[0, :3, :3, :3] = 3.0
    assert focal_loss(right, heat) < focal_loss(flat, heat) < focal_loss(wrong, heat)


def test_the_loss_is_that_of_objects_as_points_where_one_voxel_is_a_lesion() -> None:
    logits, heat = torch.tensor([[[[0.3, -1.2, -2.0]]]]), torch.tensor([[[[1.0, 0.4, 0.0]]]])
    p = logits.sigmoid()[0, 0, 0]
    wanted = -((1 - p[0]) ** 2 * p[0].log() + 0.6**4 * p[1] ** 2 * (1 - p[1]).log() + p[2] ** 2 * (1 - p[2]).log())
    assert float(focal_loss(logits, heat)) == pytest.approx(float(wanted), rel=1e-5)


def test_volumes_are_kept_with_where_they_lie_and_are_not_made_twice(volumes: PreparedVolumes, tmp_path: Path) -> None:
    again = prepare_volumes(tmp_path, ["0", "1"], lambda _: pytest.fail("made again"), key="drawn")
    assert again.path == volumes.path
    assert [again.voxels(row).shape for row in (0, 1)] == [(20, 30, 40), (24, 20, 20)]
    assert again.affine(1)[:3, 3].tolist() == [5, -7, 100]


def test_the_moments_are_those_of_all_voxels_of_the_rows_asked_for(volumes: PreparedVolumes) -> None:
    assert volumes.moments(np.array([0])) == ((50 / 255,) * 3, (0.001,) * 3)
    mean, _ = volumes.moments(np.array([0, 1]))
    assert mean[0] == pytest.approx((50 * 24000 + 100 * 9600) / 33600 / 255)


def test_lesions_that_are_dealt_keep_their_share_of_the_volume(volumes: PreparedVolumes) -> None:
    points = PreparedPoints((np.array([[25.0, 3, 120, 4]]), None))
    shares = shares_of(points, volumes)
    assert shares[1] is None
    assert of_shares(shares, volumes).rows[0] == pytest.approx(points.rows[0])
    other = of_shares((None, shares[0]), volumes).of(1)
    assert other[0, 3] == 4
    assert shares_of(PreparedPoints((None, other)), volumes)[1] == pytest.approx(shares[0])


def test_a_validation_of_perfect_heat_has_an_average_precision_of_1(volumes: PreparedVolumes) -> None:
    points = PreparedPoints((np.array([[25.0, 3, 120, 4]]), np.empty((0, 4))))
    patches = Patches(volumes, points, EXTENT, (2.0, 1.0, 1.0), 4, None, 7)
    objective, rows = HeatObjective(patches, 3.0), patches.rows(np.array([0, 1]))
    heat, shown = objective.plain(rows)
    logits = heat.clamp(1e-4, 0.99).logit()
    judged = objective.judge([(logits, (heat, shown))])
    assert judged["validation_ap"] == pytest.approx(1.0)
    assert judged["validation_loss"] < objective.judge([(torch.zeros_like(heat), (heat, shown))])["validation_loss"]
