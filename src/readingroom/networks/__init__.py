"""Names in, modules out."""

from __future__ import annotations

from readingroom.networks.build import build_network
from readingroom.networks.cost import seconds_per_image
from readingroom.networks.cumulative import CumulativeLink
from readingroom.networks.facts import NetworkFacts, describe
from readingroom.networks.heads import build_head
from readingroom.networks.names import check_name, network_names
from readingroom.networks.network import Network
from readingroom.networks.published import cached_weights, published_weights
from readingroom.networks.resenet import build_resenet
from readingroom.networks.sizes import smallest_size
from readingroom.networks.spatial import SpatialLayer, find_spatial_layer
from readingroom.networks.weights import Loaded

__all__ = [
    "CumulativeLink",
    "Loaded",
    "Network",
    "NetworkFacts",
    "SpatialLayer",
    "build_head",
    "build_network",
    "build_resenet",
    "cached_weights",
    "check_name",
    "describe",
    "find_spatial_layer",
    "network_names",
    "published_weights",
    "seconds_per_image",
    "smallest_size",
]
