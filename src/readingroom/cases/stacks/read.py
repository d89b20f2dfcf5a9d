"""Reading stacks: a path of the case table into planes, by what the study file says a stack is."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import tifffile

from readingroom.cases.dicom.dataset import is_dicom_file
from readingroom.cases.images import ImageFacts
from readingroom.cases.stacks.choice import FrameStack, ViewStack, VolumeStack
from readingroom.cases.stacks.dicom_frames import read_frame_volume
from readingroom.cases.stacks.dicom_volume import read_series
from readingroom.cases.stacks.filling import Filling
from readingroom.cases.stacks.frames import read_frames
from readingroom.cases.stacks.nifti import MEND, is_nifti, read_nifti
from readingroom.cases.stacks.place import split_place
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.stacks.views import read_views
from readingroom.core.errors import ImageError

Choice = VolumeStack | FrameStack | ViewStack

_TIFF = (".tif", ".tiff")
_TIFF_DAMAGED = (
    tifffile.TiffFileError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
_GIVE = "Give a NIfTI file (.nii, .nii.gz), a folder with the DICOM files of one series, or a multi-frame DICOM or TIFF"
_GREY = "Save it as grey planes of 8 or 16 bits and of one size, or as NIfTI"
_NO_SPACING = "Or leave `spacing` out of the study file's `stack`"


def read_stack(path: str | Path, choice: Choice) -> LoadedStack:
    """Read a stack.

    Volumes come with planes from feet to head, rows from front to back and columns from the patient's right to left,
    whichever axes they were acquired along, by the nearest axis and without interpolation. Of clips the frames are
    drawn that the choice wants. Of views the wanted planes are taken; see `readingroom.cases.stacks.views.read_views`.

    Args:
        path: as the case table names it; a place (``@x,y,z``) at its end is left aside.
        choice: of the study file.

    Raises:
        ImageError: nothing that can be read there, or, where the choice has ``spacing``, a volume whose distances are
            not known or not equal.
    """
    file, _ = split_place(path)
    if not file.exists():
        raise ImageError("no such file or folder", fix="Correct the path in the table", file=file)
    if isinstance(choice, FrameStack):
        return read_frames(file, choice.planes)
    if isinstance(choice, ViewStack):
        return read_views(file, choice)
    return _volume(file, choice)


def _volume(path: Path, choice: VolumeStack) -> LoadedStack:
    in_mm = choice.spacing is not None
    if path.is_dir():
        return read_series(path, in_mm=in_mm)
    if is_nifti(path):
        found = read_nifti(path)
    elif is_dicom_file(path):
        return read_frame_volume(path, in_mm=in_mm)
    elif path.suffix.lower() in _TIFF:
        found = _tiff(path)
    else:
        raise ImageError("not a volume", fix=_GIVE, file=path)
    if in_mm and found.affine is None:
        reason = next((note for note in found.facts.notes if note.startswith("no affine")), "no affine")
        raise ImageError(
            f"the distances between voxels are not known: {reason}", fix=f"{MEND}. {_NO_SPACING}", file=path
        )
    return found


def _tiff(path: Path) -> LoadedStack:
    """The pages of a TIFF as planes, in the order of the file; it says nothing of millimetres that can be trusted."""
    try:
        with tifffile.TiffFile(path) as tiff:
            shape = (len(tiff.pages), *tiff.pages[0].shape)
            kinds = {(page.shape, page.dtype) for page in tiff.pages}
            if len(kinds) > 1 or len(shape) != 3 or tiff.pages[0].dtype not in (np.uint8, np.uint16, np.int16):
                raise ImageError(f"a TIFF that is not grey planes of one size ({shape})", fix=_GREY, file=path)
            if int(tiff.pages.first.photometric) != tifffile.PHOTOMETRIC.MINISBLACK:
                raise ImageError("a TIFF whose planes are not plain grey", fix=_GREY, file=path)
            filling = Filling((shape[0], shape[1], shape[2]))
            for place, page in enumerate(tiff.pages):
                filling.put(place, np.asarray(page.asarray())[None])
    except _TIFF_DAMAGED as error:
        raise ImageError(
            f"damaged or truncated ({error})", fix="Copy it again from where it came", file=path
        ) from error
    made = filling.made()
    notes = ("no affine: a TIFF does not say where it lies",)
    return LoadedStack(made, ImageFacts("TIFF", shape[2], shape[1], 1, made.dtype.itemsize * 8, notes=notes))
