"""The reader bundle: a folder with all that a network needs to read as it did in its study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from safetensors.torch import load_file, save_file
from torch import nn

from readingroom.cases.stacks.choice import StackChoice, ViewStack
from readingroom.core.errors import BundleError, WeightsError
from readingroom.core.files import atomic_write, hash_file, write_text
from readingroom.core.tables import write_csv
from readingroom.networks import Network, build_network
from readingroom.networks.detector import WIDTH, Detector, build_detector
from readingroom.networks.heat_mapper import HeatMapper, build_heat_mapper
from readingroom.networks.planes import PlanesPlan
from readingroom.networks.segmenter import Segmenter, build_segmenter
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.preprocessing import Preprocessing

SCHEMA_VERSION = 4
READER_FILE = "reader.yaml"
WEIGHTS_FILE = "weights.safetensors"
LEARNED_FILE = "learned_from.csv"
LEARNED_COLUMNS = ("image", "pixels_hash", "split", "study")


@dataclass(frozen=True)
class Threshold:
    """The operating point of a two-class reader: positive at score >= value. Fixed on validation, then left alone.

    Args:
        value: the score.
        rule: how it was chosen: ``youden``, ``sensitivity>=0.9``, ``fixed`` …
        split: where it was chosen.
    """

    value: float
    rule: str
    split: str = "validation"


@dataclass(frozen=True)
class Outlining:
    """How a reader outlines lesions.

    Args:
        decoder: one of `readingroom.networks.segmenter.DECODERS`; the network is its encoder.
        classify: whether the network has a classifier beside; without one the outline itself is the answer.
        threshold: of the probability of lesion at a pixel.
        flips: average over mirror images.
        tile: side in pixels of the tiles that it reads; None for one pass.
        smallest: outlines of a smaller share of the view are specks, and left out.
    """

    decoder: str
    classify: bool
    threshold: Threshold
    flips: bool = False
    tile: int | None = None
    smallest: float = 0.0


@dataclass(frozen=True)
class Detecting:
    """How a reader finds boxes.

    Args:
        kind: one of `readingroom.networks.detector.KINDS`; the network is its backbone.
        threshold: of a box's score; boxes below it are kept for curves, and do not count.
        tile: side in pixels of the tiles that it reads; None for one pass.
        finest: pixels between the places of the pyramid's first level.
        width: channels of the pyramid.
    """

    kind: str
    threshold: Threshold
    tile: int | None = None
    finest: int = 8
    width: int = WIDTH


@dataclass(frozen=True)
class Featuring:
    """How a reader goes by features.

    Args:
        section: the sources of its features, and its model.
        stacked: folders of the bundles whose scores are its features, by name, relative to its own.
    """

    section: FeaturesSection
    stacked: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Marking:
    """How a reader marks lesions in whole volumes.

    Args:
        threshold: of a mark's score; marks below it are kept for curves, and do not count.
        apart_mm: of two marks nearer to each other the surer one is given.
    """

    threshold: Threshold
    apart_mm: float


@dataclass(frozen=True)
class ReaderBundle:
    """A network with its classes, its preprocessing, its threshold, and what it learned from.

    Args:
        name: the reader's name in its study.
        network: name of the network, as `readingroom.networks.build_network` knows it; empty for a features reader
            without one.
        head: widths of the hidden layers of the head; empty for a linear one.
        classes: in the order of the outputs.
        positive: the class that is looked for, of two; None for more classes.
        preprocessing: the contract for its input.
        threshold: None where the answer is the class of the highest score.
        facts: how it was made: weights, training, epochs, seed, times, study. For people, never for computing.
        outlines: how it outlines; None for a reader that does not.
        boxes: how it finds boxes; None for a reader that does not.
        marks: how it marks lesions in volumes; None for a reader that does not.
        ordered: the classes are grades, and the head ends in a cumulative link.
        pool: over the planes of a stack, with a 2-D network; None without a stack, and for networks of volumes.
        features: how it goes by features; None for a reader that is a network.
    """

    name: str
    network: str
    head: tuple[int, ...]
    classes: tuple[str, ...]
    positive: str | None
    preprocessing: Preprocessing
    threshold: Threshold | None
    facts: dict[str, Any] = field(default_factory=dict)
    outlines: Outlining | None = None
    boxes: Detecting | None = None
    marks: Marking | None = None
    ordered: bool = False
    pool: str | None = None
    features: Featuring | None = None

    def predicted(self, scores: Any) -> list[str]:
        """Classes answered for scores (N, C): by the threshold for two classes, by the highest score for more."""
        if self.threshold is None or self.positive is None:
            return [self.classes[index] for index in scores.argmax(axis=1)]
        positive = self.classes.index(self.positive)
        negative = self.classes[1 - positive]
        return [self.positive if value >= self.threshold.value else negative for value in scores[:, positive]]


def save_bundle(folder: str | Path, bundle: ReaderBundle, network: nn.Module, learned_from: pd.DataFrame) -> None:
    """Write a bundle; ``reader.yaml`` comes last, so that a folder that has one is whole.

    Args:
        folder: made where it is missing.
        bundle: the reader's description.
        network: its weights are written as safetensors.
        learned_from: one row an image: image, pixels_hash, split, study.
    """
    folder = Path(folder)
    write_weights(folder, network)
    write_learned(folder, learned_from)
    write_description(folder, bundle, hash_file(folder / WEIGHTS_FILE))


def write_weights(folder: Path, network: nn.Module) -> None:
    """Write a network's weights as safetensors."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic_write(folder / WEIGHTS_FILE) as temporary:
        save_file(tensors, temporary)


def write_learned(folder: Path, learned_from: pd.DataFrame) -> None:
    """Write what a reader learned from: image, pixels_hash, split, study."""
    write_csv(learned_from[list(LEARNED_COLUMNS)], folder / LEARNED_FILE)


def write_description(folder: Path, bundle: ReaderBundle, weights_sha256: str) -> None:
    """Write ``reader.yaml``, the last file of a bundle.

    Args:
        folder: of the bundle.
        bundle: the reader's description.
        weights_sha256: of the weights, or of a features reader's model.
    """
    values = {
        "schema_version": SCHEMA_VERSION,
        "name": bundle.name,
        "network": bundle.network,
        "head": list(bundle.head),
        "ordered": bundle.ordered,
        "pool": bundle.pool,
        "classes": list(bundle.classes),
        "positive": bundle.positive,
        "preprocessing": bundle.preprocessing.as_dict(),
        "threshold": None if bundle.threshold is None else vars(bundle.threshold),
        "outlines": None if bundle.outlines is None else asdict(bundle.outlines),
        "boxes": None if bundle.boxes is None else asdict(bundle.boxes),
        "features": None if bundle.features is None else _featuring_values(bundle.features),
        "marks": None if bundle.marks is None else asdict(bundle.marks),
        "weights_sha256": weights_sha256,
        "facts": bundle.facts,
    }
    write_text(folder / READER_FILE, yaml.safe_dump(values, sort_keys=False, allow_unicode=True))


def load_bundle(folder: str | Path) -> ReaderBundle:
    """Read the description of a bundle.

    Raises:
        BundleError: not a bundle, written by a later version, or incomplete.
    """
    path = Path(folder) / READER_FILE
    values = _reader_yaml(path)
    if values.get("schema_version", 0) > SCHEMA_VERSION:
        raise BundleError("a later version of Reading Room wrote this reader", fix="Update Reading Room", file=path)
    try:
        threshold = values["threshold"]
        return ReaderBundle(
            name=values["name"],
            network=values["network"],
            head=tuple(values["head"]),
            classes=tuple(values["classes"]),
            positive=values["positive"],
            preprocessing=Preprocessing.from_dict(values["preprocessing"]),
            threshold=None if threshold is None else Threshold(**threshold),
            facts={**values["facts"], "weights_sha256": values["weights_sha256"]},
            outlines=_outlining(values.get("outlines")),
            boxes=_detecting(values.get("boxes")),
            marks=_marking(values.get("marks")),
            ordered=bool(values.get("ordered", False)),
            pool=values.get("pool"),
            features=_featuring(values.get("features")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"the reader's description is incomplete ({error})", file=path) from error


def _outlining(values: dict[str, Any] | None) -> Outlining | None:
    return None if values is None else Outlining(**{**values, "threshold": Threshold(**values["threshold"])})


def _detecting(values: dict[str, Any] | None) -> Detecting | None:
    return None if values is None else Detecting(**{**values, "threshold": Threshold(**values["threshold"])})


def _featuring_values(features: Featuring) -> dict[str, Any]:
    return {"section": features.section.model_dump(mode="json"), "stacked": dict(features.stacked)}


def _featuring(values: dict[str, Any] | None) -> Featuring | None:
    if values is None:
        return None
    return Featuring(FeaturesSection.model_validate(values["section"]), dict(values["stacked"]))


def _marking(values: dict[str, Any] | None) -> Marking | None:
    return None if values is None else Marking(**{**values, "threshold": Threshold(**values["threshold"])})


def _reader_yaml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BundleError("not a reader bundle", fix=f"A bundle is a folder that holds {READER_FILE}", file=path.parent)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise BundleError(f"not readable as YAML ({error})", file=path) from error
    if not isinstance(values, dict):
        raise BundleError("the reader's description is not a table of keys", file=path)
    return values


def load_network(folder: str | Path, bundle: ReaderBundle) -> Network:
    """Build a bundle's network and load its weights, which must be those that its description names.

    Raises:
        BundleError: the weights are missing, damaged, or not those of the description.
    """
    network = build_network(
        bundle.network,
        len(bundle.classes),
        head=bundle.head,
        image_size=bundle.preprocessing.size,
        ordered=bundle.ordered,
        planes=planes_plan(bundle.preprocessing.stack, bundle.pool),
    )
    load_weights(folder, network, bundle.facts["weights_sha256"])
    return network.eval()


def planes_plan(stack: StackChoice | None, pool: str | None) -> PlanesPlan | None:
    """How a network reads the planes of a stack; None for single images."""
    if stack is None:
        return None
    slots = tuple(place // stack.each for place in range(stack.depth)) if isinstance(stack, ViewStack) else ()
    return PlanesPlan(stack.depth, stack.channels, pool, slots)


def load_segmenter(folder: str | Path, bundle: ReaderBundle) -> Segmenter:
    """The same for a reader that outlines.

    Raises:
        BundleError: the reader does not outline; or see `load_network`.
    """
    if bundle.outlines is None:
        raise BundleError("this reader tells classes apart and does not outline", file=Path(folder) / READER_FILE)
    classes = len(bundle.classes) if bundle.outlines.classify else 0
    size = bundle.preprocessing.size
    network = build_segmenter(bundle.network, bundle.outlines.decoder, image_size=size, classes=classes)
    load_weights(folder, network, bundle.facts["weights_sha256"])
    return network.eval()


def load_detector(folder: str | Path, bundle: ReaderBundle) -> Detector:
    """The same for a reader that finds boxes.

    Raises:
        BundleError: the reader finds no boxes; or see `load_network`.
    """
    if bundle.boxes is None:
        raise BundleError("this reader does not find boxes", file=Path(folder) / READER_FILE)
    size, wanted = bundle.preprocessing.size, bundle.boxes
    network = build_detector(bundle.network, wanted.kind, image_size=size, finest=wanted.finest, width=wanted.width)
    load_weights(folder, network, bundle.facts["weights_sha256"])
    return network.eval()


def load_heat_mapper(folder: str | Path, bundle: ReaderBundle) -> HeatMapper:
    """The same for a reader that marks lesions in volumes.

    Raises:
        BundleError: the reader marks none; or see `load_network`.
    """
    if bundle.marks is None:
        raise BundleError("this reader does not mark lesions in volumes", file=Path(folder) / READER_FILE)
    network = build_heat_mapper(bundle.network)
    load_weights(folder, network, bundle.facts["weights_sha256"])
    return network.eval()


def load_weights(folder: str | Path, network: nn.Module, sha256: str) -> None:
    """Load a bundle's weights into a network.

    Raises:
        BundleError: they are missing, or not those of this hash.
        WeightsError: they do not fit the network.
    """
    path = Path(folder) / WEIGHTS_FILE
    if not path.is_file():
        raise BundleError("the weights are missing", fix="Copy the whole bundle folder again", file=path)
    if hash_file(path) != sha256:
        raise BundleError(
            "the weights are not those that the reader's description names",
            fix="Copy the whole bundle folder again",
            file=path,
        )
    try:
        network.load_state_dict(load_file(path))
    except RuntimeError as error:
        raise WeightsError(f"the weights do not fit the network ({error})", file=path) from error


def learned_from(folder: str | Path) -> pd.DataFrame:
    """What a bundle learned from: image, pixels_hash, split, study; empty where it does not say."""
    path = Path(folder) / LEARNED_FILE
    if not path.is_file():
        return pd.DataFrame(columns=list(LEARNED_COLUMNS), dtype="str")
    return pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False)


def overlap(learned: pd.DataFrame, pixels_hashes: Sequence[str]) -> pd.DataFrame:
    """The rows of what a reader learned from whose very pixels are among those to be read."""
    return learned[learned["pixels_hash"].isin(set(pixels_hashes))]
