"""The network of a reader: a backbone that makes features, and a head that makes logits of them."""

from __future__ import annotations

from torch import Tensor, nn

from readingroom.networks.planes import PlanesPlan
from readingroom.networks.pools import Pool
from readingroom.networks.weights import Loaded


class Network(nn.Module):
    """A backbone and a head, kept apart so that the head can be trained on features computed once.

    A network of stacks takes them as (B, D, C, H, W). Its features are (B, D, F), one vector a plane, where the head
    begins with a pool; and (B, F) where the backbone is a 3-D network.

    Args:
        name: name that the backbone was built by.
        backbone: module from images (B, C, H, W) to features (B, F).
        head: module from features (B, F) to logits (B, classes).
        image_size: side of the square images in pixels that it was built for.
        in_channels: channels of the images.
        feature_count: F.
        loaded: which weights the backbone started from; None for random ones.
        planes: the stacks that it was built for; None for a network of single images.
    """

    def __init__(
        self,
        name: str,
        backbone: nn.Module,
        head: nn.Module,
        *,
        image_size: int,
        in_channels: int,
        feature_count: int,
        loaded: Loaded | None = None,
        planes: PlanesPlan | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.backbone = backbone
        self.head = head
        self.image_size = image_size
        self.in_channels = in_channels
        self.feature_count = feature_count
        self.loaded = loaded
        self.planes = planes

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one image (C, H, W), or of one stack (D, C, H, W)."""
        image = (self.in_channels, self.image_size, self.image_size)
        return image if self.planes is None else (self.planes.depth, *image)

    @property
    def pool(self) -> Pool | None:
        """What makes the features of a stack from those of its planes; None where nothing does."""
        pool = getattr(self.head, "pool", None)
        return pool if isinstance(pool, Pool) else None

    def features(self, images: Tensor) -> Tensor:
        """Features (B, F) of images (B, C, H, W); or of stacks."""
        features: Tensor = self.backbone(images)
        return features

    def classify(self, features: Tensor) -> Tensor:
        """Logits (B, classes) of features (B, F) or (B, D, F)."""
        logits: Tensor = self.head(features)
        return logits

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, classes) of images (B, C, H, W), or of stacks (B, D, C, H, W)."""
        return self.classify(self.features(images))
