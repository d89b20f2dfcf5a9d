"""The model on a table of features: every step that learns anything stands in one pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from readingroom.reading.features.section import FeaturesSection, TextSection
from readingroom.reading.features.selection import Selection
from readingroom.reading.features.table import FACT, NETWORK, RADIOMICS, STACKED, TEXT, columns_of
from readingroom.reading.features.text import TERM

FEATURES, MODEL, SELECTION = "features", "model", "selection"
PENALTIES = (0.003, 0.03, 0.3, 3.0, 30.0)
"""Inverse strengths of the L2 penalty that are tried, each a tenth of the next but one."""
DEPTHS = (1, 2, 3)
ROUNDS = (25, 100)
LEARNING_RATE = 0.1
_TRUSTED_STEPS = 3000


def build_pipeline(
    section: FeaturesSection, frame: pd.DataFrame, *, dropped: frozenset[str] = frozenset(), balanced: bool, seed: int
) -> Pipeline:
    """The pipeline of a features reader, not fitted.

    Each source is brought to about the same total weight (features standardised and divided by the square root of
    their number; a text has length 1), so that a thousand features of a network do not drown ten of radiomics.

    Args:
        section: sources and model.
        frame: the table, for its columns.
        dropped: radiomic features that are left out, because they depend on the outline.
        balanced: rare classes weigh more.
        seed: of the selection and the boosting.
    """
    return Pipeline(
        [(FEATURES, _features(section, frame, dropped, seed)), (MODEL, _model(section, frame, balanced, seed))]
    )


def grid(section: FeaturesSection) -> dict[str, list[Any]]:
    """What is tuned: the penalty, or depth and number of trees; and the number of radiomic features, of a list."""
    tried: dict[str, list[Any]] = {}
    if section.model == "logistic":
        tried[f"{MODEL}__C"] = list(PENALTIES)
    else:
        tried |= {f"{MODEL}__max_depth": list(DEPTHS), f"{MODEL}__max_iter": list(ROUNDS)}
    if section.radiomics is not None and len(section.counts) > 1:
        tried[f"{FEATURES}__radiomics__{SELECTION}__count"] = list(section.counts)
    return tried


def _features(section: FeaturesSection, frame: pd.DataFrame, dropped: frozenset[str], seed: int) -> ColumnTransformer:
    parts: list[tuple[str, Any, Any]] = []
    weights: dict[str, float] = {}
    radiomics = [name for name in columns_of(frame, RADIOMICS) if name not in dropped]
    if radiomics:
        count = section.counts[0]
        parts.append(("radiomics", _radiomics(section, seed), radiomics))
        weights["radiomics"] = _share(min(count or len(radiomics), len(radiomics)))
    if network := columns_of(frame, NETWORK):
        parts.append(("network", StandardScaler(), network))
        weights["network"] = _share(len(network))
    if section.text is not None:
        parts.append(("text", _text(section.text), TEXT))
    facts = columns_of(frame, FACT)
    numbers = [name for name in facts if is_numeric_dtype(frame[name])]
    kinds = [name for name in facts if name not in numbers]
    if numbers:
        parts.append(("numbers", Pipeline([("impute", _imputer()), ("scale", StandardScaler())]), numbers))
    if kinds:
        parts.append(("kinds", OneHotEncoder(handle_unknown="ignore"), kinds))
    if scores := columns_of(frame, STACKED):
        parts.append(("scores", "passthrough", scores))
    return ColumnTransformer(parts, transformer_weights=weights, sparse_threshold=0.0, verbose_feature_names_out=False)


def _share(count: int) -> float:
    return 1.0 / float(np.sqrt(max(1, count)))


def _radiomics(section: FeaturesSection, seed: int) -> Pipeline:
    chosen = Selection(section.counts[0], section.by, section.correlation, seed % 2**31)
    return Pipeline([("impute", _imputer()), (SELECTION, chosen), ("scale", StandardScaler())])


def _imputer() -> SimpleImputer:
    return SimpleImputer(strategy="median", keep_empty_features=True)


def _text(section: TextSection) -> TfidfVectorizer:
    return TfidfVectorizer(
        token_pattern=TERM, lowercase=False, min_df=section.least, max_features=section.most, sublinear_tf=True
    )


def _model(section: FeaturesSection, frame: pd.DataFrame, balanced: bool, seed: int) -> Any:
    weight = "balanced" if balanced else None
    if section.model == "logistic":
        return LogisticRegression(max_iter=_TRUSTED_STEPS, class_weight=weight)
    return HistGradientBoostingClassifier(
        learning_rate=LEARNING_RATE,
        min_samples_leaf=int(np.clip(len(frame) // 20, 3, 20)),
        early_stopping=False,
        class_weight=weight,
        random_state=seed % 2**31,
    )
