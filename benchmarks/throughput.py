"""Training throughput, end to end from files, against the network alone, timm's loop and fastai's loop.

Run it from the repository: ``python -m benchmarks.throughput``; ``--images FOLDER`` takes JPEG files of your own.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch
from benchmarks.table import Row, report
from torch import nn

from readingroom.cases.images import read_image
from readingroom.cases.view import whole_view
from readingroom.core.progress import SilentProgress
from readingroom.networks import build_network
from readingroom.reading.precision import Precision, autocast, choose_device, choose_precision
from readingroom.reading.preprocessing import IMAGENET_MEAN, IMAGENET_SD, Pixels, Preprocessing
from readingroom.training.augmentation import AugmentationSection, Augmenter
from readingroom.training.checkpoint import Checkpoint
from readingroom.training.fitting import fit
from readingroom.training.objectives import Examples
from readingroom.training.prepared import PreparedImages, prepare_images
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import ImageSource

NETWORK, SIZE_PX, BATCH, CLASSES, RATE = "resnet18", 128, 32, 2, 1e-4
AUGMENTATION = AugmentationSection.model_validate(
    {"jitter": {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2}, "flip": True, "crop": [0.8, 1.0]}
)
Batch = tuple[torch.Tensor, torch.Tensor]


def picture_files(folder: Path, count: int, given: Path | None) -> Path:
    """A folder of ``count`` JPEG files in a folder for each of two classes, as timm and fastai want them.

    Without files of one's own they are drawn: of the size and the length of HyperKvasir's, 620 x 530 and 60 KB.
    """
    found = [] if given is None else sorted(given.rglob("*.jpg"))[:count]
    if given is not None and len(found) < count:
        raise SystemExit(f"{given} holds {len(found)} files .jpg; {count} are needed: give --count {len(found)}")
    for row in range(count):
        path = folder / str(row % CLASSES) / f"{row:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        if found:
            shutil.copyfile(found[row], path)
        else:
            cv2.imwrite(str(path), _drawn(row), [cv2.IMWRITE_JPEG_QUALITY, 90])
    return folder


def _drawn(row: int) -> Pixels:
    noise = np.random.default_rng(row).normal(0, 1, (530, 620, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 8) * 14 * 30 + cv2.GaussianBlur(noise, (0, 0), 1) * 8
    return np.asarray(np.clip(np.array([60, 80, 150]) + smooth, 0, 255), dtype=np.uint8)


def prepare_files(files: Sequence[Path], folder: Path) -> PreparedImages:
    """What a study makes of image files before its first epoch."""
    preprocessing = Preprocessing("whole", SIZE_PX, "stretch")

    def prepare(name: str) -> Pixels:
        pixels = read_image(name).pixels
        return preprocessing.prepare(pixels, whole_view(pixels.shape[1], pixels.shape[0]))

    folder.mkdir(parents=True, exist_ok=True)
    return prepare_images(folder, [str(file) for file in files], prepare, shape=(SIZE_PX, SIZE_PX, 3), key="benchmark")


class Loop(ABC):
    """A way to train, of which epochs are timed."""

    @abstractmethod
    def epochs(self, count: int) -> list[float]:
        """Train so many epochs that are not a first one; seconds of each."""


@dataclass
class _Stamps(SilentProgress):
    """When each epoch ended, as the loop reports it."""

    times: list[float] = field(default_factory=list)

    def advance(self, task: int, steps: int = 1, note: str = "") -> None:
        self.times.append(time.perf_counter())


@dataclass
class Ours(Loop):
    """`fit` on prepared images: from one report of an epoch to the next, so that nothing is left out."""

    source: ImageSource
    precision: Precision
    folder: Path

    def epochs(self, count: int) -> list[float]:  # noqa: D102
        rows = np.arange(len(self.source.prepared.pixels))
        examples = Examples(rows, rows[:0], rows % CLASSES, CLASSES)
        recipe = TrainingSection(epochs=count + 1, batch=BATCH, rate=RATE, precision=self.precision)
        network = build_network(NETWORK, CLASSES, image_size=SIZE_PX, seed=7)
        stamps = _Stamps()
        # The first epoch of each call opens the clock.
        checkpoint = Checkpoint(self.folder, "benchmark")
        fit(network, self.source, examples, recipe, seed=7, name="ours", checkpoint=checkpoint, progress=stamps)
        return np.diff(stamps.times).tolist()


@dataclass
class _PlainLoop(Loop):
    """Forward, loss, backward, step; nothing else."""

    batches: Callable[[], Iterable[Batch]]
    model: nn.Module
    optimiser: torch.optim.Optimizer
    criterion: nn.Module
    precision: Precision = "float32"
    reads_loss: bool = False

    def epochs(self, count: int) -> list[float]:
        return [_timed(self._epoch) for _ in range(count)]

    def _epoch(self) -> None:
        self.model.train()
        for images, targets in self.batches():
            with autocast(self.precision, images.device) if self.precision != "float32" else nullcontext():
                output = self.model(images)
            loss = self.criterion(output.float(), targets)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self.optimiser.step()
            if self.reads_loss:
                loss.item()


def network_alone(source: ImageSource, precision: Precision) -> Loop:
    """The limit: the network on tensors that are ready, with the same precision, memory and fused optimiser."""
    rows = np.arange(len(source.prepared.pixels))
    parts = np.array_split(rows, round(len(rows) / BATCH))
    ready = [(source.drawn(part, 0), torch.from_numpy(part % CLASSES)) for part in parts]
    network = build_network(NETWORK, CLASSES, image_size=SIZE_PX, seed=7).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE, fused=True)
    return _PlainLoop(lambda: ready, network, optimiser, nn.CrossEntropyLoss(), precision)


def timm_loop(folder: Path, workers: int, *, channels_last: bool = False) -> Loop:
    """What timm's ``train.py`` does on a CPU, with its default float32 and our operations."""
    import timm
    from timm.data import create_dataset, create_loader  # type: ignore[attr-defined]
    from timm.optim import create_optimizer_v2  # type: ignore[attr-defined]

    loader = create_loader(
        create_dataset("", root=str(folder)),
        input_size=(3, SIZE_PX, SIZE_PX),
        batch_size=BATCH,
        is_training=True,
        use_prefetcher=False,
        scale=(0.8, 1.0),
        ratio=(1.0, 1.0),
        hflip=0.5,
        color_jitter=0.2,
        interpolation="bilinear",
        mean=IMAGENET_MEAN,
        std=IMAGENET_SD,
        num_workers=workers,
        device=torch.device("cpu"),
    )
    model = timm.create_model(NETWORK, num_classes=CLASSES)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        batches: Callable[[], Iterable[Batch]] = lambda: (  # noqa: E731
            (images.contiguous(memory_format=torch.channels_last), targets) for images, targets in loader
        )
    else:
        batches = lambda: loader  # noqa: E731
    optimiser = create_optimizer_v2(model, opt="adam", lr=RATE)
    return _PlainLoop(batches, model, optimiser, nn.CrossEntropyLoss(), reads_loss=True)


@dataclass
class _FastaiLoop(Loop):
    learner: Any
    stamps: list[float]

    def epochs(self, count: int) -> list[float]:
        self.stamps.clear()
        with self.learner.no_bar(), self.learner.no_logging():
            self.learner.fit(count, RATE)
        return list(self.stamps)


def fastai_loop(folder: Path, workers: int) -> Loop:
    """The ``Learner`` of fastai with its data block, its batch transforms and our operations."""
    import fastai.callback.progress  # noqa: F401 -- gives the learner its no_bar
    from fastai.callback.core import Callback
    from fastai.data.transforms import get_image_files, parent_label
    from fastai.learner import Learner
    from fastai.losses import CrossEntropyLossFlat
    from fastai.optimizer import Adam
    from fastai.vision.augment import RandomResizedCrop, aug_transforms
    from fastai.vision.core import imagenet_stats
    from fastai.vision.data import ImageDataLoaders, Normalize
    from timm import create_model

    loaders = ImageDataLoaders.from_path_func(
        folder,
        get_image_files(folder),
        parent_label,
        valid_pct=1e-9,
        seed=7,
        bs=BATCH,
        num_workers=workers,
        device=torch.device("cpu"),
        item_tfms=RandomResizedCrop(SIZE_PX, min_scale=0.8, ratio=(1.0, 1.0)),
        batch_tfms=[
            *aug_transforms(max_rotate=0, max_zoom=1.0, max_warp=0, max_lighting=0.2, p_lighting=1.0, size=None),
            Normalize.from_stats(*imagenet_stats),
        ],
    )
    stamps: list[float] = []

    class Stamp(Callback):  # type: ignore[misc]
        """Seconds of the training part of each epoch."""

        def before_train(self) -> None:
            self.began = time.perf_counter()

        def after_train(self) -> None:
            stamps.append(time.perf_counter() - self.began)

    model = create_model(NETWORK, num_classes=CLASSES)
    learner = Learner(loaders, model, loss_func=CrossEntropyLossFlat(), opt_func=Adam, cbs=Stamp())
    return _FastaiLoop(learner, stamps)


def _timed(run: Callable[[], None]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def best_workers(make: Callable[[int], Loop]) -> tuple[Loop, int]:
    """The peer with one or two workers, whichever is the faster in its second epoch."""
    tried = {}
    for workers in (1, 2):
        loop = make(workers)
        loop.epochs(1)
        tried[workers] = (median(loop.epochs(2)), loop)
    best = min(tried, key=lambda workers: tried[workers][0])
    return tried[best][1], best


def measure(loops: dict[str, Loop], rounds: int, epochs: int) -> dict[str, float]:
    """Median seconds of an epoch of each loop, in turns; their first epochs are not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in loops}
    for loop in loops.values():
        loop.epochs(1)
    for _ in range(rounds):
        for name, loop in loops.items():
            seconds[name] += loop.epochs(epochs)
    return {name: median(times) for name, times in seconds.items()}


def our_loops(prepared: PreparedImages, folder: Path) -> dict[str, Loop]:
    """Our loop and its limit in float32, and in bfloat16 where ``auto`` means that."""
    source = ImageSource(prepared, Augmenter(AUGMENTATION, SIZE_PX, IMAGENET_MEAN, IMAGENET_SD, 7))
    chosen = choose_precision("auto", choose_device("cpu"))
    loops: dict[str, Loop] = {}
    for precision in dict.fromkeys((chosen, choose_precision("float32", choose_device("cpu")))):
        loops[f"ours {precision}"] = Ours(source, precision, folder / precision)
        loops[f"limit {precision}"] = network_alone(source, precision)
    return loops


def peer_loops(files: Path) -> tuple[dict[str, Loop], list[str]]:
    """The peers, and what is to be said of them."""
    loops: dict[str, Loop] = {}
    loops["timm"], workers = best_workers(partial(timm_loop, files))
    loops["timm channels_last"] = timm_loop(files, workers, channels_last=True)
    notes = [f"timm: create_dataset, create_loader, create_optimizer_v2, float32, {workers} workers"]
    if find_spec("fastai") is None:
        return loops, [*notes, "fastai: not installed; pip install -e '.[bench]'"]
    loops["fastai"], workers = best_workers(partial(fastai_loop, files))
    return loops, [*notes, f"fastai: ImageDataLoaders and Learner, float32, {workers} workers"]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, help="folder of JPEG files; they are drawn where it is not given")
    parser.add_argument("--count", type=int, default=256, help="images in an epoch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=2, help="measured epochs of each loop in a round")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        _report(chosen, Path(temporary))


def _report(chosen: argparse.Namespace, folder: Path) -> None:
    files = picture_files(folder / "files", chosen.count, chosen.images)
    began = time.perf_counter()
    prepared = prepare_files(sorted(files.rglob("*.jpg")), folder / "prepared")
    preparing = time.perf_counter() - began
    peers, notes = peer_loops(files)
    loops = {**our_loops(prepared, folder / "checkpoint"), **peers}
    rate = {name: chosen.count / seconds for name, seconds in measure(loops, chosen.rounds, chosen.epochs).items()}
    rows = []
    for name in (name for name in loops if name.startswith("ours")):
        precision = name.removeprefix("ours ")
        limit = rate[f"limit {precision}"]
        rows += [Row(f"{precision} against {peer}", rate[name], rate[peer], limit) for peer in peers]
    if "fastai" not in peers:
        rows.append(Row("fastai: not installed", rate["ours float32"]))
    report(
        "throughput",
        "Training throughput, end to end from files, second epoch on",
        "images/s",
        rows,
        [
            f"{NETWORK}, {SIZE_PX} px, batches of {BATCH}, Adam, {chosen.count} JPEG files, "
            f"{torch.get_num_threads()} threads; crop, flip, brightness, contrast, saturation",
            f"median epoch of {chosen.rounds * chosen.epochs}, in {chosen.rounds} turns of {chosen.epochs}",
            f"ours: preparing the images took {preparing:.1f} s, once; an epoch is all from one report to the next",
            "limit: the network alone on ready tensors, channels-last, fused optimiser, the same precision",
            *notes,
            "peers decode their files in every epoch, as their loops do; timm's default memory is not channels-last",
        ],
    )


if __name__ == "__main__":
    main()
