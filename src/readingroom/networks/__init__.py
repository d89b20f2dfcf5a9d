"""Names in, modules out."""

from __future__ import annotations

from readingroom.networks.build import build_network
from readingroom.networks.cost import seconds_per_image
from readingroom.networks.cumulative import CumulativeLink
from readingroom.networks.facts import NetworkFacts, describe
from readingroom.networks.heads import build_head
from readingroom.networks.names import VOLUME_NETWORKS, check_name, is_volume_network, network_names
from readingroom.networks.network import Network
from readingroom.networks.planes import PlanesPlan
from readingroom.networks.pools import POOLS, check_pool
from readingroom.networks.published import cached_weights, published_weights
from readingroom.networks.resenet import build_resenet
from readingroom.networks.sizes import smallest_size
from readingroom.networks.spatial import SpatialLayer, find_spatial_layer
from readingroom.networks.weights import Loaded

__all__ = [
    "POOLS",
    "VOLUME_NETWORKS",
    "CumulativeLink",
    "Loaded",
    "Network",
    "NetworkFacts",
    "PlanesPlan",
    "SpatialLayer",
    "build_head",
    "build_network",
    "build_resenet",
    "cached_weights",
    "check_name",
    "check_pool",
    "describe",
    "find_spatial_layer",
    "is_volume_network",
    "network_names",
    "published_weights",
    "seconds_per_image",
    "smallest_size",
]
