"""Frozen backbones: features of every image, and of drawn copies of it, are computed once and kept."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap

from readingroom.core.files import atomic_write
from readingroom.core.progress import Progress
from readingroom.networks import Network
from readingroom.reading.precision import PrecisionChoice, autocast, choose_device, choose_precision, laid_out
from readingroom.training.sources import FeatureSource, ImageSource, Rows, Spares, made_ahead

BATCH = 32
"""Images, or planes of stacks, at once."""


def keep_features(
    network: Network,
    source: ImageSource,
    *,
    plain: Rows,
    augmented: Rows,
    copies: int,
    path: Path,
    seed: int,
    precision: PrecisionChoice,
    name: str,
    progress: Progress,
) -> FeatureSource:
    """Compute and store features, or find those that an earlier run stored.

    Args:
        network: its backbone is run in evaluation mode and not changed.
        source: the images.
        plain: rows whose plain image is needed: training and validation.
        augmented: rows whose copies are needed: training.
        copies: drawn copies of each.
        path: ``.npy`` to be written, (1 + copies, N, F) float32; of the planes of stacks
            (1 + copies, N, D, F), NaN where one is not there. Its name must tell what decides the features.
        seed: of the later choice of copies.
        precision: as in the recipe.
        name: shown with the progress.
        progress: where it is reported.
    """
    if path.is_file():
        return FeatureSource(path, seed)
    device = choose_device()
    chosen = choose_precision(precision, device)
    backbone = laid_out(network.eval(), chosen).to(device)
    jobs = _jobs(plain, augmented, copies, max(1, BATCH // (network.planes.depth if network.planes else 1)))
    task = progress.start(f"{name}: features of the frozen backbone", sum(len(rows) for _, rows in jobs))
    spares = Spares()
    makers = [partial(_inputs, source, copy, rows, spares) for copy, rows in jobs]
    kept = None
    with atomic_write(path) as temporary, torch.inference_mode():
        for (copy, rows), inputs in zip(jobs, made_ahead(makers, done=spares.give), strict=True):
            with autocast(chosen, device):
                features = backbone.features(inputs.to(device)).float().cpu().numpy()
            if kept is None:
                shape = (1 + copies, len(source.prepared.pixels), *features.shape[1:])
                kept = open_memmap(temporary, mode="w+", dtype=np.float32, shape=shape)
            kept[copy, rows] = features
            progress.advance(task, len(rows))
        del kept
    progress.finish(task)
    return FeatureSource(path, seed)


def _jobs(plain: Rows, augmented: Rows, copies: int, batch: int) -> list[tuple[int, Rows]]:
    parts = [(0, plain), *((copy, augmented) for copy in range(1, copies + 1))]
    return [(copy, rows[start : start + batch]) for copy, rows in parts for start in range(0, len(rows), batch)]


def _inputs(source: ImageSource, copy: int, rows: Rows, spares: Spares) -> torch.Tensor:
    # The plain image is copy 0.
    return source.plain(rows, spares) if copy == 0 else source.copy(rows, copy, spares)
