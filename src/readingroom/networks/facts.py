"""Facts about networks: size, preprocessing and origin of the published weights, for people to choose by."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from readingroom.core.errors import WeightsError
from readingroom.networks.backbones import outline_backbone, published_facts
from readingroom.networks.names import check_name, is_volume_network
from readingroom.networks.published import published_weights
from readingroom.networks.volumes import create_volume_backbone


@dataclass(frozen=True)
class NetworkFacts:
    """What is known about a network before it is built.

    Args:
        name: name of the network.
        parameters: number of parameters of the backbone, without a head.
        image_size: side in pixels that the published weights learned from; 0 for a 3-D network, which has none.
        mean: mean of red, green and blue in 0..1 that the published weights expect to be subtracted.
        sd: standard deviation of the same that they expect to be divided by.
        weights: hub repository or address of the published weights; empty where there are none.
        variant: which published weights, in timm's words: ``a1_in1k`` learned from ImageNet-1k.
        licence: licence of the published weights, as timm states it; empty where it does not.
        origin: where timm says that they come from; empty where it does not.
    """

    name: str
    parameters: int
    image_size: int
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    weights: str
    variant: str
    licence: str
    origin: str


def describe(name: str) -> NetworkFacts:
    """The facts of a network, without building it and without the network.

    Raises:
        NetworkError: no such network.

    Example:
        >>> describe("resnet18").weights
        'timm/resnet18.a1_in1k'
    """
    check_name(name)
    if is_volume_network(name):
        return _of_volumes(name)
    facts = published_facts(name)
    outline = outline_backbone(name, image_size=facts.input_size[-1], in_channels=facts.input_size[0])
    return NetworkFacts(
        name=name,
        parameters=sum(parameter.numel() for parameter in outline.parameters()),
        image_size=facts.input_size[-1],
        mean=tuple(facts.mean),
        sd=tuple(facts.std),
        weights=_weights_source(name),
        variant=facts.tag or "",
        licence=facts.license or "",
        origin=facts.origin_url or "",
    )


def _of_volumes(name: str) -> NetworkFacts:
    """There are no published weights, so their size and colours are none either."""
    with torch.device("meta"):
        outline, _ = create_volume_backbone(name)
    parameters = sum(parameter.numel() for parameter in outline.parameters())
    return NetworkFacts(name, parameters, 0, (), (), "", "", "", "")


def _weights_source(name: str) -> str:
    try:
        return published_weights(name).source
    except WeightsError:
        return ""
