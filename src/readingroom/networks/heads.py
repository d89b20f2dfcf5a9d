"""Heads: what turns the features of a backbone into one logit a class, of classes with an order or without."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

from readingroom.networks.cumulative import CumulativeLink
from readingroom.networks.initialise import seeded


def build_head(
    features: int,
    classes: int,
    *,
    hidden: Sequence[int] = (),
    drop_rate: float = 0.0,
    seed: int = 0,
    ordered: bool = False,
) -> nn.Sequential:
    """A linear layer, or a stack of dense layers with ReLU between them, from features to logits.

    Weights start as He (before a ReLU) and Glorot (the last layer) propose, biases at zero. The
    start depends on the seed and the sizes alone, so readers that differ only in their backbone's
    weights get the same head.

    Args:
        features: length F of a feature vector.
        classes: number of logits C.
        hidden: units of the dense layers before the last one; study 2 has ``(1024, 512, 256, 64)``.
        drop_rate: share of the units dropped in training: of the features, and after every ReLU.
        seed: the study's seed.
        ordered: the classes are grades, from the least to the most severe: the last layer is a `CumulativeLink`, whose
            logits are log-probabilities.

    Returns:
        A module from (B, F) to (B, C). The names of its tensors do not depend on ``drop_rate``.

    Example:
        >>> build_head(512, 3, hidden=(64,))(torch.zeros(2, 512)).shape
        torch.Size([2, 3])
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if drop_rate > 0:
        layers["drop0"] = nn.Dropout(drop_rate)
    width = features
    with seeded(seed, "head"):
        for number, units in enumerate(hidden, start=1):
            layers[f"dense{number}"] = _dense(width, units, relu=True)
            layers[f"relu{number}"] = nn.ReLU()
            if drop_rate > 0:
                layers[f"drop{number}"] = nn.Dropout(drop_rate)
            width = units
        layers["output"] = _link(width, classes) if ordered else _dense(width, classes, relu=False)
    return nn.Sequential(layers)


def _link(inputs: int, grades: int) -> CumulativeLink:
    link = CumulativeLink(inputs, grades)
    with torch.no_grad():
        nn.init.xavier_uniform_(link.severity.weight)
    return link


def _dense(inputs: int, outputs: int, *, relu: bool) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    with torch.no_grad():
        if relu:
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
        else:
            nn.init.xavier_uniform_(layer.weight)
        layer.bias.zero_()
    return layer
