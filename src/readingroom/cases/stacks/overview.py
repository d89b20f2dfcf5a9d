"""The overview: an image or a stack of planes as one picture, to be looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from readingroom.cases.images import read_image
from readingroom.cases.stacks.choice import StackChoice
from readingroom.cases.stacks.read import read_stack
from readingroom.cases.window import WindowChoice


def read_shown(path: Path, window: WindowChoice = "percentiles", stack: StackChoice | None = None) -> np.ndarray:
    """An image with 8 bits; of a stack the middle plane.

    Args:
        path: of the image or the stack.
        window: by which more than 8 bits become 8.
        stack: what of a stack is seen; None for single images.

    Returns:
        (H, W) or (H, W, 3) uint8.

    Raises:
        ImageError: it cannot be read.
    """
    if stack is None:
        return read_image(path).shown(window)
    return read_stack(path, stack).overview().shown(window)
