"""Heads: their layers, and what their start depends on."""

from __future__ import annotations

import torch
from torch import nn

from readingroom.networks import build_head, build_network


def test_an_empty_stack_is_one_linear_layer() -> None:
    head = build_head(10, 3)
    assert {name: tuple(value.shape) for name, value in head.state_dict().items()} == {
        "output.weight": (3, 10),
        "output.bias": (3,),
    }


def test_the_head_of_study_two_has_five_dense_layers_with_relu_between() -> None:
    head = build_head(768, 3, hidden=(1024, 512, 256, 64))
    sizes = [(layer.in_features, layer.out_features) for layer in head if isinstance(layer, nn.Linear)]
    assert sizes == [(768, 1024), (1024, 512), (512, 256), (256, 64), (64, 3)]
    assert sum(isinstance(layer, nn.ReLU) for layer in head) == 4
    assert isinstance(head[-1], nn.Linear)


def test_the_stack_keeps_the_size_of_its_signal() -> None:
    features = torch.randn(64, 768, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        hidden = build_head(768, 3, hidden=(1024, 512, 256, 64))[:-1](features)
    assert 0.5 < float(hidden.square().mean()) < 2.0


def test_dropout_changes_neither_the_tensors_nor_the_answer_when_reading() -> None:
    plain, dropping = build_head(8, 2, hidden=(4,), seed=5), build_head(8, 2, hidden=(4,), drop_rate=0.5, seed=5)
    features = torch.ones(3, 8)
    assert list(plain.state_dict()) == list(dropping.state_dict())
    assert torch.equal(plain.eval()(features), dropping.eval()(features))
    assert sum(isinstance(layer, nn.Dropout) for layer in dropping) == 2


def test_the_head_depends_on_the_seed_and_not_on_the_backbone() -> None:
    small, large = (build_network(name, 2, image_size=32, seed=3) for name in ("resnet18", "resnet34"))
    other = build_network("resnet18", 2, image_size=32, seed=4)
    assert torch.equal(small.head.output.weight, large.head.output.weight)
    assert not torch.equal(small.head.output.weight, other.head.output.weight)
