"""Light: from relief and colour of a wall to the picture that a camera with its lamp beside the lens takes of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field, smoothstep

_NEAREST = 0.08  # a surface closer than this counts as this far, so that nothing is infinitely bright
_BOUNCE = (0.05, 0.018, 0.012)  # light that the walls of a red cavity send each other
_TONE_STEPS, _TONE_TOP = 8192, 8.0
_LAMPS = ((0.07, 0.02), (-0.06, 0.03))  # offsets of the light guides from the lens, in units of length


@dataclass(frozen=True)
class Exposure:
    """How the camera takes the picture.

    Args:
        brightness: target of the automatic exposure, about 1.
        white_balance: gains of red, green and blue.
        contrast: exponent of the tone curve, about 1.
        saturation: 1 leaves the colours as they are, 0 is grey.
        vignetting: share of the light lost at the corners.
        shininess: how small the highlights are.
        wetness: how strong the highlights are; 0 for none.
        blur_px: standard deviation of the lens's blur.
        noise: standard deviation of the sensor's noise, of 255.
    """

    brightness: float
    white_balance: tuple[float, float, float]
    contrast: float
    saturation: float
    vignetting: float
    shininess: float
    wetness: float
    blur_px: float
    noise: float


def slopes(distance: Field, pixel_rad: float) -> tuple[Field, Field]:
    """Gradient of the logarithm of distance by angle, along columns and rows.

    With the lamp at the lens the cosine between light and surface is 1 / sqrt(1 + |gradient|^2).
    """
    depth = np.log(np.maximum(distance, np.float32(_NEAREST)))
    scale = 1 / (8 * pixel_rad)
    across, down = (cv2.Sobel(depth, cv2.CV_32F, dx, 1 - dx, ksize=3, scale=scale) for dx in (1, 0))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def irradiance(distance: Field, slope_x: Field, slope_y: Field) -> Field:
    """Light that falls on the wall: inverse square of the distance times the cosine (Lambert)."""
    cosine = 1 / np.sqrt(1 + np.square(slope_x) + np.square(slope_y))
    return np.asarray(cosine / np.square(np.maximum(distance, np.float32(_NEAREST))), np.float32)


def automatic_gain(base: Field, brightness: float) -> float:
    """Gain that brings the view to a brightness; taken from the bare wall, so that no lesion changes it."""
    middle = base[:: max(1, base.shape[0] // 48), :: max(1, base.shape[1] // 48)]
    return brightness / float(np.mean(np.minimum(middle, 2.5 * np.median(middle))))


def highlights(slope_x: Field, slope_y: Field, light: Field, exposure: Exposure) -> Field:
    """Mirror images of the lamps on the wet wall (Blinn), 0 to 1."""
    total = np.zeros_like(slope_x)
    for across, down in _LAMPS:
        tilt = np.square(slope_x - np.float32(across)) + np.square(slope_y - np.float32(down))
        total += np.exp(tilt * np.float32(-exposure.shininess))
    total *= smoothstep(0.15, 1.1, light)
    level = 1.25 - 0.75 * exposure.wetness
    return np.asarray(smoothstep(level, level + 0.25, total) + np.float32(0.06) * total, np.float32)


def expose(
    albedo: NDArray[np.float32],
    light: Field,
    gloss: Field,
    exposure: Exposure,
) -> NDArray[np.float32]:
    """Light that the wall (albedo (3, H, W)) returns, as a sensor stores it: (H, W, 3), 0 to 255 before noise."""
    light = light * _lens(light.shape, exposure.vignetting)
    mirrored = np.float32(3.0) * gloss * np.minimum(light, np.float32(1.5))
    linear = np.empty_like(albedo)
    for channel, colour, bounce, gain in zip(linear, albedo, _BOUNCE, exposure.white_balance, strict=True):
        channel[:] = (colour * (light + np.float32(bounce)) + mirrored) * np.float32(gain)
    _saturate(linear, exposure.saturation)
    return np.asarray(cv2.merge(list(_tone(linear, exposure.contrast))), np.float32)


def _tone(linear: NDArray[np.float32], contrast: float) -> NDArray[np.float32]:
    """The sensor's soft saturation and the tone curve, from a table of 8 192 steps."""
    steps = np.arange(_TONE_STEPS, dtype=np.float32) * np.float32(_TONE_TOP / _TONE_STEPS)
    table = (255 * np.power(1 - np.exp(-steps), contrast / 1.6)).astype(np.float32)
    index = np.clip(linear * np.float32(_TONE_STEPS / _TONE_TOP), 0, _TONE_STEPS - 1).astype(np.uint16)
    return np.asarray(np.take(table, index), np.float32)


def _lens(size: tuple[int, ...], vignetting: float) -> Field:
    y = np.linspace(-1, 1, size[0], dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, size[1], dtype=np.float32)[None, :]
    return np.asarray(1 - np.float32(vignetting / 2) * (x * x + y * y), np.float32)


def _saturate(linear: NDArray[np.float32], saturation: float) -> None:
    if saturation != 1:
        grey = linear.mean(axis=0)
        linear *= np.float32(saturation)
        linear += np.float32(1 - saturation) * grey


def digitise(values: NDArray[np.float32], grain: NDArray[np.float32], exposure: Exposure) -> NDArray[np.uint8]:
    """Blur of the lens and noise of the sensor, rounded to 8 bits."""
    if exposure.blur_px > 0.2:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), exposure.blur_px), np.float32)
    noisy = values + np.float32(exposure.noise) * grain
    return np.asarray(np.clip(noisy + np.float32(0.5), 0, 255), np.uint8)
