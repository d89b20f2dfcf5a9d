"""Series: slices brought into stacks, in order along their normal, and what does not belong to one named."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from readingroom.cases.dicom.slices import Slice

Orientation = Literal["axial", "coronal", "sagittal", "any"]

LOCALISER = "localiser"
FRAMES = "several frames in one file"
MOSAIC = "mosaic of several slices"
NOWHERE = "no position or orientation"
SAME_FILE = "same image as another file (SOP Instance UID)"
SAME_PLACE = "same position as another slice"
OTHER_SIZE = "another size or pixel spacing than the rest"

SAME_MM = 0.01
"""Slices that are no further apart are at the same position."""

GAP = 1.5
"""A distance of more than so many times the usual one is a gap: slices are missing."""

_NAMED_LOCALISER = re.compile(r"\b(locali[sz]ers?|scouts?|surveys?|loc)\b|定位", re.IGNORECASE)
_DIGITS = 2


@dataclass(frozen=True)
class Stack:
    """Slices of one series that lie one behind the other.

    Args:
        slices: along their normal.
        number: from 1 within the series.
        of: what tells it from the series' other stacks; empty where there is one.
        left_out: files of the series that are not in a stack, and why; with the first stack only.
    """

    slices: tuple[Slice, ...]
    number: int = 1
    of: str = ""
    left_out: tuple[tuple[Slice, str], ...] = field(default=(), repr=False)

    @property
    def first(self) -> Slice:
        """A file that stands for the series: the first slice, or what was left out where none stayed."""
        return self.slices[0] if self.slices else self.left_out[0][0]

    @property
    def spacing_mm(self) -> float | None:
        """The usual distance from slice to slice; None for fewer than two."""
        found = distances_mm(self.slices)
        return float(np.median(found)) if len(found) else None

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """Where slices are missing: the positions before and after each gap."""
        found, usual = distances_mm(self.slices), self.spacing_mm
        if usual is None:
            return ()
        places = [float(one.position_mm or 0.0) for one in self.slices]
        return tuple((places[at], places[at + 1]) for at in np.flatnonzero(found > GAP * usual))


def distances_mm(slices: Sequence[Slice]) -> np.ndarray:
    """From each slice to the next; empty where a slice has no position."""
    places = [one.position_mm for one in slices]
    return np.diff([place for place in places if place is not None]) if None not in places else np.array([])


def stack_series(slices: Iterable[Slice], orientation: Orientation = "axial") -> list[Stack]:
    """Bring slices into stacks.

    Files of one Series Instance UID (of one folder, where there is none) make a series. Localisers, slices of another
    orientation, files with several frames, mosaics, doubled slices and slices of another size are left out, each with
    its reason. Where a series has several slices at each position (phases, echoes, Dixon images, directions), each
    becomes a stack of its own: by Image Type, echo time, temporal position, b value, acquisition, or, where nothing
    else tells them apart and all positions have equally many, by the order of their instance numbers.

    Args:
        slices: of any number of series.
        orientation: the one that is wanted; with ``any``, slices without a position stay too, by instance number.

    Returns:
        At least one stack a series, perhaps without slices; by patient, examination and series number.
    """
    series: dict[Hashable, list[Slice]] = defaultdict(list)
    for one in slices:
        key = one.series_uid or one.path.parent.as_posix()
        series[(one.patient_id, one.study_uid, key)].append(one)
    stacks = [stack for members in series.values() for stack in _stacks(members, orientation)]
    return sorted(stacks, key=_order)


def _order(stack: Stack) -> tuple[str, ...]:
    one = stack.first
    number = one.series_number.zfill(12)
    return one.patient_id, one.study_date, one.study_time, one.study_uid, number, one.series_uid, f"{stack.number:06d}"


def _stacks(members: Sequence[Slice], orientation: Orientation) -> list[Stack]:
    """The stacks of one series; what was left out goes with the first."""
    left: list[tuple[Slice, str]] = []
    kept: list[Slice] = []
    seen: set[str] = set()
    for one in sorted(members, key=lambda member: (member.instance or 0.0, member.path.as_posix())):
        reason = _reason(one, orientation, seen)
        if reason:
            left.append((one, reason))
        else:
            kept.append(one)
            seen.add(one.sop_uid)
    found: list[Stack] = []
    for what, part in _parts(kept, _SPLITTERS):
        usual, others = _of_usual_size(part)
        single, doubled = _once_each(usual)
        left += [(one, OTHER_SIZE) for one in others] + [(one, SAME_PLACE) for one in doubled]
        found.append(Stack(tuple(single), len(found) + 1, what))
    found = found or [Stack(())]
    return [replace(found[0], left_out=tuple(left)), *found[1:]]


def _reason(one: Slice, orientation: Orientation, seen: set[str]) -> str:
    """Why a file is not part of a stack, by itself; empty where it may be."""
    if one.sop_uid and one.sop_uid in seen:
        return SAME_FILE
    if one.frames > 1:
        return FRAMES
    if "LOCALIZER" in one.types or _NAMED_LOCALISER.search(one.description.replace("_", " ")):
        return LOCALISER
    if "MOSAIC" in one.types:
        return MOSAIC
    if orientation == "any":
        return ""
    if not one.orientation:
        return NOWHERE
    return "" if one.orientation == orientation else f"other orientation ({one.orientation})"


Splitter = tuple[str, Callable[[Slice], Hashable]]

_SPLITTERS: tuple[Splitter, ...] = (
    ("image type", lambda one: one.image_type),
    ("echo time ms", lambda one: one.echo_ms),
    ("temporal position", lambda one: one.temporal),
    ("b value", lambda one: one.b_value),
    ("acquisition", lambda one: one.acquisition),
)


def _parts(slices: Sequence[Slice], splitters: Sequence[Splitter]) -> Iterator[tuple[str, list[Slice]]]:
    """Slices of one plane's direction, one at each position as far as anything tells them apart."""
    directions = _grouped(
        slices, lambda one: None if one.normal is None else tuple(np.round(one.normal, _DIGITS) + 0.0)
    )
    for direction, members in directions.items():
        name = f"normal {direction}" if len(directions) > 1 else ""
        for what, part in _split(members, splitters):
            yield ", ".join(filter(None, (name, what))), part


def _split(slices: list[Slice], splitters: Sequence[Splitter]) -> Iterator[tuple[str, list[Slice]]]:
    most = max((len(place) for place in _places(slices)), default=1)
    if most == 1:
        yield "", slices
        return
    for at, (name, tell) in enumerate(splitters):
        groups = _grouped(slices, tell)
        # A value that changes from slice to slice is not what tells stacks apart.
        if 1 < len(groups) <= most:
            for value, members in groups.items():
                for what, part in _split(members, splitters[at + 1 :]):
                    yield ", ".join(filter(None, (f"{name} {value}", what))), part
            return
    yield from _by_instance(slices)


def _by_instance(slices: list[Slice]) -> Iterator[tuple[str, list[Slice]]]:
    """The k-th image of every position makes the k-th stack, where all have equally many and are numbered apart."""
    places = _places(slices)
    counts = {len(place) for place in places}
    numbered = all(len({one.instance for one in place}) == len(place) for place in places)
    if len(counts) > 1 or not numbered:
        yield "", slices
        return
    ordered = [sorted(place, key=lambda one: one.instance or 0.0) for place in places]
    for rank, part in enumerate(zip(*ordered, strict=True), start=1):
        yield f"image {rank} of each position", list(part)


def _places(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Slices by position, along the normal; those without one stand each for itself, in the order given."""
    placed = sorted((one for one in slices if one.position_mm is not None), key=lambda one: one.position_mm or 0.0)
    found: list[list[Slice]] = []
    before = -np.inf
    for one in placed:
        place = float(one.position_mm or 0.0)
        if place - before > SAME_MM:
            found.append([])
        found[-1].append(one)
        before = place
    return found + [[one] for one in slices if one.position_mm is None]


def _once_each(slices: Sequence[Slice]) -> tuple[list[Slice], list[Slice]]:
    """The first image of every position, in their order, and the others."""
    places = _places(slices)
    return [place[0] for place in places], [one for place in places for one in place[1:]]


def _of_usual_size(slices: Sequence[Slice]) -> tuple[list[Slice], list[Slice]]:
    sizes = [(one.size_px, tuple(round(mm, 4) for mm in one.spacing_px_mm)) for one in slices]
    if len(set(sizes)) < 2:
        return list(slices), []
    usual, _ = Counter(sizes).most_common(1)[0]
    pairs = list(zip(slices, sizes, strict=True))
    return [one for one, size in pairs if size == usual], [one for one, size in pairs if size != usual]


def _grouped(slices: Sequence[Slice], tell: Callable[[Slice], Hashable]) -> dict[Hashable, list[Slice]]:
    groups: dict[Hashable, list[Slice]] = defaultdict(list)
    for one in slices:
        groups[tell(one)].append(one)
    return dict(groups)
