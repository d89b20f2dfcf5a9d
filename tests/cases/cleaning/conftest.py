"""Phantoms that cleaning is tried on: a body of two tissues, clean."""

from __future__ import annotations

import cv2
import numpy as np
import pytest


@pytest.fixture
def body() -> np.ndarray:
    """(96, 96) uint8: an ellipse of 110 with a smaller one of 170 in it, on black."""
    made = np.zeros((96, 96), np.uint8)
    cv2.ellipse(made, (48, 48), (42, 36), 0, 0, 360, 110, -1)
    cv2.ellipse(made, (40, 50), (14, 10), 20, 0, 360, 170, -1)
    return made


@pytest.fixture
def field() -> np.ndarray:
    """(96, 96) from 0.6 to 1.6 across, as of a surface coil."""
    across = np.linspace(0.6, 1.6, 96)
    return np.tile(across, (96, 1)).astype(np.float32)


@pytest.fixture
def coloured(body: np.ndarray) -> np.ndarray:
    """(96, 96, 3): the body in reds."""
    tints = (1.0, 0.55, 0.45)
    return np.stack([(body * tint).astype(np.uint8) for tint in tints], axis=2)
