"""Proposal: what a search tries next, by what was tried before (Optuna's tree-structured Parzen estimator)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from readingroom.core.seeds import derive_seed
from readingroom.study.search_section import Range, SearchSection

LESS = {"loss": -1.0}
"""Measures of which less is better."""

Course = list[float | None]


@dataclass(frozen=True)
class Trial:
    """A training that was tried.

    Args:
        number: from 1.
        state: ``complete``, ``pruned``, or ``diverged`` where the loss was no number any more.
        value: of the measure at the best epoch; None where it was never measured.
        chosen: values by key.
        course: the measure after each epoch; None where it was no number.
        seconds: that it took.
    """

    number: int
    state: str
    value: float | None
    chosen: dict[str, Any]
    course: Course
    seconds: float = 0.0


def propose(
    section: SearchSection, measure: str, before: Sequence[Trial]
) -> tuple[dict[str, Any], Callable[[Course], bool]]:
    """What is tried next, and whether it is to be stopped.

    Args:
        section: space, seed and pruning.
        measure: that trials are judged by.
        before: the trials until now, in their order.

    Returns:
        Values by key; and what says, of the measure after each epoch so far, whether to stop.
    """
    import optuna  # an extra

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # Seeded by the number of the trial: a sampler that goes on after a kill cannot know how far its numbers were used.
    sampler = optuna.samplers.TPESampler(seed=derive_seed(section.seed, "search", len(before) + 1) % 2**32)
    wanted = optuna.pruners.MedianPruner() if section.pruning == "median" else optuna.pruners.NopPruner()
    direction: Literal["minimize", "maximize"] = "minimize" if measure in LESS else "maximize"
    study = optuna.create_study(sampler=sampler, pruner=wanted, direction=direction)
    domains = {key: _distribution(domain) for key, domain in section.space.items()}
    study.add_trials([_as_frozen(one, section, domains) for one in before])
    trial = study.ask(domains)

    def prune(course: Course) -> bool:
        if course[-1] is None:
            return False
        trial.report(course[-1], len(course) - 1)
        return bool(trial.should_prune())

    return {key: _value(trial.params[key], section.space[key]) for key in section.space}, prune


def _distribution(domain: Any) -> Any:
    import optuna  # an extra

    if not isinstance(domain, Range):
        return optuna.distributions.CategoricalDistribution([json.dumps(choice) for choice in domain])
    if domain.whole:
        return optuna.distributions.IntDistribution(int(domain.low), int(domain.high), log=domain.log)
    return optuna.distributions.FloatDistribution(float(domain.low), float(domain.high), log=domain.log)


def _value(drawn: Any, domain: Any) -> Any:
    """What a key gets; a choice is known to Optuna by its text, as choices may be lists."""
    return drawn if isinstance(domain, Range) else json.loads(drawn)


def _as_frozen(one: Trial, section: SearchSection, domains: Mapping[str, Any]) -> Any:
    import optuna  # an extra

    chosen = {key: one.chosen[key] for key in section.space}
    params = {k: drawn if isinstance(section.space[k], Range) else json.dumps(drawn) for k, drawn in chosen.items()}
    state = optuna.trial.TrialState.COMPLETE if one.state == "complete" else optuna.trial.TrialState.PRUNED
    if one.value is None:
        state = optuna.trial.TrialState.PRUNED
    return optuna.trial.create_trial(
        state=state,
        value=one.value if state is optuna.trial.TrialState.COMPLETE else None,
        params=params,
        distributions=dict(domains),
        intermediate_values={epoch: value for epoch, value in enumerate(one.course) if value is not None},
    )
