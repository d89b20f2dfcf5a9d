import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import overlap, summarise_overlaps

MONAI = {"dice": "dice", "iou": "iou", "hausdorff": "hausdorff", "hausdorff95": "hausdorff95",
         "surface_distance": "mean_surface_distance_symmetric", "surface_dice": "surface_dice_tol1"}  # fmt: skip


@pytest.mark.parametrize("case", ["case0", "case1", "case2", "case3"])
def test_every_measure_equals_monai(case: str, reference) -> None:
    masks, expected = reference("masks.npz"), reference("masks_expected.json")["cases"][case]
    ours = overlap(masks[f"{case}__ref"], masks[f"{case}__pred"], expected["spacing"])
    for name, theirs in MONAI.items():
        # MONAI computes in single precision.
        assert getattr(ours, name) == pytest.approx(expected[theirs], abs=1e-5)


def sphere(radius: int, centre: tuple[int, int, int], spacing: tuple[float, ...] = (1, 1, 1)) -> np.ndarray:
    """A ball in a cube of 99 voxels; radius and centre in the unit of the spacing."""
    axes = zip(np.ogrid[:99, :99, :99], spacing, centre, strict=True)
    return sum((axis * step - middle) ** 2 for axis, step, middle in axes) <= radius**2


def test_monai_s_published_spheres_have_their_distances(shared) -> None:
    fixtures = shared("seg_published_fixtures.json")
    expected = fixtures["MONAI d388d1c6 tests/metrics/test_hausdorff_distance.py (Apache-2.0)"]
    row = next(value for name, value in expected.items() if name.startswith("monai_sphere_r20_r40"))
    ours = overlap(sphere(40, (20, 33, 22)), sphere(20, (20, 33, 22)))
    assert ours.hausdorff == pytest.approx(row["hd_euclidean"], abs=1e-5)
    assert ours.hausdorff95 == pytest.approx(row["hd95_euclidean"], abs=1e-5)
    distance = fixtures["MONAI tests/metrics/test_surface_distance.py"]["monai_sphere_r20_r40"]["symmetric_euclidean"]
    assert ours.surface_distance == pytest.approx(distance, abs=1e-5)


def test_monai_s_spheres_in_voxels_that_are_no_cubes_have_their_distances(shared) -> None:
    fixtures = shared("seg_published_fixtures.json")
    expected = fixtures["MONAI d388d1c6 tests/metrics/test_hausdorff_distance.py (Apache-2.0)"]
    shift = overlap(sphere(20, (19, 19, 19)), sphere(20, (20, 20, 20)))
    assert shift.hausdorff == pytest.approx(expected["monai_sphere_shift"]["hd_euclidean"], abs=1e-5)
    spacing = (0.85, 1.2, 0.9)
    for name, one, other in (
        ("monai_sphere_aniso", (20, (19, 19, 19)), (20, (20, 20, 20))),
        ("monai_sphere_aniso_r15_r30", (30, (20, 33, 22)), (15, (20, 33, 22))),
    ):
        ours = overlap(sphere(*one, spacing), sphere(*other, spacing), spacing)
        assert ours.hausdorff == pytest.approx(expected[name]["hd_euclidean"], abs=1e-5)


def border(mask: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """Points of the mask with a face neighbour outside, in the unit of the spacing."""
    padded = np.pad(mask, 1)
    inside = np.ones(mask.shape, dtype=bool)
    for axis in range(mask.ndim):
        for step in (-1, 1):
            moved = np.roll(padded, step, axis=axis)
            inside &= moved[tuple(slice(1, -1) for _ in range(mask.ndim))]
    return np.argwhere(mask & ~inside) * spacing


@given(st.integers(0, 10**6), st.sampled_from([(9, 11), (5, 6, 7)]))
def test_distances_are_those_of_all_pairs_of_border_points(seed: int, shape) -> None:
    random = np.random.default_rng(seed)
    a, b = random.random((2, *shape)) < 0.3
    a.flat[0] = b.flat[-1] = True
    spacing = random.uniform(0.3, 3, len(shape))
    ours = overlap(a, b, spacing.tolist(), tolerance=1.5)
    pairs = cdist(border(a, spacing), border(b, spacing))
    from_a, from_b = pairs.min(axis=1), pairs.min(axis=0)
    pooled = np.r_[from_a, from_b]
    assert ours.hausdorff == pytest.approx(pooled.max())
    assert ours.hausdorff95 == pytest.approx(max(np.percentile(from_a, 95), np.percentile(from_b, 95)))
    assert ours.surface_distance == pytest.approx(pooled.mean())
    assert ours.surface_dice == pytest.approx(np.mean(pooled <= 1.5))


@given(st.integers(0, 10**6))
def test_overlap_is_symmetric_and_dice_follows_from_iou(seed: int) -> None:
    a, b = np.random.default_rng(seed).random((2, 8, 9)) < 0.4
    one, other = overlap(a, b), overlap(b, a)
    for name in MONAI:
        assert getattr(one, name) == pytest.approx(getattr(other, name))
    assert one.dice == pytest.approx(2 * one.iou / (1 + one.iou))


@given(st.integers(0, 10**6), st.floats(0.05, 20), st.sampled_from([(8, 9), (4, 5, 6)]))
def test_a_spacing_so_many_times_as_large_has_distances_so_many_times_as_large(seed: int, times: float, shape) -> None:
    random = np.random.default_rng(seed)
    a, b = random.random((2, *shape)) < 0.4
    a.flat[0] = b.flat[-1] = True
    spacing = random.uniform(0.5, 2, len(shape))
    plain, scaled = overlap(a, b, spacing.tolist()), overlap(a, b, (spacing * times).tolist(), tolerance=times)
    for name in ("hausdorff", "hausdorff95", "surface_distance"):
        assert getattr(scaled, name) == pytest.approx(times * getattr(plain, name))
    assert (scaled.dice, scaled.iou) == (plain.dice, plain.iou)
    assert scaled.reference_size == pytest.approx(times ** len(shape) * plain.reference_size)


@given(st.integers(0, 10**6), st.sampled_from([(7, 9), (4, 5, 6)]))
def test_empty_space_around_the_masks_changes_nothing(seed: int, shape) -> None:
    random = np.random.default_rng(seed)
    a, b = random.random((2, *shape)) < random.uniform(0.02, 0.5)
    wide = [tuple(ends) for ends in random.integers(1, 5, (len(shape), 2))]
    spacing = random.uniform(0.5, 2, len(shape)).tolist()
    assert overlap(np.pad(a, wide), np.pad(b, wide), spacing) == overlap(a, b, spacing)


def test_spacing_scales_distances_and_sizes() -> None:
    a, b = np.zeros((10, 10)), np.zeros((10, 10))
    a[2:5, 2:5], b[2:5, 4:7] = 1, 1
    assert overlap(a, b, 0.5).hausdorff == 0.5 * overlap(a, b).hausdorff == 1.0
    assert overlap(a, b, (1.0, 0.25)).reference_size == 9 * 0.25


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.float32])
@pytest.mark.parametrize("value", [1, 255, -1])
def test_any_two_valued_mask_is_read(dtype, value: int) -> None:
    mask = np.zeros((4, 4), dtype=dtype)
    mask[1:3, 1:3] = np.array(value).astype(dtype)
    assert overlap(mask, mask.astype(bool)).dice == 1
    assert overlap(mask, np.zeros((4, 4), dtype=dtype)).empty == "prediction"


def test_means_leave_infinite_distances_out_and_count_them() -> None:
    full, empty = np.eye(5), np.zeros((5, 5))
    table = summarise_overlaps([overlap(full, full)] * 3 + [overlap(full, empty)], replicates=50)["all"]
    assert table.dice.value == 0.75
    assert table.hausdorff.value == 0
    assert "1 images" in table.hausdorff.note
    assert table.counts == {"images": 4, "empty_both": 0, "empty_reference": 0, "empty_prediction": 1}


def test_strata_by_size_share_out_the_images_and_patients_are_drawn() -> None:
    random = np.random.default_rng(3)
    overlaps = [
        overlap(random.random((12, 12)) < share, random.random((12, 12)) < share) for share in np.linspace(0.1, 0.9, 20)
    ]
    tables = summarise_overlaps(overlaps, cluster=np.arange(20) // 4, size_edges=(50, 100), replicates=50)
    assert list(tables) == ["all", "below 50", "50 to 100", "from 100"]
    assert sum(tables[name].counts["images"] for name in list(tables)[1:]) == 20
    assert "5 clusters" in tables["all"].dice.method
    assert tables["all"].dice.low < tables["all"].dice.value < tables["all"].dice.high


def test_a_stratum_without_images_is_not_defined() -> None:
    mask = np.eye(4)
    tables = summarise_overlaps([overlap(mask, mask)] * 2, size_edges=(100,), replicates=10)
    assert tables["from 100"].dice.value is None
    assert math.isclose(tables["below 100"].dice.value, 1)


@pytest.mark.parametrize(
    ("reference", "prediction", "options", "field"),
    [
        (np.zeros((3, 3)), np.zeros((3, 4)), {}, "prediction"),
        (np.zeros(3), np.zeros(3), {}, "reference"),
        (np.array([[0, 1], [2, 0]]), np.zeros((2, 2)), {}, "reference"),
        (np.array([[0, np.nan]]), np.zeros((1, 2)), {}, "reference"),
        (np.zeros((0, 3)), np.zeros((0, 3)), {}, "reference"),
        (np.eye(3), np.eye(3), {"spacing": (1.0, 1.0, 1.0)}, "spacing"),
        (np.eye(3), np.eye(3), {"spacing": 0.0}, "spacing"),
        (np.eye(3), np.eye(3), {"tolerance": -1.0}, "tolerance"),
    ],
)
def test_bad_masks_are_a_clear_error(reference, prediction, options, field: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        overlap(reference, prediction, **options)
    assert caught.value.field == field


def test_no_images_and_falling_edges_are_refused() -> None:
    with pytest.raises(EvaluationError, match="no images"):
        summarise_overlaps([])
    with pytest.raises(EvaluationError, match="rising sizes"):
        summarise_overlaps([overlap(np.eye(3), np.eye(3))], size_edges=(5, 2))
