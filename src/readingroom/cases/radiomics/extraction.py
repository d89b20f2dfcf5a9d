"""Features inside one outline, computed by mirp, which follows the definitions of the IBSI."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from readingroom.cases.radiomics.section import RadiomicsSection
from readingroom.core.errors import ImageError, StudyFileError

INSTALL = "pip install 'readingroom[radiomics]'"
_FAMILIES = {
    "morphology": "morphological", "local": "local_intensity", "statistics": "statistics", "ivh": "ivh",
    "histogram": "intensity_histogram", "glcm": "glcm", "glrlm": "glrlm", "glszm": "glszm", "gldzm": "gldzm",
    "ngtdm": "ngtdm", "ngldm": "ngldm",
}  # fmt: skip
_PREFIXES = (
    "morph_",
    "loc_",
    "ivh_",
    "stat_",
    "ih_",
    "cm_",
    "rlm_",
    "szm_",
    "dzm_",
    "ngt_",
    "ngl_",
    "log_",
    "wavelet_",
)
_MARGIN_MM = 30.0
LEAST_INSIDE = 9
"""Pixels that an outline must have: of fewer no texture can be told."""


@dataclass(frozen=True, eq=False)
class Volume:
    """Values and an outline on one grid.

    Args:
        values: (planes, rows, columns), in the file's units; one plane of a picture.
        inside: the same shape, True inside the outline.
        spacing_mm: between planes, rows, columns.
    """

    values: npt.NDArray[np.floating[Any]]
    inside: npt.NDArray[np.bool_]
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)


def mirp_version() -> str | None:
    """The version of mirp, which says which IBSI definitions it follows; None where it is not installed."""
    try:
        return version("mirp")
    except PackageNotFoundError:
        return None


def check_installed() -> None:
    """Refuse radiomics where mirp is not installed.

    Raises:
        StudyFileError: with what to install.
    """
    if find_spec("mirp") is None:
        raise StudyFileError("mirp is not installed, and radiomics need it", fix=INSTALL, field="readers.features")


def extract_features(volume: Volume, section: RadiomicsSection, name: str = "") -> dict[str, float]:
    """Features of what lies inside an outline.

    Args:
        volume: values and outline; of one plane, features are those of the plane (IBSI: 2-D, slices merged).
        section: the settings.
        name: of the image, for errors.

    Returns:
        By mirp's name of each feature; NaN where one is not defined, as for a region of one grey level.

    Raises:
        ImageError: nothing is inside the outline, before or after the values outside of ``range`` are cut from it.

    Source: Zwanenburg et al., The Image Biomarker Standardization Initiative, Radiology 2020; 295:328-338;
        Zwanenburg & Löck, MIRP, Journal of Open Source Software 2024; 9(99):6413.
    """
    _check_inside(volume, section, name)
    with tempfile.TemporaryDirectory() as folder, _quietly():
        from mirp import extract_features as by_mirp

        image, mask = _written(volume, Path(folder))
        try:
            found = by_mirp(image=str(image), mask=str(mask), **_settings(volume, section))
        except (ValueError, IndexError, RuntimeError, FloatingPointError, TypeError) as error:
            raise ImageError(f"no features inside the outline ({error})", fix=_FIX, file=name) from error
    if not found or len(found[0]) != 1:
        raise ImageError("no features inside the outline", fix=_FIX, file=name)
    row = found[0].iloc[0]
    return {str(key): float(row[key]) for key in found[0].columns if str(key).startswith(_PREFIXES)}


_FIX = "Look at the image and its outline together"


def _check_inside(volume: Volume, section: RadiomicsSection, name: str) -> None:
    if volume.values.shape != volume.inside.shape:
        raise ImageError(
            f"the outline is of {volume.inside.shape} pixels, the image of {volume.values.shape}",
            fix="Give the mask that was drawn on this image",
            file=name,
        )
    if not volume.inside.any():
        raise ImageError("the outline is empty", fix="Outline the lesion, or leave the cell empty", file=name)
    if (inside := int(volume.inside.sum())) < LEAST_INSIDE:
        raise ImageError(f"the outline has {inside} pixels, too few to describe", fix=_FIX, file=name)
    if section.range is not None:
        values = volume.values[volume.inside]
        if not ((values >= section.range[0]) & (values <= section.range[1])).any():
            raise ImageError(
                f"no value inside the outline lies in the range {section.range[0]:g} to {section.range[1]:g}",
                fix="Look at the units of the values, and at range",
                file=name,
            )


def _settings(volume: Volume, section: RadiomicsSection) -> dict[str, Any]:
    plane = volume.values.shape[0] == 1
    settings: dict[str, Any] = {
        "by_slice": plane,
        "base_feature_families": [_FAMILIES[name] for name in section.families],
        "crop_around_roi": True,
        "crop_distance": _MARGIN_MM,
    }
    if section.bin_width is not None:
        settings |= {"base_discretisation_method": "fixed_bin_size", "base_discretisation_bin_width": section.bin_width}
    else:
        settings |= {"base_discretisation_method": "fixed_bin_number", "base_discretisation_n_bins": section.levels}
    if section.range is not None:
        settings["resegmentation_intensity_range"] = [float(end) for end in section.range]
    if section.spacing is not None:
        settings["new_spacing"] = list(section.spacing[-2:]) if plane else list(section.spacing)
    return settings | _filters(section)


def _filters(section: RadiomicsSection) -> dict[str, Any]:
    if not section.filters:
        return {}
    sigmas = [float(name[4:]) for name in section.filters if name.startswith("log-")]
    kernels = (["laplacian_of_gaussian"] if sigmas else []) + (
        ["separable_wavelet"] if "wavelet" in section.filters else []
    )
    families = [_FAMILIES[name] for name in section.families if name not in {"morphology", "local", "ivh"}]
    settings: dict[str, Any] = {
        "filter_kernels": kernels,
        "response_map_feature_families": families or ["statistics"],
        "response_map_discretisation_method": "fixed_bin_number",
        "response_map_discretisation_n_bins": section.levels,
    }
    if sigmas:
        settings["laplacian_of_gaussian_sigma"] = sigmas
    if "wavelet" in section.filters:
        settings |= {
            "separable_wavelet_families": "coif1",
            "separable_wavelet_set": "all",
            "separable_wavelet_rotation_invariance": True,
        }
    return settings


def _written(volume: Volume, folder: Path) -> tuple[Path, Path]:
    """Image and mask as NIfTI files: the one way in which mirp takes a spacing."""
    import SimpleITK as sitk  # noqa: N813 -- its usual name

    paths = folder / "image.nii", folder / "mask.nii"
    grids: list[npt.NDArray[Any]] = [volume.values.astype(np.float32), volume.inside.astype(np.uint8)]
    for path, values in zip(paths, grids, strict=True):
        image = sitk.GetImageFromArray(values)
        image.SetSpacing([float(side) for side in reversed(volume.spacing_mm)])  # type: ignore[no-untyped-call]
        sitk.WriteImage(image, os.fspath(path))
    return paths


@contextmanager
def _quietly() -> Iterator[None]:
    """Without mirp's own lines: it would set up the logging of the whole program and write to the screen."""
    root, handler = logging.getLogger(), logging.NullHandler()
    before = logging.root.manager.disable
    root.addHandler(handler)
    logging.disable(logging.INFO)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
        root.removeHandler(handler)
