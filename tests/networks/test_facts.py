"""Facts about networks agree with the networks."""

from __future__ import annotations

import pytest

from readingroom.core.errors import NetworkError
from readingroom.networks import build_network, describe, network_names


@pytest.mark.parametrize("name", network_names())
def test_every_network_has_facts(name: str) -> None:
    facts = describe(name)
    assert facts.parameters > 6_000_000
    assert facts.image_size in {224, 299, 300}
    assert len(facts.mean) == len(facts.sd) == 3
    assert facts.weights
    assert facts.licence in {"apache-2.0", "mit"}


def test_the_parameters_are_those_of_the_backbone() -> None:
    backbone = build_network("resnet18", 2, image_size=32).backbone
    assert describe("resnet18").parameters == sum(parameter.numel() for parameter in backbone.parameters())


def test_the_facts_of_a_network_that_is_not_there_are_refused() -> None:
    with pytest.raises(NetworkError, match="Did you mean resnet18"):
        describe("resnet19")
