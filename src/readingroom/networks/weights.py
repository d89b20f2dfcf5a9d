"""Weights that a network starts from: read as tensors only, from timm's published files, a file or a reader bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from timm.models import load_state_dict
from torch import Tensor

from readingroom.core.errors import WeightsError
from readingroom.core.files import hash_file
from readingroom.networks.published import PublishedWeights, fetch, published_weights

IMAGENET = "imagenet"
RANDOM = "random"
BUNDLE_FILES = ("weights.safetensors", "reader.yaml")

_BACKBONE, _HEAD = "backbone.", "head."
_BODY = "body."
"""Within a backbone of stacks, the network that looks at the planes or the volume."""
_PICKLES = {".pth", ".pt", ".bin", ".ckpt", ".pkl", ".pickle", ".tar", ".h5"}


@dataclass(frozen=True)
class Loaded:
    """Which weights a backbone started from.

    Args:
        matched: number of tensors that were taken.
        dropped: names of the tensors that were not: the old classifier's.
        source: hub repository, address or path that they came from.
        sha256: hash of the file.
    """

    matched: int
    dropped: tuple[str, ...]
    source: str
    sha256: str


@dataclass(frozen=True)
class Checkpoint:
    """Tensors of a weights file, before they are fitted to a network.

    Args:
        tensors: by name, as a timm network calls them.
        dropped: names of tensors that were left out already: the head of one of our own networks.
        source: see `Loaded`.
        sha256: see `Loaded`.
    """

    tensors: dict[str, Tensor]
    dropped: tuple[str, ...]
    source: str
    sha256: str


def read_checkpoint(weights: str | Path, network: str) -> Checkpoint:
    """Read the weights that a network is to start from.

    Args:
        weights: ``imagenet``, the path of a safetensors file, or the folder of a reader bundle.
        network: name of the network.

    Raises:
        WeightsError: not there, not to be fetched, damaged, or in a format that can hold code.
    """
    if str(weights) == IMAGENET:
        return _read_published(published_weights(network))
    path = _weights_file(Path(weights).expanduser())
    return _as_backbone(read_tensors(path), str(path), hash_file(path), path)


def read_tensors(path: str | Path) -> dict[str, Tensor]:
    """Tensors of a safetensors file; nothing in the file is ever run.

    Raises:
        WeightsError: no such file, a pickle, not safetensors, empty, or with values that are not finite.
    """
    path = Path(path)
    if path.suffix.lower() in _PICKLES:
        raise WeightsError("the file may hold code, so it is not opened", fix=_conversion(path), file=path)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"not a whole safetensors file ({error})", fix="Copy or download the file again", file=path
        ) from error
    if not tensors:
        raise WeightsError("the file holds no tensors", fix="Give the weights of a network", file=path)
    _refuse_not_finite(tensors, path)
    return tensors


def _refuse_not_finite(tensors: dict[str, Tensor], path: Path) -> None:
    wrong = [name for name, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())]
    if wrong:
        raise WeightsError(
            f"{len(wrong)} of {len(tensors)} tensors hold values that are not finite, first {wrong[0]}",
            fix="These weights come from a training that failed; give others",
            file=path,
        )


def _weights_file(path: Path) -> Path:
    if path.is_dir():
        missing = [name for name in BUNDLE_FILES if not (path / name).is_file()]
        if missing:
            raise WeightsError(
                f"the folder is no reader bundle: {' and '.join(missing)} missing",
                fix="Give the folder of a reader (runs/<study>/readers/<name>) or a safetensors file",
                file=path,
            )
        return path / BUNDLE_FILES[0]
    if not path.is_file():
        raise WeightsError(
            "no such weights",
            fix=f"Write {IMAGENET}, {RANDOM}, or the path of a safetensors file or of a reader bundle",
            file=path,
        )
    return path


def _read_published(published: PublishedWeights) -> Checkpoint:
    path = fetch(published)
    sha256 = hash_file(path)
    if not sha256.startswith(published.checksum):
        raise WeightsError(
            f"the published weights of {published.network} are damaged: SHA-256 begins {sha256[:8]}, "
            f"it should begin {published.checksum}",
            fix="Delete the file and fetch it again",
            file=path,
        )
    tensors = read_tensors(path) if published.on_hub else _read_old_pickle(path)
    return Checkpoint(tensors, (), published.source, sha256)


def _read_old_pickle(path: Path) -> dict[str, Tensor]:
    """Some of timm's oldest networks exist as pickles only; torch's restricted reader admits tensors alone."""
    try:
        tensors: dict[str, Tensor] = load_state_dict(str(path), weights_only=True)
    except RuntimeError as error:
        raise WeightsError("the file holds more than tensors", fix="Delete it and fetch it again", file=path) from error
    return tensors


def _as_backbone(tensors: dict[str, Tensor], source: str, sha256: str, path: Path) -> Checkpoint:
    """Of a network of ours the backbone alone; any other file as it is."""
    if not all(name.startswith((_BACKBONE, _HEAD)) for name in tensors):
        return Checkpoint(tensors, (), source, sha256)
    backbone = {name.removeprefix(_BACKBONE): value for name, value in tensors.items() if name.startswith(_BACKBONE)}
    if not backbone:
        raise WeightsError("the file holds a head only", fix="Give weights with a backbone", file=path)
    if all(name.startswith(_BODY) for name in backbone):
        backbone = {name.removeprefix(_BODY): value for name, value in backbone.items()}
    return Checkpoint(backbone, tuple(name for name in tensors if name.startswith(_HEAD)), source, sha256)


def _conversion(path: Path) -> str:
    new = path.with_suffix(".safetensors").name
    return (
        f'Convert it once, with tensors only: python -c "import torch; from safetensors.torch import save_file; '
        f"w = torch.load('{path.name}', map_location='cpu', weights_only=True); w = w.get('state_dict', w); "
        f"save_file({{k: v.clone().contiguous() for k, v in w.items()}}, '{new}')\""
    )
