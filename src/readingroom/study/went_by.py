"""What the features readers of a study went by: their strongest features, and what decided a few test cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.inspection import permutation_importance

from readingroom.core.errors import BundleError
from readingroom.core.files import hash_value, read_json, write_json
from readingroom.core.progress import Progress
from readingroom.core.seeds import derive_seed
from readingroom.core.tables import SCORE
from readingroom.reading.bundle import ReaderBundle
from readingroom.reading.explained import ExplainSection, choose_images
from readingroom.reading.features.contributions import (
    added,
    by_source,
    feature_names,
    is_linear,
    per_deviation,
    plain_name,
    source_of,
    strongest,
    word_marks,
)
from readingroom.reading.features.reader import FeaturesReader, class_scores, load_features_reader
from readingroom.reading.features.table import FeatureTable
from readingroom.study.features import FeatureReaders
from readingroom.study.folder import RunFolder

_VERSION = 1
_MOST = 20
_MOST_OF_CASE = 6
_REPEATS = 10


@dataclass(frozen=True)
class WentBy:
    """Writes ``features/<reader>.json`` of each features reader; those that are there already are kept.

    Args:
        readers: of the study.
        section: of the study file; None explains no single case.
        seed: of the study.
        progress: where it is reported.
    """

    readers: FeatureReaders
    section: ExplainSection | None
    seed: int
    progress: Progress

    @property
    def _folder(self) -> RunFolder:
        return self.readers.folder

    def write(self, bundles: Mapping[str, tuple[Path, ReaderBundle]]) -> None:
        """Write for each features reader by name: its bundle's folder, and the bundle, of the first fold and repeat."""
        for name, (where, bundle) in bundles.items():
            asked = None if self.section is None else self.section.images
            key = hash_value([_VERSION, bundle.facts["key"], bundle.facts["weights_sha256"], asked, self.seed])
            path = self._folder.went_by(name)
            if not path.is_file() or read_json(path).get("key") != key:
                write_json(path, {"schema_version": 1, "key": key, **self._of(name, where, bundle)})

    def _of(self, name: str, where: Path, bundle: ReaderBundle) -> dict[str, Any]:
        reader = load_features_reader(where, bundle)
        if bundle.features is None:
            raise BundleError("no features reader", file=where)
        rows = pd.read_parquet(self._folder.readings(name))
        first = rows[(rows["fold"] == 1) & (rows["repeat"] == 1)]
        validation = first[first["split"] == "validation"]
        known = self.readers.table(reader, validation["image"].tolist(), 1, 1, self.progress)
        positive = bundle.classes.index(bundle.positive) if bundle.positive else None
        found = {
            "explained": bundle.positive or "",
            "linear": is_linear(reader.model),
            "features": _strongest(reader, known, validation, positive, derive_seed(self.seed, "permutation")),
            "decisions": [],
        }
        tested = first[first["split"] == "test"]
        tested = tested if len(tested) else first[first["split"] == "external"]
        if self.section is None or not is_linear(reader.model) or tested.empty:
            return found
        images = choose_images(tested, bundle.classes, self.section.images, self.seed)
        return found | {"decisions": self._decisions(reader, known, tested, images)}

    def _decisions(
        self, reader: FeaturesReader, known: FeatureTable, tested: pd.DataFrame, images: list[str]
    ) -> list[dict[str, Any]]:
        table = self.readers.table(reader, images, 1, 1, self.progress)
        texts = self.readers.texts(reader.section, images)
        records = {str(row["image"]): row for row in tested.to_dict("records")}
        seen = [reader.bundle.classes[int(one)] for one in reader.model.classes_]
        # Against the mean of the validation images: what is common to all cases decides none.
        middles = [by_source(added(reader.model, known.frame, place)).mean() for place in range(len(seen))]
        decisions = []
        for image in images:
            row = records[image]
            place = seen.index(str(row["predicted"]))
            parts = added(reader.model, table.frame.loc[[image]], place)
            told = {"text": texts.get(image, ""), "words": _words(reader, texts.get(image, ""), parts)}
            decisions.append(_decision(image, row, parts, middles[place]) | told)
        return decisions


def _decision(image: str, row: dict[Any, Any], parts: pd.DataFrame, middle: pd.Series) -> dict[str, Any]:
    own = [str(name) for name in parts.columns if source_of(str(name)) in {"radiomics", "facts", "scores"}]
    sources = by_source(parts).iloc[0] - middle
    return {
        "image": image,
        "truth": str(row["truth"]),
        "predicted": str(row["predicted"]),
        "score": float(row[f"{SCORE}{row['predicted']}"]),
        "sources": {str(name): float(value) for name, value in sources.items()},
        "features": strongest(own, parts[own].iloc[0].to_numpy(dtype=np.float64), _MOST_OF_CASE),
    }


def _words(reader: FeaturesReader, text: str, parts: pd.DataFrame) -> list[dict[str, Any]]:
    if reader.section.text is None:
        return []
    said = {str(name): float(value) for name, value in parts.iloc[0].items() if value}
    own = {name: value for name, value in said.items() if source_of(name) == "text"}
    return [vars(mark) for mark in word_marks(text, reader.section.text, own)]


def _strongest(
    reader: FeaturesReader, known: FeatureTable, rows: pd.DataFrame, positive: int | None, seed: int
) -> list[dict[str, Any]]:
    """By coefficient of a linear model (per standard deviation); of a boosted one by permutation on validation."""
    model, names = reader.model, feature_names(reader.model)
    if is_linear(model):
        seen = [int(one) for one in model.classes_]
        if positive is not None:
            return strongest(names, per_deviation(model, seen.index(positive)), _MOST)
        every = np.stack([per_deviation(model, place) for place in range(len(seen))])
        best = np.abs(every).argmax(axis=0)
        found = strongest(names, every[best, np.arange(len(names))], _MOST)
        owner = {
            plain_name(name): reader.bundle.classes[seen[int(place)]] for name, place in zip(names, best, strict=True)
        }
        return [one | {"class": owner[one["feature"]]} for one in found]
    return _permuted(reader, known, rows, names, positive, seed)


def _permuted(
    reader: FeaturesReader, known: FeatureTable, rows: pd.DataFrame, names: list[str], positive: int | None, seed: int
) -> list[dict[str, Any]]:
    model, classes = reader.model, reader.bundle.classes
    truth = (
        rows.set_index("image").loc[known.frame.index, "truth"].map({c: i for i, c in enumerate(classes)}).to_numpy()
    )
    if known.frame.empty or not set(truth) <= {int(one) for one in model.classes_}:
        return []
    values = np.asarray(model[0].transform(known.frame), dtype=np.float64)
    found = permutation_importance(
        model[-1], values, truth, scoring="neg_log_loss", n_repeats=_REPEATS, random_state=seed % 2**31
    )
    scores = class_scores(model, known.frame, classes)[:, positive if positive is not None else -1]
    signs = pd.DataFrame(values).corrwith(pd.Series(scores), method="spearman").fillna(0.0).to_numpy()
    kept = strongest(names, np.where(found.importances_mean > 0, found.importances_mean, 0.0), _MOST)
    sign = {plain_name(name): float(np.sign(value)) for name, value in zip(names, signs, strict=True)}
    return [one | {"sign": sign[one["feature"]]} for one in kept]
