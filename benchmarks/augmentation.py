"""Images a second of the augmentation against torchvision v2's chain of the same operations, one core each.

Run it from the repository: ``python -m benchmarks.augmentation``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import cv2
import numpy as np
import torch
from benchmarks.table import Row, interleaved_medians, report
from numpy.typing import NDArray
from torchvision.transforms import v2

from readingroom.training.augmentation import AugmentationSection, Augmenter

PREPARED_PX, NETWORK_PX, BATCH = 256, 224, 32
MEAN, SD = (0.34403, 0.18075, 0.13959), (0.12930, 0.09520, 0.07852)
STUDY = {
    "affine": {"rotate": 20, "shear": 5, "scale": [0.8, 1.2], "translate": 0},
    "elastic": {"alpha": 30, "sigma": 6},
    "jitter": {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2, "hue": 0.03},
    "flip": True,
    "crop": [0.8, 1.0],
}


def prepared_images(count: int, side: int) -> NDArray[np.uint8]:
    """(count, side, side, 3) random mucosa: smooth, reddish, with a black surround."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (count, side, side, 3)).astype(np.float32)
    smooth = np.stack([cv2.GaussianBlur(image, (0, 0), 5) * 9 for image in noise])
    images = np.clip(np.array([150, 80, 60]) + 30 * smooth, 0, 255).astype(np.uint8)
    y, x = np.ogrid[:side, :side]
    images[:, np.hypot(x - side / 2, y - side / 2) > side * 0.55] = 0
    return np.asarray(images, dtype=np.uint8)


def peer_chain(section: AugmentationSection) -> v2.Compose:
    """Torchvision's transforms of the same operations and ranges, in the order in which ours composes them."""
    affine, elastic, jitter = section.affine, section.elastic, section.jitter
    bilinear = v2.InterpolationMode.BILINEAR
    steps: list[torch.nn.Module] = []
    if jitter:
        steps.append(v2.ColorJitter(jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue))
    if affine:
        moved = (affine.translate, affine.translate)
        steps.append(v2.RandomAffine(affine.rotate, moved, affine.scale, affine.shear, interpolation=bilinear))
    if elastic:
        # Torchvision displaces by half of its alpha.
        steps.append(v2.ElasticTransform(2 * elastic.alpha, elastic.sigma, interpolation=bilinear))
    if section.flip:
        steps.append(v2.RandomHorizontalFlip())
    if section.crop:
        steps.append(v2.RandomResizedCrop(NETWORK_PX, scale=section.crop, ratio=(1, 1), antialias=True))
    steps += [v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, SD)]
    return v2.Compose(steps)


def through_chain(chain: v2.Compose, images: list[torch.Tensor]) -> torch.Tensor:
    """A batch by the peer: every image with numbers of its own, as ours draws them."""
    return torch.stack([chain(image) for image in images])


def check_same_work(section: AugmentationSection, images: NDArray[np.uint8], tensors: list[torch.Tensor]) -> str:
    """That both make images of the same brightness, spread and black surround; says the numbers.

    Raises:
        RuntimeError: they do not.
    """
    torch.manual_seed(0)
    theirs = torch.cat([through_chain(peer_chain(section), tensors) for _ in range(4)])
    augmenter = Augmenter(section, NETWORK_PX, MEAN, SD, seed=7)
    ours = torch.cat([augmenter.batch(images, range(len(images)), epoch) for epoch in range(4)])
    moments = [
        (float(made.mean()), float(made.std()), float((made[:, 0] < -2).float().mean())) for made in (ours, theirs)
    ]
    if not np.allclose(moments[0], moments[1], atol=0.15):
        raise RuntimeError(f"ours and the peer's images differ: mean, sd, share of black {moments}")
    (mean, sd, black), (peer_mean, peer_sd, peer_black) = moments
    return (
        f"same operations and ranges, checked on {len(ours)} images each: mean {mean:.3f} and {peer_mean:.3f}, "
        f"sd {sd:.3f} and {peer_sd:.3f}, black {black:.3f} and {peer_black:.3f}"
    )


def measure(section: AugmentationSection, repeats: int) -> tuple[dict[str, float], str]:
    """Images a second of each candidate, and the note of what was checked."""
    images = prepared_images(BATCH, PREPARED_PX)
    # As decoded pixels lie in memory, channels last: torchvision's documentation calls it the fastest.
    tensors = [torch.from_numpy(image).permute(2, 0, 1) for image in images]
    planar = [tensor.contiguous() for tensor in tensors]
    note = check_same_work(section, images, tensors)
    exact = Augmenter(section, NETWORK_PX, MEAN, SD, seed=7)
    short = Augmenter(section, NETWORK_PX, MEAN, SD, 7, torch.bfloat16)
    limit = Augmenter(None, NETWORK_PX, MEAN, SD, seed=7)
    cut = np.ascontiguousarray(images[:, :NETWORK_PX, :NETWORK_PX])
    chain = peer_chain(section)
    candidates: dict[str, Callable[[], object]] = {
        "ours": lambda: exact.batch(images, range(BATCH), 0),
        "ours bfloat16": lambda: short.batch(images, range(BATCH), 0),
        "peer": lambda: through_chain(chain, tensors),
        "peer planar": lambda: through_chain(chain, planar),
        "normalise only": lambda: limit.plain(cut),
    }
    seconds = interleaved_medians(candidates, repeats)
    return {name: BATCH / value for name, value in seconds.items()}, note


def main() -> None:
    """Measure with and without the elastic field, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rows, notes = [], []
    for name, left_out in (
        ("all", ()),
        ("without elastic", ("elastic",)),
        ("colour, flip, crop", ("elastic", "affine")),
    ):
        section = AugmentationSection.model_validate({key: STUDY[key] for key in STUDY if key not in left_out})
        rate, note = measure(section, repeats)
        peer = max(rate["peer"], rate["peer planar"])
        rows.append(Row(f"{name}, float32", rate["ours"], peer, rate["normalise only"]))
        rows.append(Row(f"{name}, bfloat16", rate["ours bfloat16"], peer, rate["normalise only"]))
        notes.append(f"{name}: {note}; {1000 / rate['ours']:.2f} ms an image against {1000 / peer:.2f}")
    notes += [
        f"prepared {PREPARED_PX} px uint8 to {NETWORK_PX} px normalised, batches of {BATCH}, one core, "
        f"median of {repeats} interleaved runs",
        "peer: torchvision v2 on uint8 tensors, float32 out, the faster of channels-last and planar memory",
        "limit: normalising an image that already has its size, without any change, to float32",
        "all of them return fresh memory",
    ]
    report("augmentation", "Augmentation", "images/s", rows, notes)


if __name__ == "__main__":
    main()
