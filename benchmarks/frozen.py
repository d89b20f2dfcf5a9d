"""A head trained for 50 epochs on kept features against the same without keeping them.

Run it from the repository: ``python -m benchmarks.frozen``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from benchmarks.augmentation import prepared_images
from benchmarks.table import Row, report
from torch import nn

from readingroom.core.progress import SilentProgress
from readingroom.networks import Network, build_network
from readingroom.reading.precision import autocast, choose_device, choose_precision
from readingroom.reading.preprocessing import IMAGENET_MEAN, IMAGENET_SD
from readingroom.training.augmentation import AugmentationSection, Augmenter
from readingroom.training.checkpoint import Checkpoint
from readingroom.training.fitting import fit
from readingroom.training.frozen import keep_features
from readingroom.training.objectives import Examples
from readingroom.training.prepared import JUDGED, PreparedImages
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import FeatureSource, ImageSource, Rows, made_ahead

NETWORK, SIZE_PX, CLASSES, SEED = "resnet18", 96, 2, 7
AUGMENTATION = AugmentationSection.model_validate(
    {"jitter": {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2}, "flip": True, "crop": [0.8, 1.0]}
)


@dataclass(frozen=True)
class Task:
    """What is trained: a head on a frozen backbone.

    Args:
        source: the images, with or without augmentation.
        examples: three quarters for training, the rest for validation.
        recipe: epochs, batch, copies, precision.
    """

    source: ImageSource
    examples: Examples
    recipe: TrainingSection

    @property
    def seen(self) -> int:
        """Images that a training sees, validation included."""
        return self.recipe.epochs * (len(self.examples.training) + len(self.examples.validation))


def make_task(images: Path, recipe: TrainingSection) -> Task:
    """The task of some prepared images; a recipe without copies is one without augmentation."""
    prepared = PreparedImages(images)
    rows = np.arange(len(prepared.pixels))
    augmentation = AUGMENTATION if recipe.copies else None
    source = ImageSource(prepared, Augmenter(augmentation, SIZE_PX, IMAGENET_MEAN, IMAGENET_SD, SEED))
    cut = len(rows) * 3 // 4
    return Task(source, Examples(rows[:cut], rows[cut:], rows % CLASSES, CLASSES), recipe)


def built(task: Task) -> Network:
    """The same network for all."""
    return build_network(NETWORK, CLASSES, image_size=SIZE_PX, seed=SEED, drop_rate=task.recipe.dropout)


def kept(task: Task, network: Network, folder: Path) -> FeatureSource:
    """Features of every image and of the copies of those for training."""
    return keep_features(
        network,
        task.source,
        plain=np.concatenate([task.examples.training, task.examples.validation]),
        augmented=task.examples.training,
        copies=task.recipe.copies,
        path=folder / "features.npy",
        seed=SEED,
        precision=task.recipe.precision,
        name="ours",
        progress=SilentProgress(),
    )


def with_kept_features(task: Task, folder: Path) -> float:
    """Ours: seconds to compute the features, keep them, and train the head on them."""
    network = built(task)
    began = time.perf_counter()
    features = kept(task, network, folder)
    checkpoint = Checkpoint(folder / "checkpoint", "benchmark")
    options = {"seed": SEED, "name": "ours", "checkpoint": checkpoint, "progress": SilentProgress()}
    fit(network.head, features, task.examples, task.recipe, **options)  # type: ignore[arg-type]
    return time.perf_counter() - began


def check_same_features(task: Task, precision: str) -> None:
    """That the peer's backbone makes of an image what was kept of it.

    Raises:
        RuntimeError: it does not.
    """
    network, rows = built(task), task.examples.training[:32]
    with tempfile.TemporaryDirectory() as folder:
        ours = kept(task, network, Path(folder)).plain(rows)
    theirs = _features(network.eval(), task.source.plain(rows), precision)
    if not torch.allclose(ours, theirs, rtol=0.02, atol=0.02):
        raise RuntimeError(f"kept features are not the peer's: they differ by up to {(ours - theirs).abs().max()}")


def without_keeping(task: Task, precision: str) -> float:
    """The peer: seconds of the same epochs, with the backbone run, without gradients, on every batch of each.

    It has our augmentation, our batches ahead and our validation, so that keeping is all that differs.
    """
    network = built(task).to(memory_format=torch.channels_last)
    network.backbone.eval()
    optimiser = torch.optim.Adam(network.head.parameters(), lr=task.recipe.rate, fused=True)
    began = time.perf_counter()
    for epoch in range(task.recipe.epochs):
        order = np.random.default_rng(epoch).permutation(task.examples.training)
        batches = np.array_split(order, max(1, round(len(order) / task.recipe.batch)))
        makers = [lambda rows=rows, epoch=epoch: task.source.drawn(rows, epoch) for rows in batches]
        for rows, images in zip(batches, made_ahead(makers), strict=True):
            logits = network.classify(_features(network, images, precision))
            loss = nn.functional.cross_entropy(logits, torch.from_numpy(task.examples.targets[rows]))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        _validate(network, task, precision)
    return time.perf_counter() - began


def _validate(network: Network, task: Task, precision: str) -> None:
    rows = task.examples.validation
    with torch.no_grad():
        for start in range(0, len(rows), JUDGED):
            images = task.source.plain(rows[start : start + JUDGED])
            network.classify(_features(network, images, precision))


def _features(network: Network, images: torch.Tensor, precision: str) -> torch.Tensor:
    with torch.no_grad(), autocast("bfloat16" if precision == "bfloat16" else "float32", images.device):
        return network.features(images).float()


def backbone_alone(task: Task, precision: str) -> float:
    """The limit: seconds of the backbone on the images that must go through it once, all ready in memory."""
    network = built(task).eval().to(memory_format=torch.channels_last)
    every = np.concatenate([task.examples.training, task.examples.validation])
    parts = [*_parts(every), *(part for _ in range(task.recipe.copies) for part in _parts(task.examples.training))]
    ready = {len(part): task.source.plain(part) for part in parts}
    began = time.perf_counter()
    for part in parts:
        _features(network, ready[len(part)], precision)
    return time.perf_counter() - began


def _parts(rows: Rows) -> list[Rows]:
    return [rows[start : start + 32] for start in range(0, len(rows), 32)]


def measure(task: Task, precision: str, repeats: int, *, plain_peer: bool = False) -> dict[str, float]:
    """Images a second, as a training of all epochs sees them: medians of trainings in turns.

    With ``plain_peer`` also of the peer in float32, where ours has another precision.
    """

    def ours() -> float:
        with tempfile.TemporaryDirectory() as folder:
            return with_kept_features(task, Path(folder))

    candidates: dict[str, Callable[[], float]] = {
        "limit": lambda: backbone_alone(task, precision),
        "ours": ours,
        "peer": lambda: without_keeping(task, precision),
    }
    if plain_peer and precision != "float32":
        candidates["peer float32"] = lambda: without_keeping(task, "float32")
    candidates["limit"]()
    ours()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(repeats):
        for name, run in candidates.items():
            seconds[name].append(run())
    return {name: task.seen / median(times) for name, times in seconds.items()}


def main() -> None:
    """Measure with and without augmentation, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=192)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=2)
    chosen = parser.parse_args()
    precision = choose_precision("auto", choose_device("cpu"))
    rows, notes = [], []
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images.npy"
        np.save(images, prepared_images(chosen.images, SIZE_PX))
        for what, copies in (("no augmentation", 0), ("1 copy kept", 1), ("4 copies kept, the default", 4)):
            recipe = TrainingSection(epochs=chosen.epochs, copies=copies, rate=1e-3, precision=precision)
            task = make_task(images, recipe)
            check_same_features(task, precision)
            rate = measure(task, precision, chosen.repeats, plain_peer=copies == 4)
            rows.append(Row(what, rate["ours"], rate["peer"], rate["limit"]))
            if "peer float32" in rate:
                rows.append(Row(f"{what}; peer in float32", rate["ours"], rate["peer float32"], rate["limit"]))
            notes.append(
                f"{what}: {task.seen / rate['ours']:.2f} s of {task.seen / rate['peer']:.2f} s without keeping"
            )
    notes += [
        f"{NETWORK}, {chosen.images} images of {SIZE_PX} px, a quarter of them for validation, {chosen.epochs} epochs, "
        f"{precision}, {torch.get_num_threads()} threads; median of {chosen.repeats} whole trainings in turns",
        "images/s: images that all epochs see, validation included, by the whole time, features included",
        "peer: the backbone without gradients on every batch of every epoch; augmentation, precision, memory and "
        "batches made ahead are ours, so keeping is all that differs. It sees a fresh augmentation in each epoch, "
        "ours draws among the kept copies and the plain image. Float32 is torch's own default",
        "limit: the backbone alone on the images that must pass it once, ready in memory; a head that costs nothing",
        "keeping saves at most epochs' images by images that must pass the backbone once: "
        + ", ".join(f"{_ceiling(chosen.epochs, copies):.0f} x with {copies} kept" for copies in (0, 1, 4)),
    ]
    report("frozen", f"Frozen backbone, {chosen.epochs} epochs on kept features", "images/s", rows, notes)


def _ceiling(epochs: int, copies: int) -> float:
    """Backbone passes without keeping by those with it, a quarter of the images being for validation."""
    return epochs / (1 + 0.75 * copies)


if __name__ == "__main__":
    main()
