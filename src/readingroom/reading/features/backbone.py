"""Features of a frozen backbone: what a network says of a plain image before its head."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from readingroom.core.errors import ImageError
from readingroom.core.progress import Progress
from readingroom.networks import Network, build_network
from readingroom.reading.network_input import NetworkInput
from readingroom.reading.pipeline import Unread, grouped, prepare_file
from readingroom.reading.preprocessing import Pixels, Preprocessing

Features = npt.NDArray[np.float32]
PreparedImage = Callable[[str], Pixels]

_BATCH = 16


class FeatureEngine:
    """Runs a backbone on prepared images, in float32.

    Args:
        network: its head is not used.
        preprocessing: with the normalisation.
        device: ``auto``, ``cpu`` or ``cuda``.
    """

    def __init__(self, network: Network, preprocessing: Preprocessing, *, device: str = "auto") -> None:
        self._input = NetworkInput(preprocessing, device, "float32")
        self._network = network.eval().to(self._input.device)

    def features(self, prepared: Pixels) -> Features:
        """Features (B, F) of prepared images (B, size, size, 3)."""
        with self._input.normalised(prepared) as images:
            return np.asarray(self._network.features(images).float().cpu().numpy(), dtype=np.float32)


def backbone_of(name: str, weights: str | Path, size: int, seed: int = 0) -> Network:
    """A network whose backbone has its weights; its head is of no use."""
    return build_network(name, 2, weights=weights, image_size=size, seed=seed)


def features_of(
    engine: FeatureEngine, images: Sequence[str], prepared: PreparedImage, *, name: str, progress: Progress
) -> tuple[Features, list[Unread]]:
    """Features (N, F) of images in their order; rows of images that cannot be read are NaN."""
    unread: list[Unread] = []
    rows: dict[str, Features] = {}
    task = progress.start(f"{name}: features of the frozen backbone", len(images))
    for group in grouped(_readable(images, prepared, unread), _BATCH):
        found = engine.features(np.stack([pixels for _, pixels in group]))
        rows |= {image: row for (image, _), row in zip(group, found, strict=True)}
        progress.advance(task, len(group))
    progress.finish(task)
    width = len(next(iter(rows.values()))) if rows else 0
    missing = np.full(width, np.nan, dtype=np.float32)
    return np.array([rows.get(image, missing) for image in images], dtype=np.float32).reshape(
        len(images), width
    ), unread


def _readable(images: Sequence[str], prepared: PreparedImage, unread: list[Unread]) -> Iterator[tuple[str, Pixels]]:
    for image in images:
        try:
            yield image, prepared(image)
        except ImageError as error:
            unread.append(Unread(image, error.what))


def from_files(root: Path, preprocessing: Preprocessing) -> PreparedImage:
    """Images prepared from their files, the view found in each."""
    return lambda image: prepare_file(root / image, preprocessing)
