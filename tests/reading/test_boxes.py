"""Boxes: into the prepared view and back, brought together from tiles, and found in tiles as in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from readingroom.cases.view import View
from readingroom.core.errors import ReadingsError
from readingroom.networks.detector import Detector, Found, build_detector
from readingroom.reading.box_engine import BoxEngine
from readingroom.reading.boxes import boxes_to_frame, boxes_to_input, merge_tiles
from readingroom.reading.preprocessing import Preprocessing

VIEWS = [View("whole", (0, 0, 120, 80)), View("rectangle", (13, 7, 110, 71), ((13, 7), (110, 7), (110, 71), (13, 71)))]


@pytest.mark.parametrize("fit", ["stretch", "pad"])
@pytest.mark.parametrize("view", VIEWS)
def test_boxes_come_back_to_where_they_were(view: View, fit: str) -> None:
    preprocessing = Preprocessing("whole", 64, fit)
    boxes = np.array([[20.0, 10.0, 60.5, 33.0], [13.0, 7.0, 110.0, 71.0]])
    there = boxes_to_input(boxes, view, preprocessing)
    assert np.allclose(boxes_to_frame(there, view, preprocessing), boxes)


@pytest.mark.parametrize("fit", ["stretch", "pad"])
@pytest.mark.parametrize("view", VIEWS)
def test_boxes_go_where_prepare_brings_their_pixels(view: View, fit: str) -> None:
    preprocessing = Preprocessing("whole", 128, fit)
    frame = np.zeros((80, 120, 3), np.uint8)
    frame[20:50, 30:90] = 255
    bright = np.argwhere(preprocessing.prepare(frame, view)[..., 0] > 127)
    (y0, x0), (y1, x1) = bright.min(axis=0), bright.max(axis=0) + 1
    box = boxes_to_input([[30, 20, 90, 50]], view, preprocessing)[0]
    assert np.abs(box - [x0, y0, x1, y1]).max() <= 1


def test_a_box_beyond_the_view_is_cut_and_no_box_stays_none() -> None:
    view, preprocessing = VIEWS[1], Preprocessing("whole", 64, "stretch")
    assert boxes_to_frame([[-5, -5, 99, 99]], view, preprocessing).tolist() == [[13, 7, 110, 71]]
    assert boxes_to_frame(np.empty((0, 4)), view, preprocessing).shape == (0, 4)
    with pytest.raises(ReadingsError, match="boxes of shape"):
        boxes_to_frame([[1, 2, 3]], view, preprocessing)


def test_fragments_give_way_to_the_whole_box_only_where_it_is_sure() -> None:
    boxes = np.array([[0.0, 0, 20, 20], [10, 0, 20, 20], [40, 0, 50, 10]])
    fragment = np.array([False, True, True])
    sure = merge_tiles(boxes, np.array([0.6, 0.9, 0.4]), fragment, at_most=0.6)
    assert sure.scores.tolist() == [0.6, 0.4]
    unsure = merge_tiles(boxes, np.array([0.1, 0.9, 0.4]), fragment, at_most=0.6)
    assert unsure.scores.tolist() == [0.9, 0.4, 0.1]
    assert len(merge_tiles(np.empty((0, 4)), np.empty(0), np.empty(0, bool), at_most=0.5)) == 0


@dataclass
class _Bright:
    """Stands for a network: one box around the bright pixels of what it is shown."""

    def eval(self) -> _Bright:
        return self

    def to(self, *_: object, **__: object) -> _Bright:
        return self

    def __call__(self, images: torch.Tensor) -> tuple[list[Found], None]:
        return [self._box(image) for image in images], None

    def _box(self, image: torch.Tensor) -> Found:
        places = (image[0] > 0.5).nonzero()
        if not len(places):
            return Found(torch.empty(0, 4), torch.empty(0))
        (y0, x0), (y1, x1) = places.min(dim=0).values, places.max(dim=0).values + 1
        return Found(torch.tensor([[x0, y0, x1, y1]], dtype=torch.float32), torch.tensor([len(places) / 4096]))


@pytest.mark.parametrize("corner", [(4, 6), (60, 60), (30, 100), (100, 100)])
def test_tiles_find_each_lesion_once_and_whole(corner: tuple[int, int]) -> None:
    x, y = corner
    prepared = np.zeros((2, 128, 128, 3), np.uint8)
    prepared[0, y : y + 12, x : x + 12] = 255
    network: Detector = _Bright()  # type: ignore[assignment]
    first, second = BoxEngine(network, Preprocessing("whole", 128, "stretch"), tile=64, device="cpu").find(prepared)
    assert first.boxes_xyxy_px.tolist() == [[x, y, x + 12, y + 12]]
    assert len(second) == 0


def test_one_pass_gives_what_the_network_gives() -> None:
    network = build_detector("test_resnet", "fcos", image_size=64, width=64, seed=1)
    prepared = np.random.default_rng(1).integers(0, 255, (2, 64, 64, 3)).astype(np.uint8)
    contract = Preprocessing("whole", 64, "stretch", (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))
    found = BoxEngine(network, contract, device="cpu", tile=64).find(prepared)
    with torch.inference_mode():
        images = (torch.from_numpy(prepared).permute(0, 3, 1, 2) / 255 - 0.5) / 0.2
        wanted, _ = network.eval()(images.contiguous(memory_format=torch.channels_last))
    for one, other in zip(found, wanted, strict=True):
        assert np.allclose(one.scores, other.scores.numpy(), atol=1e-5)
