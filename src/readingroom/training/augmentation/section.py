"""The study file's ``augmentation`` section: which changes are drawn for each image, and from which ranges."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from readingroom.core.config import Section

Probability = Annotated[float, Field(ge=0, le=1)]


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(f"the lower end comes first: [{pair[1]:g}, {pair[0]:g}]")
    return pair


def field_sd_px(alpha: float, sigma: float) -> float:
    """Standard deviation of the elastic displacement, in pixels, along each axis.

    White noise, uniform in [-1, 1] (variance 1/3), smoothed by a Gaussian of ``sigma`` pixels
    (which leaves 1 / (4 pi sigma^2) of the variance) and multiplied by ``alpha``.
    """
    return alpha / math.sqrt(3 * 4 * math.pi) / sigma


class AffineSection(Section):
    """Rotation, shear, scale and shift about the middle of the view; ranges as in torchvision's ``RandomAffine``."""

    rotate: float = Field(default=0.0, ge=0, le=180)
    """Largest rotation in degrees, either way."""
    shear: float = Field(default=0.0, ge=0, le=60)
    """Largest shear along the horizontal axis in degrees, either way."""
    scale: Annotated[
        tuple[Annotated[float, Field(ge=0.1, le=10)], Annotated[float, Field(ge=0.1, le=10)]], AfterValidator(_ordered)
    ] = (1.0, 1.0)
    """Smallest and largest magnification; 1.2 shows things 1.2 times as large."""
    translate: float = Field(default=0.0, ge=0, le=1)
    """Largest shift along each axis, as a share of the width and of the height."""
    p: Probability = 1.0
    """Share of the images that are moved at all."""


class ElasticSection(Section):
    """Elastic deformation after Simard, Steinkraus and Platt (2003)."""

    alpha: float = Field(gt=0, le=10_000)
    """Strength in pixels of the image that the network sees. Torchvision's ``alpha`` is twice this number."""
    sigma: float = Field(ge=1, le=200)
    """Smoothness: standard deviation, in the same pixels, of the Gaussian that smooths the white noise."""
    p: Probability = 1.0
    """Share of the images that are deformed at all."""

    @model_validator(mode="after")
    def _does_not_fold(self) -> Self:
        # The field's slope is Gaussian with this spread; beyond 1 the image would fold over itself.
        slope_sd = field_sd_px(self.alpha, self.sigma) / (math.sqrt(2) * self.sigma)
        if slope_sd > 1 / 3:
            most = self.alpha / (3 * slope_sd)
            raise ValueError(
                f"alpha {self.alpha:g} with sigma {self.sigma:g} folds the image over itself; "
                f"with this sigma alpha can be {math.floor(most)} at most"
            )
        return self


class JitterSection(Section):
    """Colour changes; ranges as in torchvision's ``ColorJitter``."""

    brightness: float = Field(default=0.0, ge=0, le=1)
    """0.2 multiplies the image by something between 0.8 and 1.2."""
    contrast: float = Field(default=0.0, ge=0, le=1)
    """0.2 stretches the image about its own mean grey by something between 0.8 and 1.2."""
    saturation: float = Field(default=0.0, ge=0, le=1)
    """0.2 multiplies the distance from grey by something between 0.8 and 1.2."""
    hue: float = Field(default=0.0, ge=0, le=0.5)
    """0.03 turns the colours by up to 0.03 of the colour circle, either way."""
    p: Probability = 1.0
    """Share of the images whose colours are changed at all."""


Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]


class RegionsSection(Section):
    """Boxes as help in training (study 4's feature enhancement): where an image has a box, show what is in it.

    Boxes are in the case table's column `boxes`, or around its outlines. Reading needs none.
    """

    p: Probability = 0.5
    """Share of the images with a box that are changed."""
    crop: Weight = 1.0
    """How often, against the other two, the box is cropped out with a margin and shown at full size."""
    dim: Weight = 1.0
    """How often all but the box is darkened."""
    mix: Weight = 1.0
    """How often the crop is blended into the whole image."""
    margin: Annotated[tuple[Weight, Weight], AfterValidator(_ordered)] = (0.05, 0.5)
    """Smallest and largest margin around the box, as a share of its longer side."""
    background: Annotated[tuple[Share, Share], AfterValidator(_ordered)] = (0.2, 0.6)
    """Smallest and largest share of its brightness that the background keeps."""
    share: Annotated[tuple[Share, Share], AfterValidator(_ordered)] = (0.3, 0.7)
    """Smallest and largest share of the crop in the mixture."""

    @model_validator(mode="after")
    def _some_way(self) -> Self:
        if not self.crop + self.dim + self.mix:
            raise ValueError("one of crop, dim and mix must be more than 0")
        return self


class AugmentationSection(Section):
    """What is changed at random in training images, each time that they are seen; nothing by default.

    Example:
        >>> AugmentationSection(flip=True, crop=[0.8, 1.0]).crop
        (0.8, 1.0)
    """

    affine: AffineSection | None = None
    """Rotation, shear, scale and shift."""
    elastic: ElasticSection | None = None
    """Elastic deformation."""
    jitter: JitterSection | None = None
    """Brightness, contrast, saturation and hue."""
    flip: bool = False
    """Mirror half of the images left to right."""
    flip_vertical: bool = False
    """Mirror half of the images top to bottom."""
    crop: (
        Annotated[
            tuple[Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)]], AfterValidator(_ordered)
        ]
        | None
    ) = None
    """Smallest and largest share of the view's *area* that is kept, as in torchvision's ``RandomResizedCrop``;
    the shape of the view is kept and the place is drawn evenly."""
    regions: RegionsSection | None = None
    """Boxes as help: crops around them, a dimmed background, crops mixed in. For readers of classes."""
    outside: Literal["black", "reflect"] = "black"
    """What is seen where a moved image ends: black, as outside an endoscope's view, or its mirror image."""

    @property
    def changes_nothing(self) -> bool:
        """Whether every image comes out as it went in."""
        moved = self.affine or self.elastic or self.flip or self.flip_vertical or self.crop
        return not (moved or self.jitter or self.regions)
