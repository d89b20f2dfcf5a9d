from pathlib import Path

import numpy as np
import pytest
import torch

from readingroom.core.errors import BundleError
from readingroom.reading.bundle import load_bundle, load_network
from readingroom.reading.engine import Engine, OpenVinoEngine, TorchEngine, has_openvino, open_engine


def _batch(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 32, 32, 3)).astype(np.uint8)


@pytest.fixture(params=["bundle_folder", "ordered_bundle_folder"])
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["torch", "torch-bfloat16", "openvino"])
def engine(request: pytest.FixtureRequest, folder: Path) -> tuple[Engine, float]:
    bundle = load_bundle(folder)
    network = load_network(folder, bundle)
    if request.param == "openvino":
        if not has_openvino():
            pytest.skip("the extra readingroom[openvino] is not installed")
        return OpenVinoEngine(network, bundle.preprocessing), 1e-5
    if request.param == "torch-bfloat16":
        return TorchEngine(network, bundle.preprocessing, device="cpu", precision="bfloat16"), 2e-2
    return TorchEngine(network, bundle.preprocessing, device="cpu"), 1e-6


def test_every_engine_gives_the_scores_of_the_plain_network(engine: tuple[Engine, float], folder: Path) -> None:
    one, tolerance = engine
    bundle = load_bundle(folder)
    images = _batch(5)
    mean, sd = (
        torch.tensor(values).view(1, 3, 1, 1) for values in (bundle.preprocessing.mean, bundle.preprocessing.sd)
    )
    inputs = (torch.from_numpy(images).permute(0, 3, 1, 2) / 255 - mean) / sd
    with torch.inference_mode():
        expected = torch.softmax(load_network(folder, bundle)(inputs), dim=1).numpy()
    scores = one.scores(images)
    assert scores.dtype == np.float32
    assert np.allclose(scores, expected, atol=tolerance)
    assert np.allclose(scores.sum(axis=1), 1.0, atol=1e-5)


def test_scores_do_not_depend_on_the_batch(engine: tuple[Engine, float]) -> None:
    one, tolerance = engine
    images = _batch(6)
    alone = np.concatenate([one.scores(images[number : number + 1]) for number in range(6)])
    assert np.allclose(one.scores(images), alone, atol=tolerance)


def test_an_unknown_engine_is_refused(bundle_folder: Path) -> None:
    with pytest.raises(BundleError, match="no engine 'fast'"):
        open_engine(bundle_folder, load_bundle(bundle_folder), "fast")
