"""Echoes: an ultrasound scan in the making: what echoes how strongly, and what absorbs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.noise import Field

FLUID_DB = -62.0
"""Clear fluid, which is shown black."""


@dataclass
class Echoes:
    """A scan in the making, depth by lines.

    Args:
        x, y: (H, W) coordinates in shares of the depth.
        echo_db: (H, W) how strongly each place echoes.
        loss_db: (H, W) what each pixel of depth absorbs beyond tissue.
    """

    x: Field
    y: Field
    echo_db: Field
    loss_db: Field

    def blend(self, where: Field, db: float | Field) -> None:
        """Bring the echo of a place (H, W), 0 to 1, to a level."""
        self.echo_db += where * (db - self.echo_db)

    def absorb(self, where: Field, total_db: float, reach: float) -> None:
        """Let a place absorb so much over a reach in shares of the depth; negative where it absorbs less."""
        self.loss_db += where * np.float32(total_db / (reach * self.y.shape[0]))
