"""Bowel: the colon of a phantom patient, the camera's way through it, and what lies on its wall, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.difficulty import Difficulty
from readingroom.cases.phantoms.noise import Field, fractal_noise, tile_of

NORMAL, POLYP = "normal", "polyp"
CLIP_CLASSES = (NORMAL, POLYP)

TILE_PX, ROUND, PITCH = 512, 1.0 / (2 * np.pi), 40.0
"""Pixels of the wall's tile, turns a radian, and pixels of the tile for each lumen radius along the bowel."""

NEAR, FAR = 0.55, 1.9
"""Between these distances in front of the camera, in lumen radii, what lies on the wall is seen."""

_FOLDS = 24


@dataclass(frozen=True)
class Mound:
    """What stands on the wall: a polyp or a piece of residue.

    Args:
        along: where it lies along the bowel, in lumen radii.
        angle: around the bowel, in radians.
        radius: in lumen radii.
        colour: red, green and blue, 0 to 1.
        gloss: strength of its highlight.
        edge: phases of the waves of its outline.
        ripple: height of these waves, as a share of the radius.
        polyp: what it is.
    """

    along: float
    angle: float
    radius: float
    colour: tuple[float, float, float]
    gloss: float
    edge: tuple[float, float, float]
    ripple: float
    polyp: bool


@dataclass(frozen=True)
class ClipScene:
    """All that is in one phantom clip; drawing it needs no further random numbers.

    Args:
        wall: seed of the wall; see `weave_wall`.
        colour: of the mucosa.
        gain: of the processor.
        three: phase and depth of the lumen's three corners.
        along: (N,) where the camera is in each frame, in lumen radii; it is drawn back.
        middle: (N, 2) where the lumen is in the picture, in half heights.
        roll: (N,) of the camera, in radians.
        blur: (N,) of each frame, in pixels of a picture 100 pixels high.
        mounds: polyp and residue.
        noise: of the sensor, as a share of white.
        seed: of the sensor's noise and of the highlights.
    """

    wall: int
    colour: tuple[float, float, float]
    gain: float
    three: tuple[float, float]
    along: NDArray[np.float32]
    middle: NDArray[np.float32]
    roll: NDArray[np.float32]
    blur: NDArray[np.float32]
    mounds: tuple[Mound, ...]
    noise: float
    seed: int

    @property
    def seen(self) -> tuple[int, int] | None:
        """First and last frame, from 0, that show the polyp; nothing where there is none."""
        polyps = [one for one in self.mounds if one.polyp]
        if not polyps:
            return None
        away = polyps[0].along - self.along
        there = np.flatnonzero((away >= NEAR) & (away <= FAR))
        return int(there[0]), int(there[-1])


def plan_clip(
    label: str, frames: int, meaning: Difficulty, patient: np.random.Generator, rng: np.random.Generator
) -> ClipScene:
    """The scene of a clip.

    Args:
        label: ``normal`` or ``polyp``.
        frames: how many.
        meaning: of the difficulty.
        patient: numbers that all clips of a patient share.
        rng: numbers of this clip.
    """
    red = 0.74 + 0.06 * float(patient.uniform(-1, 1))
    colour = red, 0.40 + 0.07 * float(patient.uniform(-1, 1)), 0.32 + 0.06 * float(patient.uniform(-1, 1))
    # The camera goes so far that what lies on the wall is seen for a third to three fifths of the clip.
    way = (FAR - NEAR) / float(rng.uniform(0.35, 0.6))
    along = _along(rng, frames, way)
    mounds = [_plan_residue(rng, along) for _ in range(int(rng.poisson(1.5 + 1.5 * meaning.decoys)))]
    if label == POLYP:
        mounds.append(_plan_polyp(rng, along, colour, meaning))
    return ClipScene(
        wall=int(rng.integers(2**62)),
        colour=colour,
        gain=float(np.exp(0.12 * patient.normal() + 0.06 * rng.normal())),
        three=(float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.06, 0.16))),
        along=along,
        middle=np.stack([_wander(rng, frames, 0.2), _wander(rng, frames, 0.16)], axis=1),
        roll=_wander(rng, frames, 0.3),
        blur=_plan_blur(rng, frames),
        mounds=tuple(mounds),
        noise=float(rng.uniform(0.008, 0.02)),
        seed=int(rng.integers(2**62)),
    )


def _along(rng: np.random.Generator, frames: int, way: float) -> NDArray[np.float32]:
    """The camera is drawn back, now faster, now slower."""
    speed = np.exp(_wander(rng, frames, 0.35))
    gone = np.cumsum(speed) / speed.sum() * way
    return np.asarray(way - gone, np.float32)


def _wander(rng: np.random.Generator, frames: int, spread: float) -> NDArray[np.float32]:
    """A smooth course about 0: three slow waves."""
    t = np.arange(frames) / 40
    waves = [rng.normal() * np.sin(2 * np.pi * (t * rate + rng.random())) for rate in (0.4, 0.9, 1.7)]
    return np.asarray(spread * (waves[0] + 0.6 * waves[1] + 0.3 * waves[2]), np.float32)


def _plan_blur(rng: np.random.Generator, frames: int) -> NDArray[np.float32]:
    """Most frames are sharp, a few in a row are not."""
    course = _wander(rng, frames, 1.0) + _wander(rng, frames, 0.6)
    return np.asarray(np.clip(course - 1.3, 0, 1.2) * 1.2 + 0.35, np.float32)


def _place(rng: np.random.Generator, along: NDArray[np.float32]) -> float:
    """Somewhere that passes the whole range of sight while the camera is drawn back."""
    return float(rng.uniform(along[-1] + FAR, along[0] + NEAR))


def _plan_polyp(
    rng: np.random.Generator, along: NDArray[np.float32], mucosa: tuple[float, float, float], meaning: Difficulty
) -> Mound:
    """Redder than what surrounds it, round, with a highlight."""
    weak = 0.55 if rng.random() < meaning.overlap else 1.0
    sign = meaning.strength * weak * float(rng.uniform(0.8, 1.15))
    red, green, blue = mucosa
    return Mound(
        along=_place(rng, along),
        angle=float(rng.uniform(0, 2 * np.pi)),
        radius=float(np.clip(0.24 * meaning.size * np.exp(0.2 * rng.normal()), 0.14, 0.42)),
        colour=(red + 0.08 * sign, green - 0.12 * sign, blue - 0.07 * sign),
        gloss=0.5,
        edge=_phases(rng),
        ripple=0.07,
        polyp=True,
    )


def _plan_residue(rng: np.random.Generator, along: NDArray[np.float32]) -> Mound:
    """Yellow to brown, dull, ragged; in clips of both classes."""
    dark = float(rng.uniform(0.55, 1.0))
    return Mound(
        along=float(rng.uniform(along[-1] + NEAR, along[0] + FAR)),
        angle=float(rng.uniform(0, 2 * np.pi)),
        radius=float(np.clip(0.2 * np.exp(0.4 * rng.normal()), 0.07, 0.36)),
        colour=(0.72 * dark, 0.55 * dark, 0.22 * dark),
        gloss=0.1,
        edge=_phases(rng),
        ripple=0.2,
        polyp=False,
    )


def _phases(rng: np.random.Generator) -> tuple[float, float, float]:
    a, b, c = (float(one) for one in rng.uniform(0, 2 * np.pi, 3))
    return a, b, c


def weave_wall(seed: int) -> NDArray[np.float32]:
    """Folds, their slope along the bowel, vessels and grain of a wall (TILE_PX, TILE_PX, 4); rows run along it."""
    rng = np.random.Generator(np.random.Philox(seed))
    folds = _weave_folds(rng)
    slope = np.asarray(np.roll(folds, -3, axis=0) - np.roll(folds, 3, axis=0), np.float32) * np.float32(PITCH / 6)
    branches = fractal_noise(rng, TILE_PX, 16, 2, 0.4)
    vessels = np.exp(-np.square(branches / np.float32(0.10))) * np.float32(0.8)
    grain = fractal_noise(rng, TILE_PX, 32, 4, 0.7)
    return tile_of(folds, slope, np.asarray(vessels, np.float32), grain)


def _weave_folds(rng: np.random.Generator) -> Field:
    """Crescents that go round a third to a half of the bowel, about two thirds of a lumen radius apart."""
    rows = np.arange(TILE_PX, dtype=np.float32)[:, None]
    turn = np.arange(TILE_PX, dtype=np.float32)[None, :] / np.float32(TILE_PX)
    folds = np.zeros((TILE_PX, TILE_PX), np.float32)
    for number in range(_FOLDS):
        at = (number + float(rng.uniform(-0.25, 0.25))) / _FOLDS * TILE_PX
        middle, lean = float(rng.random()), float(np.clip(rng.normal(0, 10), -20, 20))
        round_ = (turn - middle + 0.5) % 1 - 0.5
        # Only the rows that it can reach: the others are far more than its width away.
        near = np.arange(int(at) - 26, int(at) + 27) % TILE_PX
        away = (rows[near] - at - lean * round_ + TILE_PX / 2) % TILE_PX - TILE_PX / 2
        reach = np.exp(-(np.square(round_ / float(rng.uniform(0.2, 0.32))) ** 2))
        folds[near] = np.maximum(folds[near], float(rng.uniform(0.6, 1)) * reach * np.exp(-np.square(away / 4.5)))
    return np.asarray(folds, np.float32)
