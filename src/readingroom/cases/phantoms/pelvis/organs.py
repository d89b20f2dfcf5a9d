"""Organs: anal canal, sphincters, levator, rectum, and what lies before them, on a slice."""

from __future__ import annotations

import numpy as np

from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.pelvis.anatomy import FAT, MUSCLE, VESSEL, Pelvis
from readingroom.cases.phantoms.pelvis.canvas import Canvas, ellipse, present

Span = tuple[float, float]

VERGE_MM, JUNCTION_MM = -3.0, 40.0
"""Levels between which the anal canal lies."""

LINING_MM, INTERNAL_MM, PLANE_MM, EXTERNAL_MM = 5.0, 8.6, 9.8, 14.6
"""Outer radii of lining, internal sphincter, the plane between the sphincters, and external sphincter."""

_INTERNAL, _EXTERNAL, _LUMEN = 0.64, 0.45, 0.07


def lay_front(pelvis: Pelvis, canvas: Canvas) -> None:
    """Lay bladder, and prostate and bulb, or vagina and urethra."""
    z = canvas.z
    floor = 56 if pelvis.sex == "M" else 44
    _lay_one(canvas, (0, -44), (34, 24), present(z, floor, 200, 22), 0.46)
    _lay_one(canvas, (0, -44), (31, 21), present(z, floor + 3, 200, 22), 0.23)
    (_lay_male if pelvis.sex == "M" else _lay_female)(canvas, z)
    for side in (-1, 1):  # transverse perineal muscle
        share = present(z, -2, 14, 5)
        if share > 0.3:
            canvas.lay(ellipse(canvas, (side * 22.0, -2.0), (23 * share, 2.6 * share), side * 6.0), MUSCLE)


def _lay_male(canvas: Canvas, z: float) -> None:
    _lay_one(canvas, (0, -28), (22, 15), present(z, 20, 58, 14), 0.56)
    _lay_one(canvas, (0, -31), (10, 7), present(z, 26, 54, 10), 0.68)
    _lay_one(canvas, (0, -20), (10, 13), present(z, -14, 18, 12), 0.84)
    for side in (-1, 1):
        share = present(z, -14, 16, 10)
        if share > 0.3:
            canvas.lay(ellipse(canvas, (side * 25.0, -28.0), (4.5 * share, 15 * share), side * 32.0), 0.82)
    _lay_one(canvas, (0, -22), (3, 3), present(z, 4, 40, 5), 0.36)


def _lay_female(canvas: Canvas, z: float) -> None:
    share = present(z, -8, 66, 10)
    _lay_one(canvas, (0, -5), (17, 6), share, 0.70)
    _lay_one(canvas, (0, -5), (12, 1.2), share, 0.34)
    _lay_one(canvas, (0, -25), (8, 8), present(z, -4, 44, 8), 0.44)
    _lay_one(canvas, (0, -25), (5, 5), present(z, -4, 44, 8), 0.74)
    _lay_one(canvas, (0, -25), (1.6, 1.6), present(z, -4, 44, 8), 0.36)


def _lay_one(
    canvas: Canvas, middle: tuple[float, float], half: tuple[float, float], share: float, value: float
) -> None:
    if share > 0.15:
        outside = ellipse(canvas, middle, (half[0] * share, half[1] * share))
        canvas.lay(outside, np.float32(value) + np.float32(0.03) * canvas.marble)


def lay_levator(pelvis: Pelvis, canvas: Canvas) -> None:
    """Lay the funnel of the levator, its sling around the junction, and the strand of muscle to the coccyx."""
    z = canvas.z
    x, y = pelvis.canal_mm(z)
    if 30 < z < 72:
        wide, deep = 13 + 0.95 * (z - 32), 15 + 0.55 * (z - 32)
        ring = np.abs(ellipse(canvas, (x, y), (wide, deep))) - np.float32(2.0 * pelvis.bulk)
        canvas.lay(np.maximum(ring, np.float32(-12) - canvas.y), MUSCLE)
    sling = present(z, 24, 48, 6)
    if sling > 0.2:
        for side in (-1, 1):
            band = ellipse(canvas, (x + side * 14.5, y - 24), (3.6 * sling * pelvis.bulk, 31 * sling), side * 3.0)
            canvas.lay(band, MUSCLE)
        back = np.abs(ellipse(canvas, (x, y), (15.5, 16.5))) - np.float32(3.4 * sling * pelvis.bulk)
        canvas.lay(np.maximum(back, np.float32(y - 2) - canvas.y), MUSCLE)
    strand = present(z, 4, 40, 8)
    if strand > 0.2:
        canvas.lay(ellipse(canvas, (x, y + 24), (3.0 * strand, 14 * strand)), MUSCLE)


def lay_canal(pelvis: Pelvis, canvas: Canvas) -> None:
    """Lay the anal canal with its sphincters, or the rectum above it."""
    if canvas.z < VERGE_MM:
        return
    away, angle = polar(pelvis, canvas)
    if canvas.z > JUNCTION_MM - 4:
        _lay_rectum(pelvis, canvas, away, angle)
    if canvas.z < JUNCTION_MM + 2:
        _lay_sphincters(pelvis, canvas, away, angle)


def polar(pelvis: Pelvis, canvas: Canvas) -> tuple[Field, Field]:
    """Distance from the canal's middle, with the canal a little deeper than wide, and angle from the left back."""
    x, y = pelvis.canal_mm(canvas.z)
    across, along = canvas.x - np.float32(x), (canvas.y - np.float32(y)) / np.float32(1.08)
    return np.asarray(np.hypot(across, along), np.float32), np.asarray(np.arctan2(along, across), np.float32)


def _lay_sphincters(pelvis: Pelvis, canvas: Canvas, away: Field, angle: Field) -> None:
    z, thick = canvas.z, pelvis.sphincter
    wobble = np.float32(0.45) * np.sin(3 * angle + np.float32(pelvis.folds[0])) + np.float32(0.25) * canvas.marble
    outer = away - np.float32(EXTERNAL_MM * thick * (0.82 + 0.18 * present(z, -9, 60, 14))) + wobble
    canvas.lay(outer, np.float32(_EXTERNAL) + np.float32(0.03) * canvas.marble)
    if z > 5:  # the internal sphincter ends above the external one
        canvas.lay(away - np.float32(PLANE_MM * thick) + np.float32(0.4) * wobble, FAT + 0.12, 0.9)
        canvas.lay(away - np.float32(INTERNAL_MM * thick) + np.float32(0.4) * wobble, _INTERNAL)
    plexus = np.float32(0.10) * np.sin(3 * angle + np.float32(pelvis.folds[1] + 0.04 * z))
    lining = np.float32(pelvis.mucosa) + plexus + np.float32(0.05) * canvas.lace
    canvas.lay(away - np.float32(LINING_MM * thick) + np.float32(0.4) * wobble, lining)
    # The closed lumen is a star of three slits.
    slit = np.abs(np.sin(np.float32(1.5) * angle + np.float32(pelvis.folds[2]))) * away
    canvas.lay(np.maximum(slit - np.float32(0.55), away - np.float32(3.2 * thick)), _LUMEN, 0.5)


def _lay_rectum(pelvis: Pelvis, canvas: Canvas, away: Field, angle: Field) -> None:
    above = canvas.z - JUNCTION_MM + 4
    radius = (10.5 + min(above, 22) * 0.42) * pelvis.rectum
    ragged = away + np.float32(1.2) * np.sin(2 * angle + np.float32(pelvis.folds[3] + 0.05 * canvas.z))
    ragged += np.float32(0.6) * canvas.lace
    canvas.lay(ragged - np.float32(radius), np.float32(0.48) + np.float32(0.03) * canvas.marble)
    canvas.lay(ragged - np.float32(radius - 2.6), 0.74)
    folded = ragged + np.float32(1.0) * np.sin(5 * angle + np.float32(pelvis.folds[1]))
    content = np.float32(pelvis.gas) * (1 + np.float32(0.35) * np.clip(canvas.lace, -1.5, 1.5))
    canvas.lay(folded - np.float32(max(radius - 5.0, 1.5)), content)
    dots = smoothstep(1.9, 2.3, canvas.marble) * smoothstep(radius, radius + 2, away)
    dots *= smoothstep(radius + 12, radius + 9, away)
    canvas.signal[:] += dots * (np.float32(VESSEL - 0.2) - canvas.signal)
