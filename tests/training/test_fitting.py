import io
import multiprocessing
import re
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from readingroom.core.errors import TrainingError
from readingroom.core.progress import BarProgress, Progress, SilentProgress
from readingroom.evaluation import cohen_kappa
from readingroom.networks import Network, build_network
from readingroom.training.augmentation import Augmenter
from readingroom.training.checkpoint import Checkpoint
from readingroom.training.fitting import Fitted, fit
from readingroom.training.objectives import Examples, validation_metrics
from readingroom.training.prepared import PreparedImages
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import ImageSource, Rows, Spares

RECIPE = TrainingSection(epochs=4, batch=16, rate=3e-3, dropout=0.2, precision="float32")


class _KilledError(Exception):
    pass


class _KilledAfter(ImageSource):
    """An image source whose training dies in a given epoch, as a killed process would."""

    epoch = 2

    def drawn(self, rows: Rows, epoch: int, spares: Spares | None = None) -> torch.Tensor:
        if epoch == self.epoch:
            raise _KilledError
        return super().drawn(rows, epoch, spares)


def _network() -> Network:
    return build_network("test_resnet", 2, image_size=32, drop_rate=0.2, seed=1)


def _fit(
    source: ImageSource,
    examples: Examples,
    folder: Path,
    recipe: TrainingSection = RECIPE,
    progress: Progress | None = None,
) -> Fitted:
    checkpoint, progress = Checkpoint(folder, "key", interval_s=0.0), progress or SilentProgress()
    return fit(_network(), source, examples, recipe, seed=3, name="r", checkpoint=checkpoint, progress=progress)


def test_grades_are_learned_in_their_order(tmp_path: Path) -> None:
    draws = np.random.default_rng(0)
    grades = (np.arange(96) % 4).astype(np.int64)
    pixels = draws.integers(40, 120, (96, 32, 32, 3)).astype(np.uint8)
    pixels[:, 8:24, 8:24, 0] += (30 * grades[:, None, None]).astype(np.uint8)
    np.save(tmp_path / "images.npy", pixels)
    source = ImageSource(PreparedImages(tmp_path / "images.npy"), Augmenter(None, 32, (0.3,) * 3, (0.2,) * 3, 7))
    network = build_network("test_resnet", 4, image_size=32, seed=1, ordered=True)
    rows = np.arange(96)
    examples, recipe = Examples(rows[:64], rows[64:], grades, 4), RECIPE.model_copy(update={"epochs": 12, "rate": 1e-2})
    checkpoint = Checkpoint(tmp_path / "checkpoint", "key")
    fitted = fit(network, source, examples, recipe, seed=3, name="r", checkpoint=checkpoint, progress=SilentProgress())
    network.load_state_dict(fitted.weights)
    with torch.inference_mode():
        given = network.eval()(source.plain(rows[64:], Spares()))
        severity = network.head.output.severity(network.features(source.plain(rows[64:], Spares())))[:, 0].numpy()
    means = [severity[grades[64:] == grade].mean() for grade in range(4)]
    assert means == sorted(means)
    assert float(cohen_kappa(grades[64:], given.argmax(dim=1).numpy(), weights="quadratic").value or 0) > 0.8


def _same(a: Fitted, b: Fitted) -> bool:
    return all(torch.equal(a.weights[name], b.weights[name]) for name in a.weights)


def _measured(fitted: Fitted) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in fitted.history]


def test_training_learns_and_keeps_the_best_epoch(images: ImageSource, examples: Examples, tmp_path: Path) -> None:
    fitted = _fit(images, examples, tmp_path)
    losses = [row["validation_loss"] for row in fitted.history]
    assert fitted.history[-1]["validation_auc"] > 0.95
    assert fitted.kept_epoch == 1 + int(np.argmin(losses))
    assert [row["epoch"] for row in fitted.history] == [1, 2, 3, 4]


def test_the_same_training_gives_the_same_weights_bit_for_bit(
    images: ImageSource, examples: Examples, tmp_path: Path
) -> None:
    first, second = (_fit(images, examples, tmp_path / name) for name in "ab")
    assert _same(first, second)
    assert _measured(first) == _measured(second)


def test_a_killed_training_resumes_to_the_same_numbers(images: ImageSource, examples: Examples, tmp_path: Path) -> None:
    whole = _fit(images, examples, tmp_path / "whole")
    with pytest.raises(_KilledError):
        _fit(_KilledAfter(images.prepared, images.augmenter), examples, tmp_path / "killed")
    assert (tmp_path / "killed" / "state.pt").is_file()
    resumed = _fit(images, examples, tmp_path / "killed")
    assert _same(whole, resumed)
    assert _measured(whole) == _measured(resumed)


def test_a_checkpoint_of_another_training_is_not_used(images: ImageSource, examples: Examples, tmp_path: Path) -> None:
    _fit(images, examples, tmp_path)
    other = Checkpoint(tmp_path, "another key")
    network = _network()
    assert other.load(network, torch.optim.Adam(network.parameters())).epoch == 0


def test_patience_stops_early(images: ImageSource, examples: Examples, tmp_path: Path) -> None:
    # Without a learning rate to speak of, no epoch is better than the first by more than noise.
    recipe = RECIPE.model_copy(update={"epochs": 30, "patience": 2, "rate": 1e-12, "dropout": 0.0})
    fitted = _fit(images, replace(examples, validation=examples.validation[:2]), tmp_path, recipe)
    assert len(fitted.history) == fitted.kept_epoch + 2 < 30


def test_keep_last_keeps_the_last_epoch(images: ImageSource, examples: Examples, tmp_path: Path) -> None:
    last = _fit(images, examples, tmp_path / "last", RECIPE.model_copy(update={"keep": "last"}))
    assert last.kept_epoch == 4


def test_bfloat16_gives_what_float32_gives_up_to_its_rounding(
    images: ImageSource, examples: Examples, tmp_path: Path
) -> None:
    recipe = RECIPE.model_copy(update={"dropout": 0.0})
    exact = _fit(images, examples, tmp_path / "a", recipe)
    rounded = _fit(images, examples, tmp_path / "b", recipe.model_copy(update={"precision": "bfloat16"}))
    assert rounded.precision == "bfloat16"
    assert all(tensor.dtype != torch.bfloat16 for tensor in rounded.weights.values())
    for ours, theirs in zip(rounded.history, exact.history, strict=True):
        assert ours["train_loss"] == pytest.approx(theirs["train_loss"], abs=0.05)
    assert rounded.history[-1]["validation_auc"] >= exact.history[-1]["validation_auc"] - 0.02


def test_a_loss_that_is_no_number_stops_with_what_to_do(
    images: ImageSource, examples: Examples, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="the loss is nan in epoch") as caught:
        _fit(images, examples, tmp_path, RECIPE.model_copy(update={"rate": 1e30, "optimiser": "sgd"}))
    assert "rate" in caught.value.fix


@pytest.mark.parametrize("balance", ["weights", "sampling"])
def test_rare_classes_can_be_balanced(images: ImageSource, examples: Examples, tmp_path: Path, balance: str) -> None:
    rare = replace(examples, training=np.r_[examples.training[::2], examples.training[1:9:2]])
    plain = _fit(images, rare, tmp_path / "plain", RECIPE.model_copy(update={"epochs": 1}))
    balanced = _fit(images, rare, tmp_path / balance, RECIPE.model_copy(update={"epochs": 1, "balance": balance}))
    assert not _same(plain, balanced)


@pytest.fixture
def two_devices() -> TrainingSection:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot start processes that torch's distributed package needs")
    return RECIPE.model_copy(update={"devices": 2, "epochs": 3})


def test_two_processes_share_each_batch_and_learn_the_same_problem(
    images: ImageSource, examples: Examples, tmp_path: Path, two_devices: TrainingSection
) -> None:
    shown = io.StringIO()
    progress = BarProgress(Console(file=shown, force_terminal=True, width=200))
    with progress.shown():
        fitted = _fit(images, examples, tmp_path, two_devices, progress)
    assert len(fitted.history) == 3
    assert fitted.history[-1]["train_loss"] < fitted.history[0]["train_loss"]
    assert re.search(r"✓\S* r: training .*loss 0\.\d+, validation", shown.getvalue())
    assert "progress" not in {thread.name for thread in threading.enumerate()}


def test_what_a_person_can_mend_in_two_processes_is_said_without_their_tracebacks(
    images: ImageSource, examples: Examples, tmp_path: Path, two_devices: TrainingSection
) -> None:
    with pytest.raises(TrainingError, match="the loss is nan in epoch"):
        _fit(images, examples, tmp_path, two_devices.model_copy(update={"rate": 1e30, "optimiser": "sgd"}))


def test_validation_metrics_leave_out_classes_that_validation_lacks() -> None:
    logits = torch.tensor([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    metrics = validation_metrics(logits, np.array([0, 1, 0, 1]))
    assert metrics["validation_accuracy"] == 1.0
    assert metrics["validation_auc"] == 1.0


def test_validation_of_one_class_has_no_auc() -> None:
    metrics = validation_metrics(torch.zeros(3, 2), np.array([1, 1, 1]))
    assert np.isnan(metrics["validation_auc"])
