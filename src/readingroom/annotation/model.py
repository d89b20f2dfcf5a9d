"""What annotators drew and said: lesions with outline, box, label and facts, on images, by one annotator or several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

Point = tuple[float, float]
"""x to the right, y down, in pixels; a pixel covers [x, x + 1) x [y, y + 1): the middle of the first is (0.5, 0.5)."""

Ring = tuple[Point, ...]
"""Corners of a closed line; the first is not repeated at the end."""

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels, in the frame of `Point`: a box around the first pixel alone is (0, 0, 1, 1)."""

Fact = str | int | float | bool


def closed_ring(points: Iterable[Iterable[float]]) -> Ring:
    """Corners as a ring: repeated corners, and the first one repeated at the end, say nothing and are left out.

    Example:
        >>> closed_ring([[0, 0], [2, 0], [2, 0], [0, 2], [0, 0]])
        ((0.0, 0.0), (2.0, 0.0), (0.0, 2.0))
    """
    corners: list[Point] = []
    for x, y in points:
        corner = (float(x), float(y))
        if not corners or corner != corners[-1]:
            corners.append(corner)
    while len(corners) > 1 and corners[-1] == corners[0]:
        corners.pop()
    return tuple(corners)


@dataclass(frozen=True)
class Polygon:
    """An area with one border, less its holes.

    Args:
        exterior: the border.
        holes: borders of what is left out, inside the exterior.
    """

    exterior: Ring
    holes: tuple[Ring, ...] = ()

    @property
    def rings(self) -> tuple[Ring, ...]:
        """The exterior, then the holes."""
        return (self.exterior, *self.holes)

    @property
    def corners(self) -> int:
        """How many corners it has in all."""
        return sum(len(ring) for ring in self.rings)


@dataclass(frozen=True)
class Lesion:
    """One lesion on one image: outline, box and label are one thing seen three ways.

    An outline given as a mask is kept as the polygons along the edges of its pixels, which fill the same pixels again.

    Args:
        label: its class.
        polygons: its outline, one polygon for each part; None where nobody outlined it, empty where somebody gave a
            mask without a single pixel.
        drawn_box: its box, where it has no outline; where it has one, the box follows from that.
        id: name of the lesion, the same on every image that shows it; empty where it has none.
        facts: what else is known: size_mm, invasion_depth, pathology, site, paris, or any other name.
    """

    label: str
    polygons: tuple[Polygon, ...] | None = None
    drawn_box: Box | None = None
    id: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def box(self) -> Box | None:
        """Box around the outline, or the one that was drawn; None where there is neither."""
        corners = [corner for polygon in self.polygons or () for corner in polygon.exterior]
        if not corners:
            return self.drawn_box
        xs, ys = zip(*corners, strict=True)
        return (min(xs), min(ys), max(xs), max(ys))


@dataclass(frozen=True)
class AnnotatedImage:
    """What one annotator said of one image. Without lesions it says that the annotator saw none.

    Args:
        image: name of the image, relative to the folder of images, with ``/``.
        width: in pixels.
        height: in pixels.
        annotator: who said it; empty where nobody is named.
        labels: classes of the image as a whole.
        lesions: in the order of the file.
    """

    image: str
    width: int
    height: int
    annotator: str = ""
    labels: tuple[str, ...] = ()
    lesions: tuple[Lesion, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Image and annotator: what a set of annotations has only once."""
        return self.image, self.annotator


@dataclass(frozen=True)
class LeftOut:
    """Something in a file that could not be taken in.

    Args:
        where: the place, as a person would look it up.
        reason: what is wrong with it, or why it has no place here.
        image: image that it belongs to; empty where that is not known.
        fix: what to do.
    """

    where: str
    reason: str
    image: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Annotations:
    """Annotations of many images.

    Args:
        images: one for each image and annotator.
        classes: the classes that the file declares, in their order; empty where it declares none.
        left_out: what the file holds and this does not.
        notes: conversions, in words, that change no pixel of an outline.
    """

    images: tuple[AnnotatedImage, ...]
    classes: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def annotators(self) -> tuple[str, ...]:
        """Names of the annotators, in the order in which they appear."""
        return tuple(dict.fromkeys(image.annotator for image in self.images))

    @cached_property
    def used_labels(self) -> tuple[str, ...]:
        """Labels of lesions and of images: the declared ones in their order, then the others as they appear."""
        labels = [lesion.label for image in self.images for lesion in image.lesions]
        used = dict.fromkeys([*labels, *(label for image in self.images for label in image.labels)])
        return (*(name for name in self.classes if name in used), *(name for name in used if name not in self.classes))

    @property
    def all_classes(self) -> tuple[str, ...]:
        """The declared classes, then the labels beside them."""
        return (*self.classes, *(name for name in self.used_labels if name not in self.classes))

    def of(self, annotator: str) -> Annotations:
        """The annotations of one annotator."""
        return replace(self, images=tuple(image for image in self.images if image.annotator == annotator))

    def signed(self, annotator: str) -> Annotations:
        """The same annotations in the name of one annotator."""
        return replace(self, images=tuple(replace(image, annotator=annotator) for image in self.images))

    def counts(self) -> dict[str, int]:
        """How many images, lesions, outlines, boxes without outline, facts and image labels there are."""
        lesions = [lesion for image in self.images for lesion in image.lesions]
        return {
            "images": len({image.image for image in self.images}),
            "annotators": len(self.annotators),
            "lesions": len(lesions),
            "outlines": sum(lesion.polygons is not None for lesion in lesions),
            "boxes without outline": sum(
                lesion.polygons is None and lesion.drawn_box is not None for lesion in lesions
            ),
            "facts": sum(len(lesion.facts) for lesion in lesions),
            "image labels": sum(len(image.labels) for image in self.images),
        }

    def label_counts(self) -> dict[str, int]:
        """How many lesions have each class, and the classes that none has."""
        counted = Counter(lesion.label for image in self.images for lesion in image.lesions)
        return {name: counted[name] for name in self.all_classes}
