"""Training one reader: from prepared images and a plan to a reader bundle with its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.cases.stacks.choice import StackChoice, VolumeStack
from readingroom.core.errors import TrainingError
from readingroom.core.files import hash_value, write_text
from readingroom.core.progress import Progress
from readingroom.core.seeds import derive_seed
from readingroom.core.tables import write_csv
from readingroom.networks import Network, build_network
from readingroom.networks.detector import Detector, build_detector
from readingroom.networks.heat_mapper import HeatMapper, build_heat_mapper
from readingroom.networks.segmenter import Segmenter, build_segmenter
from readingroom.reading.box_engine import BoxEngine
from readingroom.reading.bundle import (
    Detecting,
    Marking,
    Outlining,
    ReaderBundle,
    Threshold,
    learned_from,
    load_bundle,
    planes_plan,
    save_bundle,
)
from readingroom.reading.engine import TorchEngine
from readingroom.reading.mark_engine import MarkEngine
from readingroom.reading.outline_engine import OutlineEngine
from readingroom.reading.preprocessing import Pixels, Preprocessing
from readingroom.training.augmentation import AugmentationSection, Augmenter
from readingroom.training.augmentation.stacks import StackAugmenter
from readingroom.training.box_reader import BoxPlan, detecting
from readingroom.training.boxing import BoxObjective, PreparedBoxes
from readingroom.training.card import write_card
from readingroom.training.checkpoint import Checkpoint, Watch
from readingroom.training.fitting import Fitted, fit
from readingroom.training.frozen import keep_features
from readingroom.training.mark_reader import MarkPlan, marking, patches_of
from readingroom.training.marking import HeatObjective, PatchSource, PreparedPoints
from readingroom.training.objectives import Examples, Objective
from readingroom.training.outline_reader import OutlinePlan, make_augmenter, outline_objective, outlining
from readingroom.training.prepared import PreparedImages
from readingroom.training.prepared_volumes import PreparedVolumes
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import ImageSource
from readingroom.training.threshold import choose_threshold

HISTORY_FILE = "history.csv"
CARD_FILE = "card.md"


@dataclass(frozen=True)
class ReaderPlan:
    """A reader to be trained.

    Args:
        name: of the reader.
        network: as `readingroom.networks.build_network` knows it.
        weights: ``random``, ``imagenet``, a safetensors file or a bundle's folder.
        train: ``all`` parameters, or the ``head`` on a frozen backbone.
        head: widths of the head's hidden layers.
        classes: in the order of the outputs.
        positive: of two classes, the one that is looked for.
        recipe: how it is trained.
        augmentation: what is drawn; None draws nothing.
        threshold: the rule, or a number.
        seed: of this repeat.
        outlines: how it outlines; None for a reader of classes only.
        outline_threshold: ``dice``, or a number.
        boxes: how it finds boxes; None for a reader that does not.
        box_threshold: ``false_positives<=0.5``, ``f1``, or a number.
        marks: how it marks lesions in volumes; None for a reader that does not.
        ordered: the classes are grades, and the head ends in a cumulative link.
        pool: over the planes of a stack, with a 2-D network.
    """

    name: str
    network: str
    weights: str
    train: Literal["all", "head"]
    head: tuple[int, ...]
    classes: tuple[str, ...]
    positive: str | None
    recipe: TrainingSection
    augmentation: AugmentationSection | None
    threshold: str | float
    seed: int
    outlines: OutlinePlan | None = None
    outline_threshold: str | float = "dice"
    boxes: BoxPlan | None = None
    box_threshold: str | float = "false_positives<=0.5"
    marks: MarkPlan | None = None
    ordered: bool = False
    pool: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values: for the key of a training and for ``reader.yaml``."""
        values = dict(vars(self))
        values["recipe"] = self.recipe.model_dump(mode="json")
        values["augmentation"] = None if self.augmentation is None else self.augmentation.model_dump(mode="json")
        values["outlines"] = None if self.outlines is None else vars(self.outlines)
        values["boxes"] = None if self.boxes is None else asdict(self.boxes)
        values["marks"] = None if self.marks is None else asdict(self.marks)
        return values


@dataclass(frozen=True)
class TrainingData:
    """The images of a study, prepared, and which of them this training may see.

    Args:
        prepared: rows as in the case table; whole volumes where readers mark lesions.
        examples: training and validation rows, and classes.
        preprocessing: with the normalisation of this training part.
        learned_from: image, pixels_hash, split, study of the rows that are seen.
        kept: folder for kept features.
        outlines: prepared outlines, (N, size, size); None where no reader needs them.
        boxes: prepared boxes; None where no reader needs them.
        points: lesions of whole volumes; None where no reader marks them.
    """

    prepared: PreparedImages | PreparedVolumes
    examples: Examples
    preprocessing: Preprocessing
    learned_from: pd.DataFrame
    kept: Path
    outlines: PreparedImages | None = None
    boxes: PreparedBoxes | None = None
    points: PreparedPoints | None = None

    @property
    def images(self) -> PreparedImages:
        """The prepared images of one size.

        Raises:
            TrainingError: they are whole volumes, of any size.
        """
        if isinstance(self.prepared, PreparedVolumes):
            raise TrainingError("whole volumes are for readers with detector: heatmap", field="input.stack.around")
        return self.prepared

    @property
    def key(self) -> str:
        """Hash of the images, the classes and the parts."""
        rows = [part.tolist() for part in (self.examples.training, self.examples.validation)]
        targets = self.examples.targets.tolist()
        outlines = [] if self.outlines is None else [self.outlines.path.name]
        boxes = [] if self.boxes is None else [self.boxes.key]
        points = [] if self.points is None else [self.points.key]
        seen = [self.prepared.path.name, rows, targets, self.preprocessing.identity]
        return hash_value([*seen, *outlines, *boxes, *points])


def train_reader(
    plan: ReaderPlan,
    data: TrainingData,
    folder: Path,
    *,
    key: str,
    facts: Mapping[str, Any],
    progress: Progress,
    watch: Watch | None = None,
) -> ReaderBundle:
    """Train a reader and write its bundle and history; goes on from a checkpoint of the same key.

    Args:
        plan: what to train.
        data: what to train it on.
        folder: of the bundle.
        key: hash of all that decides the result.
        facts: written into ``reader.yaml`` beside the facts of the training itself.
        progress: where it is reported.
        watch: is given the history after each epoch; what it raises ends the training.
    """
    checkpoint = Checkpoint(folder / "checkpoint", key, watch=watch)
    special = (made for train in (_outliner, _detector, _marker) if (made := train(plan, data, checkpoint, progress)))
    trained = next(special, None) or _classifier(plan, data, checkpoint, progress)
    network, fitted = trained.network, trained.fitted
    bundle = ReaderBundle(
        name=plan.name,
        network=plan.network,
        head=plan.head,
        classes=plan.classes,
        positive=plan.positive,
        preprocessing=data.preprocessing,
        threshold=trained.threshold,
        facts={**facts, "key": key, "plan": plan.as_dict(), **_training_facts(network, fitted)},
        outlines=trained.outlines,
        boxes=trained.boxes,
        marks=trained.marks,
        ordered=plan.ordered,
        pool=plan.pool,
    )
    history = pd.DataFrame(fitted.history).assign(fold=facts.get("fold", 1), repeat=facts.get("repeat", 1))
    write_csv(history, folder / HISTORY_FILE)
    parts = {name: int((data.learned_from["split"] == name).sum()) for name in ("training", "validation")}
    write_text(folder / CARD_FILE, write_card(bundle, parts))
    save_bundle(folder, bundle, network, _all_learned_from(plan, data))
    checkpoint.remove()
    return load_bundle(folder)


@dataclass(frozen=True)
class _Trained:
    network: Network | Segmenter | Detector | HeatMapper
    fitted: Fitted
    threshold: Threshold | None
    outlines: Outlining | None = None
    boxes: Detecting | None = None
    marks: Marking | None = None


def _classifier(plan: ReaderPlan, data: TrainingData, checkpoint: Checkpoint, progress: Progress) -> _Trained:
    network = _built(plan, data.preprocessing)
    fitted = _fit(plan, data, network, checkpoint, progress)
    return _Trained(network, fitted, _threshold(plan, data, TorchEngine(network, data.preprocessing).scores))


def _outliner(plan: ReaderPlan, data: TrainingData, checkpoint: Checkpoint, progress: Progress) -> _Trained | None:
    """A reader that outlines; None where the plan is not of one."""
    wanted, outlines = plan.outlines, data.outlines
    if wanted is None or outlines is None:
        return None
    augmenter = _augmenter(plan, data, wanted.window)
    network = build_segmenter(
        plan.network,
        wanted.decoder,
        weights=plan.weights,
        image_size=data.preprocessing.size,
        classes=len(plan.classes) if wanted.classify else 0,
        drop_rate=plan.recipe.dropout,
        seed=derive_seed(plan.seed, "weights"),
    )
    objective = outline_objective(outlines, augmenter, data.examples, plan.recipe, classify=wanted.classify)
    fitted = _fit_objective(plan, data, network, objective, augmenter, checkpoint, progress)
    engine = OutlineEngine(network, data.preprocessing, flips=wanted.flips, tile=wanted.tile)
    described = outlining(wanted, engine, data.images, outlines, data.examples.validation, plan.outline_threshold)
    scores = partial(_class_scores, engine)
    threshold = _threshold(plan, data, scores) if wanted.classify else None
    return _Trained(network, fitted, threshold, described)


def _detector(plan: ReaderPlan, data: TrainingData, checkpoint: Checkpoint, progress: Progress) -> _Trained | None:
    """A reader that finds boxes; None where the plan is not of one."""
    wanted, boxes = plan.boxes, data.boxes
    if wanted is None or boxes is None:
        return None
    augmenter = _augmenter(plan, data, wanted.window)
    augmenter.aim = wanted.aim(boxes, augmenter.seed)
    network = build_detector(
        plan.network,
        wanted.kind,
        weights=plan.weights,
        image_size=data.preprocessing.size,
        finest=wanted.finest,
        width=wanted.width,
        seed=derive_seed(plan.seed, "weights"),
    )
    objective = BoxObjective(boxes, augmenter, wanted.hit)
    fitted = _fit_objective(plan, data, network, objective, augmenter, checkpoint, progress)
    engine = BoxEngine(network, data.preprocessing, tile=wanted.tile)
    described = detecting(wanted, engine, data.images, boxes, data.examples.validation, plan.box_threshold)
    return _Trained(network, fitted, None, boxes=described)


def _marker(plan: ReaderPlan, data: TrainingData, checkpoint: Checkpoint, progress: Progress) -> _Trained | None:
    """A reader that marks lesions in volumes; None where the plan is not of one."""
    if plan.marks is None or data.points is None or not isinstance(data.prepared, PreparedVolumes):
        return None
    network = build_heat_mapper(plan.network, weights=plan.weights, seed=derive_seed(plan.seed, "weights"))
    patches = patches_of(plan.marks, data.prepared, data.points, data.preprocessing, plan.augmentation, plan.seed)
    fitted = fit(
        network,
        PatchSource(patches, data.preprocessing),
        patches.examples(data.examples),
        plan.recipe,
        objective=HeatObjective(patches, plan.marks.hit_mm),
        seed=plan.seed,
        name=plan.name,
        checkpoint=checkpoint,
        progress=progress,
    )
    network.load_state_dict(fitted.weights)
    engine = MarkEngine(network, data.preprocessing, apart_mm=plan.marks.apart_mm)
    rows = data.examples.validation
    described = marking(plan.marks, engine, data.prepared, data.points, rows, plan.box_threshold)
    return _Trained(network, fitted, None, marks=described)


def _stack_augmenter(plan: ReaderPlan, preprocessing: Preprocessing, stack: StackChoice) -> StackAugmenter:
    spacing = stack.spacing if isinstance(stack, VolumeStack) else None
    return StackAugmenter(
        plan.augmentation,
        preprocessing.size,
        preprocessing.mean,
        preprocessing.sd,
        derive_seed(plan.seed, "augmentation"),
        spacing_ratio=1.0 if spacing is None else spacing[0] / spacing[1],
    )


def _augmenter(plan: ReaderPlan, data: TrainingData, window: int | None) -> Augmenter:
    return make_augmenter(plan.augmentation, data.preprocessing, window, derive_seed(plan.seed, "augmentation"))


def _fit_objective(
    plan: ReaderPlan,
    data: TrainingData,
    network: Segmenter | Detector,
    objective: Objective,
    augmenter: Augmenter,
    checkpoint: Checkpoint,
    progress: Progress,
) -> Fitted:
    """Train on drawn windows (or whole views), judge on whole views; the network has the kept weights afterwards."""
    whole = make_augmenter(None, data.preprocessing, None, augmenter.seed)
    source = ImageSource(data.images, augmenter, whole)
    fitted = fit(
        network,
        source,
        data.examples,
        plan.recipe,
        objective=objective,
        seed=plan.seed,
        name=plan.name,
        checkpoint=checkpoint,
        progress=progress,
    )
    network.load_state_dict(fitted.weights)
    return fitted


def _class_scores(engine: OutlineEngine, prepared: Pixels) -> npt.NDArray[np.float32]:
    return np.asarray(engine.answer(prepared).scores)


def _fit(plan: ReaderPlan, data: TrainingData, network: Network, checkpoint: Checkpoint, progress: Progress) -> Fitted:
    stack = data.preprocessing.stack
    augmenter = _augmenter(plan, data, None) if stack is None else _stack_augmenter(plan, data.preprocessing, stack)
    images = ImageSource(data.images, augmenter, boxes=None if data.boxes is None else data.boxes.rows)
    fitted_by = partial(fit, seed=plan.seed, name=plan.name, checkpoint=checkpoint, progress=progress)
    if plan.train == "all":
        fitted = fitted_by(network, images, data.examples, plan.recipe)
        network.load_state_dict(fitted.weights)
        return fitted
    copies = plan.recipe.copies if plan.augmentation is not None else 0
    wanted = [
        plan.network,
        plan.weights,
        plan.seed,
        plan.as_dict()["augmentation"],
        copies,
        data.key,
        plan.recipe.precision,
    ]
    features = keep_features(
        network,
        images,
        plain=np.concatenate([data.examples.training, data.examples.validation]),
        augmented=data.examples.training,
        copies=copies,
        path=data.kept / f"{hash_value(wanted)[:16]}.npy",
        seed=derive_seed(plan.seed, "copies"),
        precision=plan.recipe.precision,
        name=plan.name,
        progress=progress,
    )
    fitted = fitted_by(network.head, features, data.examples, plan.recipe)
    network.head.load_state_dict(fitted.weights)
    return fitted


def _built(plan: ReaderPlan, preprocessing: Preprocessing) -> Network:
    return build_network(
        plan.network,
        len(plan.classes),
        weights=plan.weights,
        head=plan.head,
        image_size=preprocessing.size,
        drop_rate=plan.recipe.dropout,
        seed=derive_seed(plan.seed, "weights"),
        ordered=plan.ordered,
        planes=planes_plan(preprocessing.stack, plan.pool),
    )


def _threshold(
    plan: ReaderPlan, data: TrainingData, read: Callable[[Pixels], npt.NDArray[np.float32]]
) -> Threshold | None:
    """Chosen on scores that the reader gives as it will read: in float32, on plain images."""
    if plan.positive is None:
        return None
    rows = data.examples.validation
    parts = np.array_split(rows, max(1, round(len(rows) / data.images.at_once)))
    positive = plan.classes.index(plan.positive)
    scores = [read(data.images.pixels[part])[:, positive] for part in parts if len(part)]
    score = np.concatenate(scores) if scores else np.empty(0, dtype=np.float32)
    return choose_threshold(data.examples.targets[rows] == positive, score, plan.threshold)


def _all_learned_from(plan: ReaderPlan, data: TrainingData) -> pd.DataFrame:
    """This study's images, and those that the bundle it started from had learned from."""
    if plan.weights in {"random", "imagenet"} or Path(plan.weights).is_file():
        return data.learned_from
    return pd.concat([data.learned_from, learned_from(plan.weights)], ignore_index=True)


def _training_facts(network: Network | Segmenter | Detector | HeatMapper, fitted: Fitted) -> dict[str, Any]:
    loaded = network.loaded
    return {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "epochs_run": len(fitted.history),
        "kept_epoch": fitted.kept_epoch,
        "training_seconds": round(fitted.seconds, 1),
        "precision": fitted.precision,
        "device": fitted.device,
        "started_from": None if loaded is None else asdict(loaded),
    }
