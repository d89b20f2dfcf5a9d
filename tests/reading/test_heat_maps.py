from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn
from torch.nn import functional

from readingroom.core.errors import NetworkError
from readingroom.networks import Network, build_network
from readingroom.reading import heat_maps
from readingroom.reading.heat_maps import HeatMapper, explain_images
from readingroom.reading.preprocessing import Pixels, Preprocessing

pytest.importorskip("captum")

DOCUMENT = ("legacy_xception", "resnetv2_50", "tf_efficientnetv2_s", "vit_small_patch16_224", "convmixer_768_32")
OTHERS = ("resnet18", "densenet121", "resenet", "test_vit")


def contract(size: int) -> Preprocessing:
    return Preprocessing("whole", size, "stretch", (0.4, 0.3, 0.2), (0.2, 0.25, 0.3))


def noise(count: int, size: int) -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (count, size, size, 3)).astype(np.uint8)


def as_input(prepared: Pixels, preprocessing: Preprocessing) -> torch.Tensor:
    scaled = (prepared / 255.0 - np.array(preprocessing.mean)) / np.array(preprocessing.sd)
    return torch.from_numpy(scaled.transpose(0, 3, 1, 2)).float()


def plain_grad_cam(network: Network, layer: nn.Module, images: torch.Tensor, target: int, prefix: int) -> npt.NDArray:
    """Grad-CAM as the paper writes it, image by image, by torch alone."""
    made = []
    for image in images:
        kept: list[torch.Tensor] = []
        hook = layer.register_forward_hook(lambda module, inputs, output, kept=kept: kept.append(output))
        logit = network(image[None].clone().requires_grad_())[0, target]
        hook.remove()
        gradient, values = torch.autograd.grad(logit, kept[0])[0][0], kept[0][0].detach()
        if values.ndim == 2:  # (N, C) tokens
            side = math.isqrt(len(values) - prefix)
            gradient, values = (one[prefix:].T.reshape(-1, side, side) for one in (gradient, values))
        weights = gradient.mean(dim=(1, 2))
        coarse = torch.relu((weights[:, None, None] * values).sum(dim=0))
        fine = functional.interpolate(coarse[None, None], image.shape[1:], mode="bilinear")[0, 0]
        made.append((fine / fine.max() if fine.max() > 0 else fine).numpy())
    return np.stack(made)


@pytest.mark.parametrize(("name", "size", "layer"), [("resnet18", 64, "layer4"), ("test_vit", 64, "blocks.5.norm1")])
def test_maps_are_those_of_grad_cam_as_the_paper_writes_it(name: str, size: int, layer: str) -> None:
    network = build_network(name, 3, head=(16, 8), image_size=size, seed=2).eval()
    prepared, preprocessing = noise(3, size), contract(size)
    module = network.backbone.get_submodule(layer)
    shown = 0
    for target in range(3):
        expected = plain_grad_cam(network, module, as_input(prepared, preprocessing), target, prefix=1)
        found = HeatMapper(build_network(name, 3, head=(16, 8), image_size=size, seed=2), preprocessing, device="cpu")
        assert np.abs(found.maps(prepared, [target] * 3) - expected).max() < 1e-5
        shown += int(expected.any(axis=(1, 2)).sum())
    assert shown >= 4  # of nine


def test_each_image_is_explained_by_its_own_class_whatever_else_is_in_the_batch() -> None:
    mapper = HeatMapper(build_network("test_vit", 3, image_size=32), contract(32), device="cpu")
    prepared = noise(3, 32)
    together = mapper.maps(prepared, [2, 0, 1])
    alone = [mapper.maps(prepared[place : place + 1], [target])[0] for place, target in enumerate([2, 0, 1])]
    assert np.abs(together - np.stack(alone)).max() < 1e-5


@pytest.mark.parametrize("name", [*DOCUMENT, *OTHERS])
def test_every_network_of_the_studies_gives_maps(name: str) -> None:
    network = build_network(name, 3, head=(16, 8), image_size=96, seed=1)
    network.backbone.requires_grad_(False)
    maps = HeatMapper(network, contract(96), device="cpu").maps(noise(2, 96), [0, 2])
    assert maps.shape == (2, 96, 96)
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()
    assert set(maps.max(axis=(1, 2)).tolist()) <= {0.0, 1.0}
    assert maps.min() >= 0


def test_an_image_padded_to_whole_patches_keeps_its_size() -> None:
    mapper = HeatMapper(build_network("test_vit", 2, image_size=40), contract(40), device="cpu")
    assert mapper.maps(noise(1, 40), [1]).shape == (1, 40, 40)


def small_network() -> Network:
    layers: list[nn.Module] = []
    for inputs, outputs in ((3, 8), (8, 16), (16, 16)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.ReLU()]
    backbone = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Network("small", backbone, nn.Linear(16, 2), image_size=64, in_channels=3, feature_count=16)


def squares(count: int, seed: int) -> tuple[Pixels, npt.NDArray[np.int64], list[tuple[int, int]]]:
    """Dim noise; of class 1 with a bright square of 14 pixels at a random place."""
    draws = np.random.default_rng(seed)
    images = draws.integers(0, 110, (count, 64, 64, 3)).astype(np.uint8)
    targets = np.arange(count) % 2
    places = [(int(x), int(y)) for x, y in draws.integers(0, 50, (count, 2))]
    for image, target, (x, y) in zip(images, targets, places, strict=True):
        if target:
            image[y : y + 14, x : x + 14] = 235
    return images, targets, places


def test_a_network_that_can_only_know_by_a_square_is_seen_to_look_there() -> None:
    torch.manual_seed(5)
    network, preprocessing = small_network(), contract(64)
    images, targets, _ = squares(64, seed=1)
    inputs, answers = as_input(images, preprocessing), torch.from_numpy(targets)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(150):
        optimiser.zero_grad()
        functional.cross_entropy(network(inputs), answers).backward()
        optimiser.step()
    unseen, truths, places = squares(24, seed=2)
    assert (network(as_input(unseen, preprocessing)).argmax(dim=1).numpy() == truths).mean() > 0.95
    shown = np.flatnonzero(truths)
    maps = HeatMapper(network, preprocessing, device="cpu").maps(unseen[shown], [1] * len(shown))
    shares = []
    for heat, (x, y) in zip(maps, (places[one] for one in shown), strict=True):
        # A place of the grid is eight pixels wide: around is one of them.
        inside = heat[max(0, y - 8) : y + 22, max(0, x - 8) : x + 22].sum()
        shares.append(inside / heat.sum())
    assert min(shares) > 0.6


def test_a_map_of_nothing_stays_zero() -> None:
    network = build_network("test_resnet", 2, image_size=64)
    nn.init.zeros_(network.head.get_submodule("output").get_parameter("weight"))
    assert not HeatMapper(network, contract(64), device="cpu").maps(noise(1, 64), [0]).any()


def test_a_network_that_cannot_be_explained_names_its_reader() -> None:
    with pytest.raises(NetworkError, match="no heat maps of levit: levit_128s has no layer"):
        HeatMapper(build_network("levit_128s", 2, image_size=224), contract(224), reader="levit")


def test_without_captum_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heat_maps, "find_spec", lambda name: None)
    with pytest.raises(NetworkError, match=r"pip install 'readingroom\[explain\]'"):
        HeatMapper(build_network("test_resnet", 2, image_size=32), contract(32))


def test_files_are_explained_in_the_frame_of_each_image(tmp_path: Path) -> None:
    for number, shape in enumerate([(50, 80, 3), (90, 60, 3)]):
        pixels = np.random.default_rng(number).integers(60, 250, shape).astype(np.uint8)
        cv2.imencode(".png", pixels)[1].tofile(str(tmp_path / f"{number}.png"))
    preprocessing = Preprocessing("whole", 64, "pad")
    mapper = HeatMapper(build_network("test_vit", 2, image_size=64), preprocessing, device="cpu")
    wanted = [("0.png", "b"), ("1.png", "a"), ("1.png", "b")]
    found = list(explain_images(mapper, preprocessing, wanted, ["a", "b"], tmp_path, batch=2))
    assert [(one.image, one.explained) for one in found] == wanted
    assert [one.heat.shape for one in found] == [(50, 80), (90, 60), (90, 60)]
    assert all(one.heat.max() <= 1 and one.empty is not bool(one.heat.any()) for one in found)
