"""The model's file: known types only, the same answers after it, and nothing that runs code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from readingroom.core.errors import BundleError
from readingroom.core.files import hash_file
from readingroom.reading.bundle import Featuring, ReaderBundle
from readingroom.reading.features.model_file import MODEL_FILE, load_model, save_model
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.preprocessing import Preprocessing
from readingroom.training.features.pipeline import build_pipeline

rng = np.random.default_rng(4)
FRAME = pd.DataFrame(rng.normal(size=(40, 6)), columns=[f"radiomics:stat_{n}" for n in range(6)]).assign(
    text=["a\x1fb", "b\x1fc"] * 20, **{"fact:sex": ["f", "m"] * 20}
)
TARGETS = np.array([0, 1] * 20)


def described(folder: Path) -> ReaderBundle:
    section = FeaturesSection.model_validate({"radiomics": {}})
    facts = {"weights_sha256": hash_file(folder / MODEL_FILE)}
    return ReaderBundle("r", "", (), ("a", "b"), "b", Preprocessing("whole", 32, "stretch"), None, facts,
                        features=Featuring(section))  # fmt: skip


@pytest.mark.parametrize("model", ["logistic", "boosting"])
def test_a_model_answers_the_same_after_it_was_kept(model: str, tmp_path: Path) -> None:
    section = FeaturesSection.model_validate(
        {"radiomics": {}, "text": {}, "facts": ["sex"], "model": model, "select": 3}
    )
    fitted = build_pipeline(section, FRAME, balanced=True, seed=1).fit(FRAME, TARGETS)
    save_model(tmp_path, fitted)
    kept = load_model(tmp_path, described(tmp_path))
    assert (kept.predict_proba(FRAME) == fitted.predict_proba(FRAME)).all()


def test_a_model_that_holds_anything_else_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path, Pipeline([("trick", FunctionTransformer(pd.read_pickle)), ("scale", StandardScaler())]))
    with pytest.raises(BundleError, match="which no reader's model needs"):
        load_model(tmp_path, described(tmp_path))


def test_a_damaged_or_exchanged_model_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path, Pipeline([("scale", StandardScaler())]))
    bundle = described(tmp_path)
    (tmp_path / MODEL_FILE).write_bytes(b"not a model")
    with pytest.raises(BundleError, match="not the one that"):
        load_model(tmp_path, bundle)
    with pytest.raises(BundleError, match="cannot be read"):
        load_model(tmp_path, replace(bundle, facts={"weights_sha256": hash_file(tmp_path / MODEL_FILE)}))
