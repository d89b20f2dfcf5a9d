"""Anatomy: the pelvis of a phantom patient as numbers, and its muscles, bones and fat on a slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.pelvis.canvas import Canvas, Tissue, ellipse, merge, present, weave_tissue

FAT, MUSCLE, MARROW, CORTEX, SKIN, VESSEL = 0.13, 0.42, 0.17, 0.05, 0.46, 0.92
"""Signal of the water after contrast agent, as a share of the brightest; fat is suppressed."""

Half = tuple[float, float, float, float, float]
"""Middle x and y, half axes, and turn in degrees, of an organ on the patient's left; mirrored on the right."""


@dataclass(frozen=True)
class Pelvis:
    """A phantom patient's pelvis; the same in all slices.

    Args:
        sex: ``F`` or ``M``.
        scale: of everything but the sphincter.
        anus_mm: where the anal verge lies, left of the midline and behind the middle.
        sphincter: factor on the thickness of the sphincters.
        rectum: factor on the width of the rectum.
        gas: signal of what is in the rectum.
        fatness: factor on the layer of fat under the skin.
        bulk: factor on the muscles.
        mucosa: signal of the lining of the anal canal.
        marrow: signal of the marrow.
        turn_rad: how far the patient is turned.
        shift_mm: how far the patient lies off the middle.
        folds: four phases in radians of what is irregular around the canal.
        tissue: noise.
    """

    sex: str
    scale: float
    anus_mm: tuple[float, float]
    sphincter: float
    rectum: float
    gas: float
    fatness: float
    bulk: float
    mucosa: float
    marrow: float
    turn_rad: float
    shift_mm: tuple[float, float]
    folds: tuple[float, float, float, float]
    tissue: Tissue

    def canal_mm(self, z: float) -> tuple[float, float]:
        """Middle of the anal canal or rectum at a level: forward up to the junction, then back along the sacrum."""
        return self.anus_mm[0] + 0.03 * z, self.anus_mm[1] - 0.16 * min(z, 36.0) + 0.42 * max(z - 36.0, 0.0)


def plan_pelvis(rng: np.random.Generator, sex: str, variation: float) -> Pelvis:
    """The pelvis of a patient; ``variation`` 0 gives the same to all."""

    def about(middle: float, spread: float) -> float:
        return middle * float(np.exp(spread * variation * np.clip(rng.normal(), -2.2, 2.2)))

    a, b, c, d = (float(phase) for phase in rng.uniform(0, 2 * np.pi, 4))
    return Pelvis(
        sex=sex,
        scale=about(1.0, 0.085),
        anus_mm=(float(2.0 * variation * rng.normal()), 24.0 + float(5.0 * variation * rng.normal())),
        sphincter=about(1.0, 0.11),
        rectum=about(1.0, 0.22),
        gas=float(rng.uniform(0.03, 0.38)),
        fatness=about(1.3, 0.55),
        bulk=about(1.0, 0.16),
        mucosa=about(0.72, 0.10),
        marrow=about(MARROW, 0.25),
        turn_rad=float(0.07 * variation * rng.normal()),
        shift_mm=(float(8 * variation * rng.normal()), float(11 * variation * rng.normal())),
        folds=(a, b, c, d),
        tissue=weave_tissue(rng, 2.4 + 2.2 * min(variation, 1.2)),
    )


def lay_body(pelvis: Pelvis, canvas: Canvas) -> Field:
    """Lay skin and fat; returns the signed distance (H, W) of the skin."""
    outside = skin(pelvis, canvas)
    lace = smoothstep(0.16, 0.0, np.abs(canvas.lace)) * np.float32(0.10)
    canvas.lay(outside, np.float32(FAT) + lace + np.float32(0.012) * canvas.marble)
    canvas.lay(np.abs(outside + np.float32(1.2)) - np.float32(1.1), SKIN, 0.6)
    return outside


def skin(pelvis: Pelvis, canvas: Canvas) -> Field:
    """Signed distance (H, W) of the skin, below 0 inside the body."""
    scale, fat, z = pelvis.scale, 6 * (pelvis.fatness - 1), canvas.z
    half = 94 * scale + fat, (97 + 0.06 * z) * scale + fat
    sides = [ellipse(canvas, (side * 64 * scale, -6.0), half) for side in (-1, 1)]
    front = ellipse(canvas, (0.0, -28.0), (56 * scale, (64 + 0.25 * z) * scale + fat))
    behind = merge(sides[0], sides[1], 14.0)
    body = merge(behind, front, 34.0) if z > -6 else behind
    return np.asarray(np.maximum(body, -_cleft(pelvis, canvas)), np.float32)


def _cleft(pelvis: Pelvis, canvas: Canvas) -> Field:
    """Signed distance of the gap between the buttocks, which below the anus reaches forward between the thighs."""
    z = canvas.z
    tip = pelvis.anus_mm[1] + (10.0 + 1.25 * z if z >= 0 else 10.0 + 3.6 * z)
    behind = canvas.y - np.float32(tip)
    width = np.float32(0.9) + np.float32(0.035) * behind + np.float32(0.0016) * np.square(np.maximum(behind, 0))
    middle = np.float32(pelvis.anus_mm[0]) + np.float32(1.5) * np.sin(behind / np.float32(18))
    return np.asarray(np.maximum(np.abs(canvas.x - middle) - width, -behind), np.float32)


def lay_muscles(pelvis: Pelvis, canvas: Canvas) -> None:
    """Lay the muscles of hip, thigh and pelvic wall, with strands of fat between their bundles."""
    z, bulk = canvas.z, pelvis.bulk
    lower = present(z, -30, 200, 30)
    muscles: list[Half] = [
        (67, 52 + 0.02 * z, 61 * lower, (17 + 0.06 * max(z, 0)) * bulk * lower, -24),  # gluteus maximus
        (44, -4, 7.5 * bulk * present(z, -2, 200), 31 * present(z, -2, 200), 8),  # obturator internus
        (52, -40, 24 * present(z, -200, 52), 14 * bulk * present(z, -200, 52), 28),  # obturator externus
        (38, -58, 18 * present(z, -200, 34), 20 * bulk * present(z, -200, 34), -20),  # adductors
        (82, 14, 17 * present(z, -12, 48), 7 * bulk * present(z, -12, 48), -8),  # quadratus femoris
        (74, -62, 20, 13 * bulk, 15),  # iliopsoas and pectineus
        (110, -46, 19, 30 * bulk, -10),  # vastus and tensor
        (93, -86, 14, 10 * bulk, 10),  # sartorius and rectus femoris
        (74, 27, 8 * present(z, -200, 14), 7 * present(z, -200, 14), 0),  # hamstrings
    ]
    value = np.float32(MUSCLE) + np.float32(0.035) * canvas.marble
    value -= np.float32(0.18) * smoothstep(1.2, 2.2, canvas.marble + np.float32(0.5) * canvas.lace)
    value -= np.float32(0.17) * smoothstep(0.13, 0.0, np.abs(canvas.lace + np.float32(0.4)))
    for muscle in muscles:
        for side in (-1, 1):
            outside = _half(pelvis, canvas, muscle, side) + np.float32(1.1) * canvas.lace
            canvas.lay(outside - np.float32(1.3), FAT)  # the fascia's fat parts it from its neighbour
            canvas.lay(outside, value)


def lay_bones(pelvis: Pelvis, canvas: Canvas) -> None:
    """Lay femora, ischia, pubic bones and coccyx: dark cortex around marrow."""
    z = canvas.z
    ischium, ramus = present(z, -14, 200, 14), present(z, -8, 34, 12)
    pubis, head, shaft = present(z, 18, 70, 12), present(z, 44, 200, 12), present(z, -200, 56, 10)
    bones: list[Half] = [
        (58 + 0.06 * z, 10 - 0.06 * z, (13 + 0.05 * z) * ischium, 17 * ischium, 12),
        (33, -24, 6.5 * ramus, 29 * ramus, 33),
        (18, -60, 16 * pubis, 11 * pubis, 18),
        (46, -56, 24 * present(z, 40, 74), 8 * present(z, 40, 74), 12),
        (98, -8, 16 * shaft, 18 * shaft, 0),
        (112, 6, 13 * present(z, 26, 90), 19 * present(z, 26, 90), -15),
        (88, -18, 25 * head, 25 * head, 0),
    ]
    for bone in bones:
        for side in (-1, 1):
            _lay_bone(pelvis, canvas, _half(pelvis, canvas, bone, side))
    tail = present(z, 30, 200, 16)
    back = pelvis.canal_mm(z)[1] + 34 * pelvis.scale
    _lay_bone(pelvis, canvas, ellipse(canvas, (pelvis.anus_mm[0], back), ((8 + 0.1 * z) * tail, 6 * tail)))


def lay_vessels(pelvis: Pelvis, canvas: Canvas) -> None:
    """Lay the bright femoral and pudendal vessels."""
    z = canvas.z
    vessels: list[Half] = [(66, -80, 5.0, 5.0, 0), (56, -77, 6.0, 5.0, 0), (37, 21 - 0.1 * z, 1.7, 2.2, 0)]
    for vessel in vessels:
        for side in (-1, 1):
            canvas.lay(_half(pelvis, canvas, vessel, side), VESSEL)


def _half(pelvis: Pelvis, canvas: Canvas, organ: Half, side: int) -> Field:
    """Signed distance of an organ on one side; nowhere inside where its size is 0."""
    x, y, a, b, turn = organ
    scale = pelvis.scale
    outside = ellipse(canvas, (side * x * scale, y * scale), (a * scale, b * scale), side * turn)
    return outside if min(a, b) > 1.0 else np.full_like(outside, 9.0)


def _lay_bone(pelvis: Pelvis, canvas: Canvas, outside: Field) -> None:
    canvas.lay(outside, CORTEX)
    canvas.lay(outside + np.float32(2.2), np.float32(pelvis.marrow) + np.float32(0.02) * canvas.marble)
