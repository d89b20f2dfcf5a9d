"""What the tests of the networks share: a hub cache that the test fills, and a machine without a network."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import save
from torch import Tensor

FillCache = Callable[[str, dict[str, Tensor]], Path]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Refuse every connection; the list says which hosts were asked for."""
    asked: list[str] = []

    def refuse(host: object, *_: object, **__: object) -> None:
        asked.append(str(host))
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return asked


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache and torch cache in the test's own folder."""
    cache = tmp_path / "hub"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "torch"))
    return cache


@pytest.fixture
def fill_cache(hub_cache: Path) -> FillCache:
    """Put tensors into the hub cache as the hub's own client lays them: blobs, snapshots, refs."""

    def fill(repository: str, tensors: dict[str, Tensor]) -> Path:
        folder = hub_cache / f"models--{repository.replace('/', '--')}"
        content, revision = save(tensors), "0123456789abcdef0123456789abcdef01234567"
        blob = folder / "blobs" / hashlib.sha256(content).hexdigest()
        path = folder / "snapshots" / revision / "model.safetensors"
        for part in (blob, path, folder / "refs" / "main"):
            part.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        path.symlink_to(blob)
        (folder / "refs" / "main").write_text(revision)
        return path

    return fill
