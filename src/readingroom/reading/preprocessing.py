"""Preprocessing: the one contract that turns an image into a network's input, the same for training and for use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Annotated, Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from readingroom.cases.cleaning import CleanSection, Reference, clean_resized, correct_bias, denoise, framed_view
from readingroom.cases.fit import Fit, fit_square
from readingroom.cases.images import LoadedImage, to_rgb8
from readingroom.cases.stacks.choice import StackChoice, parse_stack
from readingroom.cases.view import View, ViewMode, crop_to_view, view_mask
from readingroom.cases.window import WindowChoice, parse_window, plain_window, show, window_problem
from readingroom.core.config import Section
from readingroom.core.files import hash_value

Pixels = npt.NDArray[np.uint8]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)


class Normalisation(Section):
    """Mean and standard deviation of each channel, in units of full brightness."""

    mean: tuple[float, float, float]
    """Mean of red, green and blue, 0 to 1."""
    sd: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]]
    """Standard deviation of red, green and blue, above 0."""


class InputSection(Section):
    """How an image becomes a network's input. The centre is never cropped out: lesions lie at the edge as well."""

    view: Literal["auto", "whole"] = "auto"
    """`auto` finds the endoscope's octagon, circle or rectangle and blanks all else; `whole` keeps the frame."""
    size: Annotated[int, Field(ge=16, le=4096)] = 224
    """Side of the square input, in pixels."""
    fit: Literal["stretch", "pad"] = "stretch"
    """`stretch` uses every input pixel for the view, as studies 2 and 3 do; `pad` keeps its proportions."""
    window: WindowChoice = "percentiles"
    """How values of more than 8 bits (DICOM, 16-bit PNG and TIFF) become 8: `percentiles`, from the 0.5 to the 99.5
    percentile of each image; `{percentiles: [1, 99]}`; `file`, the window that the DICOM file gives (percentiles where
    it gives none, and the audit says so); or `{centre: 300, width: 600}` in the file's units, such as HU."""
    stack: StackChoice | None = None
    """Images of several planes: `{kind: volume, planes: 32, spacing: [2, 1, 1]}` for CT and MRI volumes,
    `{kind: frames, planes: 16}` for clips and dynamic series, `{kind: views, names: [ap, lateral]}` for several views
    or series of one patient; null for single images. See docs/stacks.md."""
    clean: CleanSection | None = None
    """What is done against borders, uneven fields, noise and differing brightness; nothing by default."""
    normalise: Literal["training", "imagenet", "unit"] | Normalisation = "training"
    """`training`: mean and sd of the training images; `imagenet`: those of ImageNet; `unit`: 0 to 1; or your own."""

    @field_validator("window", mode="before")
    @classmethod
    def _known_window(cls, value: Any) -> Any:
        if problem := window_problem(value):
            raise ValueError(problem)
        return parse_window(value)

    @field_validator("normalise", mode="before")
    @classmethod
    def _known_normalisation(cls, value: Any) -> Any:
        if isinstance(value, str) and value not in {"training", "imagenet", "unit"}:
            raise ValueError(f"{value!r} is none of training, imagenet, unit, or {{mean: [..], sd: [..]}}")
        return value


@dataclass(frozen=True)
class Preprocessing:
    """What is done to an image before a network sees it; stored in the reader bundle.

    Args:
        view: ``auto`` or ``whole``; see `InputSection`.
        size: side of the square input in pixels.
        fit: ``stretch`` or ``pad``.
        mean: of each channel, in units of full brightness (255).
        sd: of each channel, likewise.
        window: how more than 8 bits become 8.
        stack: what of a stack of planes is seen; None for single images.
        clean: what is done against borders, uneven fields, noise and differing brightness.
        reference: levels that ``clean.histogram.match`` brings images to; None before they are known.
    """

    view: ViewMode
    size: int
    fit: Fit
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    sd: tuple[float, ...] = (1.0, 1.0, 1.0)
    window: WindowChoice = "percentiles"
    stack: StackChoice | None = None
    clean: CleanSection | None = None
    reference: Reference | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a prepared image, (size, size, 3), or of a prepared stack, (planes, size, size, channels)."""
        plane = (self.size, self.size)
        return (*plane, 3) if self.stack is None else (self.stack.depth, *plane, self.stack.channels)

    def shown(self, image: LoadedImage) -> Pixels:
        """The 8-bit pixels of an image, (H, W) or (H, W, 3), in which its view is looked for and cropped."""
        return image.shown(self.window)

    def view_of(self, image: LoadedImage) -> View:
        """Which part of an image is read; looked for in the image as it is shown, before it is cleaned."""
        return framed_view(self.shown(image), self.view, None if self.clean is None else self.clean.border)

    def prepare_image(self, image: LoadedImage, view: View | None = None) -> Pixels:
        """An image from the file's values to the network's input: bias field, window, and `prepare`.

        Args:
            image: as read.
            view: of this image; looked for by default.

        Returns:
            (size, size, 3) RGB, 8 bit, not yet normalised.

        Raises:
            ImageError: its bias field is to be corrected, and it has colours or values below 0.
        """
        view = self.view_of(image) if view is None else view
        clean = self.clean
        if clean is None or (clean.border is None and clean.bias is None):
            return self.prepare(self.shown(image), view)
        # Of the view alone: writing in the border would decide the window, and edges of the border the field.
        x0, y0, x1, y1 = view.box_xyxy_px
        values = image.pixels[y0:y1, x0:x1]
        values = values if clean.bias is None else correct_bias(values, clean.bias)
        shown = np.zeros(image.pixels.shape, dtype=np.uint8)
        shown[y0:y1, x0:x1] = self.shown(replace(image, pixels=values))
        return self.prepare(shown, view)

    def prepare(self, pixels: npt.NDArray[Any], view: View) -> Pixels:
        """Window 16 bit to 8, crop to the view, take noise off, blank what is not anatomy, resize, bring levels.

        Args:
            pixels: (H, W) or (H, W, 3), as `shown` gives them, or of more bits, without a window of their own.
            view: as found in these pixels.

        Returns:
            (size, size, 3) RGB, 8 bit, not yet normalised.
        """
        shown = to_rgb8(show(pixels, self.window)[0])
        if self.clean is None:
            return self._placed(crop_to_view(shown, view))
        return self.clean_prepared(self._placed(self._quiet(shown, view)), view)

    def clean_prepared(self, prepared: Pixels, view: View) -> Pixels:
        """The steps of cleaning that follow the resizing: levels and contrast, inside the view.

        Args:
            prepared: (size, size, 3) RGB, 8 bit, as `prepare` gives it where these steps are not asked for.
            view: that it was prepared from.
        """
        if self.clean is None:
            return prepared
        return clean_resized(prepared, self.clean, self.reference, self.prepared_mask(view))

    def prepared_mask(self, view: View) -> Pixels:
        """Where a prepared image shows anatomy: (size, size), 1 inside and 0 outside."""
        return np.asarray(self._placed(view_mask(view) * np.uint8(255)) >= 128, dtype=np.uint8)

    def _quiet(self, shown: Pixels, view: View) -> Pixels:
        if self.clean is None or self.clean.denoise is None:
            return crop_to_view(shown, view)
        # Only the view: what is burned in beside it is no noise, and larger frames take seconds.
        x0, y0, x1, y1 = view.box_xyxy_px
        framed = np.zeros_like(shown)
        framed[y0:y1, x0:x1] = denoise(shown[y0:y1, x0:x1], self.clean.denoise)
        return crop_to_view(framed, view)

    def _placed(self, cropped: Pixels) -> Pixels:
        return fit_square(cropped, self.size, self.fit)

    def prepare_outline(self, mask: npt.NDArray[np.uint8], view: View) -> Pixels:
        """Bring an outline where `prepare` brings its image's pixels.

        Args:
            mask: (H, W) 0 or 1, of the whole frame.
            view: as found in the frame.

        Returns:
            (size, size) 0 or 1; a pixel is inside where half of it is.
        """
        x0, y0, x1, y1 = view.box_xyxy_px
        # What a patch hides belongs to the lesion all the same: nothing is blanked here.
        cropped = np.ascontiguousarray(mask[y0:y1, x0:x1]) * np.uint8(255)
        return np.asarray(self._placed(cropped) >= 128, dtype=np.uint8)

    @property
    def prepared_key(self) -> str:
        """Hash of what decides the prepared pixels: everything but the normalisation."""
        own = [*self._own_window, *self._own_stack, *self._own_cleaning]
        return hash_value([self.view, self.size, self.fit, cv2.__version__, *own])[:16]

    @property
    def _own_window(self) -> list[Any]:
        # Without the default, so that what was prepared and trained before windows could be chosen is known again.
        return [] if self.window == "percentiles" else [plain_window(self.window)]

    @property
    def _own_stack(self) -> list[Any]:
        return [] if self.stack is None else [self.stack.model_dump(mode="json")]

    @property
    def _own_cleaning(self) -> list[Any]:
        # Likewise without the default. What fits the bias field is another library than what does the rest.
        if self.clean is None:
            return []
        by = version("SimpleITK") if self.clean.bias is not None else ""
        return [self.clean.model_dump(mode="json"), self.reference, by]

    @property
    def identity(self) -> dict[str, Any]:
        """Plain values by which a training is known again."""
        values = self.as_dict()
        return {name: value for name, value in values.items() if name != "window" or self._own_window}

    def as_dict(self) -> dict[str, Any]:
        """Plain values for ``reader.yaml``."""
        values = dict(vars(self), mean=list(self.mean), sd=list(self.sd), window=plain_window(self.window))
        del values["clean"], values["reference"], values["stack"]
        if self.stack is not None:
            values["stack"] = self.stack.model_dump(mode="json")
        if self.clean is not None:
            reference = None if self.reference is None else list(self.reference)
            values |= {"clean": self.clean.model_dump(mode="json", exclude_none=True), "reference": reference}
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Preprocessing:
        """The inverse of `as_dict`; a contract from before windows, stacks or cleaning has the default."""
        given = dict(values, mean=tuple(values["mean"]), sd=tuple(values["sd"]))
        given["window"] = parse_window(values.get("window", "percentiles"))
        if values.get("stack") is not None:
            given["stack"] = parse_stack(values["stack"])
        if values.get("clean") is not None:
            given["clean"] = CleanSection.model_validate(values["clean"])
        if values.get("reference") is not None:
            given["reference"] = tuple(values["reference"])
        return cls(**given)
