"""Learning to find boxes: boxes move with their images, too little of a box is none, and a small network learns."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from readingroom.core.progress import SilentProgress
from readingroom.evaluation import match_boxes
from readingroom.networks.detector import Detector, build_detector
from readingroom.reading.box_engine import BoxEngine
from readingroom.reading.preprocessing import Preprocessing
from readingroom.training.augmentation import AugmentationSection
from readingroom.training.box_reader import BoxPlan, choose_box_threshold, detecting
from readingroom.training.boxing import BoxObjective, HitRule, PreparedBoxes, in_view
from readingroom.training.checkpoint import Checkpoint
from readingroom.training.fitting import fit
from readingroom.training.objectives import Examples
from readingroom.training.outline_reader import make_augmenter
from readingroom.training.prepared import PreparedImages
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import ImageSource, Rows

SIZE = 64
CONTRACT = Preprocessing("whole", SIZE, "stretch", (0.2, 0.2, 0.2), (0.1, 0.1, 0.1))
MOVED = AugmentationSection.model_validate({"affine": {"scale": [0.8, 1.2]}, "flip": True})


def draw_squares(count: int, folder: Path) -> tuple[PreparedImages, PreparedBoxes]:
    """Bright squares on a dark ground; every fourth image has none, and every fifth of the others has two."""
    random = np.random.default_rng(4)
    images = random.integers(30, 70, (count, SIZE, SIZE, 3)).astype(np.uint8)
    rows = []
    for place in range(count):
        boxes = []
        for corner in range((place % 4 > 0) + (place % 4 > 0 and place % 5 == 0)):
            side = random.integers(14, 26)
            x, y = 32 * corner + random.integers(0, 32 - side), random.integers(0, SIZE - side)
            images[place, y : y + side, x : x + side] += 120
            boxes.append([x, y, x + side, y + side])
        rows.append(np.array(boxes, dtype=np.float64).reshape(-1, 4))
    np.save(folder / "images.npy", np.minimum(images, 190))
    return PreparedImages(folder / "images.npy"), PreparedBoxes(tuple(rows), SIZE)


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> tuple[PreparedImages, PreparedBoxes]:
    return draw_squares(40, tmp_path_factory.mktemp("squares"))


@pytest.mark.parametrize("window", [None, 32])
def test_boxes_move_with_their_images(squares: tuple[PreparedImages, PreparedBoxes], window: int | None) -> None:
    images, boxes = squares
    augmenter = make_augmenter(MOVED, CONTRACT, window, seed=3)
    objective, rows = BoxObjective(boxes, augmenter), np.arange(40)
    drawn = ImageSource(images, augmenter).drawn(rows, epoch=2)
    targets = objective.drawn(rows, epoch=2)
    checked = 0
    for image, found in zip(drawn, targets, strict=True):
        bright = image[0] * 0.1 + 0.2 > 0.45
        outside = bright.clone()
        for x0, y0, x1, y1 in found.tolist():
            place = np.s_[round(y0) : round(y1), round(x0) : round(x1)]
            assert bright[place].float().mean() > 0.8
            outside[round(y0) - (y0 > 1) : round(y1) + 1, round(x0) - (x0 > 1) : round(x1) + 1] = False
            checked += 1
        if window is None:  # of a window, slivers of a box stay without a box
            assert outside.float().mean() < 0.01
    assert checked > 10
    assert not all(torch.equal(a, b) for a, b in zip(targets, objective.plain(rows), strict=True))


def test_a_box_of_which_little_stays_in_view_is_left_out() -> None:
    boxes = np.array([[-6.0, 0, 4, 10], [-8, 0, 2, 10], [20, 20, 30, 30], [15.5, 0, 20, 10]])
    assert in_view(boxes, (12, 16)).tolist() == [[0, 0, 4, 10]]


def test_the_threshold_keeps_the_false_positives_stated() -> None:
    marks = [[0, 0, 8, 8], [20, 20, 28, 28], [40, 40, 48, 48], [0, 0, 8, 7]]
    matches = match_boxes([0, 1], [0, 0, 1, 1], [0.9, 0.8, 0.7, 0.6], marks, [0, 1], [[0, 0, 8, 8], [0, 0, 8, 8]])
    assert choose_box_threshold(matches, "false_positives<=0.5") == 0.9  # 0.8 would only add a false one
    assert choose_box_threshold(matches, "false_positives<=1") == 0.6
    assert choose_box_threshold(matches, "f1") == 0.9 or choose_box_threshold(matches, "f1") == 0.6
    wrong = match_boxes([0], [0], [0.9], [[0, 0, 1, 1]], [0], [[5, 5, 9, 9]])
    assert choose_box_threshold(wrong, "false_positives<=0.5") == 1.0


def _precision(network: Detector, objective: BoxObjective, source: ImageSource, rows: Rows) -> float:
    with torch.inference_mode():
        answer = objective.answer(network.eval(), source.plain(rows))
    return objective.judge([(answer, objective.plain(rows))])["validation_ap"]


@pytest.mark.parametrize("kind", ["fcos", "retinanet"])
def test_a_small_network_learns_to_find_boxes(
    squares: tuple[PreparedImages, PreparedBoxes], tmp_path: Path, kind: str
) -> None:
    images, boxes = squares
    examples = Examples(np.arange(30), np.arange(30, 40), np.zeros(40, np.int64), 2)
    recipe = TrainingSection(epochs=8, batch=5, rate=1e-3, optimiser="adamw", monitor="ap")
    augmenter = make_augmenter(AugmentationSection(flip=True), CONTRACT, None, seed=3)
    network = build_detector("test_resnet", kind, image_size=SIZE, width=64, seed=1)
    validation = BoxObjective(boxes, augmenter, HitRule("iou", 0.3)), ImageSource(images, augmenter)
    assert _precision(network, *validation, examples.validation) < 0.2
    learn = partial(fit, seed=1, name="squares", checkpoint=Checkpoint(tmp_path / "c", "k"), progress=SilentProgress())
    objective, source = validation
    fitted = learn(network, source, examples, recipe, objective=objective)
    assert max(row["validation_ap"] for row in fitted.history) > 0.6
    network.load_state_dict(fitted.weights)
    engine, plan = BoxEngine(network, CONTRACT), BoxPlan(kind)
    described = detecting(plan, engine, images, boxes, examples.validation, "false_positives<=0.5")
    assert described.threshold.rule == "false_positives<=0.5"
    assert 0 < described.threshold.value <= 1
