"""NIfTI files into volumes: values scaled as the header says, axes in DICOM's patient frame."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from readingroom.cases.images import ImageFacts
from readingroom.cases.stacks.filling import Filling
from readingroom.cases.stacks.geometry import Affine, affine_problem, lps_from_ras, nearest_axial
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.stacks.turning import Turn, turned
from readingroom.cases.window import Display
from readingroom.core.errors import ImageError

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

SUFFIXES = (".nii", ".nii.gz")

_INSTALL = "Install it: pip install 'readingroom[volumes]'"
_COPY_AGAIN = "Copy it again from where it came, or convert the series once more"
_DAMAGED = (OSError, EOFError, ValueError, LookupError, TypeError, ArithmeticError, zlib.error)
_SLAB = 8
_MM = {"meter": 1000.0, "mm": 1.0, "micron": 0.001}
_SAME_MM = 0.1
MEND = (
    "Convert the DICOM series once more (dcm2niix writes the affine), or set it with nibabel: "
    "image.set_sform(affine, code=1), then save"
)


def is_nifti(path: Path) -> bool:
    """Whether a file is NIfTI, by its name.

    Example:
        >>> is_nifti(Path("001.NII.GZ"))
        True
    """
    return path.name.lower().endswith(SUFFIXES)


def read_nifti(path: Path, turn: Turn = nearest_axial) -> LoadedStack:
    """Read a volume; as acquired, planes are those of the file's third axis.

    Args:
        path: a ``.nii`` or ``.nii.gz`` file of two or three dimensions, or of more where these are 1.
        turn: the order of axes.

    Returns:
        Planes (D, H, W), uint8, uint16, int16 or float32, with slope and intercept applied; without an affine where the
        file has none that is valid, and the reason among the notes.

    Raises:
        ImageError: nibabel is not installed; damaged, truncated, of several volumes, complex, or of colours.
    """
    with _explained(path):
        image = _opened(path)
        _check_kind(image, path)
        shape = _three(image, path)
        where = _place(image)
        filling = Filling(shape)
        for first, slab in _slabs(image, shape):
            filling.put(first, slab)
    notes = [*where.notes]
    if shape[0] == 1:
        notes.append("one plane only")
    if filling.not_numbers:
        notes.append(f"{filling.not_numbers} voxels that are not numbers shown black")
    bits = _kind(image).itemsize * 8
    facts = ImageFacts("NIfTI", shape[2], shape[1], 1, bits, notes=tuple(notes))
    made = filling.made()
    return turned(LoadedStack(made, facts, Display(measured=True), where.affine), made, turn)


def _opened(path: Path) -> Nifti1Image:
    try:
        import nibabel
    except ImportError as error:
        raise ImageError("a NIfTI file, and nibabel is not installed", fix=_INSTALL, file=path) from error
    if not path.is_file():
        raise ImageError("no such file", fix="Correct the path in the table", file=path)
    # One open file for all slabs: a compressed one would be read from its start for each.
    image = nibabel.load(path, keep_file_open=True)
    if not isinstance(image, nibabel.Nifti1Image):
        raise ImageError(f"not NIfTI but {type(image).__name__}", fix="Save it as .nii.gz", file=path)
    return image


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except ImageError as error:
        raise ImageError(error.what, fix=error.fix, field=error.field, file=path) from error
    except MemoryError as error:
        raise ImageError("larger than the memory", fix="Save it smaller", file=path) from error
    except Exception as error:
        if not _is_damage(error):
            raise
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise ImageError(f"damaged or truncated ({reason})", fix=_COPY_AGAIN, file=path) from error


def _is_damage(error: Exception) -> bool:
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    return isinstance(error, (*_DAMAGED, ImageFileError, HeaderDataError))


def _check_kind(image: Nifti1Image, path: Path) -> None:
    kind = _kind(image)
    if kind.fields is not None:
        raise ImageError("a NIfTI file of colours (RGB)", fix="Save grey values, or the planes as PNG files", file=path)
    if np.issubdtype(kind, np.complexfloating):
        raise ImageError("a NIfTI file of complex numbers", fix="Save the magnitude alone", file=path)


def _kind(image: Nifti1Image) -> np.dtype[Any]:
    header: Any = image.header
    found: np.dtype[Any] = np.dtype(header.get_data_dtype())
    return found


def _three(image: Nifti1Image, path: Path) -> tuple[int, int, int]:
    """Planes, rows and columns."""
    shape = tuple(int(length) for length in image.shape)
    if min(shape, default=0) < 1 or len(shape) < 2:
        raise ImageError(f"a NIfTI file without voxels ({_said(shape)})", fix=_COPY_AGAIN, file=path)
    if any(length > 1 for length in shape[3:]):
        raise ImageError(
            f"{int(np.prod(shape[3:]))} volumes in one NIfTI file ({_said(shape)})",
            fix="Save the one to be read as a file of its own (nibabel: image.slicer[..., 0]), or each phase or series "
            "as a file in one folder and read them as views",
            file=path,
        )
    columns, rows, planes = (*shape, 1)[:3]
    return planes, rows, columns


def _said(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "no dimensions"


def _slabs(image: Nifti1Image, shape: tuple[int, int, int]) -> Iterator[tuple[int, np.ndarray]]:
    """A few planes at a time, scaled: (n, H, W)."""
    flat = len(image.shape) == 2
    for first in range(0, shape[0], _SLAB):
        last = min(first + _SLAB, shape[0])
        several = (slice(first, last), *(0,) * (len(image.shape) - 3))
        found = np.asarray(image.dataobj) if flat else np.asarray(image.dataobj[(slice(None), slice(None), *several)])
        yield first, found.reshape(shape[2], shape[1], last - first).transpose(2, 1, 0)


@dataclass
class _Place:
    affine: Affine | None = None
    notes: list[str] = field(default_factory=list)


def _place(image: Nifti1Image) -> _Place:
    """Where the voxels lie, by the sform or, where that has no code, the qform."""
    header: Any = image.header
    name = "sform" if int(header["sform_code"]) > 0 else "qform"
    if int(header[f"{name}_code"]) <= 0:
        return _Place(None, ["no affine: sform and qform both have the code 0"])
    found = _form(header, name)
    problem = "damaged" if found is None else affine_problem(found)
    if found is None or problem:
        return _Place(None, [f"no affine: the {name} is {problem}"])
    place = _Place()
    # Files have axes x, y, z to the right, front and head, first axis first: ours are the other way round.
    turned = lps_from_ras(found)[:, [2, 1, 0, 3]]
    place.affine = _in_mm(turned, header, place.notes)
    if name == "sform" and int(header["qform_code"]) > 0:
        _compare(found, _form(header, "qform"), image.shape, place.notes)
    return place


def _form(header: Any, name: str) -> Affine | None:
    try:
        return np.asarray(header.get_sform() if name == "sform" else header.get_qform(), np.float64)
    except Exception:  # noqa: BLE001 - whatever numbers of a damaged quaternion lead to
        return None


def _in_mm(affine: Affine, header: Any, notes: list[str]) -> Affine:
    unit = header.get_xyzt_units()[0]
    scale = _MM.get(unit, 1.0)
    if scale == 1.0:
        return affine
    notes.append(f"positions in {unit} turned into mm")
    return np.asarray(np.diag([scale, scale, scale, 1.0]) @ affine)


def _compare(sform: Affine, qform: Affine | None, shape: tuple[int, ...], notes: list[str]) -> None:
    if qform is None or affine_problem(qform):
        notes.append("the qform is damaged; the sform is used")
        return
    corners = np.array(np.meshgrid(*[(0, length - 1) for length in (*shape, 1)[:3]])).reshape(3, -1)
    apart = np.linalg.norm((sform - qform)[:3] @ np.vstack([corners, np.ones(8)]), axis=0).max()
    if apart > _SAME_MM:
        notes.append(f"sform and qform differ by up to {apart:.1f} mm; the sform is used")
