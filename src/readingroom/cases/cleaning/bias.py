"""The bias field: slow changes of brightness that the scanner made, estimated and divided out (N4)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from readingroom.cases.cleaning.lightness import is_grey
from readingroom.cases.cleaning.section import Bias
from readingroom.core.errors import ImageError

Values = npt.NDArray[Any]

SHADE = 0.2
"""Otsu's darker part is air where its mean is less than this share of the brighter part's; else it is tissue in the
shade of the field, and the mask is the whole image."""
LEAST_SIDE = 16
"""Images of fewer pixels a side stay as they are: no field can be told from anatomy in them."""
_FIX = "Take bias out of input.clean; it is for grey images whose values are brightness, as of MRI and ultrasound"


def correct_bias(values: Values, bias: Bias) -> Values:
    """Divide an image by its bias field: N4 (Tustison et al., IEEE Trans Med Imaging 2010;29:1310).

    It is estimated inside Otsu's mask, or in the whole image where there is no air (`SHADE`).

    The field is 1 on the geometric mean inside the mask, so that the image keeps its brightness.

    Args:
        values: (H, W), or (D, H, W) of a volume; or (H, W, 3) with three equal channels. Not yet windowed.
        bias: how.

    Returns:
        The same shape and type; rounded where they are integers. A constant or a tiny image comes back as it is.

    Raises:
        ImageError: a colour image, or values below 0.
    """
    if values.ndim == 3 and values.shape[-1] == 3:
        if not is_grey(values):
            raise ImageError("a bias field cannot be corrected in colours", fix=_FIX)
        return np.repeat(correct_bias(values[..., 0], bias)[..., None], 3, axis=2)
    if values.min() < 0:
        raise ImageError(f"a bias field cannot be corrected in values below 0, found {values.min():g}", fix=_FIX)
    if min(values.shape) < LEAST_SIDE or values.max() == values.min():
        return values
    return _as_type(values / _field(values.astype(np.float32), bias), values.dtype)


def _field(values: npt.NDArray[np.float32], bias: Bias) -> npt.NDArray[np.float64]:
    """The field, in the shape of the values."""
    import SimpleITK  # its import takes longer than all else here, and most studies do without

    itk: Any = SimpleITK  # it has no types
    image = itk.GetImageFromArray(values)
    inside = _inside(values, itk.GetArrayFromImage(itk.OtsuThreshold(image, 0, 1)) > 0)
    mask = itk.GetImageFromArray(inside.astype(np.uint8))
    if not inside.any():
        return np.ones(values.shape)
    # At least 8 pixels a side must be left to fit the field to.
    steps = [max(1, min(bias.shrink, side // 8)) for side in image.GetSize()]
    n4 = itk.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations([bias.iterations] * 4)
    n4.SetNumberOfWorkUnits(1)  # sums in another order would differ in their last digits
    n4.Execute(itk.Shrink(image, steps), itk.Shrink(mask, steps))
    logarithm = itk.GetArrayFromImage(n4.GetLogBiasFieldAsImage(image)).astype(np.float64)
    return np.asarray(np.exp(logarithm - logarithm[inside].mean()))


def _inside(values: npt.NDArray[np.float32], bright: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    has_air = values[~bright].mean() < SHADE * values[bright].mean() if 0 < bright.sum() < bright.size else False
    return (bright if has_air else values >= 0) & (values > 0)


def _as_type(values: Values, dtype: np.dtype[Any]) -> Values:
    if not np.issubdtype(dtype, np.integer):
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    return np.rint(values).clip(limits.min, limits.max).astype(dtype)
