"""Heat maps: where in an image the score of a class rose from, by Grad-CAM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from readingroom.cases.images import read_image
from readingroom.core.errors import NetworkError
from readingroom.networks import Network, SpatialLayer, find_spatial_layer
from readingroom.reading.network_input import NetworkInput
from readingroom.reading.outlines import Map, to_frame
from readingroom.reading.pipeline import grouped
from readingroom.reading.preprocessing import Pixels, Preprocessing

INSTALL = "pip install 'readingroom[explain]'"


def has_captum() -> bool:
    """Whether the extra ``readingroom[explain]`` is installed."""
    return find_spec("captum") is not None


class HeatMapper:
    """Makes heat maps of what a network answers.

    The gradient of a class's logit is taken at the last layer that knows places (`readingroom.networks.spatial`),
    averaged over them, and weighs that layer's channels; what is negative is dropped. Frozen parts of a network are no
    hindrance: no parameter needs a gradient.

    Args:
        network: it is moved to the device and set to evaluation, and its parameters take no gradients any more.
        preprocessing: with the normalisation.
        reader: the reader's name, for errors.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        NetworkError: captum is not installed, or the network has no layer that knows places.

    Source: Selvaraju et al., Grad-CAM: Visual explanations from deep networks via gradient-based localization,
        ICCV 2017, arXiv 1610.02391.
    """

    def __init__(
        self, network: Network, preprocessing: Preprocessing, *, reader: str = "", device: str = "auto"
    ) -> None:
        if not has_captum():
            raise NetworkError("captum is not installed, and heat maps need it", fix=INSTALL)
        self._input = NetworkInput(preprocessing, device, "float32")
        self._size = preprocessing.size
        self._network = network.eval().requires_grad_(False).to(self._input.device)
        try:
            self._layer = find_spatial_layer(network)
        except NetworkError as error:
            raise NetworkError(f"no heat maps of {reader or 'the reader'}: {error.what}", fix=error.fix) from error

    def maps(self, prepared: Pixels, classes: Sequence[int]) -> Map:
        """Heat maps of a batch.

        Args:
            prepared: (B, size, size, 3) 8-bit RGB, as `Preprocessing.prepare` gives it.
            classes: of each image the class to explain, by its place among the outputs.

        Returns:
            (B, size, size) float32, 0 to 1, each scaled by its own maximum; 0 everywhere where nothing in the image
            raised the score.
        """
        coarse = _grad_cam(self._network, self._layer, self._input.tensor(prepared), classes)
        side = self._layer.covered_px
        smooth = interpolate(coarse, (side, side), mode="bilinear")[:, 0, : self._size, : self._size]
        highest = smooth.amax(dim=(1, 2), keepdim=True)
        scaled = torch.where(highest > 0, smooth / highest, torch.zeros_like(smooth))
        return np.asarray(scaled.cpu().numpy(), dtype=np.float32)


def _grad_cam(network: nn.Module, layer: SpatialLayer, images: Tensor, classes: Sequence[int]) -> Tensor:
    """(B, 1, h, w), not negative, of images (B, C, H, W)."""
    from captum.attr import LayerGradCam

    # captum wants a module that gives maps: every layout passes through this one as (B, C, h, w).
    window = nn.Identity()

    def look_through(module: nn.Module, inputs: object, output: Tensor) -> Tensor:
        # What lies before the layer needs no gradient; a new leaf keeps its graph from being built.
        maps = layer.to_maps(output).detach().requires_grad_()
        return layer.from_maps(window(maps), output)

    hook = layer.module.register_forward_hook(look_through)
    try:
        made = LayerGradCam(network, window).attribute(images, target=list(classes), relu_attributions=True)
    finally:
        hook.remove()
    found: Tensor = made.detach()
    return found


@dataclass(frozen=True, eq=False)
class Explained:
    """What raised one class's score in one image.

    Args:
        image: its name.
        explained: the class.
        pixels: (H, W) or (H, W, 3) of the image, as it was read.
        heat: (H, W) float32, 0 to 1, in the image's own frame; 0 outside the view.
        empty: nothing in the image raised the score: the map is 0 everywhere.
    """

    image: str
    explained: str
    pixels: np.ndarray[Any, Any]
    heat: Map
    empty: bool


def explain_images(
    mapper: HeatMapper,
    preprocessing: Preprocessing,
    wanted: Sequence[tuple[str, str]],
    classes: Sequence[str],
    root: Path,
    *,
    batch: int = 8,
) -> Iterator[Explained]:
    """Heat maps of image files, each in the frame of its image.

    Args:
        mapper: of the reader.
        preprocessing: of the reader.
        wanted: image (relative to ``root``) and the class to explain.
        classes: in the order of the outputs.
        root: folder of the images.
        batch: images that the network takes at once.

    Raises:
        ImageError: a file cannot be read as an image.
    """
    for group in grouped(wanted, batch):
        read = [read_image(root / image) for image, _ in group]
        views = [preprocessing.view_of(one) for one in read]
        prepared = np.stack([preprocessing.prepare_image(one, view) for one, view in zip(read, views, strict=True)])
        maps = mapper.maps(prepared, [classes.index(name) for _, name in group])
        for (image, name), one, view, heat in zip(group, read, views, maps, strict=True):
            pixels = preprocessing.shown(one)
            framed = to_frame(heat, view, preprocessing, *pixels.shape[:2])
            yield Explained(image, name, pixels, framed, not heat.any())
