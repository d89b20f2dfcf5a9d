"""Residue: what lies on any mucosa and is no lesion: mucus, foam, flecks of blood, patches of redness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.mucosa import Texture
from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.surface import Patch, Spot, Surface

DECOYS = ("mucus", "redness", "swelling", "blood", "pallor")
"""Things that resemble a lesion and are none."""


@dataclass(frozen=True)
class Decoy:
    """A thing on or in the wall that resembles a lesion and is none.

    Args:
        kind: one of `DECOYS`.
        spot: where it is and its shape.
        strength: 0 to 1.
    """

    kind: str
    spot: Spot
    strength: float


@dataclass(frozen=True)
class Litter:
    """Small things all over a view, for one image.

    Args:
        mucus: share of the wall under strands of mucus, 0 to 1.
        blood: share of the wall with flecks of blood, 0 to 1.
        bile: strength of a yellow film.
        shift: place on the patient's tile that the litter gathers by, a number of its own for each image.
    """

    mucus: float
    blood: float
    bile: float
    shift: float


def lay_decoy(decoy: Decoy, patch: Patch, surface: Surface) -> None:
    """Draw a decoy on the surface, in place."""
    k, radius, reach = decoy.strength, np.float32(decoy.spot.radius), patch.reach
    soft = smoothstep(1.0, 0.45, reach)
    lumps, blotches = patch.grain[..., 0], patch.grain[..., 1]
    if decoy.kind == "mucus":
        film = soft * smoothstep(-1.2, 1.0, blotches + soft) * np.float32(0.85 * k)
        surface.cover(film, (0.72, 0.64, 0.44))
        surface.relief[:] += film * radius * np.float32(0.06)
        surface.texture[:] *= 1 - film
    elif decoy.kind == "redness":
        surface.tint(soft * np.clip(0.8 + 0.3 * blotches, 0, 1) * np.float32(k), (0.88, 0.56, 0.54))
    elif decoy.kind == "pallor":
        surface.tint(soft * np.clip(0.8 + 0.3 * blotches, 0, 1) * np.float32(k), (1.05, 1.22, 1.18))
    elif decoy.kind == "swelling":
        surface.relief[:] += radius * np.float32(0.22 * k) * soft * (1 + np.float32(0.15) * lumps)
    else:
        stain = soft * smoothstep(0.2, 0.9, blotches + np.float32(0.6) * soft) * np.float32(0.85 * k)
        surface.cover(stain, (0.30, 0.035, 0.03))


def scatter_litter(litter: Litter, texture: Texture, surface: Surface) -> None:
    """Scatter mucus, blood and bile over the surface, in place."""
    slow, fast = texture.gather, texture.gland_colour
    phase = np.sin(np.float32(2.0) * texture.bend + np.float32(litter.shift))
    if litter.bile:
        surface.tint(np.float32(litter.bile) * smoothstep(-0.5, 1.0, slow * phase), (0.97, 0.90, 0.45))
    if litter.mucus:
        strands = _rare(litter.mucus, slow - np.float32(0.6) * phase + np.float32(0.25) * fast)
        surface.cover(strands * np.float32(0.7), (0.74, 0.68, 0.50))
        surface.texture[:] *= 1 - strands
        surface.relief[:] += np.float32(0.012) * strands
    if litter.blood:
        flecks = _rare(litter.blood, np.float32(0.8) * fast + slow * phase)
        surface.cover(flecks * np.float32(0.8), (0.34, 0.04, 0.035))


def _rare(share: float, field: Field) -> Field:
    """About a share of a field with unit deviation: its highest values, with soft edges."""
    level = 2.6 - 1.6 * share
    return smoothstep(level, level + 0.7, field)
