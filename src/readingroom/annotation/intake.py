"""What a reader of a format gathers on its way: what it took in, what it could not, what is wrong with the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from readingroom.annotation.facts import simple_facts
from readingroom.annotation.masks import MAX_PIXELS
from readingroom.annotation.model import AnnotatedImage, Annotations, Box, Fact, LeftOut, Ring, closed_ring
from readingroom.annotation.names import ImageFolder, image_name
from readingroom.core.errors import AnnotationError, Problem

LISTED = 20
"""Problems told of one file; the rest is counted."""


@dataclass(frozen=True)
class Source:
    """What a reader may use beside the file itself.

    Args:
        images: the folder of the images, where it is given.
        classes: names of the classes, for files that only number them.
    """

    images: ImageFolder | None = None
    classes: tuple[str, ...] = ()


_MALFORMED = (ValueError, TypeError, KeyError, AttributeError, IndexError, OSError)


@dataclass
class Intake:
    """Gathers while a file is read.

    Args:
        file: named in messages.
        source: what was given beside the file.
    """

    file: Path
    source: Source = field(default_factory=Source)
    problems: list[Problem] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def problem(self, where: str, what: str, fix: str = "") -> None:
        """The file cannot be read because of this."""
        self.problems.append(Problem(where, what, fix))

    def leave_out(self, where: str, reason: str, image: str = "", fix: str = "") -> None:
        """This part of the file cannot be taken in."""
        self.left_out.append(LeftOut(f"{self.file.name}, {where}", reason, image, fix))

    @contextmanager
    def part(self, where: str, image: str = "") -> Iterator[None]:
        """Read one part of the file; where that fails, the part is left out with the reason and the rest goes on."""
        try:
            yield
        except AnnotationError as error:
            self.leave_out(where, error.what, image, error.fix)
        except _MALFORMED as error:
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            reason = f"it is not as the format has it ({kind}{error})"
            self.leave_out(where, reason, image, "Draw it again in the annotation tool, or export again")

    def note(self, text: str) -> None:
        """A conversion, counted."""
        self.notes[text] += 1

    def image(self, where: str, name: Any, width: Any, height: Any, annotator: str = "") -> AnnotatedImage | None:
        """An image of the file, without lesions yet; a problem, and None, where its name or size won't do.

        Args:
            where: for messages.
            name: as the file writes it; relative to the folder of images, or a path inside that folder.
            width: as the file says; where it doesn't, the image itself is asked.
            height: likewise.
            annotator: who annotated it.
        """
        found = self.name(name, where)
        size = None if found is None else self.size(width, height, found, where)
        return None if found is None or size is None else AnnotatedImage(found, *size, annotator)

    def name(self, text: Any, where: str) -> str | None:
        """The image's name; a problem, and None, where it leaves the folder."""
        text = str(text)
        name = image_name(text) or (self.source.images.inside(text) if self.source.images else None)
        if name is None:
            self.problem(
                where,
                f"the image name {text!r} is empty or leads out of the folder of images",
                "Write names relative to that folder, or give the folder with --images",
            )
        return name

    def size(self, width: Any, height: Any, name: str, where: str) -> tuple[int, int] | None:
        """Width and height as the file says, or as the image has it; a problem, and None, where neither will do."""
        if not _is_count(width) or not _is_count(height):
            if self.source.images is None or name not in self.source.images:
                fix = "Give the folder of images with --images"
                self.problem(where, f"the size of the image {name} is not known", fix)
                return None
            width, height = self.source.images.size(name)
        if width * height > MAX_PIXELS:
            fix = "Correct the size, or save the image smaller"
            self.problem(where, f"{width} x {height} pixels, more than the {MAX_PIXELS} that are read", fix)
            return None
        return int(width), int(height)

    def facts(self, values: Mapping[str, Any], where: str, image: str) -> dict[str, Fact]:
        """The facts of a lesion; what is neither text nor number is left out."""
        facts, rest = simple_facts(values)
        for name in rest:
            self.leave_out(f"{where}, {name}", "neither text nor number, so no fact of a lesion", image)
        return facts

    def refuse_twins(self, images: Iterable[AnnotatedImage]) -> None:
        """A problem for each image that one annotator has twice."""
        counts = Counter(image.key for image in images)
        for (name, annotator), count in counts.items():
            if count > 1:
                by = f" by {annotator}" if annotator else ""
                self.problem(name, f"the image is annotated {count} times{by}", "Keep one of them")

    def finish(self, images: Iterable[AnnotatedImage], classes: Sequence[str] = ()) -> Annotations:
        """The annotations.

        Raises:
            AnnotationError: there were problems; they are all told.
        """
        self.raise_problems()
        notes = tuple(text if count == 1 else f"{text} ({count} times)" for text, count in self.notes.items())
        return Annotations(tuple(images), tuple(classes), tuple(self.left_out), notes)

    def raise_problems(self) -> None:
        """Stop where there were problems.

        Raises:
            AnnotationError: all of them.
        """
        if self.problems:
            raise AnnotationError(count_of(self.problems, "problem"), file=self.file, problems=self.problems[:LISTED])


def count_of(listed: Sequence[object], word: str) -> str:
    """The first sentence of an error that lists several things.

    Example:
        >>> count_of([1, 2], "problem")
        '2 problems'
    """
    more = f" (the first {LISTED} are listed)" if len(listed) > LISTED else ""
    return f"{len(listed)} {word}{'' if len(listed) == 1 else 's'}{more}"


def word_of(value: Any) -> str:
    """A name or a label.

    Raises:
        AnnotationError: it is empty, or no text.
    """
    if not isinstance(value, str) or not value:
        raise AnnotationError(f"{value!r} where a label should be", fix="Give it a label")
    return value


def ring_of(values: Iterable[Any]) -> Ring:
    """Corners from pairs of numbers.

    Raises:
        AnnotationError: they are not, or fewer than three are left.

    Example:
        >>> ring_of([[0, 0], [1, 0], [1, 1]])
        ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    """
    ring = closed_ring((_finite(x), _finite(y)) for x, y in values)
    if len(ring) < 3:
        raise AnnotationError("an outline with fewer than three corners", fix="Draw it again")
    return ring


def flat_ring(values: Sequence[Any]) -> Ring:
    """Corners from x, y, x, y... as `ring_of`."""
    if len(values) % 2:
        raise AnnotationError("an outline with an odd number of coordinates", fix="Export it again")
    return ring_of(zip(values[::2], values[1::2], strict=True))


def box_of(values: Iterable[Any]) -> Box:
    """A box from four numbers x0, y0, x1, y1.

    Raises:
        AnnotationError: they are not, or it has no area.
    """
    x0, y0, x1, y1 = (_finite(value) for value in values)
    if not (x0 < x1 and y0 < y1):
        raise AnnotationError("a box without area", fix="Draw it again")
    return (x0, y0, x1, y1)


def _finite(value: Any) -> float:
    if not _is_finite(value):
        raise AnnotationError(f"{value!r} where a coordinate should be", fix="Draw it again")
    return float(value)


def _is_count(value: Any) -> bool:
    return _is_finite(value) and value == int(value) and value > 0


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
