"""The network of a reader: a backbone that makes features, and a head that makes logits of them."""

from __future__ import annotations

from torch import Tensor, nn

from readingroom.networks.weights import Loaded


class Network(nn.Module):
    """A backbone and a head, kept apart so that the head can be trained on features computed once.

    Args:
        name: name that the backbone was built by.
        backbone: module from images (B, C, H, W) to features (B, F).
        head: module from features (B, F) to logits (B, classes).
        image_size: side of the square images in pixels that it was built for.
        in_channels: channels of the images.
        feature_count: F.
        loaded: which weights the backbone started from; None for random ones.
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
    ) -> None:
        super().__init__()
        self.name = name
        self.backbone = backbone
        self.head = head
        self.image_size = image_size
        self.in_channels = in_channels
        self.feature_count = feature_count
        self.loaded = loaded

    def features(self, images: Tensor) -> Tensor:
        """Features (B, F) of images (B, C, H, W)."""
        features: Tensor = self.backbone(images)
        return features

    def classify(self, features: Tensor) -> Tensor:
        """Logits (B, classes) of features (B, F)."""
        logits: Tensor = self.head(features)
        return logits

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, classes) of images (B, C, H, W)."""
        return self.classify(self.features(images))
