"""NIfTI: a phantom volume as one compressed file, whose affine says where its voxels lie."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.stacks.grid import Grid
from readingroom.core.errors import OutputError
from readingroom.core.files import atomic_write

_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_SCANNER = 1  # code of "scanner-based anatomical coordinates"


def need_nifti(folder: Path) -> None:
    """Raise, before long work, where NIfTI cannot be written.

    Raises:
        OutputError: nibabel is not installed.
    """
    try:
        import nibabel  # noqa: F401
    except ImportError as error:
        raise OutputError(
            "phantom volumes need nibabel, which is not installed",
            fix="Install it: pip install 'readingroom[volumes]'",
            file=folder,
        ) from error


def affine_of(grid: Grid) -> NDArray[np.float64]:
    """The affine (4, 4) from column, row and plane to NIfTI's millimetres: right to left, back to front turned round.

    Example:
        >>> from readingroom.cases.phantoms.stacks.grid import Grid
        >>> affine_of(Grid((2, 2, 2), (3.0, 2.0, 1.0), (10.0, 20.0, 30.0)))[:3].tolist()
        [[-1.0, 0.0, 0.0, -10.0], [0.0, -2.0, 0.0, -20.0], [0.0, 0.0, 3.0, 30.0]]
    """
    patient = np.diag([*grid.spacing_mm[::-1], 1.0])
    patient[:3, 3] = grid.first_mm
    return np.asarray(_TO_RAS @ patient + 0.0, np.float64)


def write_nifti(path: Path, voxels: NDArray[np.int16], grid: Grid) -> None:
    """Write a volume (D, H, W), the same bytes each time.

    Args:
        path: ending in ``.nii.gz``.
        voxels: 16 bits.
        grid: where they lie.
    """
    import nibabel

    image = nibabel.Nifti1Image(voxels.transpose(2, 1, 0), affine_of(grid))
    image.set_sform(image.affine, _SCANNER)
    image.set_qform(image.affine, _SCANNER)
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = b"PHANTOM drawn by Reading Room"
    with atomic_write(path) as temporary:
        temporary.write_bytes(gzip.compress(image.to_bytes(), 1, mtime=0))
