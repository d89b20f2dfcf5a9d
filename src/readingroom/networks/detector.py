"""Detectors: torchvision's FCOS or RetinaNet on a feature pyramid over any of timm's networks that has one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection import FCOS, RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.retinanet import RetinaNetHead
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelP6P7

from readingroom.core.errors import NetworkError
from readingroom.networks.backbones import create_backbone
from readingroom.networks.extensions import EXTENSIONS
from readingroom.networks.initialise import seeded
from readingroom.networks.names import base_name, check_name
from readingroom.networks.segmenter import fill_encoder
from readingroom.networks.weights import RANDOM, Loaded, read_checkpoint

FINEST = (8, 4)
"""Pixels between the places of the pyramid's first level; 4 for targets of a few pixels, at four times the work."""

LEAST_SIDE = 32
LEAST_SCORE = 0.01
"""Boxes of a lower score are not given at all: they would come after many false ones an image."""
MOST_BOXES = 100
"""Boxes given of an image, or of a tile, at most; the best ones."""
WIDTH = 256
"""Channels of the pyramid, as in both papers; any multiple of `GROUP` from 64."""
GROUP = 32
"""Parts that group normalisation makes of the channels."""

_COARSEST = 32
_OCTAVES = (1.0, 2 ** (1 / 3), 2 ** (2 / 3))
_ASPECTS = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Found:
    """The boxes found in one image, by falling score.

    Args:
        boxes_xyxy_px: (N, 4) in pixels of the input.
        scores: (N,) 0 to 1.
    """

    boxes_xyxy_px: Tensor
    scores: Tensor


class Detector(nn.Module):
    """A backbone, its feature pyramid, and a head that gives boxes with scores; one class, the lesion.

    Images come in as they are read: normalised and at one size. What torchvision's own models do before and after
    (resizing, normalising) is left out. Sides that are no multiple of 32 are padded with zeros at the right and lower
    edge.

    Args:
        name: of the backbone.
        kind: one of `KINDS`.
        model: torchvision's.
        image_size: side of the square images in pixels that it is meant for; others are taken too.
        finest: one of `FINEST`.
        loaded: which weights the backbone started from; None for random ones.
    """

    def __init__(
        self, name: str, kind: str, model: nn.Module, *, image_size: int, finest: int, loaded: Loaded | None
    ) -> None:
        super().__init__()
        self.name = name
        self.kind = kind
        self.model = model
        self.image_size = image_size
        self.finest = finest
        self.loaded = loaded

    def forward(self, images: Tensor, boxes: Sequence[Tensor] | None = None) -> Any:
        """Losses by name where the boxes of the reference are given; else what was found, and how to judge it.

        Args:
            images: (B, 3, H, W) normalised.
            boxes: of each image, (N, 4) x0 y0 x1 y1 in pixels of the input; N may be 0.

        Returns:
            Losses, or a `Found` of each image with a function that gives the losses for reference boxes.
        """
        height, width = images.shape[-2:]
        padding = (0, -width % _COARSEST, 0, -height % _COARSEST)
        padded = functional.pad(images, padding) if any(padding) else images
        features = list(self.model.backbone(padded).values())  # type: ignore[operator]
        # Boxes are decoded, and losses summed, in float32, whatever the network computes in.
        heads = {name: made.float() for name, made in self.model.head(features).items()}  # type: ignore[operator]
        sizes = [(height, width)] * len(images)
        anchors = self.model.anchor_generator(ImageList(padded, sizes), features)  # type: ignore[operator]
        counts = [
            maps.shape[2] * maps.shape[3] * (heads["cls_logits"].shape[1] // _places(features)) for maps in features
        ]
        if boxes is not None:
            return self._losses(heads, anchors, counts, boxes)
        split = {name: list(made.split(counts, dim=1)) for name, made in heads.items()}
        levels = [list(of.split(counts)) for of in anchors]
        given = self.model.postprocess_detections(split, levels, sizes)  # type: ignore[operator]
        return [Found(one["boxes"], one["scores"]) for one in given], partial(self._losses, heads, anchors, counts)

    def _losses(
        self, heads: dict[str, Tensor], anchors: list[Tensor], counts: list[int], boxes: Sequence[Tensor]
    ) -> dict[str, Tensor]:
        device = heads["cls_logits"].device
        moved = [one.to(device, torch.float32) for one in boxes]
        targets = [{"boxes": one, "labels": torch.zeros(len(one), dtype=torch.int64, device=device)} for one in moved]
        more = (counts,) if self.kind == "fcos" else ()
        losses: dict[str, Tensor] = self.model.compute_loss(targets, heads, anchors, *more)  # type: ignore[operator]
        return losses


def _places(features: Sequence[Tensor]) -> int:
    return sum(maps.shape[2] * maps.shape[3] for maps in features)


class _Coarse(LastLevelP6P7):  # type: ignore[misc]
    """The two coarsest levels, in float32.

    On a CPU in bfloat16, the gradient of a map of one place is no number (torch 2.14).
    """

    def forward(self, results: list[Tensor], maps: list[Tensor], names: list[str]) -> tuple[list[Tensor], list[str]]:
        with torch.autocast(results[-1].device.type, enabled=False):
            made: tuple[list[Tensor], list[str]] = super().forward([one.float() for one in results], maps, names)
        return made


class _Pyramid(nn.Module):
    """The last feature maps of an encoder as a pyramid of five levels of one width, or six from the finest of 4."""

    def __init__(self, encoder: nn.Module, channels: Sequence[int], width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.pyramid = FeaturePyramidNetwork(list(channels), width, extra_blocks=_Coarse(width, width))
        self.out_channels = width

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        maps = self.encoder(images)
        made: OrderedDict[str, Tensor] = self.pyramid(OrderedDict((f"{place}", one) for place, one in enumerate(maps)))
        return made


def build_detector(
    name: str,
    kind: str,
    *,
    weights: str | Path = RANDOM,
    image_size: int,
    finest: int = 8,
    width: int = WIDTH,
    seed: int = 0,
) -> Detector:
    """Build a detector; the same arguments give the same numbers.

    Args:
        name: of the backbone: any name of timm's that gives feature maps of falling size.
        kind: ``fcos`` (Tian 2019: boxes from points) or ``retinanet`` (Lin 2017: boxes from anchors).
        weights: of the backbone, as for `readingroom.networks.build_network`; the rest starts at random.
        image_size: side of the square images in pixels.
        finest: pixels between the places of the first level, one of `FINEST`.
        width: channels of the pyramid, a multiple of `GROUP` from 64.
        seed: the study's seed.

    Raises:
        NetworkError: no such backbone or kind, or they do not go together.
        WeightsError: weights that are not there, or not this backbone's.

    Example:
        >>> detector = build_detector("resnet18", "fcos", image_size=64).eval()
        >>> found, losses = detector(torch.zeros(2, 3, 64, 64))
        >>> len(found), found[0].boxes_xyxy_px.shape[1], sorted(losses([torch.zeros(0, 4)] * 2))
        (2, 4, ['bbox_ctrness', 'bbox_regression', 'classification'])
    """
    check_name(name)
    if kind not in KINDS:
        raise NetworkError(
            f"there is no detector {kind!r}", fix=f"Choose one of {', '.join(KINDS)}", field="readers.detector"
        )
    if finest not in FINEST:
        raise NetworkError(f"finest {finest}", fix="Choose 8, or 4 for very small targets", field="readers.finest")
    # A group of one channel would be constant on a map of one place.
    if width < 2 * GROUP or width % GROUP:
        raise NetworkError(
            f"width {width}", fix=f"Choose a multiple of {GROUP} from {2 * GROUP}, such as 256", field="readers.width"
        )
    if image_size < LEAST_SIDE:
        raise NetworkError(f"{image_size} pixels are too few", fix=f"Give {LEAST_SIDE} or more", field="input.size")
    loaded = None
    with seeded(seed, "detector", name, kind):
        encoder, channels = _encoder(name, finest)
        model = KINDS[kind](_Pyramid(encoder, channels, width), finest)
        if str(weights) != RANDOM:
            backbone, loaded = create_backbone(name, image_size=image_size, checkpoint=read_checkpoint(weights, name))
            fill_encoder(encoder, backbone, name)
    detector = Detector(name, kind, model, image_size=image_size, finest=finest, loaded=loaded)
    _try(detector)
    return detector


def _encoder(name: str, finest: int) -> tuple[nn.Module, list[int]]:
    """The network without its head, giving the maps of each halving from the finest to 32 pixels, and their widths."""
    if name in EXTENSIONS:
        raise _no_pyramid(name, "it is built from a whole network")
    try:
        whole = timm.create_model(base_name(name), features_only=True)
    except (RuntimeError, ValueError, AttributeError, AssertionError, TypeError, NotImplementedError) as error:
        raise _no_pyramid(name, f"{error}") from error
    reductions: list[int] = _info(whole).reduction()
    wanted = [side for side in (4, 8, 16, 32) if side >= finest]
    places = [len(reductions) - 1 - reductions[::-1].index(side) for side in wanted if side in reductions]
    if len(places) < len(wanted):
        raise _no_pyramid(name, f"its maps are {', '.join(map(str, reductions))} times smaller than the image")
    encoder = timm.create_model(base_name(name), features_only=True, out_indices=tuple(places))
    return encoder, list(_info(encoder).channels())


def _info(encoder: nn.Module) -> Any:
    """What timm says of the maps of a network that gives them."""
    return encoder.feature_info


def _no_pyramid(name: str, why: str) -> NetworkError:
    return NetworkError(
        f"{name} cannot carry a detector ({why})",
        fix="Choose a convolutional network such as resnet34, or a hierarchical one such as convnext_tiny",
        field="network",
    )


def _strides(finest: int) -> list[int]:
    return [stride for stride in (4, 8, 16, 32, 64, 128) if stride >= finest]


def _fcos(backbone: nn.Module, finest: int) -> nn.Module:
    sizes = tuple((stride,) for stride in _strides(finest))
    model: nn.Module = FCOS(
        backbone,
        num_classes=1,
        anchor_generator=AnchorGenerator(sizes, ((1.0,),) * len(sizes)),
        score_thresh=LEAST_SCORE,
        nms_thresh=0.5,
        detections_per_img=MOST_BOXES,
    )
    return model


def _width(backbone: nn.Module) -> int:
    return int(backbone.out_channels)  # type: ignore[arg-type]


def _retinanet(backbone: nn.Module, finest: int) -> nn.Module:
    sizes = tuple(tuple(4 * stride * octave for octave in _OCTAVES) for stride in _strides(finest))
    anchors = AnchorGenerator(sizes, (_ASPECTS,) * len(sizes))
    # Group normalisation, as FCOS has: without any, four convolutions learn slowly from few images.
    norm = partial(nn.GroupNorm, GROUP)
    model: nn.Module = RetinaNet(
        backbone,
        num_classes=1,
        anchor_generator=anchors,
        head=RetinaNetHead(_width(backbone), anchors.num_anchors_per_location()[0], 1, norm_layer=norm),
        score_thresh=LEAST_SCORE,
        nms_thresh=0.5,
        detections_per_img=MOST_BOXES,
    )
    return model


KINDS: dict[str, Callable[[nn.Module, int], nn.Module]] = {"fcos": _fcos, "retinanet": _retinanet}
"""Kinds of detector, from a pyramid and its finest stride."""


def _try(detector: Detector) -> None:
    side = detector.image_size
    was_training = detector.training
    try:
        with torch.inference_mode():
            detector.eval()(torch.zeros(1, 3, side, side))
    except (RuntimeError, ValueError, AssertionError) as error:
        raise NetworkError(
            f"{detector.kind} on {detector.name} does not take {side} pixels ({error})",
            fix="Give a larger input.size, or another network",
            field="input.size",
        ) from error
    finally:
        detector.train(was_training)
