"""What annotations can have and not every format can hold; the difference of what went in and what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from readingroom.annotation.model import AnnotatedImage, Annotations, Box, Lesion, Polygon
from readingroom.annotation.outlines import lesion_mask

FEATURES = {
    "outlines": "outlines, to the pixel",
    "corners": "outlines, to every corner between pixels",
    "holes": "outlines with holes",
    "parts": "outlines of several parts",
    "overlaps": "outlines that overlap",
    "boxes": "boxes without outline",
    "bare lesions": "lesions with a label and neither outline nor box",
    "lesion ids": "names of lesions",
    "facts": "facts of lesions",
    "image labels": "classes of whole images",
    "annotator": "the annotator's name",
    "annotators": "several annotators in one file",
    "images without lesions": "images in which no lesion was seen",
    "unused classes": "classes that no lesion has",
}
"""What a format may or may not hold, by name."""

CLOSE = 1e-3
"""Pixels by which a corner or a side of a box may move while it is written and read."""


def features_of(annotations: Annotations) -> frozenset[str]:
    """The features that these annotations have, of those in `FEATURES`.

    Example:
        >>> image = AnnotatedImage("a.png", 8, 8, lesions=(Lesion("polyp", drawn_box=(0, 0, 2, 2)),))
        >>> sorted(features_of(Annotations((image,))))
        ['boxes']
    """
    found = {name for image in annotations.images for name in _image_features(image)}
    if len(annotations.annotators) > 1:
        found.add("annotators")
    if set(annotations.classes) - set(annotations.used_labels):
        found.add("unused classes")
    return frozenset(found)


def _image_features(image: AnnotatedImage) -> Iterator[str]:
    if image.labels:
        yield "image labels"
    if image.annotator:
        yield "annotator"
    if not image.lesions:
        yield "images without lesions"
    for lesion in image.lesions:
        yield from _lesion_features(lesion)
    if any(_overlap(one, other, image) for one, other in combinations(image.lesions, 2)):
        yield "overlaps"


def _lesion_features(lesion: Lesion) -> Iterator[str]:
    if lesion.polygons is None:
        yield "bare lesions" if lesion.drawn_box is None else "boxes"
    else:
        yield "outlines"
        yield from _outline_features(lesion.polygons)
    if lesion.id:
        yield "lesion ids"
    if lesion.facts:
        yield "facts"


def _outline_features(polygons: Sequence[Polygon]) -> Iterator[str]:
    if len(polygons) > 1:
        yield "parts"
    if any(polygon.holes for polygon in polygons):
        yield "holes"
    if any(value % 1 for polygon in polygons for ring in polygon.rings for corner in ring for value in corner):
        yield "corners"


def _overlap(one: Lesion, other: Lesion, image: AnnotatedImage) -> bool:
    if not one.polygons or not other.polygons or not _boxes_meet(one.box, other.box):
        return False
    masks = (lesion_mask(lesion, image.height, image.width) for lesion in (one, other))
    return bool(np.logical_and(*masks).any())


def _boxes_meet(a: Box | None, b: Box | None) -> bool:
    return a is not None and b is not None and a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@dataclass(frozen=True)
class Loss:
    """Something that went in and did not come out.

    Args:
        kind: what it was: images, lesions, labels, outlines, boxes, lesion ids, facts, image labels, classes, sizes.
        image: where.
        what: what went in, and what came out.
    """

    kind: str
    image: str
    what: str


@dataclass(frozen=True)
class Difference:
    """What came out of a format, compared with what went in.

    Args:
        losses: what is gone or has changed.
        to_the_pixel: outlines that fill the same pixels and have lost their corners between pixels.
    """

    losses: tuple[Loss, ...]
    to_the_pixel: int = 0

    def by_kind(self) -> dict[str, int]:
        """How many losses there are of each kind."""
        return dict(Counter(loss.kind for loss in self.losses))


def difference(before: Annotations, after: Annotations) -> Difference:
    """Compare annotations with the same annotations written to a format and read again.

    Args:
        before: what was written.
        after: what was read.

    Returns:
        Every loss; nothing that only came to it (a class list, where none was declared) is one.
    """
    losses: list[Loss] = []
    rounded = 0
    found = {image.key: image for image in after.images}
    for image in before.images:
        other = found.get(image.key) or found.get((image.image, ""))
        if other is None:
            losses.append(Loss("images", image.image, f"the image is gone, annotated by {image.annotator!r}"))
            continue
        if other.annotator != image.annotator:
            losses.append(Loss("annotators", image.image, f"the name {image.annotator!r} is gone"))
        changed, pixels = _image_losses(image, other)
        losses += changed
        rounded += pixels
    missing = [name for name in before.classes if name not in after.all_classes]
    losses += [Loss("classes", "", f"{name!r}, which no lesion has") for name in missing]
    losses += [Loss("left out", loss.image, f"{loss.where}: {loss.reason}") for loss in after.left_out]
    return Difference(tuple(losses), rounded)


def _image_losses(before: AnnotatedImage, after: AnnotatedImage) -> tuple[list[Loss], int]:
    losses = []
    if (before.width, before.height) != (after.width, after.height):
        what = f"{before.width} x {before.height} became {after.width} x {after.height}"
        losses.append(Loss("sizes", before.image, what))
    if sorted(before.labels) != sorted(after.labels):
        losses.append(Loss("image labels", before.image, f"{list(before.labels)} became {list(after.labels)}"))
    if len(before.lesions) != len(after.lesions):
        what = f"{len(before.lesions)} went in, {len(after.lesions)} came out"
        return [*losses, Loss("lesions", before.image, what)], 0
    rounded = 0
    for number, (one, other) in enumerate(_paired(before.lesions, after.lesions), start=1):
        for kind, what in _lesion_losses(one, other):
            losses.append(Loss(kind, before.image, f"lesion {number}: {what}"))
        same, pixels = _same_outline(one, other, before)
        if not same:
            losses.append(Loss("outlines", before.image, f"lesion {number}: the outline has changed or is gone"))
        rounded += pixels
    return losses, rounded


def _paired(before: Sequence[Lesion], after: Sequence[Lesion]) -> Iterator[tuple[Lesion, Lesion]]:
    """Each lesion with the one that came out for it: in another order, perhaps, where a format keeps none."""
    left = list(after)
    for lesion in before:
        like = [n for n, other in enumerate(left) if (other.label, other.id) == (lesion.label, lesion.id)]
        near = [n for n in like if _apart(lesion.box, left[n].box) <= 1]
        yield lesion, left.pop((near or like or [0])[0])


def _apart(a: Box | None, b: Box | None) -> float:
    """How far the sides of two boxes lie apart at most."""
    if a is None or b is None:
        return 0.0 if a is b else np.inf
    return max(abs(one - other) for one, other in zip(a, b, strict=True))


def _lesion_losses(before: Lesion, after: Lesion) -> Iterator[tuple[str, str]]:
    if before.label != after.label:
        yield "labels", f"{before.label!r} became {after.label!r}"
    if before.id != after.id:
        yield "lesion ids", f"{before.id!r} became {after.id!r}"
    kept = {name: value for name, value in after.facts.items() if name in before.facts}
    changed = [name for name, value in before.facts.items() if kept.get(name) != value or _kind(kept[name], value)]
    if changed:
        yield "facts", f"{', '.join(changed)}"
    if before.polygons is None and _apart(before.drawn_box, after.drawn_box) > CLOSE:
        yield "boxes", f"{before.drawn_box} became {after.drawn_box}"


def _kind(a: object, b: object) -> bool:
    return isinstance(a, bool) != isinstance(b, bool)


def _same_outline(before: Lesion, after: Lesion, image: AnnotatedImage) -> tuple[bool, bool]:
    """Whether an outline is the same, and whether it is so only to the pixel."""
    if before.polygons is None or after.polygons is None:
        return before.polygons is after.polygons, False
    if _same_corners(before.polygons, after.polygons):
        return True, False
    one, other = (lesion_mask(lesion, image.height, image.width) for lesion in (before, after))
    # An outline that fills no pixel at all is not the same as an empty one.
    same = bool(np.array_equal(one, other)) and (one.any() or not before.polygons) and not _leaves(before, after, image)
    return same, same


def _same_corners(before: Sequence[Polygon], after: Sequence[Polygon]) -> bool:
    rings = [[ring for polygon in polygons for ring in polygon.rings] for polygons in (before, after)]
    if [len(ring) for ring in rings[0]] != [len(ring) for ring in rings[1]] or len(before) != len(after):
        return False
    pairs = zip(rings[0], rings[1], strict=True)
    return all(np.allclose(one, other, rtol=0, atol=CLOSE) for one, other in pairs)


def _leaves(before: Lesion, after: Lesion, image: AnnotatedImage) -> bool:
    """Whether the outline left the image by a pixel or more and no longer does."""
    a, b = before.box, after.box
    if a is None or b is None:
        return False
    out = [max(-box[0], -box[1], box[2] - image.width, box[3] - image.height, 0.0) for box in (a, b)]
    return out[0] >= 1 and abs(out[0] - out[1]) >= 1
