"""Segmenters: an encoder that is any of timm's networks, and a decoder that outlines lesions pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn
from torch.nn import functional

from readingroom.core.errors import NetworkError
from readingroom.networks.backbones import create_backbone
from readingroom.networks.initialise import seeded
from readingroom.networks.names import check_name
from readingroom.networks.plain_unet import PLAIN, STRIDE, PlainUNet
from readingroom.networks.weights import RANDOM, Loaded, read_checkpoint

DECODERS = ("deeplabv3", "deeplabv3plus", "unet", "unetplusplus", "manet", "linknet", "fpn", "pspnet", "pan", "upernet")
"""Decoders by their names in segmentation_models_pytorch."""

LEAST_SIDE = 32


class Segmenter(nn.Module):
    """An encoder, a decoder that gives a mask, and perhaps a classifier on the encoder's last features.

    Images whose sides the encoder cannot halve often enough are padded with black at the right and lower edge, and the
    mask is cut back: 513 pixels, as study 3 has them, become 520 inside.

    Args:
        name: of the encoder.
        decoder: one of `DECODERS`.
        model: of segmentation_models_pytorch.
        image_size: side of the square images in pixels that it is meant for.
        classes: classes that the classifier tells apart; 0 for none.
        loaded: which weights the encoder started from; None for random ones.
        stride: sides are padded to a multiple of it; None is the encoder's.
    """

    def __init__(
        self,
        name: str,
        decoder: str,
        model: nn.Module,
        *,
        image_size: int,
        classes: int,
        loaded: Loaded | None,
        stride: int | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.decoder = decoder
        self.model = model
        self.image_size = image_size
        self.classes = classes
        self.loaded = loaded
        self.stride = stride or int(model.encoder.output_stride)  # type: ignore[union-attr,arg-type]

    @property
    def padded_size(self) -> int:
        """Side in pixels that images are padded to."""
        return self.image_size + -self.image_size % self.stride

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Mask logits (B, H, W) and class logits (B, classes), None without a classifier, of images (B, 3, H, W)."""
        height, width = images.shape[-2:]
        padding = (0, -width % self.stride, 0, -height % self.stride)
        made = self.model(functional.pad(images, padding) if any(padding) else images)
        masks, classes = made if self.classes else (made, None)
        return masks[:, 0, :height, :width], classes


def build_segmenter(
    name: str,
    decoder: str,
    *,
    weights: str | Path = RANDOM,
    image_size: int,
    classes: int = 0,
    drop_rate: float = 0.0,
    seed: int = 0,
) -> Segmenter:
    """Build a segmenter; the same arguments give the same numbers.

    Args:
        name: of the encoder: any name of timm's that gives feature maps, or one of `PLAIN` with ``unet``.
        decoder: one of `DECODERS`.
        weights: of the encoder, as for `readingroom.networks.build_network`; the decoder starts at random.
        image_size: side of the square images in pixels.
        classes: a classifier of so many classes on the encoder's last features; 0 for none.
        drop_rate: dropout before that classifier.
        seed: the study's seed.

    Raises:
        NetworkError: no such encoder or decoder, or they do not go together.
        WeightsError: weights that are not there, or not this encoder's.

    Example:
        >>> segmenter = build_segmenter("resnet18", "unet", image_size=64)
        >>> segmenter(torch.zeros(2, 3, 64, 64))[0].shape
        torch.Size([2, 64, 64])
    """
    if name not in PLAIN:
        check_name(name)
    if decoder not in DECODERS:
        raise NetworkError(
            f"there is no decoder {decoder!r}",
            fix=f"Choose one of {', '.join(DECODERS)}",
            field="decoder",
        )
    if image_size < LEAST_SIDE:
        raise NetworkError(f"{image_size} pixels are too few", fix=f"Give {LEAST_SIDE} or more", field="input.size")
    if name in PLAIN:
        return _plain(name, decoder, str(weights), image_size, classes, drop_rate, seed)
    loaded = None
    with seeded(seed, "segmenter", name, decoder):
        model = _create(name, decoder, classes, drop_rate)
        if str(weights) != RANDOM:
            backbone, loaded = create_backbone(name, image_size=image_size, checkpoint=read_checkpoint(weights, name))
            fill_encoder(model.encoder.model, backbone, name)  # type: ignore[union-attr,arg-type]
    segmenter = Segmenter(name, decoder, model, image_size=image_size, classes=classes, loaded=loaded)
    _try(segmenter)
    return segmenter


def _plain(
    name: str, decoder: str, weights: str, image_size: int, classes: int, drop_rate: float, seed: int
) -> Segmenter:
    if decoder != "unet" or weights != RANDOM:
        raise NetworkError(
            f"{name} is the plain U-Net, without a classification network inside",
            fix="Write decoder: unet and weights: random, or choose another encoder such as resnet34",
            field="network",
        )
    with seeded(seed, "segmenter", name, decoder):
        model = PlainUNet(PLAIN[name], classes=classes, drop_rate=drop_rate)
    return Segmenter(name, decoder, model, image_size=image_size, classes=classes, loaded=None, stride=STRIDE)


def _create(name: str, decoder: str, classes: int, drop_rate: float) -> nn.Module:
    head = {"classes": classes, "pooling": "avg", "dropout": drop_rate} if classes else None
    try:
        model: nn.Module = smp.create_model(
            decoder, encoder_name=f"tu-{name}", encoder_weights=None, in_channels=3, classes=1, aux_params=head
        )
    except (
        RuntimeError,
        ValueError,
        KeyError,
        AttributeError,
        AssertionError,
        TypeError,
        NotImplementedError,
    ) as error:
        raise NetworkError(
            f"{name} cannot be the encoder of {decoder} ({error})",
            fix="Choose a convolutional encoder such as resnet34, or another decoder",
            field="network",
        ) from error
    return model


def fill_encoder(encoder: nn.Module, backbone: nn.Module, name: str) -> None:
    """Copy a backbone's tensors into the encoder, which calls nested ones by another name (``stages_0``)."""
    held = {key.replace(".", "_"): value for key, value in backbone.state_dict().items()}
    wanted = encoder.state_dict()
    missing = [key for key in wanted if key.replace(".", "_") not in held]
    if missing:
        raise NetworkError(f"the weights of {name} lack {missing[0]} and {len(missing) - 1} more", field="weights")
    encoder.load_state_dict({key: held[key.replace(".", "_")] for key in wanted})


def _try(segmenter: Segmenter) -> None:
    side = segmenter.image_size
    was_training = segmenter.training
    try:
        with torch.inference_mode():
            segmenter.eval()(torch.zeros(1, 3, side, side))
    except (RuntimeError, ValueError, AssertionError) as error:
        raise NetworkError(
            f"{segmenter.decoder} on {segmenter.name} does not take {side} pixels ({error})",
            fix="Give a larger input.size, or another decoder",
            field="input.size",
        ) from error
    finally:
        segmenter.train(was_training)
