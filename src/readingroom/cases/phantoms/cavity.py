"""Cavity: the inside of an organ as an ellipsoid, a camera in it, and the point of the wall that each pixel sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field

Vector = NDArray[np.float32]
"""Three numbers in the cavity's frame; z runs along the organ, away from the mouth; the unit is about 3 cm."""


@dataclass(frozen=True)
class Cavity:
    """An ellipsoid around the origin.

    Args:
        semi_axes: half its extent along x, y and z.
    """

    semi_axes: tuple[float, float, float]

    def point(self, theta: float, beta: float) -> Vector:
        """The point of the wall at an angle around z and a latitude (0 in the middle, pi/2 far end)."""
        a, b, c = self.semi_axes
        ring = np.cos(beta)
        return np.array([a * ring * np.cos(theta), b * ring * np.sin(theta), c * np.sin(beta)], np.float32)

    def inward(self, point: Vector) -> Vector:
        """Unit normal of the wall at a point, pointing into the cavity."""
        return unit(np.asarray(-point / np.square(np.array(self.semi_axes)), np.float32))

    def keep_inside(self, point: Vector, share: float = 0.86) -> Vector:
        """The point itself, or the nearest on its way to the middle that stays clear of the wall."""
        reach = float(np.linalg.norm(point / np.array(self.semi_axes)))
        return np.asarray(point * min(1.0, share / max(reach, 1e-6)), np.float32)


@dataclass(frozen=True)
class Camera:
    """A wide-angle camera, equal angles for equal distances in the picture.

    Args:
        position: where it is, with the light beside it.
        axes: (3, 3), rows are the right, down and forward directions of the picture.
        field_rad: angle from the middle of the picture to the middle of its longer edge.
    """

    position: Vector
    axes: NDArray[np.float32]
    field_rad: float


@dataclass(frozen=True)
class Wall:
    """What the pixels of a view (H, W) see of the bare wall.

    Args:
        points: (3, H, W) in the cavity's frame.
        distance: (H, W) from the camera.
        theta: (H, W) angle around the organ's long axis.
        along: (H, W) place along it, on the scale of ``theta`` so that textures keep their shape.
        latitude: (H, W) sine of the latitude, -1 near end to 1 far end.
        pixel_rad: angle between neighbouring pixels.
    """

    points: NDArray[np.float32]
    distance: Field
    theta: Field
    along: Field
    latitude: Field
    pixel_rad: float


def unit(vector: Vector) -> Vector:
    """The vector at length one."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def aim(position: Vector, target: Vector, roll_rad: float, field_rad: float) -> Camera:
    """A camera at a position that looks at a target, turned about its own axis."""
    forward = unit(target - position)
    helper = np.array([0, 0, 1] if abs(forward[2]) < 0.9 else [0, 1, 0], np.float32)
    right = unit(np.cross(forward, helper))
    down = np.cross(forward, right)
    turned = np.cos(roll_rad) * right + np.sin(roll_rad) * down
    axes = np.stack([turned, np.cross(forward, turned), forward]).astype(np.float32)
    return Camera(position, axes, field_rad)


@lru_cache(maxsize=16)
def _rays(height: int, width: int, field_rad: float) -> NDArray[np.float32]:
    """Unit directions (3, H, W) in the camera's frame: right, down, forward."""
    pitch = 2 * field_rad / max(height, width)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = (x - (width - 1) / 2) * pitch, (y - (height - 1) / 2) * pitch
    angle = np.hypot(x, y)
    shrink = np.sinc(angle / np.pi)
    rays = np.stack([x * shrink, y * shrink, np.cos(angle)]).astype(np.float32)
    rays.setflags(write=False)
    return rays


def turn(matrix: NDArray[np.float32], planes: NDArray[np.float32], shift: Vector | None = None) -> list[Field]:
    """Apply a 3x3 matrix, and add a shift, to vectors stored as three planes (3, H, W)."""
    x, y, z = planes
    turned = [row[0] * x + row[1] * y + row[2] * z for row in matrix]
    return turned if shift is None else [plane + part for plane, part in zip(turned, shift, strict=True)]


def project(camera: Camera, point: Vector, size: tuple[int, int]) -> tuple[float, float]:
    """Column and row at which a point appears in a picture of (height, width)."""
    right, down, forward = camera.axes @ unit(point - camera.position)
    angle = np.arccos(np.clip(forward, -1, 1))
    scale = angle / max(float(np.hypot(right, down)), 1e-6) / (2 * camera.field_rad / max(size))
    return float(right * scale + (size[1] - 1) / 2), float(down * scale + (size[0] - 1) / 2)


def see_wall(cavity: Cavity, camera: Camera, size: tuple[int, int]) -> Wall:
    """Intersect the ray of every pixel with the ellipsoid around the camera."""
    rays = turn(camera.axes.T, _rays(*size, camera.field_rad))
    shrink = (1 / np.array(cavity.semi_axes)).astype(np.float32)
    origin = camera.position * shrink
    x, y, z = (ray * part for ray, part in zip(rays, shrink, strict=True))
    toward = x * origin[0] + y * origin[1] + z * origin[2]
    length = x * x + y * y + z * z
    outside = np.float32(origin @ origin - 1)
    distance = (np.sqrt(toward * toward - length * outside) - toward) / length
    theta = cv2.phase(x * distance + origin[0], y * distance + origin[1])
    latitude = z * distance + origin[2]
    np.minimum(np.maximum(latitude, -1, out=latitude), 1, out=latitude)
    return Wall(
        points=np.stack([ray * distance + part for ray, part in zip(rays, camera.position, strict=True)]),
        distance=distance,
        theta=np.asarray(theta, np.float32),
        along=_along(latitude, cavity),
        latitude=latitude,
        pixel_rad=2 * camera.field_rad / max(size),
    )


def _along(latitude: Field, cavity: Cavity) -> Field:
    """Length along the wall in units of the ring's radius: Mercator's ordinate, exact for a sphere."""
    a, b, c = cavity.semi_axes
    near_pole = latitude * np.float32(0.9995)
    beta = np.arcsin(near_pole)
    stretched = np.log((1 + near_pole) / (1 - near_pole)) * np.float32(0.5)
    return np.asarray(np.float32(c / np.sqrt(a * b) - 1) * beta + stretched, np.float32)
