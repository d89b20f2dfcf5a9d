"""Learning to outline: masks move with their images, the loss knows what is unknown, and a small network learns."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from readingroom.core.errors import StudyFileError
from readingroom.core.progress import SilentProgress
from readingroom.networks.segmenter import build_segmenter
from readingroom.reading.outline_engine import OutlineEngine, tile_starts
from readingroom.reading.preprocessing import Preprocessing
from readingroom.training.augmentation import AugmentationSection
from readingroom.training.checkpoint import Checkpoint
from readingroom.training.fitting import fit
from readingroom.training.objectives import Examples
from readingroom.training.outline_reader import OutlinePlan, make_augmenter, outline_objective, outlining
from readingroom.training.outlining import UNKNOWN
from readingroom.training.prepared import PreparedImages
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import ImageSource

SIZE = 64
CONTRACT = Preprocessing("whole", SIZE, "stretch", (0.4, 0.3, 0.3), (0.2, 0.2, 0.2))
EVERYTHING = AugmentationSection.model_validate(
    {"affine": {"rotate": 30, "scale": [0.8, 1.2]}, "elastic": {"alpha": 8, "sigma": 4}, "flip": True}
)


def draw_blobs(count: int, folder: Path) -> tuple[PreparedImages, PreparedImages]:
    """Bright discs on a dark ground; every fourth image has none, every fifth is unknown."""
    random = np.random.default_rng(4)
    images = random.integers(30, 70, (count, SIZE, SIZE, 3)).astype(np.uint8)
    masks = np.zeros((count, SIZE, SIZE), np.uint8)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    for place in range(count):
        if place % 4:
            y, x, radius = random.integers(16, 48), random.integers(16, 48), random.integers(6, 14)
            masks[place] = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
            images[place][masks[place] == 1] += 120
    np.save(folder / "images.npy", images)
    np.save(folder / "masks.npy", masks)
    return PreparedImages(folder / "images.npy"), PreparedImages(folder / "masks.npy")


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> tuple[PreparedImages, PreparedImages]:
    return draw_blobs(40, tmp_path_factory.mktemp("blobs"))


def test_masks_move_with_their_images(blobs: tuple[PreparedImages, PreparedImages]) -> None:
    images, masks = blobs
    augmenter = make_augmenter(EVERYTHING, CONTRACT, None, seed=3)
    examples = Examples(np.arange(40), np.arange(0), np.zeros(40, np.int64), 2)
    objective = outline_objective(masks, augmenter, examples, TrainingSection(), classify=False)
    rows = np.arange(1, 40)
    drawn = ImageSource(images, augmenter).drawn(rows, epoch=2)
    moved, _ = objective.drawn(rows, epoch=2)
    bright = (drawn[:, 0] * 0.2 + 0.4) > 0.45
    differ = (bright != (moved == 1)).float().mean()
    assert differ < 0.01
    assert not torch.equal(moved, objective.plain(rows)[0])


def test_a_window_is_a_square_of_the_image_at_its_own_scale(blobs: tuple[PreparedImages, PreparedImages]) -> None:
    images, _ = blobs
    augmenter = make_augmenter(None, CONTRACT, 32, seed=3)
    drawn = ImageSource(images, augmenter).drawn(np.arange(4), epoch=0)
    assert drawn.shape == (4, 3, 32, 32)
    draws = augmenter.draw(np.arange(4), epoch=0)
    x, y = (round(float(draws.column(name)[1]) * SIZE, 6) for name in ("crop_x", "crop_y"))
    window = ImageSource(images, make_augmenter(None, CONTRACT, None, seed=3)).plain(np.arange(4))[1]
    assert 0 <= x <= 32
    assert abs(float(drawn[1].mean() - window[:, int(y) : int(y) + 32, int(x) : int(x) + 32].mean())) < 0.1
    with pytest.raises(StudyFileError, match="a window of 128"):
        make_augmenter(None, CONTRACT, 128, seed=3)
    with pytest.raises(StudyFileError, match="both cut"):
        make_augmenter(AugmentationSection(crop=(0.8, 1.0)), CONTRACT, 32, seed=3)


def test_unknown_outlines_add_nothing_to_the_loss(blobs: tuple[PreparedImages, PreparedImages]) -> None:
    _, masks = blobs
    examples = Examples(np.arange(40), np.arange(0), np.zeros(40, np.int64), 2)
    augmenter = make_augmenter(None, CONTRACT, None, seed=3)
    objective = outline_objective(masks, augmenter, examples, TrainingSection(), classify=False)
    logits = torch.randn(4, SIZE, SIZE, requires_grad=True)
    known = objective.plain(np.arange(4))[0]
    unknown = known.clone()
    unknown[2] = UNKNOWN
    loss = objective.loss(lambda _: (logits, None), torch.empty(0), (unknown, None))  # type: ignore[arg-type]
    loss.backward()
    assert logits.grad is not None
    assert not logits.grad[2].any()
    assert logits.grad[1].any()


def test_a_small_network_learns_to_outline(blobs: tuple[PreparedImages, PreparedImages], tmp_path: Path) -> None:
    images, masks = blobs
    targets = (np.arange(40) % 4 > 0).astype(np.int64)
    examples = Examples(np.arange(30), np.arange(30, 40), targets, 2)
    recipe = TrainingSection(epochs=6, batch=10, rate=3e-3, optimiser="adamw", monitor="iou")
    augmenter = make_augmenter(AugmentationSection(flip=True), CONTRACT, None, seed=3)
    objective = outline_objective(masks, augmenter, examples, recipe, classify=True)
    network = build_segmenter("mobilenetv3_small_050", "unet", image_size=SIZE, classes=2, seed=1)
    source = ImageSource(images, augmenter)
    learn = partial(fit, seed=1, name="blobs", checkpoint=Checkpoint(tmp_path / "c", "k"), progress=SilentProgress())
    fitted = learn(network, source, examples, recipe, objective=objective)
    assert {"validation_iou", "validation_dice", "validation_auc"} <= set(fitted.history[0])
    assert max(row["validation_iou"] for row in fitted.history) > 0.6
    network.load_state_dict(fitted.weights)
    engine = OutlineEngine(network, CONTRACT)
    described = outlining(OutlinePlan("unet"), engine, images, masks, examples.validation, "dice")
    assert 0.1 <= described.threshold.value <= 0.9
    assert described.threshold.rule == "dice"


def test_mirror_images_are_averaged_where_they_belong() -> None:
    network = build_segmenter("mobilenetv3_small_050", "unet", image_size=SIZE, seed=1)
    prepared = np.random.default_rng(1).integers(0, 255, (1, SIZE, SIZE, 3)).astype(np.uint8)
    plain, both = OutlineEngine(network, CONTRACT), OutlineEngine(network, CONTRACT, flips=True)
    turned = plain.answer(np.ascontiguousarray(prepared[:, :, ::-1])).maps[:, :, ::-1]
    upside = plain.answer(np.ascontiguousarray(prepared[:, ::-1])).maps[:, ::-1]
    around = plain.answer(np.ascontiguousarray(prepared[:, ::-1, ::-1])).maps[:, ::-1, ::-1]
    mean = (plain.answer(prepared).maps + turned + upside + around) / 4
    assert np.allclose(both.answer(prepared).maps, mean, atol=1e-5)


def test_tiles_cover_the_image_and_give_every_pixel_a_probability() -> None:
    assert tile_starts(128, 64) == [0, 32, 64]
    assert tile_starts(64, 64) == [0]
    contract = Preprocessing("whole", 128, "stretch")
    network = build_segmenter("mobilenetv3_small_050", "unet", image_size=128, seed=1)
    prepared = np.random.default_rng(1).integers(0, 255, (1, 128, 128, 3)).astype(np.uint8)
    maps = OutlineEngine(network, contract, tile=64).answer(prepared).maps
    assert maps.shape == (1, 128, 128)
    assert np.isfinite(maps).all()
    assert 0 < maps.min() <= maps.max() < 1


def test_a_classifier_beside_reads_the_whole_image_where_outlines_are_read_in_tiles() -> None:
    contract = Preprocessing("whole", 128, "stretch")
    network = build_segmenter("mobilenetv3_small_050", "unet", image_size=128, classes=3, seed=1)
    prepared = np.random.default_rng(1).integers(0, 255, (2, 128, 128, 3)).astype(np.uint8)
    tiled, whole = (OutlineEngine(network, contract, tile=tile).answer(prepared) for tile in (64, None))
    assert tiled.scores is not None
    assert whole.scores is not None
    assert np.allclose(tiled.scores, whole.scores, atol=1e-6)
    assert not np.allclose(tiled.maps, whole.maps, atol=1e-3)
