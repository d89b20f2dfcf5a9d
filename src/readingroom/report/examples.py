"""Examples: of each class an image or two of the part shown, drawn at random, with what each reader answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from readingroom.cases.sites import site_classes
from readingroom.core.seeds import generator
from readingroom.core.tables import SCORE
from readingroom.report.gallery import Thumbnails

MOST_READERS = 4
"""Readers whose answers stand below an example."""

_FEW_CLASSES = 8
_TWO_CLASSES = 2


@dataclass(frozen=True)
class Answered:
    """What a reader answered: the class as the report calls it, and its score; None where there is none."""

    reader: str
    answer: str
    score: float | None
    right: bool


@dataclass(frozen=True)
class Example:
    """An image of a class, with its thumbnail as a data URI, and the answers of readers."""

    image: str
    thumbnail: str
    truth: str
    answers: tuple[Answered, ...]


def draw_examples(
    readings: pd.DataFrame, classes: Sequence[str], readers: Sequence[str], thumbnails: Thumbnails, language: str
) -> tuple[Example, ...]:
    """Images of each class in the order of the classes: two of each where there are few classes, else one.

    Sites come in the order of an examination and under their names. With two classes there are none: the walls of
    mistakes and correct answers show both.

    Args:
        readings: of the part shown, first repeat.
        classes: all classes.
        readers: whose answers are shown, the first `MOST_READERS` of them.
        thumbnails: makes the small images.
        language: of the names of sites.
    """
    if len(classes) <= _TWO_CLASSES:
        return ()
    names = class_names(classes, language)
    each = 2 if len(classes) <= _FEW_CLASSES else 1
    shown = readings[readings["reader"].isin(list(readers)[:MOST_READERS])].drop_duplicates(["reader", "image"])
    images = shown.drop_duplicates("image")
    examples = []
    for name in names:
        own = images.loc[images["truth"] == name, "image"].sort_values().to_numpy()
        chosen = generator(0, "report", "examples", name).permutation(len(own))[:each]
        for image in own[chosen]:
            answers = tuple(_answered(row, names) for _, row in shown[shown["image"] == image].iterrows())
            examples.append(Example(str(image), thumbnails(str(image)), names[name], answers))
    return tuple(examples)


def class_names(classes: Sequence[str], language: str) -> dict[str, str]:
    """What the classes are called: sites by number and name, in the order of an examination; others as they are.

    Example:
        >>> class_names(["polyp", "normal"], "zh")
        {'polyp': 'polyp', 'normal': 'normal'}
    """
    sites = site_classes(classes)
    ordered = sorted(classes, key=lambda name: sites[name].order if name in sites else len(sites) + 1)
    return {name: sites[name].said(language) if name in sites else name for name in ordered}


def _answered(row: pd.Series, names: Mapping[str, str]) -> Answered:
    answer = row["predicted"]
    if pd.isna(answer):
        return Answered(str(row["reader"]), "–", None, right=False)
    score = row.get(f"{SCORE}{answer}")
    value = None if score is None or pd.isna(score) else float(score)
    return Answered(str(row["reader"]), names.get(answer, str(answer)), value, right=answer == row["truth"])
