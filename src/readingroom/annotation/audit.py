"""The audit of annotations: what can be used, what is excluded and why, what deserves a look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from readingroom.annotation.facts import fact_problems
from readingroom.annotation.intake import LISTED, count_of
from readingroom.annotation.masks import SPECK
from readingroom.annotation.model import AnnotatedImage, Annotations, Box, Lesion
from readingroom.annotation.names import ImageFolder
from readingroom.annotation.outlines import crossing, lesion_mask
from readingroom.core.errors import AnnotationError, Problem

REASONS = {
    "left out": "a part of its annotation could not be read",
    "image missing": "the image is not there, or cannot be read",
    "size": "annotated at another size than the image has",
    "class": "a class that is none of the study's",
    "crossing": "an outline that crosses itself",
    "outside": "an outline or a box that leaves the image",
    "empty": "an empty mask with a lesion label",
    "no outline": "a label without an outline",
    "no pixel": "an outline that holds no pixel",
}
"""Why an image is excluded."""

SLACK = 1.0
"""Pixels by which a drawn line may lie outside the image: tools let the pen slip over the edge, and it is cut off."""

Need = Literal["outline", "box", "label"]


@dataclass(frozen=True)
class Exclusion:
    """An image on which one annotator's work cannot be used.

    One bad lesion excludes the whole image: without that lesion it would teach that there is none.

    Args:
        image: its name.
        annotator: whose work it is.
        reason: one of `REASONS`.
        what: what was found.
        fix: what to do.
        lesion: number of the lesion on the image, from 1; None where it is not about one.
    """

    image: str
    annotator: str
    reason: str
    what: str
    fix: str = ""
    lesion: int | None = None


@dataclass(frozen=True)
class Audit:
    """What came of the audit.

    Args:
        kept: the annotations that can be used.
        exclusions: what is excluded; an image may be there for several reasons.
        remarks: what deserves a look and excludes nothing, with the image's name.
        checked: how many images went in, counted for each annotator.
    """

    kept: Annotations
    exclusions: tuple[Exclusion, ...]
    remarks: tuple[tuple[str, str], ...]
    checked: int

    def flow(self) -> dict[str, int]:
        """Images that went in, those excluded for each first reason, and those kept: the first is the sum of the rest.

        An image excluded for several reasons counts under the first of `REASONS`.
        """
        first: dict[tuple[str, str], str] = {}
        for exclusion in sorted(self.exclusions, key=lambda one: list(REASONS).index(one.reason)):
            first.setdefault((exclusion.image, exclusion.annotator), exclusion.reason)
        counts = {REASONS[code]: list(first.values()).count(code) for code in REASONS}
        excluded = {f"excluded: {text}": count for text, count in counts.items() if count}
        return {"annotated": self.checked, **excluded, "kept": len(self.kept.images)}

    def table(self) -> pd.DataFrame:
        """One row for each exclusion."""
        rows = [
            (one.image, one.annotator, one.lesion, one.reason, one.what, one.fix)
            for one in self.exclusions
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=["image", "annotator", "lesion", "reason", "what", "fix"])
        return frame.astype({"lesion": "Int64"})

    def raise_exclusions(self, path: str | Path) -> None:
        """Stop where anything is excluded.

        Raises:
            AnnotationError: what, all of it.
        """
        if self.exclusions:
            problems = [Problem(f"{one.image}, {one.annotator}", one.what, one.fix) for one in self.exclusions[:LISTED]]
            what = f"{count_of(self.exclusions, 'reason')} to exclude images"
            raise AnnotationError(what, fix="Correct them, or leave the images out", file=path, problems=problems)


def audit_annotations(
    annotations: Annotations,
    *,
    images: str | Path | None = None,
    classes: Sequence[str] = (),
    need: Need = "box",
) -> Audit:
    """Check every outline, box, label and fact.

    Args:
        annotations: of any annotators.
        images: folder of the images; None does not compare sizes.
        classes: the study's classes; none takes all.
        need: what a lesion must have at least: an outline, an outline or a box, or only its label.

    Returns:
        The usable annotations, the exclusions with their reasons, and remarks.

    Example:
        >>> image = AnnotatedImage("a.png", 8, 8, lesions=(Lesion("polyp"),))
        >>> [one.reason for one in audit_annotations(Annotations((image,))).exclusions]
        ['no outline']
    """
    folder = ImageFolder(images) if images is not None else None
    exclusions: list[Exclusion] = []
    remarks: list[tuple[str, str]] = []
    for image in annotations.images:
        exclusions += _left_out(image, annotations)
        exclusions += _image_exclusions(image, folder)
        for number, lesion in enumerate(image.lesions, start=1):
            exclusions += _lesion_exclusions(lesion, number, image, classes, need)
            remarks += ((image.image, f"lesion {number}: {text}") for text in _lesion_remarks(lesion, image))
        exclusions += _class_exclusions(image, image.labels, None, classes)
    if folder is not None:
        without = sorted(set(folder.names) - {image.image for image in annotations.images})
        remarks += [(name, "the image has no annotation") for name in without]
    gone = {(one.image, one.annotator) for one in exclusions}
    kept = tuple(image for image in annotations.images if image.key not in gone)
    return Audit(replace(annotations, images=kept), tuple(exclusions), tuple(remarks), len(annotations.images))


def _left_out(image: AnnotatedImage, annotations: Annotations) -> Iterator[Exclusion]:
    for part in annotations.left_out:
        if part.image == image.image:
            yield Exclusion(*image.key, "left out", f"{part.where}: {part.reason}", part.fix)


def _image_exclusions(image: AnnotatedImage, folder: ImageFolder | None) -> Iterator[Exclusion]:
    if folder is None:
        return
    try:
        width, height = folder.size(image.image)
    except AnnotationError as error:
        yield Exclusion(*image.key, "image missing", error.what, error.fix)
        return
    if (width, height) != (image.width, image.height):
        turned = ", with width and height exchanged" if (height, width) == (image.width, image.height) else ""
        what = f"annotated at {image.width} x {image.height} pixels{turned}, the image has {width} x {height}"
        yield Exclusion(*image.key, "size", what, "Annotate the image that is there, or put back the one annotated")


def _class_exclusions(
    image: AnnotatedImage, labels: Sequence[str], number: int | None, classes: Sequence[str]
) -> Iterator[Exclusion]:
    for label in labels:
        if classes and label not in classes:
            fix = f"The classes are: {', '.join(classes)}"
            yield Exclusion(*image.key, "class", f"{label!r} is none of the classes", fix, number)


def _lesion_exclusions(
    lesion: Lesion, number: int, image: AnnotatedImage, classes: Sequence[str], need: Need
) -> Iterator[Exclusion]:
    yield from _class_exclusions(image, [lesion.label], number, classes)
    for reason, what, fix in _shape_exclusions(lesion, image, need):
        yield Exclusion(*image.key, reason, f"lesion {number} ({lesion.label}): {what}", fix, number)


def _shape_exclusions(lesion: Lesion, image: AnnotatedImage, need: Need) -> Iterator[tuple[str, str, str]]:
    """Reason, what was found, and what to do, of each thing wrong with an outline or a box."""
    draw = "Draw it again"
    lacking = lesion.polygons is None and (need == "outline" or (need == "box" and lesion.drawn_box is None))
    if lacking:
        yield "no outline", "a label without an outline", "Outline the lesion, or exclude the image with a reason"
    if lesion.polygons is not None and not lesion.polygons:
        yield "empty", "an empty mask with a lesion label", "Outline the lesion, or take the label away"
    places = [place for polygon in lesion.polygons or () if (place := crossing(polygon)) is not None]
    if places:
        yield "crossing", f"the outline crosses itself at x {places[0][0]:g}, y {places[0][1]:g}", draw
    out = _outside(lesion.box, image)
    if out > SLACK:
        yield "outside", f"it leaves the image by {out:g} pixels", draw
    elif lesion.polygons and not lesion_mask(lesion, image.height, image.width).any():
        yield "no pixel", "the outline holds no pixel's middle", draw


def _outside(box: Box | None, image: AnnotatedImage) -> float:
    """By how many pixels a box leaves the image."""
    if box is None:
        return 0.0
    return max(-box[0], -box[1], box[2] - image.width, box[3] - image.height, 0.0)


def _lesion_remarks(lesion: Lesion, image: AnnotatedImage) -> Iterator[str]:
    yield from fact_problems(lesion.facts)
    if lesion.polygons:
        pixels = int(np.count_nonzero(lesion_mask(lesion, image.height, image.width)))
        if 0 < pixels < SPECK:
            yield f"{pixels} px in all: a slip of the pen?"
