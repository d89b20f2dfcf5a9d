"""Volumes a second of the 3-D augmentation against MONAI's transforms of the same operations, one core each.

Run it from the repository: ``python -m benchmarks.volumes``.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from benchmarks.table import Row, interleaved_medians, report
from monai import transforms
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from readingroom.training.augmentation import AugmentationSection, StackAugmenter

BATCH, DEPTH, SIDE = 4, 32, 64
STUDY = {
    "affine": {"rotate": 20, "shear": 5, "scale": [0.8, 1.2], "translate": 0.05},
    "elastic": {"alpha": 30, "sigma": 6},
    "jitter": {"brightness": 0.2, "contrast": 0.2},
    "flip": True,
}


def drawn_volumes() -> NDArray[np.uint8]:
    """(BATCH, DEPTH, SIDE, SIDE, 1) smooth grey bodies."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (BATCH, DEPTH, SIDE, SIDE))
    smooth = np.stack([gaussian_filter(volume, 3) for volume in noise])
    return (128 + 100 * smooth / np.abs(smooth).max()).astype(np.uint8)[..., None]


def peer_chain(*, elastic: bool) -> transforms.Compose:
    """MONAI's transforms of the same operations and ranges; its shear and tilts are drawn about all axes."""
    angle, tilt = np.radians(20), np.radians(20 / 3)
    moved = {
        "prob": 1.0,
        "rotate_range": (tilt, tilt, angle),
        "shear_range": (np.tan(np.radians(5)),) * 6,
        "translate_range": (DEPTH * 0.05, SIDE * 0.05, SIDE * 0.05),
        "scale_range": ((-0.2, 0.2),) * 3,
        "padding_mode": "zeros",
        "mode": "bilinear",
    }
    steps = [transforms.RandFlip(0.5, 2), transforms.RandScaleIntensity(0.2, prob=1)]
    warp = (
        transforms.Rand3DElastic(sigma_range=(6, 6), magnitude_range=(250, 250), **moved)
        if elastic
        else transforms.RandAffine(**moved)
    )
    return transforms.Compose([warp, *steps, transforms.NormalizeIntensity(76.0, 51.0)])


def main() -> None:
    """Measure with and without the elastic field, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    stacks = drawn_volumes()
    volumes = [torch.from_numpy(stack[..., 0][None].astype(np.float32)) for stack in stacks]
    rows = []
    for name, left_out in (("all", ""), ("without elastic", "elastic")):
        section = AugmentationSection.model_validate({key: STUDY[key] for key in STUDY if key != left_out})
        ours = StackAugmenter(section, SIDE, (0.3,), (0.2,), 7, spacing_ratio=2.0)
        chain = peer_chain(elastic=not left_out)
        seconds = interleaved_medians(
            {
                "ours": lambda ours=ours: ours.batch(stacks, range(BATCH), 0),
                "peer": lambda chain=chain: [chain(volume) for volume in volumes],
                "plain": lambda ours=ours: ours.plain(stacks),
            },
            repeats,
        )
        rows.append(Row(name, *(BATCH / seconds[key] for key in ("ours", "peer", "plain"))))
    notes = [
        f"{DEPTH} x {SIDE} x {SIDE} voxels, batches of {BATCH}, one core, median of {repeats} interleaved runs",
        "peer: MONAI's RandAffine, or Rand3DElastic with its affine part, then RandFlip, RandScaleIntensity "
        "and NormalizeIntensity, on float32 tensors; without contrast, which MONAI has as a power and ours as a line",
        "limit: normalising a volume without any change",
    ]
    report("volumes", "Augmentation of volumes", "volumes/s", rows, notes)


if __name__ == "__main__":
    main()
