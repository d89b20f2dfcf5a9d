"""Features readers of a study: how they are trained, and how they read its cases."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from readingroom.cases.radiomics import mirp_version
from readingroom.core.files import hash_file, hash_value
from readingroom.core.progress import Progress
from readingroom.core.seeds import derive_seed
from readingroom.core.tables import read_facts
from readingroom.networks import Network
from readingroom.reading.bundle import ReaderBundle
from readingroom.reading.features.backbone import FeatureEngine, backbone_of
from readingroom.reading.features.reader import FeaturesReader, load_features_reader
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.features.table import FeatureTable, Sources, gather_features
from readingroom.reading.pipeline import Unread
from readingroom.reading.preprocessing import Pixels
from readingroom.study.folder import RunFolder
from readingroom.study.intake import Intake
from readingroom.training.features.reader import FeaturesData, FeaturesPlan, train_features_reader
from readingroom.training.features.stability import measure_stability, unstable
from readingroom.training.prepared import PreparedImages
from readingroom.training.reader import TrainingData


@dataclass(frozen=True)
class FeatureReaders:
    """Trains and applies the features readers of one study.

    Args:
        intake: the audited cases, all of which can be described.
        folder: of the run.
        progress: where it is reported.
    """

    intake: Intake
    folder: RunFolder
    progress: Progress

    def key(self, plan: FeaturesPlan, data: TrainingData) -> str:
        """Hash of all that decides a training."""
        cases, section = self.intake.cases, plan.section
        columns = [*section.facts] + ([] if section.text is None else [section.text.column])
        described = [] if section.radiomics is None else [
            mirp_version(), [hash_file(cases.path(one)) for one in cases.frame["outline"]], _spacings(cases.frame)
        ]  # fmt: skip
        stacked = [read_facts(self.folder.readings(name)).get("key") for name in section.scores]
        words = cases.frame[columns].astype("string").fillna("").to_numpy().tolist()
        return hash_value([plan.as_dict(), data.key, words, described, stacked])

    def train(
        self,
        plan: FeaturesPlan,
        data: TrainingData,
        where: Path,
        *,
        key: str,
        facts: dict[str, Any],
        stacked: dict[str, Path],
    ) -> ReaderBundle:
        """Gather the features of what a training may see, and train.

        Args:
            plan: what to train.
            data: the parts of this fold, with the prepared images.
            where: folder of the bundle.
            key: as `key` gives it.
            facts: of the study, for the bundle.
            stacked: folders of the bundles whose scores are features, by name.
        """
        network = backbone_of(plan.network, plan.weights, data.preprocessing.size, plan.seed) if plan.network else None
        rows = np.concatenate([data.examples.training, data.examples.validation])
        if plan.section.scores:
            rows = data.examples.validation
        table = self._gather(plan, data, network, rows, facts)
        place = {int(row): number for number, row in enumerate(rows)}
        frame = self.intake.cases.frame
        assert table.frame.index.tolist() == frame.loc[rows, "image"].tolist()
        validation = np.array([place[int(row)] for row in data.examples.validation], dtype=np.int64)
        training = np.array([place[int(row)] for row in data.examples.training if int(row) in place], dtype=np.int64)
        stability = self._stability(plan, frame.loc[data.examples.training], facts["fold"])
        groups = self.intake.reading_facts(facts["fold"])["group"].to_numpy()[rows]
        made = FeaturesData(
            table.frame,
            data.examples.targets[rows],
            groups,
            validation if plan.section.scores else training,
            validation,
            data.learned_from,
            data.preprocessing,
            {name: Path(os.path.relpath(folder, where)).as_posix() for name, folder in stacked.items()},
            stability,
            _dropped(plan.section, stability),
        )
        return train_features_reader(plan, made, network, where, key=key, facts=facts)

    def _stability(self, plan: FeaturesPlan, training: pd.DataFrame, fold: int) -> pd.DataFrame | None:
        """On the training part only; readers of the same settings share it."""
        section = plan.section.radiomics
        if section is None or not section.measured:
            return None
        seed = derive_seed(plan.seed, "stability", fold)
        return measure_stability(
            training, section, self.intake.cases.root, kept=self.folder.radiomics, seed=seed, name=plan.name,
            progress=self.progress,
        )  # fmt: skip

    def _gather(
        self, plan: FeaturesPlan, data: TrainingData, network: Network | None, rows: Any, facts: dict[str, Any]
    ) -> FeatureTable:
        cases = self.intake.cases
        held = data.prepared
        if not isinstance(held, PreparedImages):
            raise TypeError("features are those of prepared images")  # no study file of whole volumes has them
        place = {str(image): number for number, image in enumerate(cases.frame["image"])}
        engine = None if network is None else FeatureEngine(network, data.preprocessing)

        scores = self._scores(plan.section, facts["fold"], facts["repeat"])

        def prepared(image: str) -> Pixels:
            return np.asarray(held.pixels[place[image]])

        sources = Sources(cases.frame.loc[rows], cases.root, engine, prepared, scores, self.folder.radiomics)
        return gather_features(plan.section, sources, name=plan.name, progress=self.progress)

    def _scores(self, section: FeaturesSection, fold: int, repeat: int) -> dict[str, pd.DataFrame]:
        found = {name: pd.read_parquet(self.folder.readings(name)) for name in section.scores}
        return {name: rows[(rows["fold"] == fold) & (rows["repeat"] == repeat)] for name, rows in found.items()}

    def read(
        self, where: Path, bundle: ReaderBundle, images: Sequence[str], fold: int, repeat: int
    ) -> tuple[pd.DataFrame, list[Unread]]:
        """Read images of the study."""
        reader = load_features_reader(where, bundle)
        table = self.table(reader, images, fold, repeat, self.progress)
        return reader.answer(table), table.unread

    def table(
        self, reader: FeaturesReader, images: Sequence[str], fold: int, repeat: int, progress: Progress
    ) -> FeatureTable:
        """The features of images of the study, as a trained reader takes them."""
        scores = self._scores(reader.section, fold, repeat)
        rows, root = self._cases(images), self.intake.cases.root
        return reader.table(rows, root, scores=scores, kept=self.folder.radiomics, progress=progress)

    def texts(self, section: FeaturesSection, images: Sequence[str]) -> dict[str, str]:
        """The texts of images; empty where the reader reads none."""
        if section.text is None:
            return {}
        rows = self._cases(images)
        return dict(zip(rows["image"].astype(str), rows[section.text.column].astype(str), strict=True))

    def _cases(self, images: Sequence[str]) -> pd.DataFrame:
        rows = self.intake.cases.frame.set_index("image", drop=False).loc[list(images)]
        return rows.reset_index(drop=True)


def _dropped(section: FeaturesSection, stability: pd.DataFrame | None) -> frozenset[str]:
    if stability is None or section.radiomics is None:
        return frozenset()
    return unstable(stability, section.radiomics.stable)


def _spacings(frame: pd.DataFrame) -> list[str]:
    return frame["spacing_mm"].astype(str).tolist() if "spacing_mm" in frame else []
