from pathlib import Path

import numpy as np
import torch

from readingroom.core.progress import SilentProgress
from readingroom.networks import build_network
from readingroom.training.frozen import keep_features
from readingroom.training.sources import FeatureSource, ImageSource


def _keep(images: ImageSource, path: Path, copies: int) -> FeatureSource:
    network = build_network("test_resnet", 2, image_size=32, seed=1)
    return keep_features(
        network, images, plain=np.arange(40), augmented=np.arange(30), copies=copies, path=path, seed=7,
        precision="float32", name="r", progress=SilentProgress(),
    )  # fmt: skip


def test_kept_features_are_those_of_the_backbone(images: ImageSource, tmp_path: Path) -> None:
    source = _keep(images, tmp_path / "f.npy", copies=2)
    network = build_network("test_resnet", 2, image_size=32, seed=1).eval()
    with torch.inference_mode():
        plain = network.features(images.plain(np.arange(40)))
        second = network.features(images.copy(np.arange(30), 2))
    assert torch.allclose(source.plain(np.arange(40)), plain, atol=1e-5)
    assert np.allclose(source.features[2, :30], second.numpy(), atol=1e-5)


def test_features_are_computed_once(images: ImageSource, tmp_path: Path) -> None:
    _keep(images, tmp_path / "f.npy", copies=1)
    written = (tmp_path / "f.npy").stat().st_mtime_ns
    _keep(images, tmp_path / "f.npy", copies=1)
    assert (tmp_path / "f.npy").stat().st_mtime_ns == written
