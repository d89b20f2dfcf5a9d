"""A folder with the DICOM files of one series as a volume: in order along the normal, refused where it has gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from readingroom.cases.dicom.collect import read_headers
from readingroom.cases.dicom.dataset import is_dicom_file
from readingroom.cases.dicom.series import LOCALISER, SAME_FILE, Stack, stack_series
from readingroom.cases.dicom.slices import Slice
from readingroom.cases.folders import natural_key
from readingroom.cases.images import ImageFacts, LoadedImage, read_image
from readingroom.cases.stacks.dicom_place import SlicePlaces
from readingroom.cases.stacks.filling import Filling
from readingroom.cases.stacks.geometry import nearest_axial
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.stacks.turning import Turn, turned
from readingroom.core.errors import ImageError, Problem
from readingroom.core.progress import SilentProgress

_HARMLESS = frozenset({LOCALISER, SAME_FILE})
"""What may lie beside a series and is left out with a note; all else that is left out stops the reading."""

_NAMED = 5
_OWN_FOLDER = "Give each series a folder of its own (readingroom series lists them), and name that in the table"
_ALIKE = "Export the series again with all its slices alike"


def read_series(path: Path, *, in_mm: bool, turn: Turn = nearest_axial) -> LoadedStack:
    """Read the volume of a series; as acquired, planes are its slices along their normal.

    Localisers among the files are left out, and files that are twice there once; both are noted.

    Args:
        path: the folder with the files of one series; other files in it are passed over, and noted.
        in_mm: distances matter: slices must have positions and lie at equal distances.
        turn: the order of axes.

    Returns:
        Planes (D, H, W), rescaled by each file's slope and intercept (CT: HU).

    Raises:
        ImageError: no DICOM files, several series, doubled slices or slices of another size, several images at each
            position, pixels that cannot be read; where ``in_mm``, also missing slices, uneven distances, no positions.
    """
    stack, notes = _one_stack(path)
    place = SlicePlaces.of(stack.slices)
    problems = place.problems(stack)
    if in_mm:
        place.refuse(problems, path)
    notes += [problem.what for problem in problems]
    filling, middle = _filled(stack.slices, path)
    notes += [note for note in middle.facts.notes if note not in notes]
    facts = ImageFacts(
        "DICOM series", middle.facts.width, middle.facts.height, 1, middle.facts.bits, notes=tuple(notes)
    )
    made = filling.made()
    whole = turned(LoadedStack(made, facts, middle.display, place.affine(stack)), made, turn)
    # Uneven slices still say which way is up, but not where each voxel lies.
    return replace(whole, affine=None) if problems else whole


def dicom_files(path: Path) -> list[Path]:
    """The DICOM files in a folder, not below it, in natural order."""
    files = [one for one in path.iterdir() if one.is_file() and not one.name.startswith(".")]
    return [one for one in sorted(files, key=lambda one: natural_key(one.name)) if is_dicom_file(one)]


def _one_stack(path: Path) -> tuple[Stack, list[str]]:
    files = dicom_files(path)
    if not files:
        raise _nothing(path)
    slices, strays = read_headers(files, SilentProgress())
    if strays:
        problems = [Problem(file.name, reason) for file, reason in strays[:_NAMED]]
        raise ImageError(
            f"{len(strays)} of {len(files)} DICOM files are no images that can be read",
            fix="Take them out of the folder, or copy the series again",
            file=path,
            problems=problems,
        )
    stacks = stack_series(slices, "any")
    left = [pair for stack in stacks for pair in stack.left_out]
    stacks = [stack for stack in stacks if stack.slices]
    _refuse_other(stacks, left, path)
    others = sum(one.is_file() and not one.name.startswith(".") for one in path.iterdir()) - len(files)
    counted = Counter(reason for _, reason in left)
    notes = [f"{count} files left out: {reason}" for reason, count in counted.items()]
    return stacks[0], notes + ([f"{others} files that are not DICOM passed over"] if others else [])


def _nothing(path: Path) -> ImageError:
    if not path.is_dir():
        return ImageError("no such folder", fix="Correct the path in the table", file=path)
    folders = sorted(one.name for one in path.iterdir() if one.is_dir())
    files = sum(one.is_file() for one in path.iterdir())
    if folders:
        said = ", ".join(folders[:_NAMED])
        return ImageError(f"no DICOM files here, but folders ({said})", fix="Name the series' own folder", file=path)
    what = f"no DICOM files among {files} here" if files else "an empty folder"
    return ImageError(what, fix="Give the folder that holds the files of one series", file=path)


def _refuse_other(stacks: Sequence[Stack], left: Sequence[tuple[Slice, str]], path: Path) -> None:
    bad = [(one, reason) for one, reason in left if reason not in _HARMLESS]
    if bad:
        counted = ", ".join(f"{reason}: {count}" for reason, count in Counter(reason for _, reason in bad).items())
        raise ImageError(
            f"files that do not belong to one series of single slices ({counted})",
            fix="Take them out of the folder, or keep each stack in a folder of its own",
            file=path,
            problems=[Problem(one.path.name, reason) for one, reason in bad[:_NAMED]],
        )
    if not stacks:
        reasons = ", ".join(sorted({reason for _, reason in left}))
        raise ImageError(f"no slice stays ({reasons})", fix="Give the folder of the series itself", file=path)
    if len(stacks) > 1:
        problems = [Problem("", _described(stack)) for stack in stacks[: 2 * _NAMED]]
        several = len({(stack.first.study_uid, stack.first.series_uid) for stack in stacks})
        what = f"{several} series in one folder" if several > 1 else f"{len(stacks)} stacks in one series"
        raise ImageError(what, fix=_OWN_FOLDER, file=path, problems=problems)


def _described(stack: Stack) -> str:
    one = stack.first
    named = " ".join(filter(None, (one.series_number, one.description))) or one.series_uid or "without a name"
    return f"{named}: {len(stack.slices)} slices{f' ({stack.of})' if stack.of else ''}"


def _filled(slices: Sequence[Slice], path: Path) -> tuple[Filling, LoadedImage]:
    """The volume, and the middle slice as it was read."""
    filling = Filling((len(slices), *slices[0].size_px))
    middle = read_image(slices[len(slices) // 2].path)
    for at, one in enumerate(slices):
        image = read_image(one.path)
        if image.pixels.ndim == 3:
            raise ImageError("slices of colours", fix="Read them as frames, or give grey slices", file=path)
        if image.display.inverted != middle.display.inverted:
            raise ImageError("MONOCHROME1 and MONOCHROME2 in one series", fix=_ALIKE, file=one.path)
        filling.put(at, image.pixels[None])
    return filling, middle
