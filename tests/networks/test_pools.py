"""Every pool gives what it would give without the planes that are not there."""

from __future__ import annotations

import pytest
import torch

from readingroom.core.errors import NetworkError
from readingroom.networks.pools import POOLS, Pool, build_pool

FEATURES, DEPTH = 12, 6
PRESENT = ([0, 1, 2, 3, 4, 5], [0, 1, 2], [1, 4, 5], [3], [])


@pytest.fixture(params=sorted(POOLS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _features() -> torch.Tensor:
    """Five stacks, of which ever other planes are there."""
    whole = torch.randn(len(PRESENT), DEPTH, FEATURES, generator=torch.Generator().manual_seed(1))
    features = torch.full_like(whole, torch.nan)
    for row, planes in enumerate(PRESENT):
        features[row, planes] = whole[row, planes]
    return features


def test_there_are_five_pools() -> None:
    assert sorted(POOLS) == ["attention", "gru", "lstm", "max", "mean"]


def test_a_stack_with_absent_planes_is_pooled_as_one_without_them(name: str) -> None:
    features, pool = _features(), build_pool(name, FEATURES, seed=3).eval()
    together = pool(features)
    assert together.shape == (len(PRESENT), pool.width)
    for row, planes in enumerate(PRESENT[:4]):
        alone = pool(features[row : row + 1, planes])
        assert torch.allclose(together[row], alone[0], atol=1e-6)
        assert torch.allclose(pool.weights(features)[row, planes], pool.weights(features[row : row + 1, planes])[0])


def test_a_stack_without_any_plane_gives_zeros_and_learns_nothing(name: str) -> None:
    pool = build_pool(name, FEATURES, seed=3)
    empty = torch.full((2, DEPTH, FEATURES), torch.nan)
    assert torch.equal(pool(empty), torch.zeros(2, pool.width))
    assert torch.equal(pool.weights(empty), torch.zeros(2, DEPTH))
    mixed = _features().requires_grad_()
    pool(mixed).square().sum().backward()
    assert all(bool(p.grad.isfinite().all()) for p in pool.parameters() if p.grad is not None)
    assert bool(mixed.grad[:4].nan_to_num().any())


def test_weights_sum_to_one_over_the_planes_that_are_there(name: str) -> None:
    weights = build_pool(name, FEATURES, slots=(0, 0, 1, 1, 2, 2), seed=3).weights(_features())
    assert weights.sum(dim=1).tolist() == pytest.approx([1, 1, 1, 1, 0], abs=1e-6)
    for row, planes in enumerate(PRESENT):
        absent = [plane for plane in range(DEPTH) if plane not in planes]
        assert weights[row, absent].tolist() == [0.0] * len(absent)
        assert bool((weights[row, planes] >= 0).all())


def test_weights_of_the_largest_are_shares_of_the_features_and_equals_share() -> None:
    features = torch.tensor([[[3.0, 0.0, 1.0, 2.0], [1.0, 0.0, 4.0, 5.0]]])
    assert build_pool("max", 4).weights(features)[0].tolist() == pytest.approx([1.5 / 4, 2.5 / 4])


@pytest.mark.parametrize(("name", "same"), [("mean", True), ("max", True), ("attention", True), ("gru", False)])
def test_only_recurrent_pools_look_at_the_order(name: str, same: bool) -> None:
    features, pool = _features()[:1], build_pool(name, FEATURES, seed=3)
    assert torch.allclose(pool(features), pool(features.flip(1)), atol=1e-5) is same


def test_slots_tell_planes_apart_that_look_the_same() -> None:
    features = torch.ones(1, DEPTH, FEATURES)
    pool = build_pool("attention", FEATURES, slots=(0, 0, 0, 1, 1, 1), seed=3)
    weights = pool.weights(features)[0].tolist()
    assert weights[0] == pytest.approx(weights[2], abs=1e-7)
    assert abs(weights[0] - weights[3]) > 1e-6


def test_the_gated_attention_is_its_formula() -> None:
    features, pool = torch.randn(1, DEPTH, FEATURES), build_pool("attention", FEATURES, seed=3)
    layers = pool.attention
    content = torch.tanh(features[0] @ layers.content.weight.T + layers.content.bias)
    gate = torch.sigmoid(features[0] @ layers.gate.weight.T + layers.gate.bias)
    shares = torch.softmax((content * gate) @ layers.score.weight[0], dim=0)
    assert torch.allclose(pool.weights(features)[0], shares)
    assert torch.allclose(pool(features)[0], shares @ features[0], atol=1e-6)


def test_a_pool_starts_from_its_seed_and_leaves_the_random_state_alone(name: str) -> None:
    def start(seed: int) -> dict[str, torch.Tensor]:
        return build_pool(name, FEATURES, slots=(0, 1, 1, 1, 1, 1), seed=seed).state_dict()

    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    first, again, other = start(1), start(1), start(2)
    assert torch.equal(torch.rand(4), expected)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["embedding"], other["embedding"])


def test_a_pool_computes_in_float32_within_bfloat16(name: str) -> None:
    features, pool = _features(), build_pool(name, FEATURES, seed=3)
    with torch.autocast("cpu", torch.bfloat16):
        assert pool(features).dtype == torch.float32
        assert torch.equal(pool(features), _outside(pool, features))


def _outside(pool: Pool, features: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", enabled=False):
        pooled: torch.Tensor = pool(features)
    return pooled


def test_a_wrong_pool_is_answered_with_the_nearest() -> None:
    with pytest.raises(NetworkError, match=r"no pool 'atention'\. Did you mean attention"):
        build_pool("atention", FEATURES)
