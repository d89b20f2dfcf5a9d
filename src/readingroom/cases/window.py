"""The window: which of an image's values become black and which white where it is brought to 8 bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, TypeAdapter, model_validator

from readingroom.core.config import Section

PERCENTILES = (0.5, 99.5)
"""Percentiles of an image of more than 8 bits that become black and white unless a study says otherwise."""

Percentile = Annotated[float, Field(ge=0, le=100)]
Values = npt.NDArray[Any]


class PercentileWindow(Section):
    """The percentiles of each image that become black and white."""

    percentiles: tuple[Percentile, Percentile]
    """Lower and upper percentile, such as [1, 99]."""

    @model_validator(mode="after")
    def _in_order(self) -> PercentileWindow:
        if self.percentiles[0] >= self.percentiles[1]:
            raise ValueError("the first percentile is not below the second")
        return self


class GivenWindow(Section):
    """One window for all images: black at `centre` - `width` / 2, white at `centre` + `width` / 2."""

    centre: float
    """Middle of the window, in the units that the file's rescaling gives, such as Hounsfield units."""
    width: Annotated[float, Field(gt=0)]
    """From black to white, in the same units."""


WindowChoice = Literal["percentiles", "file"] | PercentileWindow | GivenWindow
"""How values become 8 bits: by each image's percentiles, by the file's own window, or by one that is given."""

_CHOICE: TypeAdapter[WindowChoice] = TypeAdapter(WindowChoice)

Function = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]
How = Literal["stored", "percentiles", "file", "missing", "given"]
"""What was done to an image: nothing (8 bits already); percentiles; the file's window; percentiles because the file
has no window; the window given."""


@dataclass(frozen=True)
class FileWindow:
    """The window that a file gives, in its rescaled values.

    Args:
        centre: DICOM's Window Center.
        width: Window Width.
        function: VOI LUT Function.
    """

    centre: float
    width: float
    function: Function = "LINEAR"


@dataclass(frozen=True)
class Display:
    """What a file says of how its values are to be looked at.

    Args:
        window: the first that it gives.
        inverted: the highest value is black (MONOCHROME1).
        measured: the values are a device's and not yet a picture, so that a window applies even to 8 bits.
    """

    window: FileWindow | None = None
    inverted: bool = False
    measured: bool = False


PLAIN = Display()
"""Of a picture: nothing to be done but to bring more than 8 bits to 8."""


def parse_window(value: Any) -> WindowChoice:
    """A window from plain values, as `plain_window` gives them.

    Raises:
        ValueError: neither ``percentiles`` nor ``file`` nor the keys of one of the other two.

    Example:
        >>> parse_window({"percentiles": [0.5, 99.5]})
        'percentiles'
        >>> parse_window({"centre": 40, "width": 400})
        GivenWindow(centre=40.0, width=400.0)
    """
    found = _CHOICE.validate_python(value)
    same = isinstance(found, PercentileWindow) and found.percentiles == PERCENTILES
    return "percentiles" if same else found


def plain_window(window: WindowChoice) -> str | dict[str, Any]:
    """A window as text and numbers, for files.

    Example:
        >>> plain_window(PercentileWindow(percentiles=(1, 99)))
        {'percentiles': [1.0, 99.0]}
    """
    return window if isinstance(window, str) else window.model_dump(mode="json")


def window_problem(value: Any) -> str:
    """What is wrong with a window as a person wrote it; empty where nothing is.

    Example:
        >>> window_problem("auto")
        "'auto' is none of percentiles, file, {percentiles: [1, 99]}, {centre: 300, width: 600}"
    """
    try:
        parse_window(value)
    except ValueError:
        return f"{value!r} is none of percentiles, file, {{percentiles: [1, 99]}}, {{centre: 300, width: 600}}"
    return ""


def show(pixels: Values, window: WindowChoice = "percentiles", display: Display = PLAIN) -> tuple[Values, How]:
    """Bring values to 8 bits.

    Pictures of 8 bits stay as they are. Colours of more bits are windowed over all channels together, so that hues
    stay.

    Args:
        pixels: (H, W) or (H, W, 3), uint8, uint16 or float32.
        window: what is asked for.
        display: what the file says.

    Returns:
        The same shape, uint8, and what was done.

    Example:
        >>> shown, how = show(np.array([[-100.0, 0.0, 100.0]], np.float32), GivenWindow(centre=0, width=200))
        >>> shown.tolist(), how
        ([[0, 128, 255]], 'given')
    """
    how = _how(pixels, window, display)
    if how == "stored":
        shown = pixels
    elif how == "file" and display.window is not None:
        shown = _as_bytes(apply_file_window(pixels, display.window))
    elif isinstance(window, GivenWindow):
        exact = FileWindow(window.centre, window.width, "LINEAR_EXACT")
        shown = _as_bytes(apply_file_window(pixels, exact))
    else:
        asked = window.percentiles if isinstance(window, PercentileWindow) else PERCENTILES
        # In double precision, so that the same values give the same window whatever they are stored as.
        exactly = pixels if np.issubdtype(pixels.dtype, np.integer) else pixels.astype(np.float64)
        shown = scale_between(pixels, *np.percentile(exactly, asked))
    return (255 - shown if display.inverted else shown), how


def _how(pixels: Values, window: WindowChoice, display: Display) -> How:
    picture = pixels.dtype == np.uint8 and not display.measured
    if picture or (pixels.dtype == np.uint8 and (pixels.ndim == 3 or _by_percentiles(window, display))):
        return "stored"
    if isinstance(window, GivenWindow):
        return "given"
    if window == "file":
        return "missing" if display.window is None else "file"
    return "percentiles"


def _by_percentiles(window: WindowChoice, display: Display) -> bool:
    asked = window == "percentiles" or isinstance(window, PercentileWindow)
    return asked or (window == "file" and display.window is None)


def scale_between(pixels: Values, low: float, high: float) -> npt.NDArray[np.uint8]:
    """Values from ``low`` (0) to ``high`` (255), rounded; what lies outside becomes 0 or 255."""
    # Integers of one value differ by 1 at least; floating point may be spread over much less.
    least = 0.0 if np.issubdtype(pixels.dtype, np.floating) else 1.0
    span = max(high - low, least) or 1.0
    scaled = (pixels.astype(np.float32) - low) * (255.0 / span)
    return np.asarray(np.rint(scaled).clip(0, 255), dtype=np.uint8)


def apply_file_window(values: Values, window: FileWindow) -> npt.NDArray[np.float64]:
    """Rescaled values as shares of full brightness, by DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3.

    Args:
        values: of any shape.
        window: ``LINEAR`` needs a width of 1 at least, the others of more than 0.

    Returns:
        The same shape, 0 to 1.

    Example:
        >>> apply_file_window(np.array([-0.5, 511.5, 2048.0, 4095.0]), FileWindow(2048, 4096)).round(3).tolist()
        [0.0, 0.125, 0.5, 1.0]
    """
    x, centre, width = values.astype(np.float64), window.centre, window.width
    if window.function == "SIGMOID":
        with np.errstate(over="ignore"):  # far below the window: exp is infinite and the share 0
            return np.asarray(1.0 / (1.0 + np.exp(-4.0 * (x - centre) / width)))
    if window.function == "LINEAR":
        centre, width = centre - 0.5, width - 1.0
    if width <= 0:  # LINEAR with a width of 1 is a step
        return np.asarray(x > centre, dtype=np.float64)
    return np.asarray(((x - centre) / width + 0.5).clip(0.0, 1.0))


def _as_bytes(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    return np.rint(shares * 255.0).astype(np.uint8)
