"""Frames: the pictures of a phantom clip, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.clip.bowel import FAR, NEAR, PITCH, ROUND, TILE_PX, ClipScene, Mound, weave_wall
from readingroom.cases.phantoms.noise import Field, sample, smoothstep

_FOCAL = 0.62  # half heights from the lumen's middle at which a wall one lumen radius ahead is seen
_LAMP = 1.3


@dataclass(frozen=True)
class _Sight:
    """What every frame of a clip is drawn with, (H, W) each: places in half heights, and the camera's round view."""

    x: Field
    y: Field
    view: Field


def draw_frames(scene: ClipScene, size: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
    """The frames (H, W, 3), red, green and blue, in their order."""
    rng = np.random.Generator(np.random.Philox(scene.seed))
    sight, tile = _look(size), weave_wall(scene.wall)
    for number in range(len(scene.along)):
        picture = _draw_wall(scene, tile, sight, number)
        for mound in scene.mounds:
            _lay_mound(picture, scene, sight, mound, number)
        yield _expose(picture, scene, sight, number, rng)


def _look(size: tuple[int, int]) -> _Sight:
    down, across = size
    y, x = np.meshgrid(
        (np.arange(down, dtype=np.float32) + 0.5) * np.float32(2 / down) - 1,
        (np.arange(across, dtype=np.float32) + 0.5 - across / 2) * np.float32(2 / down),
        indexing="ij",
    )
    view = smoothstep(1.14, 1.10, np.asarray(np.hypot(x, y), np.float32))
    return _Sight(x.astype(np.float32), y.astype(np.float32), view)


def _draw_wall(scene: ClipScene, tile: NDArray[np.float32], sight: _Sight, number: int) -> NDArray[np.float32]:
    """The tube of the bowel (H, W, 3), lit from the camera."""
    x, y = sight.x - scene.middle[number, 0], sight.y - scene.middle[number, 1]
    away = np.maximum(np.hypot(x, y), np.float32(0.03))
    angle = np.arctan2(y, x) + scene.roll[number]
    free = np.float32(_FOCAL) / away * (1 + np.float32(scene.three[1]) * np.cos(3 * angle + np.float32(scene.three[0])))
    around = angle * np.float32(ROUND * TILE_PX)
    ahead = free
    # A fold makes the lumen narrower where it stands, so that the wall is met earlier: twice is near enough.
    for _ in range(2):
        wall = sample(tile, around, (ahead + scene.along[number]) * np.float32(PITCH))
        ahead = free * (1 - np.float32(0.24) * wall[..., 0])
    light = (
        np.exp(-ahead / np.float32(1.7)) * np.float32(_LAMP) / (np.float32(0.6) + np.square(ahead) * np.float32(0.25))
    )
    light *= np.clip(1 + np.float32(0.22) * wall[..., 1], 0.35, 1.5) * (1 + np.float32(0.05) * wall[..., 3])
    shine = (
        smoothstep(1.9, 2.6, wall[..., 3] + np.float32(0.6) * wall[..., 1])
        * light
        * smoothstep(1.5, 0.8, ahead)
        * np.float32(0.5)
    )
    tint = 1 - wall[..., 2:3] * np.array([0.05, 0.22, 0.16], np.float32)
    colour = np.array(scene.colour, np.float32)
    return np.asarray(light[..., None] * colour * tint + shine[..., None], np.float32)


def _lay_mound(picture: NDArray[np.float32], scene: ClipScene, sight: _Sight, mound: Mound, number: int) -> None:
    """Lay what stands on the wall, in place: a dome lit from the camera, with a shadow around its foot."""
    away = mound.along - float(scene.along[number])
    if not NEAR <= away <= FAR:
        return
    fade = min(1.0, (away - NEAR) / 0.08 + 0.3, (FAR - away) / 0.25 + 0.1)
    turn = mound.angle - float(scene.roll[number])
    off = _FOCAL * (1 - 0.45 * mound.radius) / away
    x = sight.x - np.float32(scene.middle[number, 0] + off * np.cos(turn))
    y = sight.y - np.float32(scene.middle[number, 1] + off * np.sin(turn))
    round_ = np.arctan2(y, x) + scene.roll[number]
    waves = [np.sin(k * round_ + np.float32(p)) for k, p in zip((2, 3, 5), mound.edge, strict=True)]
    edge = 1 + np.float32(mound.ripple / 1.8) * (waves[0] + waves[1] + np.float32(0.6) * waves[2])
    share = np.hypot(x, y) / (np.float32(mound.radius * _FOCAL / away) * edge)
    dome = np.sqrt(np.maximum(1 - np.square(share), 0))
    lamp = np.exp(-away / 1.7) * _LAMP / (0.6 + 0.25 * away**2) * 1.12
    bright = (np.float32(0.35) + np.float32(0.65) * dome) * np.float32(lamp)
    spot = np.exp(-np.square((share - 0.35) / 0.16) - np.square((round_ - turn) % (2 * np.pi) - np.pi) * 2)
    body = bright[..., None] * np.array(mound.colour, np.float32) + (np.float32(mound.gloss * lamp) * spot)[..., None]
    shadow = smoothstep(1.5, 0.9, np.asarray(share, np.float32)) * np.float32(0.45 * fade)
    picture *= 1 - shadow[..., None]
    alpha = smoothstep(1.05, 0.93, np.asarray(share, np.float32)) * np.float32(fade)
    picture += alpha[..., None] * (body - picture)


def _expose(
    picture: NDArray[np.float32], scene: ClipScene, sight: _Sight, number: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Blur, gain, noise and eight bits."""
    blurred = cv2.GaussianBlur(picture, (0, 0), float(scene.blur[number]) * picture.shape[0] / 100)
    lit = np.power(np.clip(blurred * np.float32(scene.gain), 0, 1), np.float32(0.75))
    lit += np.float32(scene.noise) * rng.standard_normal(lit.shape, dtype=np.float32)
    lit *= sight.view[..., None]
    return np.asarray(np.clip(np.rint(lit * 255), 0, 255), np.uint8)
