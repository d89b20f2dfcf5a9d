"""Pelvis: the tissues around a rectal cancer, as each series of magnetic resonance shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from readingroom.cases.phantoms.difficulty import Difficulty
from readingroom.cases.phantoms.noise import Field
from readingroom.cases.phantoms.rectum.tumour import MUSCLE_MM, Gut, Tumour, around, tumour_distance
from readingroom.cases.phantoms.stacks.grid import Grid, Place, Values, inside, lay, volume_noise

Series = Literal["T2", "DWI", "DCE"]
SERIES: tuple[Series, Series, Series] = ("T2", "DWI", "DCE")

_PLACE: Mapping[Series, int] = {"T2": 0, "DWI": 1, "DCE": 2}

# Signal in T2, in diffusion at a high b value, and with fat suppressed after contrast agent.
_FAT, _MUSCLE, _MARROW = (0.85, 0.06, 0.13), (0.24, 0.13, 0.36), (0.52, 0.09, 0.22)
_MESORECTUM, _FASCIA, _WALL = (0.76, 0.06, 0.12), (0.28, 0.07, 0.30), (0.17, 0.15, 0.40)
_LINING, _TUMOUR, _NODE = (0.66, 0.26, 0.55), (0.43, 0.85, 0.78), (0.40, 0.62, 0.60)
_GLAND, _BLADDER, _VESSEL = (0.52, 0.24, 0.50), (1.0, 0.10, 0.10), (0.12, 0.05, 0.85)

Signal = tuple[float, float, float]


@dataclass(frozen=True)
class PelvisScene:
    """All that is in the series of a patient; drawing them needs no further random numbers.

    Args:
        gut: the rectum.
        tumour: on its wall.
        man: whether a prostate lies in front of it, else a uterus.
        gel: signal in T2 of what fills the lumen.
        nodes: lymph nodes in the fat, whatever the stage: middle and radius.
        vessels: places in the fat where vessels run along the body.
        gains: of the coil in each series.
        noise: of the receiver in T2.
        shift_mm: how far diffusion is distorted to the back.
        seed: of texture and noise.
    """

    gut: Gut
    tumour: Tumour
    man: bool
    gel: float
    nodes: tuple[tuple[Place, float], ...]
    vessels: NDArray[np.float32]
    gains: tuple[float, float, float]
    noise: float
    shift_mm: float
    seed: int


def plan_pelvis(gut: Gut, tumour: Tumour, man: bool, meaning: Difficulty, rng: np.random.Generator) -> PelvisScene:
    """What surrounds a cancer."""
    nodes = []
    for _ in range(int(rng.poisson(1.5 + 1.5 * meaning.decoys))):
        x, y = _in_fat(rng, gut)
        nodes.append(((x, y, float(rng.uniform(-28, 28))), float(rng.uniform(2, 4))))
    gains = np.exp(0.14 * rng.normal(size=3))
    return PelvisScene(
        gut=gut,
        tumour=tumour,
        man=man,
        gel=float(rng.choice([0.05, 0.95])),
        nodes=tuple(nodes),
        vessels=np.array([_in_fat(rng, gut) for _ in range(8)], np.float32),
        gains=(float(gains[0]), float(gains[1]), float(gains[2])),
        noise=float(rng.uniform(0.02, 0.035)),
        shift_mm=float(rng.normal(0, 1.2 * meaning.variation)),
        seed=int(rng.integers(2**62)),
    )


def _in_fat(rng: np.random.Generator, gut: Gut) -> tuple[float, float]:
    """Somewhere beside or behind the rectum within the fascia."""
    angle, share = float(rng.uniform(-0.15, 1.15)) * np.pi, float(rng.uniform(0.25, 0.8))
    edge = np.array([gut.fat_half[0] * np.cos(angle), gut.fat_middle + gut.fat_half[1] * np.sin(angle)])
    wall = np.asarray(gut.middle) + (gut.radius_mm + 2) * np.array([np.cos(angle), np.sin(angle)])
    x, y = wall + share * (edge - wall)
    return float(x), float(y)


def draw_series(scene: PelvisScene, series: Series, grid: Grid) -> NDArray[np.int16]:
    """A series (D, H, W) as the scanner stores it, 0 to 4095."""
    rng = np.random.Generator(np.random.Philox([scene.seed, _PLACE[series]]))
    textures = np.random.Generator(np.random.Philox(scene.seed))
    x, y, z = _bent(textures, scene, series, grid)
    values = _Painter(
        np.zeros(grid.shape, np.float32), _PLACE[series], grid.spacing_mm[2], volume_noise(rng, grid, 6.0)
    )
    _lay_body(values, grid, x, y, z)
    _lay_front(values, scene, x, y, z)
    _lay_fat(values, scene, x, y, z)
    _lay_gut(values, scene, x, y, z)
    return _receive(values.signal, scene, series, rng)


@dataclass(frozen=True)
class _Painter:
    """A series under work: its signal, which of a tissue's signals it shows, its pixel and its texture."""

    signal: Field
    place: int
    soft_mm: float
    texture: Field

    def lay(self, distance: Values, tissue: Signal, grain: float = 0.05) -> None:
        """Give a shape, by its signed distance in mm, the signal of a tissue."""
        lay(self.signal, inside(distance, self.soft_mm), tissue[self.place] * (1 + np.float32(grain) * self.texture))


def _bent(rng: np.random.Generator, scene: PelvisScene, series: Series, grid: Grid) -> tuple[Field, Field, Field]:
    """The voxels' places in an even pelvis; the bends are the patient's, the distortion that of diffusion."""
    z, y, x = grid.axes
    a, b, c = (float(one) for one in rng.uniform(0, 2 * np.pi, 3))
    bent_x = x + 2.0 * np.sin(y / 24 + z / 37 + a) + 0.8 * np.sin(y / 9 + b)
    bent_y = y + 2.0 * np.sin(x / 27 + z / 31 + b) + 0.8 * np.sin(x / 10 + c)
    if series == "DWI":
        bent_y = bent_y - scene.shift_mm
    return np.asarray(bent_x, np.float32), np.asarray(bent_y, np.float32), z


def _oval(x: Field, y: Field, middle: tuple[float, float], half: tuple[float, float], power: float = 2.0) -> Field:
    """Signed distance in mm, about exact at the edge, of an oval cylinder along the body."""
    u, v = np.abs((x - middle[0]) / half[0]), np.abs((y - middle[1]) / half[1])
    return np.asarray(((u**power + v**power) ** (1 / power) - 1) * min(half), np.float32)


def _lay_body(on: _Painter, grid: Grid, x: Field, y: Field, z: Field) -> None:
    """Fat, muscles of the side wall, hip bones and sacrum; the field of view lies within the skin."""
    on.lay(np.full(grid.shape, -9, np.float32), _FAT)
    for side in (-1, 1):
        across = np.asarray(x * side, np.float32)
        on.lay(_oval(across, y, (84, -8), (24, 34)), _MARROW, 0.08)
        on.lay(np.abs(_oval(across, y, (84, -8), (24, 34))) - 1.4, (0.06, 0.04, 0.1))
        on.lay(_oval(across, y, (55, -4), (9, 30)), _MUSCLE, 0.1)
        on.lay(_oval(across, y, (64, 72), (46, 22)), _MUSCLE, 0.1)
    sacrum = _oval(x, y, (0, 74 - 0.1 * float(z.mean())), (26, 9), 2.5)
    on.lay(sacrum, _MARROW, 0.08)
    on.lay(np.abs(sacrum) - 1.2, (0.06, 0.04, 0.1))


def _lay_front(on: _Painter, scene: PelvisScene, x: Field, y: Field, z: Field) -> None:
    """Bladder, and before the rectum the prostate or the uterus."""
    up = np.asarray(z, np.float32)
    bladder = np.sqrt(np.square(x / 40) + np.square((y + 50) / 22) + np.square((up - 16) / 38)) - 1
    on.lay(np.asarray(bladder * 22 - 3, np.float32), _MUSCLE)
    on.lay(np.asarray(bladder * 22, np.float32), _BLADDER, 0.01)
    half = (26, 13) if scene.man else (32, 12)
    gland = _oval(x, y, (0, -24), half)
    on.lay(gland, _GLAND, 0.14)
    on.lay(np.abs(gland) - 0.7, (0.25, 0.1, 0.35))


def _lay_fat(on: _Painter, scene: PelvisScene, x: Field, y: Field, z: Field) -> None:
    """The fat around the rectum within its fascia, with vessels and lymph nodes."""
    gut = scene.gut
    fascia = _oval(x, y, (0, gut.fat_middle), gut.fat_half)
    on.lay(fascia, _MESORECTUM, 0.06)
    on.lay(np.abs(fascia) - 0.8, _FASCIA)
    for vx, vy in scene.vessels:
        drift = 3 * np.sin(z / 14 + vx)
        on.lay(np.asarray(np.hypot(x - vx - drift, y - vy) - 1.2, np.float32), _VESSEL)
    for (nx, ny, nz), radius in scene.nodes:
        away = np.sqrt(np.square(x - nx) + np.square(y - ny) + np.square(z - nz))
        on.lay(np.asarray(away - radius, np.float32), _NODE)


def _lay_gut(on: _Painter, scene: PelvisScene, x: Field, y: Field, z: Field) -> None:
    """Muscle, lining and lumen of the rectum, and the cancer in its wall."""
    gut, tumour = scene.gut, scene.tumour
    away, angle = around(gut, x, y, z)
    on.lay(away - gut.radius_mm, _WALL)
    on.lay(away - gut.radius_mm + MUSCLE_MM, _LINING, 0.08)
    on.lay(away - gut.lumen_mm, (scene.gel, 0.05, 0.06), 0.02)
    on.lay(tumour_distance(tumour, gut, away, angle, z), _TUMOUR, 0.1)


def _receive(signal: Field, scene: PelvisScene, series: Series, rng: np.random.Generator) -> NDArray[np.int16]:
    """The coil's gain; diffusion is blurred and noisy; noise is Rician."""
    noise = scene.noise * {"T2": 1.0, "DWI": 1.6, "DCE": 1.1}[series]
    shown = gaussian_filter(signal, (0, 0.6, 0.6)) if series == "DWI" else signal
    both = rng.standard_normal((2, *signal.shape), dtype=np.float32) * np.float32(noise)
    heard = np.hypot(shown * np.float32(scene.gains[_PLACE[series]]) + both[0], both[1])
    return np.asarray(np.clip(np.rint(heard * 1800), 0, 4095), np.int16)
