"""Engines: what runs a network on a batch of prepared images. All give the same scores, within a stated tolerance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from readingroom.core.errors import BundleError
from readingroom.networks import Network
from readingroom.reading.bundle import ReaderBundle, load_network
from readingroom.reading.normalisation import Normaliser, channels_first
from readingroom.reading.precision import PrecisionChoice, autocast, choose_device, choose_precision, laid_out
from readingroom.reading.preprocessing import Pixels, Preprocessing

Scores = npt.NDArray[np.float32]

WORTH_CONVERTING = 1000
"""Images from which on OpenVINO saves more time than its conversion of the network takes (seconds to a minute)."""


class Engine(ABC):
    """Prepared images in, a score for each class out."""

    @abstractmethod
    def scores(self, prepared: Pixels) -> Scores:
        """Scores of a batch.

        Args:
            prepared: (B, size, size, 3) 8-bit RGB, as `Preprocessing.prepare` gives it; or stacks
                (B, D, size, size, 1 or 3), in which planes that are not there are 0 everywhere.

        Returns:
            (B, C) float32, each row sums to 1 (softmax).
        """


class _Normalised(nn.Module):
    """A network that takes 8-bit values, channels first, and gives probabilities."""

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        self.normaliser = Normaliser(preprocessing.mean, preprocessing.sd)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(self.normaliser(images))
        return torch.softmax(logits.float(), dim=1)


class TorchEngine(Engine):
    """PyTorch on a CPU or a CUDA GPU."""

    def __init__(
        self,
        network: Network,
        preprocessing: Preprocessing,
        *,
        device: str = "auto",
        precision: PrecisionChoice = "float32",
    ) -> None:
        self._device = choose_device(device)
        self._precision = choose_precision(precision, self._device)
        model = _Normalised(network, preprocessing).eval().to(self._device)
        self._model = laid_out(model, self._precision)

    def scores(self, prepared: Pixels) -> Scores:  # noqa: D102
        images = torch.from_numpy(np.ascontiguousarray(prepared)).to(self._device)
        with torch.inference_mode(), autocast(self._precision, self._device):
            return np.asarray(self._model(channels_first(images).float()).cpu().numpy(), dtype=np.float32)


class OpenVinoEngine(Engine):
    """OpenVINO on a CPU, in float32; from the extra ``readingroom[openvino]``.

    Raises:
        BundleError: the network reads stacks, of which planes may be absent: no engine but torch leaves these out.
    """

    def __init__(self, network: Network, preprocessing: Preprocessing) -> None:
        import openvino as ov

        if network.planes is not None:
            raise BundleError("OpenVINO does not read stacks of planes here", fix="Use the engine torch")
        size = preprocessing.size
        # Two images, because a batch of one is taken for a constant.
        example = (torch.zeros(2, 3, size, size),)
        batch = ({0: torch.export.Dim.DYNAMIC},)
        exported = torch.export.export(_Normalised(network, preprocessing).eval(), example, dynamic_shapes=batch)
        model = ov.convert_model(exported)
        settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "THROUGHPUT"}
        self._compiled: Any = ov.Core().compile_model(model, "CPU", settings)

    def scores(self, prepared: Pixels) -> Scores:  # noqa: D102
        images = np.ascontiguousarray(prepared.transpose(0, 3, 1, 2), dtype=np.float32)
        return np.array(self._compiled(images)[0], dtype=np.float32)


def has_openvino() -> bool:
    """Whether the extra ``readingroom[openvino]`` is installed."""
    return find_spec("openvino") is not None


def open_engine(
    folder: str | Path,
    bundle: ReaderBundle,
    engine: str = "auto",
    device: str = "auto",
    *,
    images: int = WORTH_CONVERTING,
) -> Engine:
    """The engine for a bundle.

    Args:
        folder: of the bundle.
        bundle: its description.
        engine: ``torch``, ``openvino``, or ``auto``: OpenVINO on a CPU where it is installed and the images are many
            and no stacks.
        device: ``auto``, ``cpu`` or ``cuda``.
        images: how many are to be read.

    Raises:
        BundleError: no such engine, it is not installed, or it does not read stacks.
    """
    network = load_network(folder, bundle)
    on_cpu = choose_device(device).type == "cpu"
    if engine == "auto":
        worth = images >= WORTH_CONVERTING and network.planes is None
        engine = "openvino" if on_cpu and has_openvino() and worth else "torch"
    if engine == "openvino":
        if not has_openvino():
            raise BundleError("OpenVINO is not installed", fix="pip install 'readingroom[openvino]', or use torch")
        return OpenVinoEngine(network, bundle.preprocessing)
    if engine == "torch":
        return TorchEngine(network, bundle.preprocessing, device=device)
    raise BundleError(f"no engine {engine!r}", fix="Use auto, torch or openvino")
