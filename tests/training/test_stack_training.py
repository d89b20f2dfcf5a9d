"""Networks of stacks learn from a few drawn volumes: a bright ball against an even haze of the same sum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from readingroom.core.progress import SilentProgress
from readingroom.networks import Network, PlanesPlan, build_network
from readingroom.reading.engine import TorchEngine
from readingroom.reading.preprocessing import Preprocessing
from readingroom.training.augmentation import AugmentationSection, StackAugmenter
from readingroom.training.checkpoint import Checkpoint
from readingroom.training.fitting import Fitted, fit
from readingroom.training.frozen import keep_features
from readingroom.training.objectives import Examples
from readingroom.training.prepared import PreparedImages
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import FeatureSource, ImageSource, Source

COUNT, DEPTH, SIDE = 72, 8, 32
RECIPE = TrainingSection(epochs=10, batch=12, rate=3e-3, precision="float32", keep="last")
PREPROCESSING = Preprocessing("whole", SIDE, "stretch", (0.3,) * 3, (0.2,) * 3)


def _volume(row: int, draws: np.random.Generator) -> np.ndarray:
    volume = draws.normal(70, 20, (DEPTH, SIDE, SIDE))
    if row % 2:
        z, y, x = draws.uniform(2, DEPTH - 2), *draws.uniform(8, SIDE - 8, 2)
        planes, rows, columns = np.ogrid[:DEPTH, :SIDE, :SIDE]
        volume += 110 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2 + 4 * (planes - z) ** 2) / 30)
    else:
        volume += 5
    return volume.clip(1, 255)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> ImageSource:
    draws = np.random.default_rng(0)
    stacks = np.stack([_volume(row, draws) for row in range(COUNT)]).astype(np.uint8)[..., None]
    stacks[::5, 0] = 0
    path = tmp_path_factory.mktemp("stacks") / "stacks.npy"
    np.save(path, stacks)
    section = AugmentationSection.model_validate({"flip": True, "affine": {"rotate": 10}})
    return ImageSource(PreparedImages(path), StackAugmenter(section, SIDE, (0.3,) * 3, (0.2,) * 3, 7))


@pytest.fixture(scope="module")
def examples() -> Examples:
    rows = np.arange(COUNT)
    return Examples(rows[:48], rows[48:], (rows % 2).astype(np.int64), 2)


def _network(name: str, pool: str | None) -> Network:
    return build_network(name, 2, image_size=SIDE, seed=1, planes=PlanesPlan(DEPTH, 1, pool))


def _fit(module: torch.nn.Module, source: Source, examples: Examples, folder: Path, **changes: object) -> Fitted:
    recipe = RECIPE.model_copy(update=changes)
    checkpoint = Checkpoint(folder, "key")
    return fit(module, source, examples, recipe, seed=3, name="r", checkpoint=checkpoint, progress=SilentProgress())


def _kept(network: Network, source: ImageSource, path: Path) -> FeatureSource:
    return keep_features(
        network, source, plain=np.arange(COUNT), augmented=np.arange(48), copies=1, path=path, seed=7,
        precision="float32", name="r", progress=SilentProgress(),
    )  # fmt: skip


def test_a_3d_network_learns(source: ImageSource, examples: Examples, tmp_path: Path) -> None:
    fitted = _fit(_network("resnet10_3d", None), source, examples, tmp_path, rate=1e-3, epochs=6)
    assert fitted.history[-1]["validation_auc"] > 0.9


def test_planes_with_attention_learn_and_the_engine_reads_what_was_learned(
    source: ImageSource, examples: Examples, tmp_path: Path
) -> None:
    network = _network("test_resnet", "attention")
    fitted = _fit(network, source, examples, tmp_path)
    network.load_state_dict(fitted.weights)
    scores = TorchEngine(network, PREPROCESSING, device="cpu").scores(source.prepared.pixels[np.arange(48, COUNT)])
    with torch.inference_mode():
        plain = torch.softmax(network.eval()(source.plain(np.arange(48, COUNT))), dim=1).numpy()
    assert fitted.history[-1]["validation_auc"] > 0.9
    assert np.allclose(scores, plain, atol=1e-5)


def test_a_recurrent_head_learns_from_features_kept_per_plane(
    source: ImageSource, examples: Examples, tmp_path: Path
) -> None:
    network = _network("test_resnet", "gru")
    features = _kept(network, source, tmp_path / "f.npy")
    assert features.features.shape == (2, COUNT, DEPTH, network.feature_count)
    assert np.isnan(features.features[0]).all(axis=2).sum() == len(range(0, COUNT, 5))
    fitted = _fit(network.head, features, examples, tmp_path)
    assert fitted.history[-1]["train_loss"] < 0.6 * fitted.history[0]["train_loss"]
    assert fitted.history[-1]["validation_auc"] > 0.8


def test_features_kept_per_plane_are_those_of_the_backbone(source: ImageSource, tmp_path: Path) -> None:
    network = _network("test_resnet", "mean")
    kept = _kept(network, source, tmp_path / "f.npy").plain(np.arange(12))
    with torch.inference_mode():
        features = network.eval().features(source.plain(np.arange(12)))
    assert torch.allclose(kept, features, atol=1e-4, equal_nan=True)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("name", "pool"), [("resnet10_3d", None), ("test_resnet", "lstm")])
def test_the_same_training_gives_the_same_weights_bit_for_bit(
    name: str, pool: str | None, precision: str, source: ImageSource, examples: Examples, tmp_path: Path
) -> None:
    few = Examples(examples.training[:24], examples.validation[:0], examples.targets, 2)
    first, second = (
        _fit(_network(name, pool), source, few, tmp_path / part, epochs=1, precision=precision).weights for part in "ab"
    )
    assert all(torch.equal(first[key], value) for key, value in second.items())
