"""A 2-D network over the planes of stacks is that network on each plane, and planes that are not there are nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from readingroom.core.errors import NetworkError
from readingroom.networks import Network, PlanesPlan, build_network, find_spatial_layer
from readingroom.networks.planes import PlanesBackbone

SIZE = 32


def _built(channels: int = 3, pool: str | None = "attention", **options: object) -> Network:
    plan = PlanesPlan(4, channels, pool, (0, 0, 1, 1))
    return build_network("test_resnet", 2, image_size=SIZE, seed=1, planes=plan, **options)  # type: ignore[arg-type]


def _stacks(channels: int = 3) -> torch.Tensor:
    stacks = torch.rand(3, 4, channels, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    stacks[0, 1] = stacks[2] = torch.nan
    return stacks


@pytest.mark.parametrize("channels", [1, 3])
def test_features_are_those_of_the_network_on_each_plane(channels: int) -> None:
    network, stacks = _built(channels).eval(), _stacks(channels)
    plain = build_network("test_resnet", 2, image_size=SIZE, seed=1).eval()
    with torch.no_grad():
        features = network.features(stacks)
        expected = plain.features(stacks[1].expand(-1, 3, -1, -1))
        assert network(stacks).shape == (3, 2)
    assert torch.allclose(features[1], expected, atol=1e-5)
    assert features.isnan().all(dim=2).tolist() == [[False, True, False, False], [False] * 4, [True] * 4]
    assert network.input_shape == (4, channels, SIZE, SIZE)


def test_planes_that_are_not_there_touch_no_statistic_of_training() -> None:
    with_absent, without = _built().train(), _built().train()
    stacks = _stacks()
    with_absent.features(stacks)
    without.features(torch.stack([stacks[0, 0], *stacks[0, 2:], *stacks[1]])[None])
    wanted = without.state_dict()
    assert sum("running" in key for key in wanted) > 10
    assert all(
        torch.allclose(value, wanted[key], atol=1e-6)
        for key, value in with_absent.state_dict().items()
        if "running" in key
    )


def test_stacks_without_any_plane_get_a_finite_answer_and_a_failed_network_does_not() -> None:
    network = _built().train()
    assert bool(network(torch.full((2, 4, 3, SIZE, SIZE), torch.nan)).isfinite().all())
    with torch.no_grad():
        network.backbone.body.conv1[0].weight.fill_(torch.nan)
    assert not bool(network(torch.rand(2, 4, 3, SIZE, SIZE)).isfinite().any())


def test_an_exported_backbone_gives_the_same_features() -> None:
    backbone = _built().eval().backbone
    assert isinstance(backbone, PlanesBackbone)
    stacks = _stacks()
    exported = torch.export.export(backbone, (stacks,)).module()
    with torch.no_grad():
        assert torch.allclose(exported(stacks), backbone(stacks), atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("plan", [None, PlanesPlan(4, 3, "gru")])
@pytest.mark.parametrize("other", [None, PlanesPlan(2, 1, "mean")])
def test_weights_go_from_images_to_stacks_and_back(plan: PlanesPlan, other: PlanesPlan, tmp_path: Path) -> None:
    start = build_network("test_resnet", 2, image_size=SIZE, seed=5, planes=plan)
    save_file(start.state_dict(), tmp_path / "w.safetensors")
    network = build_network("test_resnet", 3, image_size=SIZE, seed=6, planes=other, weights=tmp_path / "w.safetensors")
    body, wanted = (getattr(one.backbone, "body", one.backbone).state_dict() for one in (network, start))
    assert network.loaded is not None
    assert network.loaded.matched == len(wanted)
    assert all(torch.equal(body[key], value) for key, value in wanted.items())


def test_the_head_is_a_pool_and_the_usual_layers() -> None:
    network = _built(head=(8,), drop_rate=0.1)
    assert [name for name, _ in network.head.named_children()] == [
        "pool",
        "drop0",
        "dense1",
        "relu1",
        "drop1",
        "output",
    ]
    assert network.pool is network.head.pool
    assert build_network("test_resnet", 2, image_size=SIZE).pool is None


def test_heat_maps_of_stacks_are_refused() -> None:
    with pytest.raises(NetworkError, match="heat maps are of single images"):
        find_spatial_layer(_built())


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (PlanesPlan(4, 3), "Give pool: attention"),
        (PlanesPlan(4, 3, "lstn"), "Did you mean lstm"),
        (PlanesPlan(0, 2, "mean", (1,)), "(?s)0 is not 1 or more.*neither 1 nor 3.*slots"),
    ],
)
def test_stacks_and_pools_that_do_not_go_together_are_refused(plan: PlanesPlan, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        build_network("test_resnet", 2, image_size=SIZE, planes=plan)
