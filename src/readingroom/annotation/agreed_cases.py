"""From several annotators to a case table: the classes and boxes they agreed on, and why other rows are left out."""

from __future__ import annotations

import pandas as pd

from readingroom.annotation.consensus import Consensus
from readingroom.annotation.model import AnnotatedImage, Lesion

NOT_ANNOTATED = "not annotated"
DISPUTED = "the annotators do not agree"
NO_CLASS = "not one class agreed on"
EXCLUDED = "taken out"


def agreed_cases(cases: pd.DataFrame, found: Consensus) -> pd.DataFrame:
    """A case table with what annotators agreed on: ``label``, ``boxes`` where they drew some, and ``excluded``.

    Every row stays: one that does not enter the study has the reason in ``excluded``, and the report's participant flow
    counts it there. A reason that a row had before is kept.

    Args:
        cases: with a column ``image``, named as in the annotations.
        found: the consensus.

    Example:
        >>> from readingroom.annotation import AnnotatedImage, Annotations, find_consensus
        >>> said = [AnnotatedImage("a", 9, 9, who, ("x",)) for who in "AB"]
        >>> table = pd.DataFrame({"image": ["a", "b"]})
        >>> agreed_cases(table, find_consensus(Annotations(tuple(said)), "unanimous"))["excluded"].tolist()
        ['', 'not annotated']
    """
    agreed = {image.image: image for image in found.agreed.images}
    reasons = dict.fromkeys(found.waiting, DISPUTED) | {image: EXCLUDED for image, _ in found.excluded}
    reasons |= {name: NO_CLASS for name, image in agreed.items() if len(_classes(image)) != 1}
    table = cases.copy()
    names = table["image"].astype(str)
    labels = {name: _classes(image)[0] for name, image in agreed.items() if name not in reasons}
    boxes = {name: _boxes(image) for name, image in agreed.items() if name in labels and image.lesions}
    table["label"] = names.map(labels)
    if boxes:
        table["boxes"] = names.map(boxes)
    why = names.map(lambda name: "" if name in labels else reasons.get(name, NOT_ANNOTATED))
    before = table["excluded"].fillna("").astype(str) if "excluded" in table else pd.Series("", index=table.index)
    return table.assign(excluded=before.where(before != "", why))


def _classes(image: AnnotatedImage) -> tuple[str, ...]:
    return tuple(dict.fromkeys(image.labels or (lesion.label for lesion in image.lesions)))


def _boxes(image: AnnotatedImage) -> str:
    return "; ".join(_written(lesion) for lesion in image.lesions if lesion.box is not None)


def _written(lesion: Lesion) -> str:
    return " ".join(f"{edge:g}" for edge in lesion.box or ())
