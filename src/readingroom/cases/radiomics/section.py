"""The settings of radiomics: how values inside an outline become features."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from readingroom.core.config import Section

Family = Literal["morphology", "local", "statistics", "ivh", "histogram", "glcm", "glrlm", "glszm", "gldzm", "ngtdm",
                 "ngldm"]  # fmt: skip
FAMILIES: tuple[Family, ...] = get_args(Family)
"""Families of the IBSI's features, in its order."""

Millimetres = Annotated[float, Field(gt=0, le=100)]
Correlation = Annotated[float, Field(gt=0, lt=1)]
_FILTER = re.compile(r"^(log-\d+(\.\d+)?|wavelet)$")
DEFAULT_PERTURBED = 24


class RadiomicsSection(Section):
    """IBSI features inside the outline, by mirp.

    They need `pip install 'readingroom[radiomics]'`, and a mask of each image in the case table's column `outline`.
    """

    bins: Annotated[int, Field(ge=2, le=1024)] | None = None
    """Values become so many grey levels between the lowest and the highest inside each outline (fixed bin number); 32
    where nothing is said. For images whose values mean nothing by themselves: MRI, ultrasound, photographs."""
    bin_width: Annotated[float, Field(gt=0)] | None = None
    """Instead of `bins`: grey levels of so many units each, from the lower end of `range` (fixed bin size): 25 is usual
    for HU."""
    range: tuple[float, float] | None = None
    """Values outside belong to no feature and are cut from the outline: `[-100, 300]`. `bin_width` needs it."""
    spacing: Annotated[tuple[Millimetres, ...], Field(min_length=2, max_length=3)] | None = None
    """Pixels are brought to this spacing first, in mm: rows, columns (planes first of a volume). The spacing of each
    image is the DICOM or NIfTI file's, or that of the case table's column `spacing_mm` (`0.7`, or `0.7 0.6`: between
    rows, between columns). null takes every pixel as 1 mm: only for images of one magnification."""
    families: Annotated[tuple[Family, ...], Field(min_length=1)] = FAMILIES
    """Families of features."""
    filters: tuple[str, ...] = ()
    """Features of the filtered image beside: `log-1.5` (Laplacian of Gaussian, sigma in mm), `wavelet` (coiflet 1, the
    mean over directions)."""
    perturbed: Annotated[int, Field(ge=0)] = 0
    """Training images whose outlines are eroded, dilated, moved and redrawn by chance, to measure by the intraclass
    correlation how little each feature depends on the outline; 0 measures nothing."""
    stable: Correlation | None = None
    """Features whose intraclass correlation under these changes is lower are left out, such as 0.75. It is measured on
    training images only."""

    @field_validator("filters")
    @classmethod
    def _known_filters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [one for one in value if not _FILTER.match(one)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no filter: log-1.5 (any sigma in mm) or wavelet")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> RadiomicsSection:
        if self.bins is not None and self.bin_width is not None:
            raise ValueError("bins and bin_width both make grey levels: give one of them")
        if self.bin_width is not None and self.range is None:
            raise ValueError("bin_width needs range, such as [-100, 300]: the first grey level begins at its lower end")
        if self.range is not None and self.range[0] >= self.range[1]:
            raise ValueError(f"range goes from {self.range[0]:g} up to {self.range[1]:g}: the lower end comes first")
        return self

    @property
    def levels(self) -> int:
        """Grey levels of a fixed number of bins."""
        return self.bins if self.bins is not None else 32

    @property
    def measured(self) -> int:
        """Training images whose outlines are perturbed."""
        return self.perturbed or (DEFAULT_PERTURBED if self.stable is not None else 0)

    @property
    def identity(self) -> dict[str, Any]:
        """Plain values of what decides the features of one image."""
        return self.model_dump(mode="json", exclude={"perturbed", "stable"})
