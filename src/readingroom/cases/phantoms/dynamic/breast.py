"""Breast: one slice of a phantom patient's breast, the lesion in it, and how each tissue takes up contrast agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.difficulty import Difficulty
from readingroom.cases.phantoms.noise import Field, fractal_noise, smoothstep

BENIGN, MALIGNANT = "benign", "malignant"
BREAST_CLASSES = (BENIGN, MALIGNANT)

FOV_MM = 150.0

_FAT, _GLAND, _MUSCLE, _SKIN, _BLOOD = 0.15, 0.36, 0.30, 0.30, 0.28
_EARLY_S, _LATE_S = 60.0, 420.0
_NOISE_PX = 192


@dataclass(frozen=True)
class Lesion:
    """A mass.

    Args:
        place: x to the right and y down of the middle of the picture, in mm.
        radius_mm: of the circle that it is made from.
        waves: height and phase of two to five waves of its outline.
        uptake: signal that it gains from contrast agent, at the middle of its course.
        course: by what share it gains (above 0) or loses (below 0) from a minute on, up to either side of the middle.
        core: how much less its middle takes up.
    """

    place: tuple[float, float]
    radius_mm: float
    waves: tuple[tuple[float, float], ...]
    uptake: float
    course: float
    core: float


@dataclass(frozen=True)
class BreastScene:
    """All that is in one phantom series; drawing it needs no further random numbers.

    Args:
        half_mm: half width and depth of the breast.
        lean_mm: how far the nipple is off the middle.
        gland: share of the breast that is gland.
        background: what the gland takes up, at its end.
        heart: whether it is the side of the heart.
        vessels: (N, 4): two ends in mm of each vein.
        lesion: the mass.
        times_s: of the phases after the injection; the first is before it.
        shifts_mm: (N, 2): how far the patient has moved in each.
        gain: of the coil.
        noise: of the receiver.
        seed: of texture and noise.
    """

    half_mm: tuple[float, float]
    lean_mm: float
    gland: float
    background: float
    heart: bool
    vessels: NDArray[np.float32]
    lesion: Lesion
    times_s: tuple[float, ...]
    shifts_mm: NDArray[np.float32]
    gain: float
    noise: float
    seed: int


def plan_breast(label: str, phases: int, meaning: Difficulty, rng: np.random.Generator) -> BreastScene:
    """The scene of a patient.

    Args:
        label: ``benign`` or ``malignant``.
        phases: how many, the first before the injection.
        meaning: of the difficulty.
        rng: where the numbers come from.
    """
    half = 62 * float(np.exp(0.08 * rng.normal())), 88 * float(np.exp(0.1 * rng.normal()))
    step = float(rng.uniform(380, 470)) / (phases - 1)
    times = [0.0] + [_EARLY_S + number * step + float(rng.normal(0, 3)) for number in range(phases - 1)]
    return BreastScene(
        half_mm=half,
        lean_mm=float(rng.normal(0, 8)),
        gland=float(rng.uniform(0.25, 0.7)),
        background=float(rng.uniform(0.03, 0.16)),
        heart=rng.random() < 0.5,
        vessels=_plan_vessels(rng, half, 2 + int(rng.poisson(1 + meaning.decoys))),
        lesion=_plan_lesion(label, half, meaning, rng),
        times_s=tuple(times),
        shifts_mm=np.asarray(rng.normal(0, 0.5 * meaning.variation, (phases, 2)), np.float32),
        gain=float(np.exp(0.15 * rng.normal())),
        noise=float(rng.uniform(0.010, 0.020)),
        seed=int(rng.integers(2**62)),
    )


def _plan_lesion(label: str, half: tuple[float, float], meaning: Difficulty, rng: np.random.Generator) -> Lesion:
    """Only its course depends on the class: how much it takes up varies by more than classes differ in any phase."""
    weak = 0.3 if rng.random() < meaning.overlap else 1.0
    course = 0.175 * meaning.strength * weak * float(rng.uniform(0.75, 1.25))
    waves = [(float(rng.normal(0, 0.22)) / k, float(rng.uniform(0, 2 * np.pi))) for k in (2, 3, 4, 5)]
    return Lesion(
        place=(float(rng.uniform(-0.5, 0.5)) * half[0], float(rng.uniform(-28, 18))),
        radius_mm=float(np.clip(10 * meaning.size * np.exp(0.25 * rng.normal()), 7, 19)),
        waves=tuple(waves),
        uptake=0.5 * float(np.exp(np.clip(0.68 * rng.normal(), -1.25, 1.25))),
        course=course if label == BENIGN else -course,
        core=float(rng.uniform(0, 0.35)),
    )


def _plan_vessels(rng: np.random.Generator, half: tuple[float, float], count: int) -> NDArray[np.float32]:
    starts = rng.uniform(-0.7, 0.7, (count, 2)) * [half[0], 30]
    turn = rng.uniform(0.2, np.pi - 0.2, count)
    ends = starts + rng.uniform(18, 45, (count, 1)) * np.stack([np.cos(turn), -np.sin(turn)], 1)
    return np.concatenate([starts, ends], axis=1).astype(np.float32)


def lesion_uptake(lesion: Lesion, time_s: float) -> float:
    """Signal gained by the lesion: a fast rise, then on and on (benign) or down again (malignant).

    The three kinds of curve are those of Kuhl et al., Radiology 1999;211:101.
    """
    if time_s <= 0:
        return 0.0
    late = (time_s - _EARLY_S) / (_LATE_S - _EARLY_S)
    return float(lesion.uptake * (1 - np.exp(-time_s / 22)) * (1 + lesion.course * (2 * late - 1)))


def _blood_uptake(time_s: float) -> float:
    return float(0.75 * (1 - np.exp(-time_s / 15)) * np.exp(-time_s / 600)) if time_s > 0 else 0.0


def _slow_uptake(time_s: float) -> float:
    return float(1 - np.exp(-time_s / 200))


def draw_phases(scene: BreastScene, size: tuple[int, int]) -> NDArray[np.uint16]:
    """All phases (N, H, W) as the scanner stores them."""
    rng = np.random.Generator(np.random.Philox(scene.seed))
    grain, patch = fractal_noise(rng, _NOISE_PX, 24, 3, 0.6), fractal_noise(rng, _NOISE_PX, 6, 4, 0.6)
    pairs = zip(scene.times_s, scene.shifts_mm, strict=True)
    return np.stack([_draw_phase(scene, size, time, shift, grain, patch, rng) for time, shift in pairs])


def _draw_phase(
    scene: BreastScene,
    size: tuple[int, int],
    time_s: float,
    shift_mm: NDArray[np.float32],
    grain: Field,
    patch: Field,
    rng: np.random.Generator,
) -> NDArray[np.uint16]:
    x, y = axes_mm(size, shift_mm)
    texture = _texture(grain, x, y)
    blob = _texture(patch, x, y)
    signal = np.zeros(size, np.float32)
    breast = _breast(scene, x, y)
    _lay(signal, smoothstep(1.0, -1.0, breast), _SKIN + 0.25 * _slow_uptake(time_s))
    within = smoothstep(-1.5, -3.5, breast)
    _lay(signal, within, _FAT + 0.012 * texture)
    fan = np.abs(x - scene.lean_mm * 0.5) / scene.half_mm[0] + np.abs(y + 12) / scene.half_mm[1]
    gland = smoothstep(0.15, -0.15, np.asarray(fan - scene.gland - 0.16 * blob, np.float32)) * smoothstep(
        -6, -10, breast
    )
    _lay(signal, gland, _GLAND + scene.background * _slow_uptake(time_s) + 0.03 * texture)
    _lay_vessels(signal, scene, x, y, time_s, within)
    distance = lesion_distance(scene.lesion, x, y)
    inside = smoothstep(1.0, -1.0, distance)
    core = smoothstep(-0.3 * scene.lesion.radius_mm, -0.9 * scene.lesion.radius_mm, distance)
    gained = lesion_uptake(scene.lesion, time_s) * (1 - scene.lesion.core * core) * (1 + 0.06 * texture)
    _lay(signal, inside, 0.34 + gained)
    _lay_chest(signal, scene, x, y, time_s)
    return _receive(signal, scene, y, rng)


def axes_mm(size: tuple[int, int], shift_mm: NDArray[np.float32]) -> tuple[Field, Field]:
    """Millimetres (H, W) to the right and down of the middle, in a patient who has moved."""
    down, across = ((np.arange(count, dtype=np.float32) + 0.5) / count - 0.5 for count in size)
    y, x = np.meshgrid(down * FOV_MM - shift_mm[1], across * FOV_MM - shift_mm[0], indexing="ij")
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _texture(tile: Field, x: Field, y: Field) -> Field:
    rows = np.asarray((y + FOV_MM) / FOV_MM * (_NOISE_PX / 2), int) % _NOISE_PX
    columns = np.asarray((x + FOV_MM) / FOV_MM * (_NOISE_PX / 2), int) % _NOISE_PX
    return np.asarray(tile[rows, columns], np.float32)


def _lay(signal: Field, alpha: Field, value: float | NDArray[np.floating[Any]]) -> None:
    signal += alpha * (np.asarray(value, np.float32) - signal)


def _breast(scene: BreastScene, x: Field, y: Field) -> Field:
    """Signed distance of the skin: a dome on the chest wall, the nipple upwards."""
    base = np.float32(38.0)
    up = np.maximum(base - y, 0) / np.float32(scene.half_mm[1])
    off = (x - np.float32(scene.lean_mm) * up) / np.float32(scene.half_mm[0])
    dome = (np.abs(off) ** 2.2 + up**1.9) ** np.float32(1 / 2.05) - 1
    nipple = np.hypot(x - scene.lean_mm, y - base + scene.half_mm[1] + 1) - 4.5
    return np.asarray(np.minimum(dome * np.float32(scene.half_mm[0]), nipple), np.float32)


def _lay_chest(signal: Field, scene: BreastScene, x: Field, y: Field, time_s: float) -> None:
    """Fat beside, the muscle of the chest wall, ribs, the dark lung, and the heart on its side."""
    wall = np.asarray(y - 36 - np.square(x / 75) * 9, np.float32)
    _lay(signal, smoothstep(-7, -3, wall), _FAT)
    _lay(signal, smoothstep(-1, 1, wall), _MUSCLE + 0.08 * _slow_uptake(time_s))
    ribs = smoothstep(3.5, 2.0, np.hypot((np.mod(x + 7, 30) - 15) * 0.45, wall - 13))
    _lay(signal, ribs, _FAT * 0.8)
    _lay(signal, smoothstep(18, 20, wall), 0.03)
    if scene.heart:
        heart = np.hypot((x - 30) / 38, (y - 84) / 26)
        _lay(signal, smoothstep(1.03, 0.97, np.asarray(heart, np.float32)), _BLOOD + _blood_uptake(time_s))


def _lay_vessels(signal: Field, scene: BreastScene, x: Field, y: Field, time_s: float, within: Field) -> None:
    """Veins, which fill at once and fade as a malignant mass does: in patients of both classes."""
    for x0, y0, x1, y1 in scene.vessels:
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        at = np.clip(((x - x0) * dx + (y - y0) * dy) / length, 0, 1)
        bow = 5 * at * (1 - at)
        away = np.hypot(x - x0 - at * dx - bow, y - y0 - at * dy + bow)
        _lay(signal, smoothstep(2.2, 0.6, np.asarray(away, np.float32)) * within, _BLOOD + _blood_uptake(time_s))


def lesion_distance(lesion: Lesion, x: Field, y: Field) -> Field:
    """Signed distance (H, W) of a mass in mm, about exact, below 0 inside."""
    across, down = x - np.float32(lesion.place[0]), y - np.float32(lesion.place[1])
    angle = np.arctan2(down, across)
    edge = np.ones_like(x)
    for k, (height, phase) in enumerate(lesion.waves, start=2):
        edge += np.float32(height) * np.cos(k * angle + np.float32(phase))
    return np.asarray(np.hypot(across, down) - np.float32(lesion.radius_mm) * np.clip(edge, 0.5, 1.6), np.float32)


def _receive(signal: Field, scene: BreastScene, y: Field, rng: np.random.Generator) -> NDArray[np.uint16]:
    """The coil is nearest to the breast; noise is Rician."""
    near = np.float32(scene.gain) * (1.05 - y / np.float32(400))
    real = signal * near + np.float32(scene.noise) * rng.standard_normal(signal.shape, dtype=np.float32)
    other = np.float32(scene.noise) * rng.standard_normal(signal.shape, dtype=np.float32)
    return np.asarray(np.clip(np.rint(np.hypot(real, other) * 20000), 0, 65535), np.uint16)
