"""Speckle: an ultrasound picture of what echoes and what absorbs, with speckle, shadows and enhancement.

Scatterers of random phase are added up by the pulse (Goodman's fully developed speckle), attenuated on the way, and
shown on a logarithmic scale, as a scanner does. Rows are depth, columns are scan lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from readingroom.cases.phantoms.noise import Field


@dataclass(frozen=True)
class Scan:
    """How a scanner is set.

    Args:
        pulse_px: standard deviations of the pulse along the line and across, in pixels.
        range_db: dynamic range from black to white.
        gain_db: what is shown white.
        noise_db: level of the electronic noise; structures below it drown.
        compensation: share of the tissue's own attenuation that the time gain compensation leaves.
    """

    pulse_px: tuple[float, float]
    range_db: float = 60.0
    gain_db: float = 0.0
    noise_db: float = -62.0
    compensation: float = 0.0


def plan_scan(size: tuple[int, int], rng: np.random.Generator, variation: float) -> Scan:
    """A scanner and what its user made of its knobs.

    Args:
        size: depth and lines in pixels.
        rng: where the numbers come from.
        variation: factor on the differences.
    """
    coarse = size[0] / 320
    return Scan(
        pulse_px=(coarse * rng.uniform(0.75, 1.15), coarse * rng.uniform(1.5, 2.4)),
        range_db=float(60 + variation * rng.uniform(-7, 7)),
        gain_db=float(variation * rng.normal(0, 2.2)),
        noise_db=float(-58 + rng.uniform(-4, 3)),
        compensation=float(variation * rng.normal(0, 5)),
    )


def insonate(echo_db: Field, loss_db: Field, scan: Scan, rng: np.random.Generator) -> Field:
    """What the scanner shows.

    Args:
        echo_db: (H, W) how strongly each place echoes; 0 is shown white, -30 is grey tissue, -60 is fluid.
        loss_db: (H, W) what each pixel of depth absorbs beyond tissue; negative behind fluid, which absorbs less.
        scan: the scanner.
        rng: of the scatterers and the noise.

    Returns:
        (H, W) 0 black to 1 white.
    """
    passed = np.asarray(np.cumsum(loss_db, axis=0), np.float32)
    # The beam is as wide as several lines: a shadow's edge is soft.
    way = cv2.GaussianBlur(passed, (0, 0), sigmaX=max(scan.pulse_px[1], 0.5), sigmaY=0.5)
    level = echo_db - way + scan.compensation * np.linspace(-0.5, 0.5, echo_db.shape[0], dtype=np.float32)[:, None]
    amplitude = np.asarray(10 ** (level / 20), np.float32)
    waves = [_pulsed(amplitude * rng.standard_normal(amplitude.shape, dtype=np.float32), scan) for _ in range(2)]
    floor = np.float32(10 ** (scan.noise_db / 20))
    waves = [wave + floor * rng.standard_normal(wave.shape, dtype=np.float32) for wave in waves]
    envelope = np.hypot(*waves) / np.sqrt(2)
    shown = 20 * np.log10(envelope + 1e-6) + scan.gain_db
    return np.asarray(np.clip(1 + shown / scan.range_db, 0, 1), np.float32)


def _pulsed(field: Field, scan: Scan) -> Field:
    """The field seen through the pulse, of unit energy, so that the mean echo stays."""
    down, across = scan.pulse_px
    energy = np.sqrt(_energy(down) * _energy(across))
    seen = cv2.GaussianBlur(field, (0, 0), sigmaX=across, sigmaY=down)
    return np.asarray(seen / np.float32(energy), np.float32)


def _energy(sigma: float) -> float:
    reach = max(1, int(np.ceil(4 * sigma)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return float(((kernel / kernel.sum()) ** 2).sum())
