"""The cumulative link: one number an image, and ordered cutpoints that make grades of it (proportional odds)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

_APART = 2.5
"""Distance of neighbouring cutpoints at the start; above 2 log 2 each grade is the most probable one somewhere."""


class CumulativeLink(nn.Module):
    """The last layer of a reader of grades: P(grade <= k) = sigmoid(c_k - f) (McCullagh 1980, the logit link).

    One linear function f of the features says how severe, and cutpoints c_1 < ... < c_(K-1) say where one grade ends
    and the next begins. The first cutpoint is free and each next one lies a softplus above the one before, so that
    their order holds by construction. There is no bias: the cutpoints are it.

    The output is the logarithm of each grade's probability. Its softmax is the probabilities again, and its
    cross-entropy the likelihood of the model, so that whatever takes logits takes it. With d = softplus(s) the distance
    of two cutpoints, a grade between a and b = a + d has

        P = sigmoid(b - f) sigmoid(f - a) sigmoid(s),  because 1 - exp(-d) = sigmoid(s),

    a sum of three logarithms in which no difference of nearly equal numbers is ever taken, however large f is.

    A step of f changes all F weights, one of a cutpoint a single number, which at the usual rates would hardly move in
    a whole training: the grades between would then never be the most probable. So the cutpoints are sqrt(F) times what
    the optimiser changes. The model is the same; how fast it is learned is not.

    Args:
        features: length F of a feature vector.
        grades: K, two or more, from the least to the most severe.

    Source:
        McCullagh P. Regression models for ordinal data. J R Stat Soc B 1980;42:109-142.

    Example:
        >>> link = CumulativeLink(512, 3)
        >>> link.cutpoints.tolist()
        [-1.25, 1.25]
        >>> link(torch.zeros(1, 512)).exp().sum().round(decimals=4).item()
        1.0
    """

    def __init__(self, features: int, grades: int) -> None:
        super().__init__()
        self.severity = nn.Linear(features, 1, bias=False)
        self.gain = math.sqrt(features)
        self.first = nn.Parameter(torch.tensor(-_APART * (grades - 2) / 2 / self.gain))
        self.steps = nn.Parameter(torch.full((grades - 2,), math.log(math.expm1(_APART)) / self.gain))

    @property
    def cutpoints(self) -> Tensor:
        """(K - 1,) rising, on the scale of `severity`."""
        distances = functional.softplus(self.gain * self.steps)
        return self.gain * self.first + functional.pad(distances, (1, 0)).cumsum(0)

    def forward(self, features: Tensor) -> Tensor:
        """Log-probabilities (B, K) of features (B, F)."""
        # Cutpoints are float32, and so is what comes after them where the network itself computes in bfloat16.
        above = self.severity(features) - self.cutpoints
        not_higher = functional.pad(functional.logsigmoid(-above), (0, 1))
        not_lower = functional.pad(functional.logsigmoid(above), (1, 0))
        return not_higher + not_lower + functional.pad(functional.logsigmoid(self.gain * self.steps), (1, 1))
