"""The cumulative link: its probabilities, its gradients, and a peer that fits the same model."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import optimize, special
from torch import Tensor, nn

from readingroom.core.errors import NetworkError
from readingroom.core.seeds import generator
from readingroom.networks import CumulativeLink, build_head, build_network


def link_of(cutpoints: list[float], slope: float = 1.0) -> CumulativeLink:
    """One feature, with cutpoints given."""
    link = CumulativeLink(1, len(cutpoints) + 1).double()
    with torch.no_grad():
        link.severity.weight.fill_(slope)
        link.first.fill_(cutpoints[0])
        link.steps.copy_(torch.tensor(np.log(np.expm1(np.diff(cutpoints)))))
    return link


def draw_grades(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, 2) and grades (n,) of a model of proportional odds with four grades."""
    draws = generator(seed, "grades")
    features = draws.normal(size=(n, 2))
    severity = features @ [1.2, -0.7] + draws.logistic(size=n)
    return features, np.digitize(severity, [-1.0, 0.5, 2.0])


def test_probabilities_are_the_differences_of_the_cumulative_ones() -> None:
    cutpoints, f = [-1.0, 0.5, 2.0], torch.linspace(-6, 6, 25, dtype=torch.float64)
    cumulative = special.expit(np.array(cutpoints)[None, :] - f.numpy()[:, None])
    expected = np.diff(np.pad(cumulative, ((0, 0), (1, 1)), constant_values=((0, 0), (0, 1))), axis=1)
    with torch.no_grad():
        given = link_of(cutpoints)(f[:, None])
    assert np.allclose(given.exp().numpy(), expected, atol=1e-12)


def test_its_softmax_is_its_probabilities_and_its_cross_entropy_the_likelihood() -> None:
    features, grades = draw_grades(50)
    head = build_head(2, 4, ordered=True, seed=3)
    given = head(torch.from_numpy(features).float())
    likelihood = -given[torch.arange(50), torch.from_numpy(grades)].mean()
    assert torch.allclose(torch.softmax(given, 1), given.exp(), atol=1e-6)
    assert torch.allclose(nn.functional.cross_entropy(given, torch.from_numpy(grades)), likelihood, atol=1e-6)


def test_nothing_is_lost_however_far_an_image_is_from_the_cutpoints_or_they_from_each_other() -> None:
    for steps in (-200.0, 0.0, 200.0):
        link = CumulativeLink(1, 4)
        with torch.no_grad():
            link.severity.weight.fill_(1.0)
            link.steps.fill_(steps)
        far = torch.tensor([[-1e4], [-1.0], [0.0], [1.0], [1e4]], requires_grad=True)
        given = link(far)
        nn.functional.cross_entropy(given, torch.tensor([3, 1, 2, 1, 0])).backward()
        assert torch.isfinite(given).all()
        assert torch.allclose(torch.softmax(given, 1).sum(1), torch.ones(5))
        for tensor in (far, *link.parameters()):
            assert torch.isfinite(tensor.grad).all()


def test_cutpoints_rise_whatever_is_learned() -> None:
    link = CumulativeLink(1, 6)
    with torch.no_grad():
        link.steps.copy_(torch.tensor([-4.0, 3.0, -1.0, 0.0]))
    assert (link.cutpoints.diff() > 0).all()
    assert len(link.cutpoints) == 5


@pytest.mark.parametrize("grades", [2, 3, 7])
def test_at_the_start_every_grade_is_the_most_probable_one_somewhere(grades: int) -> None:
    link = CumulativeLink(1, grades)
    with torch.no_grad():
        link.severity.weight.fill_(1.0)
        called = link(torch.linspace(-12, 12, 200)[:, None]).argmax(dim=1)
    assert called.unique().tolist() == list(range(grades))
    assert torch.allclose(link.cutpoints, -link.cutpoints.flip(0), atol=1e-5)


def test_grades_between_are_called_at_the_default_rate_as_well() -> None:
    draws = torch.Generator().manual_seed(0)
    severity = torch.rand(400, generator=draws)
    targets = torch.bucketize(severity, torch.tensor([0.33, 0.67]))
    hidden = torch.rand(256, generator=draws) * severity[:, None] + 0.02 * torch.rand(400, 256, generator=draws)
    head = build_head(256, 3, ordered=True, seed=1)
    optimiser = torch.optim.Adam(head.parameters(), lr=1e-4)
    for _ in range(50):
        for batch in torch.randperm(400, generator=draws).split(16):
            optimiser.zero_grad()
            nn.functional.cross_entropy(head(hidden[batch]), targets[batch]).backward()
            optimiser.step()
    with torch.no_grad():
        called = head(hidden).argmax(dim=1)
    # Cutpoints that learned at the bare rate called 0.11 of them grade 1, and 0.35 right.
    assert 0.2 < float((called == 1).double().mean()) < 0.7
    assert float((called == targets).double().mean()) > 0.6


def test_gradients_equal_finite_differences() -> None:
    link = link_of([-1.0, 0.5, 2.0], slope=0.8)
    targets = torch.tensor([0, 3, 1, 2, 2, 0])
    features = torch.tensor([[-2.0], [-0.4], [0.2], [0.9], [3.0], [5.0]], dtype=torch.float64)
    values = {name: tensor.detach().clone().requires_grad_() for name, tensor in link.named_parameters()}

    def loss(x: Tensor, *tensors: Tensor) -> Tensor:
        given = torch.func.functional_call(link, dict(zip(values, tensors, strict=True)), x)
        return nn.functional.cross_entropy(given, targets)

    assert torch.autograd.gradcheck(loss, (features.requires_grad_(), *values.values()), eps=1e-5, atol=1e-6)


def fitted(features: np.ndarray, grades: np.ndarray) -> CumulativeLink:
    """The link at the highest likelihood, by Newton-like steps over all cases at once."""
    link = CumulativeLink(features.shape[1], int(grades.max()) + 1).double()
    inputs, targets = torch.from_numpy(features), torch.from_numpy(grades)
    optimiser = torch.optim.LBFGS(
        link.parameters(), max_iter=200, tolerance_grad=1e-10, tolerance_change=1e-14, line_search_fn="strong_wolfe"
    )

    def step() -> Tensor:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(link(inputs), targets)
        loss.backward()
        return loss

    optimiser.step(step)
    return link


def negative_log_likelihood(values: np.ndarray, features: np.ndarray, grades: np.ndarray) -> float:
    """Of proportional odds written down plainly: two slopes, then three cutpoints."""
    cumulative = special.expit(values[2:][None, :] - (features @ values[:2])[:, None])
    shares = np.diff(np.pad(cumulative, ((0, 0), (1, 1)), constant_values=((0, 0), (0, 1))), axis=1)
    return -float(np.log(np.maximum(shares[np.arange(len(grades)), grades], 1e-300)).sum())


def test_a_linear_fit_is_that_of_proportional_odds_by_another_optimiser() -> None:
    features, grades = draw_grades(400)
    link = fitted(features, grades)
    ours = np.concatenate([link.severity.weight.detach().numpy()[0], link.cutpoints.detach().numpy()])
    peer = optimize.minimize(negative_log_likelihood, [0, 0, -1, 0, 1], (features, grades), "BFGS", tol=1e-8).x
    assert ours == pytest.approx(peer, abs=2e-4)


def test_a_linear_fit_equals_that_of_statsmodels() -> None:
    ordinal = pytest.importorskip("statsmodels.miscmodels.ordinal_model")
    features, grades = draw_grades(400)
    link = fitted(features, grades)
    model = ordinal.OrderedModel(grades, features, distr="logit")
    peer = model.fit(method="bfgs", disp=False, gtol=1e-8)
    cutpoints = model.transform_threshold_params(peer.params)[1:-1]
    assert link.severity.weight.detach().numpy()[0] == pytest.approx(peer.params[:2], abs=2e-4)
    assert link.cutpoints.detach().numpy() == pytest.approx(cutpoints, abs=2e-4)
    with torch.no_grad():
        shares = link(torch.from_numpy(features)).exp().numpy()
    assert np.allclose(shares, peer.predict(), atol=1e-4)


def test_a_network_with_it_shares_its_hidden_layers_with_the_one_without() -> None:
    plain, ordered = (
        build_network("test_resnet", 3, head=(8,), image_size=32, seed=3, ordered=o) for o in (False, True)
    )
    assert torch.equal(plain.head.dense1.weight, ordered.head.dense1.weight)
    assert isinstance(ordered.head.output, CumulativeLink)
    assert ordered(torch.zeros(2, 3, 32, 32)).shape == (2, 3)


def test_one_class_has_no_order() -> None:
    with pytest.raises(NetworkError, match="one class has no order"):
        build_network("test_resnet", 1, image_size=32, ordered=True)
