"""Published weights: where timm's lie on this machine, how they are fetched, and what to do without a network."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub
import torch
from huggingface_hub import constants as hub
from timm.models import get_pretrained_cfg

from readingroom.core.errors import WeightsError
from readingroom.networks.names import base_name, is_volume_network

_ANSWER_S = 4.0


@dataclass(frozen=True)
class PublishedWeights:
    """The weights that timm publishes for a network.

    Args:
        network: name of the network.
        source: hub repository (``timm/resnet18.a1_in1k``) or, for the few that are not on the hub, the file's address.
        filename: name of the file there.
        revision: branch or commit of the repository.
        on_hub: whether ``source`` is a hub repository.
    """

    network: str
    source: str
    filename: str
    revision: str | None
    on_hub: bool

    @property
    def url(self) -> str:
        """Address of the file."""
        if not self.on_hub:
            return self.source
        return huggingface_hub.hf_hub_url(self.source, self.filename, revision=self.revision)

    @property
    def checksum(self) -> str:
        """First digits of the file's SHA-256, where its name states them."""
        stated = None if self.on_hub else re.search(r"-([0-9a-f]{8,})\.", self.filename)
        return stated.group(1) if stated else ""

    def cached(self) -> Path | None:
        """Path of the file in this machine's cache, or None; never asks the network."""
        if not self.on_hub:
            path = _torch_cache() / self.filename
            return path if path.is_file() else None
        found = huggingface_hub.try_to_load_from_cache(self.source, self.filename, revision=self.revision)
        return Path(found) if isinstance(found, str) else None


def published_weights(name: str) -> PublishedWeights:
    """What timm publishes for a network; RESENet's is Inception-ResNetV2's.

    Raises:
        WeightsError: timm publishes none that can be read without running code from the file, or it is a 3-D network.
    """
    if is_volume_network(name):
        raise _no_volumes(name)
    facts = get_pretrained_cfg(base_name(name))
    if facts is not None and facts.hf_hub_id:
        source, _, revision = facts.hf_hub_id.partition("@")
        filename = Path(facts.hf_hub_filename or "model.safetensors").with_suffix(".safetensors").name
        return PublishedWeights(name, source, filename, revision or None, on_hub=True)
    if facts is not None and facts.url and not facts.custom_load:
        url, filename = facts.url if isinstance(facts.url, tuple) else (facts.url, facts.url.rsplit("/", 1)[-1])
        return PublishedWeights(name, url, filename, None, on_hub=False)
    raise WeightsError(
        f"timm publishes no weights for {name}",
        fix="Write 'weights: random', or the path of a safetensors file or of a reader bundle",
        field="weights",
    )


def _no_volumes(name: str) -> WeightsError:
    return WeightsError(
        f"there are no ImageNet weights of {name}: ImageNet has pictures, not volumes",
        fix="Write 'weights: random', or the path of a safetensors file or of a reader bundle; "
        "or take a 2-D network and 'pool: attention'",
        field="weights",
    )


def cached_weights(names: Iterable[str]) -> dict[str, Path | None]:
    """For each network, where its published weights lie on this machine; None where they would have to be fetched.

    Example:
        >>> sorted(cached_weights(["resnet18", "resenet"]))
        ['resenet', 'resnet18']
    """
    return {name: _cached_or_none(name) for name in names}


def _cached_or_none(name: str) -> Path | None:
    try:
        return published_weights(name).cached()
    except WeightsError:
        return None


def fetch(published: PublishedWeights) -> Path:
    """Path of the published file, from the cache or else from the network.

    Where no server answers within a few seconds this stops, rather than trying again for minutes.

    Raises:
        WeightsError: neither cached nor to be had; the message says which file to put where.
    """
    path = published.cached()
    if path is not None:
        return path
    silence = _silence(published)
    if silence:
        raise _absent(published, silence)
    try:
        return _download(published)
    except Exception as error:  # whatever the cause (network, disk, a proxy's page), the way out is the same
        raise _absent(published, f"{type(error).__name__}: {error}") from error


def _download(published: PublishedWeights) -> Path:
    if published.on_hub:
        found = huggingface_hub.hf_hub_download(published.source, published.filename, revision=published.revision)
        return Path(found)
    path = _torch_cache() / published.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.hub.download_url_to_file(published.source, str(path), hash_prefix=published.checksum or None)
    return path


def _silence(published: PublishedWeights) -> str:
    """Why no server can be asked; empty where one answers. Any answer will do, also a refusal."""
    if hub.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    parts = urllib.parse.urlsplit(hub.ENDPOINT if published.on_hub else published.source)
    request = urllib.request.Request(f"{parts.scheme}://{parts.netloc}", method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=_ANSWER_S):
            return ""
    except urllib.error.HTTPError:
        return ""
    except OSError as error:
        return f"no answer from {parts.netloc}: {getattr(error, 'reason', error)}"


def _absent(published: PublishedWeights, why: str) -> WeightsError:
    return WeightsError(
        f"the published weights of {published.network} are not on this machine and cannot be fetched ({why})",
        fix=_instruction(published),
        field="weights: imagenet",
    )


def _instruction(published: PublishedWeights) -> str:
    if not published.on_hub:
        place = _torch_cache() / published.filename
        return f"On a machine with a network download {published.url}, and put it here as {place}"
    folder = f"models--{published.source.replace('/', '--')}"
    mine = f"weights/{published.network}.safetensors"
    return (
        f"On a machine with a network download {published.url}, copy it here as {mine} beside the study file, "
        f"and write 'weights: {mine}'. Or run there 'hf download {published.source} {published.filename}', "
        f"and copy the folder {folder} from its hub cache into {hub.HF_HUB_CACHE}"
    )


def _torch_cache() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"
