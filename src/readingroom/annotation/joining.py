"""Several annotators brought together: the same images, the same classes, each in their own name."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from readingroom.annotation.model import AnnotatedImage, Annotations
from readingroom.core.errors import AnnotationError, Problem

LIKE = 0.8
"""How alike two names must be (difflib's ratio) to be taken for one class in two spellings."""


def join_annotators(
    sets: Mapping[str, Annotations], *, rename: Mapping[str, str] | None = None, classes: Sequence[str] = ()
) -> Annotations:
    """The annotations of several people in one.

    Where the study's classes are not given, two lists of classes that each have one the other lacks are an error, and
    so is a class that looks like another's in a different spelling; that somebody merely never used a class is none.

    Args:
        sets: the annotations by the name that each set goes by; where a set names annotators itself, these are taken.
        rename: classes as they are written, and as they are to be.
        classes: the study's classes; then every other class is an error, and nothing else about classes is.

    Raises:
        AnnotationError: fewer than two annotators, different class names, or an image in two sizes: all are told.

    Example:
        >>> one = Annotations((AnnotatedImage("a.png", 8, 8, labels=("polyp",)),))
        >>> other = Annotations((AnnotatedImage("a.png", 8, 8, labels=("polyps",)),))
        >>> join_annotators({"A": one, "B": other}, rename={"polyps": "polyp"}).annotators
        ('A', 'B')
    """
    signed = {name: renamed(_signed(name, one), rename or {}) for name, one in sets.items()}
    images = tuple(image for one in signed.values() for image in one.images)
    people = tuple(dict.fromkeys(image.annotator for image in images))
    if len(people) < 2:
        raise AnnotationError(f"annotations of {len(people)} annotator", fix="Give those of two or more")
    named = _foreign_classes(signed, classes) if classes else _class_problems(signed)
    problems = [*named, *_image_problems(images)]
    if problems:
        fix = "Rename classes with --rename OLD=NEW, or name the study's with --classes A,B"
        raise AnnotationError("the annotators cannot be compared", fix=fix, problems=problems)
    declared = dict.fromkeys([*classes, *(name for one in signed.values() for name in one.classes)])
    left_out = tuple(part for one in signed.values() for part in one.left_out)
    return Annotations(images, tuple(declared), left_out, tuple(note for one in signed.values() for note in one.notes))


def _signed(name: str, annotations: Annotations) -> Annotations:
    return annotations.signed(name) if set(annotations.annotators) <= {""} else annotations


def renamed(annotations: Annotations, names: Mapping[str, str]) -> Annotations:
    """The same annotations with classes renamed."""

    def of(image: AnnotatedImage) -> AnnotatedImage:
        lesions = tuple(replace(lesion, label=names.get(lesion.label, lesion.label)) for lesion in image.lesions)
        return replace(image, labels=tuple(names.get(label, label) for label in image.labels), lesions=lesions)

    classes = dict.fromkeys(names.get(name, name) for name in annotations.classes)
    return replace(annotations, images=tuple(map(of, annotations.images)), classes=tuple(classes))


def _foreign_classes(sets: Mapping[str, Annotations], classes: Sequence[str]) -> Iterator[Problem]:
    for name, one in sets.items():
        for label in one.used_labels:
            if label not in classes:
                twin = _like(label, classes)
                fix = f"Did you mean {twin!r}?" if twin else f"The classes are: {', '.join(classes)}"
                yield Problem(name, f"{label!r} is none of the classes", fix)


def _class_problems(sets: Mapping[str, Annotations]) -> Iterator[Problem]:
    names = list(sets)
    for n, one in enumerate(names):
        for other in names[n + 1 :]:
            yield from _pair_problems(one, sets[one], other, sets[other])


def _pair_problems(one: str, first: Annotations, other: str, second: Annotations) -> Iterator[Problem]:
    only_first = [name for name in first.all_classes if name not in second.all_classes]
    only_second = [name for name in second.all_classes if name not in first.all_classes]
    if first.classes and second.classes and only_first and only_second:
        what = f"different classes: only {one} has {only_first}, only {other} has {only_second}"
        yield Problem(f"{one} and {other}", what, _meant(only_first, only_second))
        return
    known = [name for name in first.all_classes if name not in only_first]
    twins = [(one, name, other, _like(name, second.all_classes)) for name in only_first]
    twins += [(other, name, one, _like(name, known)) for name in only_second]
    for who, name, whom, twin in twins:
        if twin is not None:
            what = f"{who} writes {name!r}, {whom} writes {twin!r}"
            yield Problem(f"{one} and {other}", what, "One class in two spellings?")


def _meant(names: Sequence[str], others: Sequence[str]) -> str:
    pairs = [f"{name!r} for {twin!r}" for name in names if (twin := _like(name, others)) is not None]
    return f"Perhaps {', '.join(pairs)}" if pairs else "Agree on one list of classes"


def _like(name: str, others: Sequence[str]) -> str | None:
    folded = {_folded(other): other for other in others}
    found = difflib.get_close_matches(_folded(name), folded, n=1, cutoff=LIKE)
    return folded[found[0]] if found else None


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _image_problems(images: Sequence[AnnotatedImage]) -> Iterator[Problem]:
    twice = [key for key, count in Counter(image.key for image in images).items() if count > 1]
    for name, annotator in twice:
        yield Problem(name, f"{annotator or 'somebody unnamed'} has annotated it twice", "Keep one of them")
    sizes: dict[str, AnnotatedImage] = {}
    for image in images:
        first = sizes.setdefault(image.image, image)
        if (first.width, first.height) != (image.width, image.height):
            what = (
                f"{first.annotator} has it with {first.width} x {first.height} pixels, "
                f"{image.annotator} with {image.width} x {image.height}"
            )
            yield Problem(image.image, what, "Annotate the same files")
