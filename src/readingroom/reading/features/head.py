"""The part of a features reader that looks at the image, as a network: a frozen backbone and a linear head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from readingroom.core.errors import NetworkError
from readingroom.networks import Network
from readingroom.reading.bundle import ReaderBundle, load_network
from readingroom.reading.features.contributions import coefficients, feature_names, is_linear
from readingroom.reading.features.reader import FeaturesReader, load_features_reader
from readingroom.reading.features.table import NETWORK


def shows_places(bundle: ReaderBundle) -> bool:
    """Whether heat maps can say where in the image a reader looked."""
    section = None if bundle.features is None else bundle.features.section
    return section is None or (section.network and section.model == "logistic")


def network_to_explain(folder: Path, bundle: ReaderBundle) -> Network:
    """The network of a reader whose answer is to be explained.

    Of a features reader it is the backbone with the head that the linear model makes of the backbone's features. Other
    features add the same wherever the network looks.

    Raises:
        NetworkError: the reader has no such part.
    """
    if bundle.features is None:
        return load_network(folder, bundle)
    reader = load_features_reader(folder, bundle)
    if reader.network is None or not is_linear(reader.model):
        raise NetworkError(f"{bundle.name} does not look at places", fix="Heat maps need a network and a linear model")
    return _with_head(reader, reader.network)


def _with_head(reader: FeaturesReader, network: Network) -> Network:
    model, classes = reader.model, reader.bundle.classes
    names = feature_names(model)
    own = [place for place, name in enumerate(names) if name.startswith(NETWORK)]
    columns = [int(names[place].removeprefix(NETWORK)) for place in own]
    scaler = model[0].named_transformers_["network"]
    share = (model[0].transformer_weights or {}).get("network", 1.0)
    head = nn.Linear(network.feature_count, len(classes))
    weight = np.zeros((len(classes), network.feature_count), dtype=np.float32)
    for place, number in enumerate(int(one) for one in model.classes_):
        # Standardising and weighing belong to the head; what is constant moves no place.
        weight[number, columns] = coefficients(model, place)[own] * share / np.asarray(scaler.scale_)[columns]
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(weight))
        head.bias.zero_()
    network.head = head
    return network
