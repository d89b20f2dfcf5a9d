"""Agreement of several annotators: on classes (Cohen, Fleiss), on what is a lesion at all, and on its outline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from readingroom.annotation.matching import MATCH, Group, match_lesions
from readingroom.annotation.model import AnnotatedImage, Annotations
from readingroom.annotation.outlines import lesion_mask
from readingroom.core.errors import AnnotationError
from readingroom.evaluation import Estimate, Overlap, cohen_kappa, fleiss_kappa, overlap, summarise_overlaps

NONE = "(none)"
"""How an image without class, or without lesion, is called where agreement is counted."""

OUTLINES = ("dice", "iou", "surface_distance", "hausdorff95")
"""Measures of two outlines."""


@dataclass(frozen=True)
class Measure:
    """One line of the table of agreement.

    Args:
        about: ``image label``, ``lesion seen``, ``lesion label`` or ``outline``.
        annotators: whom it compares; all of them for Fleiss' kappa.
        name: the measure, with its unit where it has one.
        estimate: value and interval.
    """

    about: str
    annotators: tuple[str, ...]
    name: str
    estimate: Estimate


@dataclass(frozen=True)
class Agreement:
    """How far annotators agree.

    Args:
        annotators: their names.
        images: how many images all of them annotated; nothing else is compared.
        lesions: how many lesions there are on these, each counted once however many marked it.
        marked_by: how many lesions were marked by one annotator, by two, and so on.
        measures: the table.
    """

    annotators: tuple[str, ...]
    images: int
    lesions: int
    marked_by: Mapping[int, int]
    measures: tuple[Measure, ...]

    def table(self) -> pd.DataFrame:
        """One row for each measure, with interval, number of cases, method and note."""
        rows = [
            (one.about, " / ".join(one.annotators), one.name, *_numbers(one.estimate), one.estimate.note)
            for one in self.measures
        ]
        columns = ["about", "annotators", "measure", "value", "low", "high", "n", "method", "note"]
        return pd.DataFrame(rows, columns=columns)


def _numbers(estimate: Estimate) -> tuple[Any, ...]:
    return estimate.value, estimate.low, estimate.high, estimate.n, estimate.method


def measure_agreement(
    annotations: Annotations, *, spacing_mm: float | None = None, match: float = MATCH, seed: int = 0
) -> Agreement:
    """Compare the annotators of the images that all of them annotated.

    Image labels: kappa of the classes (several classes of an image count as one combined class). Lesion seen: kappa of
    whether an image has any lesion. Lesion label: kappa over the lesions that both (or all) marked. Outline: overlap
    and border distance of each pair over the lesions that both outlined, with a bootstrap interval over images.

    Args:
        annotations: of two annotators or more, as `join_annotators` gives them.
        spacing_mm: size of a pixel; None gives distances in pixels.
        match: overlap from which two outlines are the same lesion.
        seed: of the bootstrap.

    Raises:
        AnnotationError: fewer than two annotators, or no image that all of them annotated.
    """
    people = annotations.annotators
    if len(people) < 2:
        raise AnnotationError(f"{len(people)} annotator", fix="Give the annotations of two or more")
    common = shared_images(annotations)
    if not common:
        raise AnnotationError("no image was annotated by all", fix="Check that the images have the same names")
    found = [(images[0], group) for images in common.values() for group in match_lesions(images, at_least=match)]
    groups = [group for _, group in found]
    measures = [*_image_measures(common, people), *_lesion_measures(groups, people)]
    for pair in combinations(people, 2):
        measures += _outline_measures(found, pair, spacing_mm, seed)
    marked = pd.Series([len(group) for group in groups], dtype="int64").value_counts()
    counts = {n: int(marked.get(n, 0)) for n in range(1, len(people) + 1)}
    return Agreement(people, len(common), len(groups), counts, tuple(measures))


def shared_images(annotations: Annotations) -> dict[str, list[AnnotatedImage]]:
    """The images that every annotator annotated, each as every one of them saw it, in the annotators' order."""
    found: dict[str, dict[str, AnnotatedImage]] = {}
    for image in annotations.images:
        found.setdefault(image.image, {})[image.annotator] = image
    people = annotations.annotators
    return {name: [seen[who] for who in people] for name, seen in found.items() if len(seen) == len(people)}


def _image_measures(common: Mapping[str, Sequence[AnnotatedImage]], people: Sequence[str]) -> Iterator[Measure]:
    labels = [[" + ".join(sorted(image.labels)) or NONE for image in images] for images in common.values()]
    if any(label != NONE for row in labels for label in row):
        yield from _kappas("image label", labels, people)
    seen = [["lesion" if image.lesions else NONE for image in images] for images in common.values()]
    if any(label != NONE for row in seen for label in row):
        yield from _kappas("lesion seen", seen, people)


def _lesion_measures(groups: Sequence[Group], people: Sequence[str]) -> Iterator[Measure]:
    by_all = [[group[who].label for who in people] for group in groups if len(group) == len(people)]
    if len(people) > 2 and by_all:
        yield Measure("lesion label", tuple(people), "Fleiss kappa", fleiss_kappa(by_all))
    for pair in combinations(people, 2):
        rated = [[group[who].label for who in pair] for group in groups if all(who in group for who in pair)]
        if rated:
            yield Measure("lesion label", pair, "Cohen kappa", cohen_kappa(*zip(*rated, strict=True)))


def _kappas(about: str, rated: Sequence[Sequence[str]], people: Sequence[str]) -> Iterator[Measure]:
    """Fleiss' kappa of all, where they are more than two, and Cohen's of each pair."""
    if len(people) > 2:
        yield Measure(about, tuple(people), "Fleiss kappa", fleiss_kappa(rated))
    columns = dict(zip(people, zip(*rated, strict=True), strict=True))
    for one, other in combinations(people, 2):
        yield Measure(about, (one, other), "Cohen kappa", cohen_kappa(columns[one], columns[other]))


def _outline_measures(
    found: Sequence[tuple[AnnotatedImage, Group]], pair: tuple[str, str], spacing_mm: float | None, seed: int
) -> Iterator[Measure]:
    """Overlap and border distance of two annotators, over the lesions (with their images) that both outlined."""
    overlaps: list[Overlap] = []
    names: list[str] = []
    for image, group in found:
        if all(who in group and group[who].polygons for who in pair):
            one, other = (lesion_mask(group[who], image.height, image.width) for who in pair)
            overlaps.append(overlap(one, other, spacing_mm))
            names.append(image.image)
    if not overlaps:
        return
    summary = summarise_overlaps(overlaps, cluster=names, seed=seed)["all"]
    unit = "px" if spacing_mm is None else "mm"
    for measure in OUTLINES:
        shown = f"{measure} ({unit})" if measure in {"surface_distance", "hausdorff95"} else measure
        yield Measure("outline", pair, shown, summary[measure])
