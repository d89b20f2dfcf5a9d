"""A tiny learnable problem that the training tests share: bright squares against noise."""

from __future__ import annotations

import numpy as np
import pytest

from readingroom.training.augmentation import AugmentationSection, Augmenter
from readingroom.training.objectives import Examples
from readingroom.training.prepared import PreparedImages
from readingroom.training.sources import ImageSource

COUNT, SIZE = 96, 32


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedImages:
    draws = np.random.default_rng(0)
    pixels = draws.integers(40, 160, (COUNT, SIZE, SIZE, 3)).astype(np.uint8)
    pixels[1::2, 8:24, 8:24, 0] = np.minimum(pixels[1::2, 8:24, 8:24, 0].astype(int) + 70, 255)
    path = tmp_path_factory.mktemp("prepared") / "images.npy"
    np.save(path, pixels)
    return PreparedImages(path)


@pytest.fixture(scope="session")
def examples() -> Examples:
    rows = np.arange(COUNT)
    return Examples(rows[:64], rows[64:], (rows % 2).astype(np.int64), 2)


@pytest.fixture(scope="session")
def images(prepared: PreparedImages) -> ImageSource:
    section = AugmentationSection.model_validate({"flip": True, "jitter": {"brightness": 0.1}})
    return ImageSource(prepared, Augmenter(section, SIZE, (0.4, 0.4, 0.4), (0.2, 0.2, 0.2), 7))
