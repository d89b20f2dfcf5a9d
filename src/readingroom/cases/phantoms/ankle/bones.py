"""Bones: the ankle of a phantom patient in three dimensions, broken or whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from readingroom.cases.phantoms.difficulty import Difficulty
from readingroom.cases.phantoms.noise import Field
from readingroom.cases.phantoms.stacks.grid import Grid, Place, centred, inside, volume_noise

WHOLE, BROKEN = "normal", "fracture"
ANKLE_CLASSES = (WHOLE, BROKEN)

View = Literal["ap", "lateral"]
VIEWS: tuple[View, View] = ("ap", "lateral")

_SEEN: tuple[tuple[View, ...], ...] = (("ap",), ("lateral",), VIEWS)

VOXEL_MM = 1.0
EXTENT_MM = (128.0, 112.0, 84.0)  # z, y and x

_CORTEX_MM = 1.7
_FLESH_MM = 4.0  # voxels of the soft tissue, which has no fine parts
_SPARE_MM = 7.0  # for what has moved in a fracture, and for round corners
_SPONGE, _CORTEX, _FLESH = 0.28, 1.0, 0.055

Part = tuple[Place, Place, float, float]
"""Two ends, and the radius at each, of a limb of a bone."""


@dataclass(frozen=True)
class Fracture:
    """A break: what lies beyond a plane has moved along it.

    Args:
        bone: ``fibula`` or ``tibia``.
        at: a point of the plane.
        normal: of the plane, of unit length, towards the part that has moved.
        shift: of the part that has moved, in mm.
        gap_mm: between the parts.
        seen: the views that look along the plane.
    """

    bone: str
    at: Place
    normal: Place
    shift: Place
    gap_mm: float
    seen: tuple[View, ...]


@dataclass(frozen=True)
class Ankle:
    """A phantom patient's ankle; x is to the side of the fibula, y to the heel, z up, 0 at the joint.

    Args:
        scale: of everything.
        bones: name to its limbs; each bone is all of its limbs, rounded together.
        flesh: factor on the soft tissue.
        dense: factor on the bone's attenuation.
        turn_rad: how far the foot is turned about z in each view.
        tilt_rad: how far the shaft leans in each view.
        scar: strength of the growth plate's scar.
        fracture: if there is one.
        seed: of the texture.
    """

    scale: float
    bones: dict[str, tuple[Part, ...]]
    flesh: float
    dense: float
    turn_rad: dict[View, float]
    tilt_rad: dict[View, float]
    scar: float
    fracture: Fracture | None
    seed: int


_BONES: dict[str, tuple[Part, ...]] = {
    "tibia": (
        ((-6, 0, 80), (-6, 0, 30), 10.5, 11.5),
        ((-6, 0, 34), (-7, 1, 9), 11.5, 16.0),
        ((-7, -5, 11), (-7, 7, 11), 11.0, 11.0),
        ((-19, -1, 10), (-22, -1, -9), 7.5, 4.2),
    ),
    "fibula": (
        ((17, 9, 80), (18, 8, 18), 5.0, 5.2),
        ((18, 8, 18), (20, 6, -12), 6.0, 6.8),
        ((20, 6, -12), (19, 6, -19), 6.6, 4.0),
    ),
    "talus": (
        ((-8, 4, -13), (6, 4, -13), 11.5, 11.5),
        ((-3, -6, -15), (-5, -26, -19), 10.0, 8.0),
    ),
    "calcaneus": (
        ((2, 10, -32), (4, 40, -41), 10.5, 12.5),
        ((1, 8, -33), (4, -22, -40), 10.0, 8.0),
    ),
    "foot": (
        ((-8, -38, -26), (-10, -52, -34), 9.0, 9.0),
        ((8, -32, -38), (8, -52, -42), 8.0, 8.0),
    ),
}


def plan_ankle(label: str, meaning: Difficulty, rng: np.random.Generator) -> Ankle:
    """The ankle of a patient.

    Args:
        label: ``normal`` or ``fracture``.
        meaning: of the difficulty.
        rng: where the numbers come from.
    """
    vary = meaning.variation
    bones = {name: tuple(_varied(part, rng, vary) for part in parts) for name, parts in _BONES.items()}
    turns: dict[View, float] = {
        "ap": 0.2 + 0.1 * float(rng.normal()) * vary,
        "lateral": 0.1 * float(rng.normal()) * vary,
    }
    tilts: dict[View, float] = {view: 0.05 * float(rng.normal()) * vary for view in VIEWS}
    fracture = _plan_fracture(meaning, rng)
    return Ankle(
        scale=float(np.exp(0.07 * vary * rng.normal())),
        bones=bones,
        flesh=float(np.exp(0.15 * rng.normal())),
        dense=float(np.exp(0.18 * rng.normal())),
        turn_rad=turns,
        tilt_rad=tilts,
        scar=float(rng.uniform(0, 0.5)),
        fracture=fracture if label == BROKEN else None,
        seed=int(rng.integers(2**62)),
    )


def _varied(part: Part, rng: np.random.Generator, vary: float) -> Part:
    start, end, one, two = part
    move = rng.normal(0, 0.9 * vary, (2, 3))
    thick = float(np.exp(0.05 * vary * rng.normal()))
    (a, b, c), (d, e, f) = np.add([start, end], move).tolist()
    return (a, b, c), (d, e, f), one * thick, two * thick


def _plan_fracture(meaning: Difficulty, rng: np.random.Generator) -> Fracture:
    """A break of the outer or the inner ankle; most lie so that one view looks along them and the other across."""
    weak = 0.5 if rng.random() < meaning.overlap else 1.0
    seen = _SEEN[int(rng.choice(3, p=[0.4, 0.4, 0.2]))]
    # From the side the fibula lies before the tibia, where a break of it is hard to see.
    bone = "fibula" if rng.random() < (0.35 if seen == ("lateral",) else 0.7) else "tibia"
    slope = float(rng.uniform(0.75, 1.05)) * (1 if rng.random() < 0.5 else -1)
    step = meaning.strength * weak * float(rng.uniform(2.6, 4.5))
    along = slope if len(seen) == 1 else 0.15 * slope
    # A view looks along a plane that holds its ray: front to back for `ap`, side to side for `lateral`.
    level = (np.cos(along), np.sin(along))
    if seen == ("lateral",):
        normal, shift = (0.0, level[1], -level[0]), (0.0, step * level[0], step * level[1])
    else:
        normal, shift = (level[1], 0.0, -level[0]), (step * level[0], 0.0, step * level[1])
    if bone == "fibula":
        at = 18.5, 7.0, float(rng.uniform(-6, 34))
    elif seen == ("lateral",):
        at = -8.0, 8.0 * (1 if slope > 0 else -1), float(rng.uniform(8, 16))
    else:
        at = -18.0, 0.0, float(rng.uniform(-1, 5))
    out = 1.0 if bone == "fibula" or seen == ("lateral",) else -1.0
    moved = out * shift[0], out * shift[1], out * shift[2]
    gap = meaning.strength * weak * float(rng.uniform(1.4, 2.4))
    unit = (float(normal[0]), float(normal[1]), float(normal[2]))
    return Fracture(bone, at, unit, (float(moved[0]), float(moved[1]), float(moved[2])), gap, seen)


def project_ankle(ankle: Ankle, view: View) -> Field:
    """Attenuation (H, W) along the rays of a view, head up: from front to back, or from side to side; 1 mm a pixel."""
    grid = ankle_grid(VOXEL_MM)
    bone = build_bones(ankle, view, grid)
    coarse = ankle_grid(_FLESH_MM)
    flesh = inside(_capsules(_flesh(ankle.flesh), *_turned(ankle, coarse, view)), _FLESH_MM)
    axis = 1 if view == "ap" else 2
    film = bone.sum(axis=axis, dtype=np.float32) * np.float32(VOXEL_MM)
    soft = flesh.sum(axis=axis, dtype=np.float32) * np.float32(_FLESH_MM * _FLESH)
    film += cv2.resize(soft, film.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(film[::-1], np.float32)


def ankle_grid(voxel_mm: float) -> Grid:
    """The space that both views show: rows from toes to heel, columns from the inner to the outer side."""
    planes, rows, columns = (round(extent / voxel_mm) for extent in EXTENT_MM)
    return centred((planes, rows, columns), (voxel_mm, voxel_mm, voxel_mm), (0, -2, 12))


def build_bones(ankle: Ankle, view: View, grid: Grid) -> Field:
    """Attenuation (D, H, W) of the bones as a view meets them, the foot turned for it."""
    rng = np.random.Generator(np.random.Philox(ankle.seed))
    sponge = np.float32(_SPONGE) * (1 + np.float32(0.3) * volume_noise(rng, grid, 2.6))
    whole = np.zeros(grid.shape, np.float32)
    for name, parts in ankle.bones.items():
        where, box = grid.span(*_reach(ankle, view, parts))
        _lay_bone(whole[where], ankle, name, parts, _turned(ankle, box, view), sponge[where])
    return np.asarray(whole * np.float32(ankle.dense), np.float32)


def _turned(ankle: Ankle, grid: Grid, view: View) -> tuple[Field, Field, Field]:
    """The patient's own x, y and z (D, H, W or broadcast) of the voxels."""
    z, y, x = (axis / np.float32(ankle.scale) for axis in grid.axes)
    lean = np.float32(ankle.tilt_rad[view])
    x, y = (x + lean * z, y) if view == "ap" else (x, y + lean * z)
    c, s = np.float32(np.cos(ankle.turn_rad[view])), np.float32(np.sin(ankle.turn_rad[view]))
    return c * x - s * y, s * x + c * y, z


def _reach(ankle: Ankle, view: View, parts: Sequence[Part]) -> tuple[Place, Place]:
    """Two corners between which a bone lies in the frame of a view, broken or not."""
    ends = np.array([place for part in parts for place in part[:2]])
    radii = np.array([radius for part in parts for radius in part[2:]])[:, None] + _SPARE_MM
    c, s = np.cos(ankle.turn_rad[view]), np.sin(ankle.turn_rad[view])
    x, y, z = c * ends[:, 0] + s * ends[:, 1], c * ends[:, 1] - s * ends[:, 0], ends[:, 2]
    lean = ankle.tilt_rad[view] * z
    turned = np.stack([x - lean, y, z] if view == "ap" else [x, y - lean, z], axis=1)
    low, high = (turned - radii).min(axis=0) * ankle.scale, (turned + radii).max(axis=0) * ankle.scale
    return (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))


def _lay_bone(
    whole: Field, ankle: Ankle, name: str, parts: Sequence[Part], axes: tuple[Field, Field, Field], sponge: Field
) -> None:
    """Spongy bone within a cortex, in place; a broken one in two parts."""
    fracture = ankle.fracture
    distance = _capsules(parts, *axes)
    if fracture is not None and fracture.bone == name:
        distance = _break(distance, parts, fracture, axes)
    shell = inside(np.abs(distance + _CORTEX_MM / 2) - _CORTEX_MM / 2, 1.0)
    value = sponge * inside(distance, 1.0) * (1 + _scar(ankle, name, axes[2]))
    np.maximum(whole, np.maximum(value, np.float32(_CORTEX) * shell), out=whole)


def _break(distance: Field, parts: Sequence[Part], fracture: Fracture, axes: tuple[Field, Field, Field]) -> Field:
    beyond = _beyond(fracture, axes)
    moved = _capsules(parts, *(axis - np.float32(by) for axis, by in zip(axes, fracture.shift, strict=True)))
    gap = np.float32(fracture.gap_mm / 2)
    rest = np.maximum(distance, beyond + gap)
    # A cut face has no cortex: only the gap is empty.
    part = np.maximum(moved, gap - beyond)
    cut = np.abs(beyond) < gap + np.float32(_CORTEX_MM)
    joined = np.minimum(rest, part)
    return np.asarray(np.where(cut & (joined < 0), np.minimum(joined, -_CORTEX_MM - 0.6), joined), np.float32)


def _beyond(fracture: Fracture, axes: tuple[Field, Field, Field]) -> Field:
    """How far (mm) a place lies beyond the plane of a break; the inner ankle breaks off only on its own side."""
    parts = zip(axes, fracture.at, fracture.normal, strict=True)
    (x, y, z) = ((axis - np.float32(at)) * np.float32(normal) for axis, at, normal in parts)
    return np.asarray(x + y + z, np.float32)


def _scar(ankle: Ankle, name: str, z: Field) -> Field:
    """The closed growth plate: a thin denser sheet across tibia and fibula, in patients of both classes."""
    if name not in ("tibia", "fibula"):
        return np.zeros_like(z)
    return np.asarray(ankle.scar * 2.2 * np.exp(-np.square((z - 13) / 1.1)), np.float32)


def _flesh(factor: float) -> tuple[Part, ...]:
    return (
        ((3, 6, 90), (2, 4, 20), 37 * factor, 30 * factor),
        ((2, 4, 20), (0, 2, -22), 31 * factor, 30 * factor),
        ((0, -4, -28), (0, -62, -38), 26 * factor, 20 * factor),
        ((2, 10, -30), (3, 42, -40), 24 * factor, 19 * factor),
    )


def _capsules(parts: Sequence[Part], x: Field, y: Field, z: Field) -> Field:
    """Signed distance (D, H, W) of limbs that run together."""
    nearest = _capsule(parts[0], x, y, z)
    for part in parts[1:]:
        other = _capsule(part, x, y, z)
        bridge = np.maximum(np.float32(3) - np.abs(nearest - other), 0)
        nearest = np.minimum(nearest, other) - np.square(bridge) / np.float32(12)
    return nearest


def _capsule(part: Part, x: Field, y: Field, z: Field) -> Field:
    (ax, ay, az), end, one, two = part
    dx, dy, dz = (np.float32(b - a) for a, b in zip((ax, ay, az), end, strict=True))
    px, py, pz = x - np.float32(ax), y - np.float32(ay), z - np.float32(az)
    at = np.clip((px * dx + py * dy + pz * dz) / (dx * dx + dy * dy + dz * dz), 0, 1)
    away = np.sqrt(np.square(px - at * dx) + np.square(py - at * dy) + np.square(pz - at * dz))
    return np.asarray(away - np.float32(one) - at * np.float32(two - one), np.float32)
