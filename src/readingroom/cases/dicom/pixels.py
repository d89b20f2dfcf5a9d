"""Pixels of a DICOM file, frame by frame: values in the file's units, and what it says of how to look at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from readingroom.cases.dicom.dataset import (
    damage_explained,
    kind_of,
    number_of,
    numbers_of,
    open_dicom,
    text_of,
    value_of,
)
from readingroom.cases.window import Display, FileWindow, Function, Values
from readingroom.core.errors import ImageError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})
COLOUR = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"})
PALETTE = "PALETTE COLOR"

_FUNCTIONS: dict[str, Function] = {
    "": "LINEAR",
    "LINEAR": "LINEAR",
    "LINEAR_EXACT": "LINEAR_EXACT",
    "SIGMOID": "SIGMOID",
}
_TAKE_OUT = "Take it out of the table"
_SINGLE = "Export it as single-frame images from the archive, or split it, for example with emf2sf of dcm4che"
_DECOMPRESS = "or save it without compression, for example with gdcmconv --raw"
_DECODER = f"Install a decoder: pip install python-gdcm; {_DECOMPRESS}"


@dataclass
class DicomImage:
    """A decoded image.

    Args:
        pixels: (H, W) uint8, uint16, or float32 where rescaling gives something else; or (H, W, 3) in the order red,
            green, blue, uint8 or uint16.
        channels: samples a pixel in the file.
        bits: bits a sample in the file.
        display: how the values are to be looked at.
        notes: each conversion, in words.
    """

    pixels: Values
    channels: int
    bits: int
    display: Display
    notes: list[str] = field(default_factory=list)


def decode_dicom(data: bytes, most_pixels: int) -> DicomImage:
    """Decode a DICOM file of one frame.

    Stored values are rescaled (slope and intercept, or the modality's table); padding outside the picture takes the
    value that is shown black; colours become RGB. Nothing is windowed: `Display` says how the values are meant to be
    seen, and the study how they are.

    Args:
        data: the whole file.
        most_pixels: larger images are refused.

    Raises:
        ImageError: pydicom or a decoder is not installed; several frames, no pixels, a damaged file, or pixels of a
            kind that is not read.
    """
    dataset = open_dicom(data)
    with damage_explained():
        _check(dataset, most_pixels)
        return _decode(dataset)


class DicomFrames:
    """The frames of a DICOM file, each decoded when it is asked for.

    Args:
        data: the whole file.
        most_pixels: frames with more are refused.

    Raises:
        ImageError: as `decode_dicom`, but for several frames; frames that are rescaled each in its own way.
    """

    def __init__(self, data: bytes, most_pixels: int) -> None:
        self.dataset = open_dicom(data)
        with damage_explained():
            _check(self.dataset, most_pixels, several=True)
            if len(_transformations(self.dataset)) > 1:
                raise ImageError("frames with different slopes or intercepts", fix=_SINGLE)

    def __len__(self) -> int:
        return int(number_of(self.dataset, "NumberOfFrames") or 1)

    def decode(self, frame: int) -> DicomImage:
        """One frame, counted from 0; see `decode_dicom`."""
        with damage_explained():
            return _decode(self.dataset, frame)


def _transformations(dataset: Dataset) -> set[tuple[str, str]]:
    """Slope and intercept of each frame, as far as frames have their own."""
    found = set()
    for item in list(dataset.get("PerFrameFunctionalGroupsSequence") or []):
        for one in list(item.get("PixelValueTransformationSequence") or []):
            found.add((str(one.get("RescaleSlope")), str(one.get("RescaleIntercept"))))
    return found


def _decode(dataset: Dataset, frame: int = 0) -> DicomImage:
    stored = _stored(dataset, frame)
    bits, notes = int(number_of(dataset, "BitsStored") or 0), _lossy(dataset)
    photometric = text_of(dataset, "PhotometricInterpretation")
    if photometric == PALETTE:
        return DicomImage(_by_palette(stored, dataset), 1, bits, Display(), [*notes, "palette converted to RGB"])
    if photometric in COLOUR:
        notes += ["colours converted to RGB"] if photometric != "RGB" else []
        return DicomImage(stored, 3, bits, Display(), notes)
    inverted = photometric == "MONOCHROME1"
    padded = _padding(stored, dataset)
    values = _compact(_rescaled(stored, dataset, notes), bits)
    if padded.any() and not padded.all():
        values[padded] = values[~padded].max() if inverted else values[~padded].min()
        notes.append("padding outside the picture shown black")
    if inverted:
        notes.append("turned, as its highest value is black (MONOCHROME1)")
    return DicomImage(values, 1, bits, Display(file_window(dataset), inverted, measured=True), notes)


def _check(dataset: Dataset, most_pixels: int, *, several: bool = False) -> None:
    """Refuse, before anything is decoded, what cannot be read."""
    size = numbers_of(dataset, "Rows"), numbers_of(dataset, "Columns")
    if not all(size) or "PixelData" not in dataset:
        raise ImageError(f"a DICOM file without a picture that is read ({kind_of(dataset)})", fix=_TAKE_OUT)
    frames = number_of(dataset, "NumberOfFrames") or 1
    if frames > 1 and not several:
        raise ImageError(f"{frames:g} frames in one file; files of a single image are read", fix=_SINGLE)
    rows, columns = (int(one[0]) for one in size)
    if rows * columns > most_pixels:
        raise ImageError(f"{columns} x {rows} pixels, more than the {most_pixels} that are read", fix="Save it smaller")
    if rows * columns == 0:
        raise ImageError(f"{columns} x {rows} pixels", fix=_TAKE_OUT)
    bits = number_of(dataset, "BitsAllocated")
    if bits not in (8, 16):
        said = "no number of bits" if bits is None else f"{bits:g} bits"
        raise ImageError(f"{said} a sample; 8 and 16 are read", fix="Save it again with 8 or 16 bits")
    photometric = text_of(dataset, "PhotometricInterpretation")
    if photometric not in {*GREY, *COLOUR, PALETTE}:
        raise ImageError(f"pixels of a kind that is not read ({photometric or 'it does not say which'})", fix=_TAKE_OUT)
    samples, wanted = number_of(dataset, "SamplesPerPixel"), 3 if photometric in COLOUR else 1
    if samples != wanted:
        said = "no number of" if samples is None else f"{samples:g}"
        raise ImageError(f"{said} samples a pixel where {photometric} has {wanted}", fix=_TAKE_OUT)


def _stored(dataset: Dataset, frame: int) -> Values:
    """Stored values (H, W), or RGB (H, W, 3)."""
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.utils import pixel_array

    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_compressed and not syntax.is_deflated:
        with damage_explained(f"compressed in a way that is not read: {syntax.name}", f"Save it {_DECOMPRESS[3:]}"):
            decoder = get_decoder(syntax)
        if not decoder.is_available:
            raise ImageError(f"compressed as {syntax.name}, and no decoder for it is installed", fix=_DECODER)
        with damage_explained(f"cannot be decompressed from {syntax.name}", f"Copy it again. {_DECODER}"):
            return np.array(pixel_array(dataset, index=frame))
    return np.array(pixel_array(dataset, index=frame))


def _lossy(dataset: Dataset) -> list[str]:
    return ["lossily compressed"] if text_of(dataset, "LossyImageCompression") == "01" else []


def _by_palette(stored: Values, dataset: Dataset) -> Values:
    from pydicom.pixels.processing import apply_color_lut

    with damage_explained("the colours of the palette cannot be read"):
        colours: Values = apply_color_lut(stored, dataset)[..., :3]
    # Tables of 16 bits hold 8 bits of colour, in the upper byte.
    return colours if colours.dtype == np.uint8 else (colours >> 8).astype(np.uint8)


def _rescaled(stored: Values, dataset: Dataset, notes: list[str]) -> Values:
    """Values in the units of the modality: whole where slope and intercept are, else float32."""
    if value_of(dataset, "ModalityLUTSequence"):
        from pydicom.pixels.processing import apply_modality_lut

        notes.append("values looked up in the modality's table")
        with damage_explained("the modality's table of values cannot be read"):
            return np.asarray(apply_modality_lut(stored, dataset))
    slope, intercept = _factor(dataset, "RescaleSlope", 1.0), _factor(dataset, "RescaleIntercept", 0.0)
    if slope == 0:
        raise ImageError("the slope of its values is 0", fix=_TAKE_OUT, field="RescaleSlope")
    if (slope, intercept) == (1.0, 0.0):
        return stored
    notes.append("values rescaled by the file's slope and intercept")
    return np.asarray(stored * np.float64(slope) + intercept)


def _factor(dataset: Dataset, name: str, default: float) -> float:
    if value_of(dataset, name) in (None, ""):
        return default
    found = number_of(dataset, name)
    if found is None:
        raise ImageError("not a number", fix="Export the image again", field=name)
    return found


def _compact(values: Values, bits: int) -> Values:
    """Unsigned whole values as uint16 (uint8 where the file has 8 bits), all others as float32."""
    if values.dtype == np.uint8:
        return values if bits == 8 else values.astype(np.uint16)
    # One kind for all slices of a series: signed values become floating point even where none is below 0.
    if values.dtype == np.uint16:
        return values.astype(np.uint8) if bits == 8 else values
    return values.astype(np.float32)


def _padding(stored: Values, dataset: Dataset) -> np.ndarray:
    """Where stored values are padding (PS3.3 C.7.5.1.1.2)."""
    first = number_of(dataset, "PixelPaddingValue")
    if first is None:
        return np.zeros(stored.shape, bool)
    last = number_of(dataset, "PixelPaddingRangeLimit")
    low, high = sorted((first, first if last is None else last))
    return np.asarray((stored >= low) & (stored <= high))


def file_window(dataset: Dataset) -> FileWindow | None:
    """The first window that a file gives; None where it gives none that the standard allows."""
    centre, width = number_of(dataset, "WindowCenter"), number_of(dataset, "WindowWidth")
    function = _FUNCTIONS.get(text_of(dataset, "VOILUTFunction"))
    if centre is None or width is None or function is None:
        return None
    if width < 1 if function == "LINEAR" else width <= 0:
        return None
    return FileWindow(centre, width, function)
