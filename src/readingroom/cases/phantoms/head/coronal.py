"""Coronal: one slice of a phantom head, through the body of the hippocampus, as a T1-weighted image shows it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.head.brain import HeadScene, MedialTemporal, Sulcus
from readingroom.cases.phantoms.noise import Field, sample, smoothstep
from readingroom.cases.phantoms.pelvis.canvas import merge
from readingroom.cases.phantoms.pelvis.scanner import plan_scan, receive
from readingroom.core.seeds import derive_seed

FOV_MM = 184.0
GRID_PX = 368
"""The slice is drawn at half a millimetre, and then made as small as is asked."""

AIR, FLUID, BONE, MARROW, MUSCLE, FAT, WHITE = 0.02, 0.13, 0.07, 0.42, 0.40, 1.0, 0.86
"""Signals, by that of fat; the grey matter's is the patient's own."""

CORTEX_MM = 3.4
_RIM_MM = 0.45


@dataclass(frozen=True)
class Sheet:
    """The slice under work, (GRID_PX, GRID_PX) each; ``signal`` is changed in place.

    Args:
        x: millimetres to the picture's right of the midline.
        y: millimetres below the middle.
        signal: 0 to about 1.
    """

    x: Field
    y: Field
    signal: Field

    def lay(self, outside: Field, value: float | Field, soft_mm: float = _RIM_MM) -> None:
        """Give a shape, by its signed distance (below 0 inside), a value."""
        cover = smoothstep(soft_mm, -soft_mm, outside)
        self.signal[:] += cover * (np.asarray(value, np.float32) - self.signal)

    def about(self, x: float, y: float, reach_mm: float) -> Sheet:
        """The part within a reach of a place; what is laid on it is laid on the whole."""
        rows = np.flatnonzero((np.abs(self.y - np.float32(y)) < reach_mm).any(axis=1))
        columns = np.flatnonzero((np.abs(self.x - np.float32(x)) < reach_mm).any(axis=0))
        part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        return Sheet(self.x[part], self.y[part], self.signal[part])

    def ellipse(self, x: float, y: float, half_x: float, half_y: float, turn_deg: float = 0.0) -> Field:
        """Signed distance, about exact at the edge, of an ellipse."""
        c, s = np.float32(np.cos(np.deg2rad(turn_deg))), np.float32(np.sin(np.deg2rad(turn_deg)))
        across, down = self.x - np.float32(x), self.y - np.float32(y)
        u = (c * across + s * down) / np.float32(max(half_x, 0.05))
        v = (c * down - s * across) / np.float32(max(half_y, 0.05))
        return np.asarray((np.hypot(u, v) - 1) * np.float32(max(min(half_x, half_y), 0.05)), np.float32)


def draw_coronal(scene: HeadScene, number: int, size: tuple[int, int], variation: float = 0.5) -> NDArray[np.uint8]:
    """One slice as 8 bits, seen from the front: the patient's right is on the left.

    Args:
        scene: the patient's head.
        number: of the slice; each has other noise and is bent a little otherwise.
        size: height and width in pixels; the height shows 184 mm.
        variation: 0 to 1, of coil, noise and motion.

    Returns:
        (H, W) grey values.
    """
    sheet = _blank(scene, number)
    cavity = _cavity(sheet)
    _lay_head(sheet, scene, cavity)
    _lay_brain(sheet, scene, _brain(sheet, scene), cavity)
    _lay_deep(sheet.about(0, -10, 36), scene)
    _lay_cerebellum(sheet.about(0, 48, 32))
    for side, lobe in zip((-1, 1), scene.sides, strict=True):
        _lay_medial_temporal(sheet.about(side * 25, 17, 24), scene, lobe, side)
    signal = cv2.resize(_cut(sheet.signal, size), size[::-1], interpolation=cv2.INTER_AREA)
    scan = plan_scan(derive_seed(scene.seed, "phantoms", "head", "scan"), variation)
    stored = receive(np.asarray(signal, np.float32), scan, number).astype(np.float32)
    low, high = np.percentile(stored, (1.0, 99.3))
    return np.asarray(np.clip((stored - low) / max(high - low, 1.0) * 255, 0, 255).round(), np.uint8)


def _cut(signal: Field, size: tuple[int, int]) -> Field:
    """The middle of the slice with the proportions that are asked for."""
    height, width = size
    wide = min(GRID_PX, round(GRID_PX * width / height))
    tall = min(GRID_PX, round(GRID_PX * height / width))
    top, left = (GRID_PX - tall) // 2, (GRID_PX - wide) // 2
    return signal[top : top + tall, left : left + wide]


def _blank(scene: HeadScene, number: int) -> Sheet:
    """Places in the frame of a head that is tilted, off the middle, and irregular."""
    line = ((np.arange(GRID_PX) + 0.5) / GRID_PX - 0.5) * FOV_MM
    y, x = np.meshgrid(line - scene.shift_mm[1], line - scene.shift_mm[0], indexing="ij")
    c, s = np.cos(np.deg2rad(scene.turn_deg)), np.sin(np.deg2rad(scene.turn_deg))
    across, down = (np.asarray(one / scene.scale, np.float32) for one in (c * x + s * y, c * y - s * x))
    drift = np.float32(0.8 * number)
    bend = sample(scene.warp, across * np.float32(0.22) + 32 + drift, down * np.float32(0.22) + 32 + drift)
    # Less about the medial temporal lobes, whose measures are the truth.
    near = np.exp(-np.square((np.abs(across) - 26) / 16) - np.square((down - 17) / 14))
    amount = np.float32(2.4) * (1 - np.float32(0.75) * near)
    across, down = (np.asarray(place + amount * bend[..., i], np.float32) for i, place in enumerate((across, down)))
    return Sheet(across, down, np.full((GRID_PX, GRID_PX), AIR, np.float32))


def _lay_head(sheet: Sheet, scene: HeadScene, cavity: Field) -> None:
    """Skin, fat, muscle, skull with its marrow, and the fluid in it."""
    neck = np.asarray(np.maximum(np.abs(sheet.x) - 62, 20 - sheet.y), np.float32)
    head = merge(np.asarray(cavity - np.float32(9.5 + 4.0 * scene.fatness), np.float32), neck, 18.0)
    grain = sample(scene.grain, sheet.x * np.float32(0.35) + 32, sheet.y * np.float32(0.35) + 32)
    sheet.lay(head, MUSCLE + np.float32(0.03) * grain)
    sheet.lay(_band(head, -(1.4 + 3.4 * scene.fatness), -1.4), FAT - np.float32(0.05) * np.abs(grain), 0.8)
    for side in (-1, 1):
        # Fat between the muscles of the jaw and the neck.
        below = sheet.about(side * 35, 70, 30)
        below.lay(below.ellipse(side * 47, 62, 3.5, 16, side * 20), 0.88, 1.5)
        below.lay(below.ellipse(side * 22, 76, 4.0, 12, side * -25), 0.80, 1.5)
    skull = np.asarray(cavity - np.float32(7.0), np.float32)
    sheet.lay(skull, BONE, 0.7)
    top = smoothstep(26, 4, sheet.y)
    sheet.lay(_band(skull, -4.4, -2.4), BONE + (MARROW - BONE) * top, 0.7)
    sheet.lay(cavity, FLUID, 0.6)


def _band(outside: Field, inner: float, outer: float) -> Field:
    """Signed distance of what lies between two depths."""
    middle, half = (inner + outer) / 2, (outer - inner) / 2
    return np.asarray(np.abs(outside - np.float32(middle)) - np.float32(half), np.float32)


def _cavity(sheet: Sheet) -> Field:
    """Signed distance of the inside of the skull."""
    found = sheet.ellipse(0, -17, 63, 58)
    for side in (-1, 1):
        found = merge(found, sheet.ellipse(side * 36, 22, 26, 21, side * 14), 16.0)
    return merge(found, sheet.ellipse(0, 40, 31, 26), 8.0)


def _brain(sheet: Sheet, scene: HeadScene) -> NDArray[np.uint8]:
    """Where there is brain, 1, and where fluid, 0: hemispheres, temporal lobes, stem and cerebellum, with clefts."""
    gap = 1.6 + 2.2 * scene.shrinkage
    hemispheres = sheet.ellipse(0, -17, 63 - gap, 58 - gap)
    lobes = [sheet.ellipse(side * 36, 22, 26.5 - gap, 21 - 0.7 * gap, side * 14) for side in (-1, 1)]
    stem = np.minimum(sheet.ellipse(0, 20, 13.5, 17), sheet.ellipse(0, 46, 10, 22))
    cerebellum = [sheet.ellipse(side * 17, 48, 12, 12.5) for side in (-1, 1)]
    # The cerebrum ends above the stem; beside it lies the ambient cistern.
    basin = sheet.ellipse(0, 22, 15.2 + 1.2 * scene.shrinkage, 18.5)
    cerebrum = np.maximum(np.minimum.reduce([hemispheres, *lobes]), -basin)
    cerebrum = np.maximum(cerebrum, -sheet.ellipse(0, 44, 33, 14))
    inside = np.minimum.reduce([cerebrum, stem, *cerebellum]) < 0
    mask = np.ascontiguousarray(inside.astype(np.uint8))
    _cleave(mask, sheet, scene)
    return mask


def _cleave(mask: NDArray[np.uint8], sheet: Sheet, scene: HeadScene) -> None:
    """Take the sulci and the great fissures out."""
    width = 0.9 + 2.1 * scene.shrinkage
    canvas = np.zeros_like(mask)
    for sulcus in scene.sulci:
        way = _way(sulcus)
        if way is not None:
            _line(canvas, way, width * sulcus.width)
    for side in (-1, 1):
        sylvian = np.array([(64, 3), (54, 6), (45, 5), (38, 3)]) * (side, 1)
        _line(canvas, sylvian, width + 1.4)
        for up in (-1, 1):
            insula = np.array([(38, 3), (36, 3 + 6 * up), (37, 3 + (14 if up < 0 else 7) * up)]) * (side, 1)
            _line(canvas, insula, width + 0.6)
        # Temporal clefts: two on the side, the collateral one below.
        for begin, end in (((63, 17), (48, 18)), ((56, 34), (46, 27)), ((31, 43), (33, 31))):
            _line(canvas, np.array([begin, end]) * (side, 1), width)
        _line(canvas, np.array([(0, -47), (7, -46), (13, -43)]) * (side, 1), width)
    _line(canvas, np.array([(0, -80), (0, -31)]), width + 0.9)
    # Drawn in the head's own frame; the sheet says where each pixel lies in it.
    across = (sheet.x / FOV_MM + 0.5) * GRID_PX - 0.5
    down = (sheet.y / FOV_MM + 0.5) * GRID_PX - 0.5
    mask[cv2.remap(canvas, across, down, cv2.INTER_NEAREST) > 0] = 0


def _way(sulcus: Sulcus) -> NDArray[np.float64] | None:
    """The places of a cleft, in millimetres; none below the Sylvian fissure and at the midline."""
    angle = np.deg2rad(sulcus.angle_deg)
    direction = np.array([np.cos(angle), np.sin(angle)])
    start = np.array([0, -17]) + direction * (65, 60)
    if start[1] > -4 or abs(start[0]) < 7:
        return None
    across = np.array([-direction[1], direction[0]])
    steps = np.linspace(0, 1, 7)
    bend = np.sin(np.pi * steps)[:, None] * across * sulcus.bend
    return np.asarray(start - direction * (3 + sulcus.depth) * steps[:, None] + bend, np.float64)


def _line(canvas: NDArray[np.uint8], way: NDArray[np.float64], width_mm: float) -> None:
    pixels = (np.asarray(way, np.float64) / FOV_MM + 0.5) * GRID_PX - 0.5
    thick = max(1, round(width_mm * GRID_PX / FOV_MM))
    cv2.polylines(canvas, [np.rint(pixels * 16).astype(np.int32)], False, 1, thick, cv2.LINE_8, 4)


def _lay_brain(sheet: Sheet, scene: HeadScene, brain: NDArray[np.uint8], cavity: Field) -> None:
    """Cortex along all fluid, and white matter within."""
    deep = np.asarray(cv2.distanceTransform(brain, cv2.DIST_L2, 5) * np.float32(FOV_MM / GRID_PX), np.float32)
    grain = sample(scene.grain, sheet.x * np.float32(0.5) + 32, sheet.y * np.float32(0.5) + 32) * np.float32(0.018)
    grey = np.asarray(np.float32(scene.contrast) + grain, np.float32)
    stem = smoothstep(1.5, -1.5, np.minimum(sheet.ellipse(0, 20, 13.5, 17), sheet.ellipse(0, 46, 10, 22)))
    cortex = smoothstep(CORTEX_MM + 0.7, CORTEX_MM - 0.7, deep) * (1 - stem)
    tissue = WHITE + grain + cortex * (grey - WHITE - grain) - np.float32(0.07) * stem
    cover = np.asarray(cv2.GaussianBlur(brain.astype(np.float32), (0, 0), 0.7), np.float32)
    inside = smoothstep(0.4, -0.4, cavity)
    sheet.signal[:] += cover * inside * (tissue - sheet.signal)


def _lay_deep(sheet: Sheet, scene: HeadScene) -> None:
    """Callosum, ventricles, thalami and basal ganglia."""
    wide, grey, between = scene.shrinkage, scene.contrast, (scene.contrast + WHITE) / 2
    sheet.lay(sheet.ellipse(0, -27, 20, 3.4), WHITE + 0.02)
    for side in (-1, 1):
        sheet.lay(sheet.ellipse(side * 9.5, -3, 8.5, 9, side * 10), between - 0.03, 0.9)
        sheet.lay(sheet.ellipse(side * 27.5, -1, 3.6, 11, side * -8), grey, 0.8)
        sheet.lay(sheet.ellipse(side * 21, 1, 3.6, 6.5, side * -12), between, 0.8)
        sheet.lay(sheet.ellipse(side * (16.5 + 4 * wide), -20, 3.6, 4.2, side * 25), grey, 0.7)
        out = 6.0 + 2.2 * wide
        sheet.lay(sheet.ellipse(side * out, -20.5 - wide, 5.4 + 4.6 * wide, 3.0 + 3.8 * wide, side * 22), FLUID)
    sheet.lay(sheet.ellipse(0, -2, 0.9 + 2.4 * wide, 8.5), FLUID)


def _lay_cerebellum(sheet: Sheet) -> None:
    """The folia of both hemispheres."""
    folia = np.minimum(sheet.ellipse(-17, 48, 12, 12.5), sheet.ellipse(17, 48, 12, 12.5))
    leaf = np.sin(np.hypot(sheet.x, sheet.y - 40) * np.float32(2.1))
    sheet.signal[:] -= smoothstep(0, -2.0, folia) * np.float32(0.06) * (leaf + 1)


def _lay_medial_temporal(sheet: Sheet, scene: HeadScene, lobe: MedialTemporal, side: int) -> None:
    """Fluid first, in the room of a whole hippocampus; then as much of a hippocampus as is left, at its floor."""
    x, floor, turn = 25.0, 22.5, side * -10.0
    room = 11.5
    fluid = [
        sheet.ellipse(
            side * (x - 1), floor - room / 2 - lobe.fissure / 2, 8.0, room / 2 + lobe.fissure / 2 - 0.4, turn
        ),
        sheet.ellipse(side * (x + 7.2 + lobe.horn / 2), floor - 6.5, lobe.horn / 2, 4.6 + 0.42 * lobe.horn, turn),
    ]
    sheet.lay(np.asarray(np.minimum(*fluid), np.float32), FLUID)
    # A thin fissure opens on to the cistern.
    slit = sheet.ellipse(side * (x - 9), floor - room - 0.2 * lobe.fissure, 6, 0.4 + 0.45 * lobe.fissure, side * 14)
    sheet.lay(slit, FLUID)
    grey = scene.contrast + 0.03
    height = min(lobe.hippocampus, room)
    sheet.lay(sheet.ellipse(side * x, floor - height / 2, 8.6, height / 2, turn), grey)
    # The alveus above, and the white matter of the gyrus below.
    rim = _band(sheet.ellipse(side * x, floor - height / 2, 8.4, height / 2 - 0.3, turn), -1.1, -0.3)
    sheet.lay(np.maximum(rim, sheet.y - np.float32(floor - height * 0.62)), 0.74, 0.6)
    sheet.lay(sheet.ellipse(side * (x + 1), floor + 2.6, 7.6, 1.7, side * -14), WHITE - 0.04, 0.8)
