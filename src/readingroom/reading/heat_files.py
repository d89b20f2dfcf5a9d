"""Heat maps beside readings: every image that was read, with what raised the score of its answer laid over it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from readingroom.core.errors import BundleError
from readingroom.core.progress import Progress, SilentProgress
from readingroom.reading.bundle import ReaderBundle
from readingroom.reading.features.head import network_to_explain
from readingroom.reading.heat_maps import HeatMapper, explain_images
from readingroom.reading.heat_pictures import heat_overlay
from readingroom.reading.outline_pipeline import png_name
from readingroom.reading.overlay import save_picture


class HeatPictures:
    """Draws heat maps for a reader that tells classes apart.

    Args:
        parts: folder and bundle of the reader, or of the two that a combined reader is made of.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        BundleError: no part tells classes apart on its own.
        NetworkError: captum is not installed, or the network has no layer that knows places.
    """

    def __init__(self, parts: Iterable[tuple[Path, ReaderBundle]], device: str = "auto") -> None:
        known = list(parts)
        plain = [(folder, bundle) for folder, bundle in known if bundle.outlines is None and bundle.boxes is None]
        if not plain:
            said = "heat maps are of readers that only tell classes apart; this one shows where by what it draws"
            raise BundleError(said, fix="Leave out --heat-maps", file=known[0][0])
        folder, self._bundle = plain[0]
        network = network_to_explain(folder, self._bundle)
        self._mapper = HeatMapper(network, self._bundle.preprocessing, reader=self._bundle.name, device=device)

    def draw(self, readings: pd.DataFrame, root: Path, folder: Path, progress: Progress | None = None) -> list[Path]:
        """Draw one picture a reading; returns their paths.

        Args:
            readings: ``image, predicted``.
            root: folder of the images.
            folder: where the pictures go, under their images' names, as PNG.
            progress: where it is reported.
        """
        wanted = [(str(image), str(name)) for image, name in readings[["image", "predicted"]].to_numpy()]
        found = explain_images(self._mapper, self._bundle.preprocessing, wanted, self._bundle.classes, root)
        paths = []
        for one in (progress or SilentProgress()).track(found, "drawing heat maps", len(wanted)):
            paths.append(folder / png_name(one.image))
            save_picture(heat_overlay(one.pixels, one.heat), paths[-1])
        return paths
