"""What each feature adds to a linear model's answer, feature by feature and source by source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from readingroom.reading.features.section import TextSection
from readingroom.reading.features.table import FACT, NETWORK, RADIOMICS, STACKED
from readingroom.reading.features.text import terms

Floats = npt.NDArray[np.float64]
_SOURCES = {RADIOMICS: "radiomics", NETWORK: "network", FACT: "facts", STACKED: "scores"}


@dataclass(frozen=True)
class WordMark:
    """A stretch of a text and how it spoke: above 0 for the class that is explained, below 0 against it."""

    start: int
    end: int
    value: float


def is_linear(model: Pipeline) -> bool:
    """Whether its answer is a sum of what each feature adds."""
    return hasattr(model[-1], "coef_")


def feature_names(model: Pipeline) -> list[str]:
    """Names of what goes into the last step: selected features and terms."""
    return [str(name) for name in model[0].get_feature_names_out()]


def source_of(name: str) -> str:
    """The source of a feature; every name without a mark is a term of the text."""
    return next((source for mark, source in _SOURCES.items() if name.startswith(mark)), "text")


def plain_name(name: str) -> str:
    """A feature's name without the mark of its source."""
    mark = next((mark for mark in _SOURCES if name.startswith(mark)), "")
    return name.removeprefix(mark)


def coefficients(model: Pipeline, place: int) -> Floats:
    """(F,) of a linear model, for the class at a place of those it has seen; of two, they are each other's negative."""
    last = model[-1]
    if last.coef_.shape[0] == 1:
        return np.asarray(last.coef_[0] if place == 1 else -last.coef_[0], dtype=np.float64)
    return np.asarray(last.coef_[place], dtype=np.float64)


def per_deviation(model: Pipeline, place: int) -> Floats:
    """The same for a step of one standard deviation of each feature, without the weight that its source was given."""
    shares = dict(model[0].transformer_weights or {})
    own = [shares.get(source_of(name), 1.0) for name in feature_names(model)]
    return np.asarray(coefficients(model, place) * np.array(own))


def added(model: Pipeline, frame: pd.DataFrame, place: int) -> pd.DataFrame:
    """What each feature adds to the log-odds of a class in each image: images by features."""
    values = np.asarray(model[0].transform(frame), dtype=np.float64)
    return pd.DataFrame(values * coefficients(model, place), index=frame.index, columns=feature_names(model))


def by_source(parts: pd.DataFrame) -> pd.DataFrame:
    """The same, summed over each source."""
    return parts.T.groupby(parts.columns.map(source_of)).sum().T


def word_marks(text: str, section: TextSection, parts: dict[str, float]) -> list[WordMark]:
    """Where in a text its terms spoke, character by character, neighbours of one value together.

    What a term adds is shared evenly by all the characters in which it occurs.

    Args:
        text: as it is written.
        section: how it was taken apart.
        parts: what each term adds, of this text.
    """
    found = list(terms(text, section))
    total: dict[str, int] = {}
    for term in found:
        total[term.text] = total.get(term.text, 0) + (term.end - term.start)
    spoken = np.zeros(len(text))
    for term in found:
        if (value := parts.get(term.text, 0.0)) != 0.0:
            spoken[term.start : term.end] += value / total[term.text]
    return _stretches(spoken)


def _stretches(spoken: Floats) -> list[WordMark]:
    marks: list[WordMark] = []
    start = 0
    for place in range(1, len(spoken) + 1):
        if place == len(spoken) or spoken[place] != spoken[start]:
            if spoken[start] != 0.0:
                marks.append(WordMark(start, place, float(spoken[start])))
            start = place
    return marks


def strongest(names: list[str], values: Floats, most: int) -> list[dict[str, Any]]:
    """The features of the highest absolute value, as rows: ``feature, source, value``."""
    order = np.argsort(-np.abs(values), kind="stable")[:most]
    return [
        {"feature": plain_name(names[place]), "source": source_of(names[place]), "value": float(values[place])}
        for place in order
        if values[place] != 0
    ]
