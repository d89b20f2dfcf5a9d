"""Training a features reader: from its table of features to a bundle."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline

from readingroom.cases.radiomics import mirp_version
from readingroom.core.files import write_text
from readingroom.core.seeds import derive_seed
from readingroom.core.tables import write_csv
from readingroom.networks import Network
from readingroom.reading.bundle import Featuring, ReaderBundle, Threshold, load_bundle
from readingroom.reading.features.reader import class_scores, save_features_reader
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.preprocessing import Preprocessing
from readingroom.training.card import write_card
from readingroom.training.features.pipeline import build_pipeline, grid
from readingroom.training.features.tuning import Tuned, grouped_folds, tune
from readingroom.training.threshold import choose_threshold

TUNING_FILE = "tuning.csv"
STABILITY_FILE = "stability.csv"
CARD_FILE = "card.md"


@dataclass(frozen=True)
class FeaturesPlan:
    """A features reader to be trained.

    Args:
        name: of the reader.
        section: sources and model.
        network: of the frozen backbone; empty where no network gives features.
        weights: of it.
        classes: in the order of the scores.
        positive: of two classes, the one that is looked for.
        threshold: the rule, or a number.
        balanced: rare classes weigh more.
        seed: of this repeat.
        shuffled: labels were dealt at random.
    """

    name: str
    section: FeaturesSection
    network: str
    weights: str
    classes: tuple[str, ...]
    positive: str | None
    threshold: str | float
    balanced: bool
    seed: int
    shuffled: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values: for the key of a training and for ``reader.yaml``."""
        return {**vars(self), "section": self.section.model_dump(mode="json"), "train": "features"}


@dataclass(frozen=True, eq=False)
class FeaturesData:
    """What a features reader learns from.

    Args:
        frame: features of all images that it may see, by image.
        targets: class of each row.
        groups: patient of each row, near-duplicates together.
        training: rows that are fitted on; of stacked scores the validation part.
        validation: rows that the threshold is chosen on.
        learned_from: image, pixels_hash, split, study of the rows that are seen.
        preprocessing: of the backbone; with the study's window in any case.
        stacked: folders of the stacked bundles by name, relative to the new one.
        stability: of the radiomic features; None where it was not measured.
        unstable: radiomic features that are left out for it.
    """

    frame: pd.DataFrame
    targets: npt.NDArray[np.int64]
    groups: npt.NDArray[Any]
    training: npt.NDArray[np.int64]
    validation: npt.NDArray[np.int64]
    learned_from: pd.DataFrame
    preprocessing: Preprocessing
    stacked: dict[str, str] = field(default_factory=dict)
    stability: pd.DataFrame | None = None
    unstable: frozenset[str] = frozenset()


def train_features_reader(
    plan: FeaturesPlan, data: FeaturesData, network: Network | None, folder: Path, *, key: str, facts: Mapping[str, Any]
) -> ReaderBundle:
    """Train a features reader and write its bundle.

    Args:
        plan: what to train.
        data: what to train it on.
        network: the frozen backbone; None where no network gives features.
        folder: of the bundle.
        key: hash of all that decides the result.
        facts: written into ``reader.yaml`` beside the facts of the training itself.
    """
    started = time.perf_counter()
    seed = derive_seed(plan.seed, "features")
    pipeline = build_pipeline(
        plan.section, data.frame.iloc[data.training], dropped=data.unstable, balanced=plan.balanced, seed=seed
    )
    rows = data.training
    tuned = tune(
        pipeline, grid(plan.section), data.frame.iloc[rows], data.targets[rows], data.groups[rows],
        folds=plan.section.folds, seed=seed,
    )  # fmt: skip
    bundle = ReaderBundle(
        name=plan.name,
        network=plan.network,
        head=(),
        classes=plan.classes,
        positive=plan.positive,
        preprocessing=data.preprocessing,
        threshold=_threshold(plan, data, tuned, seed),
        features=Featuring(plan.section, data.stacked),
        facts={**facts, "key": key, "plan": plan.as_dict(), **_facts(plan, data, tuned, network, started)},
    )
    write_csv(pd.DataFrame(tuned.tried), folder / TUNING_FILE)
    if data.stability is not None:
        write_csv(data.stability, folder / STABILITY_FILE)
    parts = {name: int((data.learned_from["split"] == name).sum()) for name in ("training", "validation")}
    write_text(folder / CARD_FILE, write_card(bundle, parts))
    save_features_reader(folder, bundle, tuned.model, network, data.learned_from)
    return load_bundle(folder)


def _threshold(plan: FeaturesPlan, data: FeaturesData, tuned: Tuned, seed: int) -> Threshold | None:
    """On the validation part; of stacked scores, which learned from it, on scores out of fold."""
    if plan.positive is None:
        return None
    positive, rows = plan.classes.index(plan.positive), data.validation
    if plan.section.scores:
        scores = _out_of_fold(plan, data, tuned, seed)
    else:
        scores = class_scores(tuned.model, data.frame.iloc[rows], plan.classes)
    return choose_threshold(data.targets[rows] == positive, scores[:, positive], plan.threshold)


def _out_of_fold(plan: FeaturesPlan, data: FeaturesData, tuned: Tuned, seed: int) -> npt.NDArray[np.float64]:
    rows = data.validation
    frame, targets = data.frame.iloc[rows], data.targets[rows]
    parts = grouped_folds(targets, data.groups[rows], plan.section.folds, seed)
    if not parts:
        return np.asarray(class_scores(tuned.model, frame, plan.classes))
    scores = np.zeros((len(rows), len(plan.classes)))
    found = cross_val_predict(tuned.model, frame, targets, cv=parts, method="predict_proba")
    scores[:, [int(place) for place in tuned.model.classes_]] = found
    return scores


def _facts(
    plan: FeaturesPlan, data: FeaturesData, tuned: Tuned, network: Network | None, started: float
) -> dict[str, Any]:
    loaded = None if network is None else network.loaded
    return {
        "parameters": _parameters(tuned.model) + (0 if network is None else _count(network)),
        "epochs_run": None,
        "kept_epoch": None,
        "training_seconds": round(time.perf_counter() - started, 1),
        "precision": "float32" if network is not None else "float64",
        "device": "cpu",
        "started_from": None if loaded is None else asdict(loaded),
        "features_given": len(data.frame.columns) - len(data.unstable),
        "features_unstable": len(data.unstable),
        "values_missing": int(data.frame.iloc[data.training].isna().sum().sum()),
        "tuned": {name.rsplit("__", 1)[-1]: value for name, value in tuned.chosen.items()},
        "tuning_folds": tuned.folds,
        "mirp": mirp_version() if plan.section.radiomics is not None else None,
    }


def _parameters(model: Pipeline) -> int:
    last = model[-1]
    if hasattr(last, "coef_"):
        return int(last.coef_.size + last.intercept_.size)
    return int(sum(tree.get_n_leaf_nodes() for trees in last._predictors for tree in trees))


def _count(network: Network) -> int:
    return sum(parameter.numel() for parameter in network.backbone.parameters())
