"""The study file's cleaning: which steps are taken, and how strongly."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from readingroom.core.config import Section

Share = Annotated[float, Field(ge=0, lt=0.5)]
Percentile = Annotated[float, Field(ge=0, le=100)]
BorderChoice = Literal["auto"] | tuple[Share, Share, Share, Share]
"""``auto``, or shares of the height and width to cut off: top, right, bottom, left."""


class Bias(Section):
    """Correction of an uneven field, as of an MRI coil or of ultrasound: N4 (Tustison et al. 2010), by SimpleITK."""

    method: Literal["n4"] = "n4"
    """`n4`."""
    shrink: Annotated[int, Field(ge=1, le=32)] = 4
    """The field is fitted to every so many pixels, and carried over to all: a field is smooth, and this is faster."""
    iterations: Annotated[int, Field(ge=1, le=1000)] = 50
    """At most, at each of four resolutions of the field."""


class Denoise(Section):
    """Removal of noise."""

    method: Literal["nlm", "bilateral"] = "nlm"
    """`nlm`: non-local means (Buades et al. 2005); `bilateral`: Tomasi and Manduchi 1998, faster and coarser."""
    strength: Annotated[float, Field(gt=0, le=255)] = 10.0
    """In grey levels of 256: of what differs by less, noise is taken off. About the noise's standard deviation."""
    patch: Annotated[int, Field(ge=3, le=31)] = 7
    """`nlm`: side of the patches that are compared, in pixels, odd."""
    search: Annotated[int, Field(ge=3, le=101)] = 21
    """`nlm`: side of the neighbourhood in which they are looked for, in pixels, odd."""
    reach: Annotated[float, Field(gt=0, le=50)] = 3.0
    """`bilateral`: standard deviation of the neighbourhood, in pixels."""

    @field_validator("patch", "search")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("an odd number of pixels is needed, so that there is one in the middle")
        return value


class Histogram(Section):
    """Levels brought to a common scale: one of the three keys."""

    match: Annotated[str, Field(min_length=1)] | None = None
    """`training`: to the mean levels of the training images, which the reader then carries with it; or a picture, by
    its path relative to the study file."""
    equalise: bool = False
    """Every level as frequent as every other."""
    percentiles: tuple[Percentile, Percentile] | None = None
    """These percentiles of the image become black and white, of pictures of 8 bits too; `window` is for more bits."""

    @model_validator(mode="after")
    def _one_way(self) -> Histogram:
        given = [self.match is not None, self.equalise, self.percentiles is not None]
        if sum(given) != 1:
            raise ValueError("give one of match, equalise and percentiles")
        if self.percentiles is not None and self.percentiles[0] >= self.percentiles[1]:
            raise ValueError("the first percentile is not below the second")
        return self


class Clahe(Section):
    """Contrast raised place by place (contrast-limited adaptive histogram equalisation, Zuiderveld 1994)."""

    clip: Annotated[float, Field(gt=0, le=100)] = 2.0
    """How far contrast is raised at most; 1 hardly, 4 strongly."""
    tiles: Annotated[int, Field(ge=1, le=64)] = 8
    """The input is divided into so many tiles down and across."""


class CleanSection(Section):
    """What is done against what a scanner, and not the patient, puts into an image; nothing by default.

    The order is fixed: border, bias, window (`input.window`), denoise, resizing, histogram, clahe. The same is done in
    training, in validation, in testing and wherever the reader is used.
    """

    border: BorderChoice | None = None
    """`auto` cuts a dark border off, and what is written in it; `[0.1, 0, 0, 0]` cuts shares of the view's height and
    width off: top, right, bottom, left. Outlines and boxes move along."""
    bias: Bias | None = None
    """`n4`, or its keys. Grey images only, on their own values."""
    denoise: Denoise | None = None
    """`nlm`, `bilateral`, or their keys. At the image's own resolution."""
    histogram: Histogram | None = None
    """`{match: training}`, `{match: picture.png}`, `equalise`, or `{percentiles: [1, 99]}`. Inside the view; of colours
    the lightness, so that hues stay."""
    clahe: Clahe | None = None
    """`{}`, or its keys. Of colours the lightness, so that hues stay."""

    @field_validator("border", mode="before")
    @classmethod
    def _known_border(cls, value: Any) -> Any:
        shares = isinstance(value, list | tuple) and len(value) == 4 and all(_is_share(one) for one in value)
        if value is None or value == "auto" or shares:
            return value
        raise ValueError(f"{value!r} is neither auto nor four shares below 0.5: top, right, bottom, left")

    @field_validator("bias", "denoise", mode="before")
    @classmethod
    def _by_method(cls, value: Any) -> Any:
        return {"method": value} if isinstance(value, str) else value

    @field_validator("histogram", mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {"equalise": True} if value == "equalise" else value

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that are taken, in their order."""
        order = ("border", "bias", "denoise", "histogram", "clahe")
        return tuple(name for name in order if getattr(self, name) is not None)

    @property
    def of_planes(self) -> bool:
        """Whether every step is one of single planes, so that the planes of a stack can be cleaned one by one."""
        matched = self.histogram is not None and self.histogram.match is not None
        return self.border is None and self.bias is None and not matched


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 0.5
