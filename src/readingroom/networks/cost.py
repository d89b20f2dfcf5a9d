"""Cost of a network on this machine: seconds per image, measured on made-up images."""

from __future__ import annotations

from copy import deepcopy
from time import perf_counter

import torch

from readingroom.networks.network import Network

_TIMED_BATCHES = 2


def seconds_per_image(network: Network, *, image_size: int, batch: int, training: bool) -> float:
    """Time one image or stack takes, where the network lies and at the precision of the caller's autocast.

    The network itself is left as it was: a copy works.

    Args:
        network: the network.
        image_size: side of the images in pixels.
        batch: images at once.
        training: forward and backward, or forward alone.

    Returns:
        Seconds an image (a stack, where the network takes these), the fastest of a few batches after one to warm up.
    """
    worker = deepcopy(network).train(training)
    device = next(worker.parameters()).device
    images = torch.zeros(batch, *network.input_shape[:-2], image_size, image_size, device=device)
    with torch.random.fork_rng(devices=[]), torch.set_grad_enabled(training):
        times = [_time_batch(worker, images, training=training) for _ in range(1 + _TIMED_BATCHES)]
    return min(times[1:]) / batch


def _time_batch(worker: Network, images: torch.Tensor, *, training: bool) -> float:
    start = perf_counter()
    logits = worker(images)
    if training:
        logits.float().square().mean().backward()
    if images.device.type == "cuda":
        torch.cuda.synchronize(images.device)
    return perf_counter() - start
