"""A features reader: cases in, readings out, by the sources and the model that its study fixed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from readingroom.core.files import hash_file
from readingroom.core.progress import Progress, SilentProgress
from readingroom.core.tables import score_columns
from readingroom.networks import Network, build_network
from readingroom.reading.bundle import (
    WEIGHTS_FILE,
    ReaderBundle,
    load_bundle,
    load_weights,
    write_description,
    write_learned,
    write_weights,
)
from readingroom.reading.engine import open_engine
from readingroom.reading.features.backbone import FeatureEngine, from_files
from readingroom.reading.features.model_file import MODEL_FILE, load_model, save_model
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.features.table import FeatureTable, Sources, gather_features
from readingroom.reading.pipeline import Unread, read_images


@dataclass(frozen=True, eq=False)
class FeaturesReader:
    """A features reader that is ready to read.

    Args:
        bundle: its description.
        folder: of its bundle.
        model: from features to a share for each class.
        network: the frozen backbone; None where no network gives features.
    """

    bundle: ReaderBundle
    folder: Path
    model: Pipeline
    network: Network | None

    @property
    def section(self) -> FeaturesSection:
        """Sources and model."""
        assert self.bundle.features is not None
        return self.bundle.features.section

    def read(
        self,
        cases: pd.DataFrame,
        root: Path,
        *,
        scores: dict[str, pd.DataFrame] | None = None,
        kept: Path | None = None,
        progress: Progress | None = None,
    ) -> tuple[pd.DataFrame, list[Unread]]:
        """Read cases.

        Args:
            cases: one row an image, with the columns that the features need.
            root: folder of images and outlines.
            scores: readings of the readers that are stacked, where they are known already.
            kept: folder where radiomics are kept.
            progress: where it is reported.

        Returns:
            As `readingroom.reading.pipeline.read_images`.
        """
        table = self.table(cases, root, scores=scores, kept=kept, progress=progress)
        return self.answer(table), table.unread

    def table(
        self,
        cases: pd.DataFrame,
        root: Path,
        *,
        scores: dict[str, pd.DataFrame] | None = None,
        kept: Path | None = None,
        progress: Progress | None = None,
    ) -> FeatureTable:
        """The features of cases, as `read` takes them."""
        progress = progress or SilentProgress()
        others = self._others(cases, root, kept, progress) if scores is None else scores
        engine = None if self.network is None else FeatureEngine(self.network, self.bundle.preprocessing)
        prepared = from_files(root, self.bundle.preprocessing)
        sources = Sources(cases, root, engine, prepared, others, kept, self._numbers)
        return gather_features(self.section, sources, name=self.bundle.name, progress=progress)

    def answer(self, table: FeatureTable) -> pd.DataFrame:
        """The readings of images whose features are known."""
        started = time.perf_counter()
        scores = class_scores(self.model, table.frame, self.bundle.classes)
        own_ms = (time.perf_counter() - started) * 1000 / max(1, len(scores))
        frame = pd.DataFrame({"reader": self.bundle.name, "image": table.frame.index.astype(str)})
        frame[score_columns(self.bundle.classes)] = scores
        frame["predicted"] = self.bundle.predicted(scores)
        return frame.assign(time_ms=table.time_ms + own_ms)

    @property
    def _numbers(self) -> frozenset[str]:
        known = {name: columns for name, _, columns in self.model[0].transformers_}
        return frozenset(known.get("numbers", ()))

    def _others(
        self, cases: pd.DataFrame, root: Path, kept: Path | None, progress: Progress
    ) -> dict[str, pd.DataFrame]:
        stacked = self.bundle.features.stacked if self.bundle.features is not None else {}
        return {
            name: read_cases((self.folder / where).resolve(), cases, root, kept=kept, progress=progress)[0]
            for name, where in stacked.items()
        }


def class_scores(model: Pipeline, frame: pd.DataFrame, classes: Sequence[str]) -> np.ndarray[Any, Any]:
    """Shares (N, C) of the classes in their order; a class that the model never saw has none."""
    scores = np.zeros((len(frame), len(classes)))
    if len(frame):
        scores[:, [int(place) for place in model.classes_]] = model.predict_proba(frame)
    return scores


def read_cases(
    folder: Path, cases: pd.DataFrame, root: Path, *, kept: Path | None = None, progress: Progress | None = None
) -> tuple[pd.DataFrame, list[Unread]]:
    """Read cases with the reader of a bundle, be it a network or a features reader."""
    bundle = load_bundle(folder)
    if bundle.features is not None:
        return load_features_reader(folder, bundle).read(cases, root, kept=kept, progress=progress)
    images = cases["image"].astype(str).tolist()
    return read_images(bundle, open_engine(folder, bundle, images=len(images)), images, root, progress=progress)


def load_features_reader(folder: str | Path, bundle: ReaderBundle) -> FeaturesReader:
    """Load the model and the backbone of a features reader.

    Raises:
        BundleError: either is missing, damaged, or not the one that the description names.
    """
    folder = Path(folder)
    return FeaturesReader(bundle, folder, load_model(folder, bundle), load_backbone(folder, bundle))


def load_backbone(folder: Path, bundle: ReaderBundle) -> Network | None:
    """The frozen backbone of a features reader; None where it has none.

    Raises:
        BundleError: the weights are missing, or not those that the description names.
    """
    if not bundle.network:
        return None
    network = build_network(bundle.network, 2, image_size=bundle.preprocessing.size)
    load_weights(folder, network, bundle.facts["backbone_sha256"])
    return network.eval()


def save_features_reader(
    folder: Path, bundle: ReaderBundle, model: Pipeline, network: Network | None, learned_from: pd.DataFrame
) -> None:
    """Write a features reader's bundle; ``reader.yaml`` comes last.

    Args:
        folder: made where it is missing.
        bundle: its description.
        model: the fitted pipeline.
        network: the frozen backbone; None where no network gives features.
        learned_from: one row an image: image, pixels_hash, split, study.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_model(folder, model)
    if network is not None:
        write_weights(folder, network)
        bundle.facts["backbone_sha256"] = hash_file(folder / WEIGHTS_FILE)
    write_learned(folder, learned_from)
    write_description(folder, bundle, hash_file(folder / MODEL_FILE))
