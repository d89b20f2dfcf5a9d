"""Published weights: where they are looked for, and how the few that are not on the hub are read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import huggingface_hub.constants
import pytest
import timm
import torch
from torch import Tensor

from readingroom.core.errors import WeightsError
from readingroom.networks import cached_weights, network_names
from readingroom.networks.published import PublishedWeights, fetch, published_weights
from readingroom.networks.weights import read_checkpoint

FillCache = Callable[[str, dict[str, Tensor]], Path]


def test_all_but_one_of_the_studied_networks_are_safetensors_on_the_hub() -> None:
    published = {name: published_weights(name) for name in network_names()}
    assert [name for name, facts in published.items() if not facts.on_hub] == ["legacy_xception"]
    assert {facts.filename for facts in published.values() if facts.on_hub} == {"model.safetensors"}
    assert published["resenet"].source == published["inception_resnet_v2"].source


def test_the_cache_is_listed_by_network(fill_cache: FillCache) -> None:
    path = fill_cache("timm/resnet18.a1_in1k", {"a": torch.ones(1)})
    assert cached_weights(["resnet18", "resnet34", "legacy_xception"]) == {
        "resnet18": path,
        "resnet34": None,
        "legacy_xception": None,
    }


def test_a_network_without_published_weights_is_listed_and_refused() -> None:
    name = next(name for name in timm.list_models() if not timm.list_models(f"{name}.*", pretrained=True))
    assert cached_weights([name]) == {name: None}
    with pytest.raises(WeightsError, match=f"timm publishes no weights for {name}"):
        published_weights(name)


def legacy(tmp_path: Path, content: object, *, checksum: str | None = None) -> PublishedWeights:
    """Published weights that exist as a pickle only, lying in torch's cache."""
    folder = tmp_path / "torch" / "checkpoints"
    folder.mkdir(parents=True)
    torch.save(content, folder / "part")
    digits = checksum or hashlib.sha256((folder / "part").read_bytes()).hexdigest()[:8]
    (folder / "part").rename(folder / f"xception-{digits}.pth")
    url = f"https://github.com/x/releases/xception-{digits}.pth"
    return PublishedWeights("legacy_xception", url, f"xception-{digits}.pth", None, on_hub=False)


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Callable[[PublishedWeights], None]:
    return lambda facts: monkeypatch.setattr("readingroom.networks.weights.published_weights", lambda name: facts)


def test_an_old_pickle_of_timm_s_is_read_as_tensors_only(
    hub_cache: Path, tmp_path: Path, publish: Callable[[PublishedWeights], None]
) -> None:
    publish(legacy(tmp_path, {"conv1.weight": torch.full((2, 2), 3.0)}))
    checkpoint = read_checkpoint("imagenet", "legacy_xception")
    assert torch.equal(checkpoint.tensors["conv1.weight"], torch.full((2, 2), 3.0))


def test_an_old_pickle_that_holds_code_is_refused(
    hub_cache: Path, tmp_path: Path, publish: Callable[[PublishedWeights], None]
) -> None:
    publish(legacy(tmp_path, {"conv1.weight": Path("/")}))
    with pytest.raises(WeightsError, match="holds more than tensors"):
        read_checkpoint("imagenet", "legacy_xception")


def test_an_old_pickle_whose_hash_is_not_the_stated_one_is_refused(
    hub_cache: Path, tmp_path: Path, publish: Callable[[PublishedWeights], None]
) -> None:
    publish(legacy(tmp_path, {"conv1.weight": torch.ones(1)}, checksum="00000000"))
    with pytest.raises(WeightsError, match=r"damaged: SHA-256 begins .*, it should begin 00000000"):
        read_checkpoint("imagenet", "legacy_xception")


def test_an_old_pickle_that_is_absent_is_asked_for_by_its_place(hub_cache: Path, no_network: list[str]) -> None:
    with pytest.raises(WeightsError, match=r"put it here as .*/torch/checkpoints/xception-43020ad28\.pth"):
        fetch(published_weights("legacy_xception"))
    assert no_network == ["github.com"]


def test_offline_by_choice_asks_nobody(hub_cache: Path, no_network: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError, match="HF_HUB_OFFLINE is set"):
        fetch(published_weights("resnet18"))
    assert no_network == []
