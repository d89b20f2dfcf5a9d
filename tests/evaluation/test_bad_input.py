"""What every public function does with readings it cannot read: one clear error that names the argument."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

import readingroom.evaluation as ev
from readingroom.core.errors import EvaluationError

# What an argument holds -> readings that are fine: twelve of each.
GOOD: dict[str, list[Any]] = {
    "both classes": [0, 1] * 6,
    "binary": [0, 1, 1, 0, 1, 0] * 2,
    "number": [0.3, 0.9, 0.1, 0.4, 0.8, 0.2, 0.5, 0.5, 0.7, 0.6, 0.35, 0.65],
    "time": [2.0, 3.0, 1.5, 4.0, 2.5, 3.5] * 2,
    "probability": [0.3, 0.9, 0.1, 0.4, 0.8, 0.2, 0.5, 0.5, 0.7, 0.6, 0.35, 0.65],
    "class": ["a", "b", "c"] * 4,
    "code": [0, 1, 2] * 4,
    "any class": ["a", "a", "b", "b", "c", "c"] * 2,
    "unit": ["p1", "p1", "p2", "p2", "p3", "p3", "p4", "p4", "p5", "p5", "p6", "p6"],
    "scores": [[0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.1, 0.4, 0.5]] * 4,
    "distribution": [[0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.1, 0.4, 0.5]] * 4,
    "measurements": [[1.0, 1.5], [2.0, 2.5], [3.0, 2.0]] * 4,
    "calls": [[1, 0, 1], [0, 0, 1], [1, 1, 1]] * 4,
    "ratings": [["a", "b"], ["b", "b"], ["c", "a"]] * 4,
    "ratings with holes": [["a", "b"], ["b", "b"], ["c", "a"]] * 4,
}
TABLES = {"scores", "distribution", "measurements", "calls", "ratings", "ratings with holes"}

# What an argument holds -> values that do not belong there.
STRANGE: dict[str, list[Any]] = {
    "both classes": [2, 0.5, "yes", -1],
    "binary": [2, 0.5, "yes", -1],
    "number": [float("inf"), float("-inf"), "high"],
    "time": [float("inf"), 0.0, -1.0, "long"],
    "probability": [1.5, -0.1, float("inf"), "high"],
    "class": ["z", 1, "A"],
    "code": [3, -1, 0.5, "a"],
    "any class": [],
    "unit": [],
    "scores": [float("inf"), "high"],
    "distribution": [float("inf"), 1.5, "high"],
    "measurements": [float("inf"), "long"],
    "calls": [2, 0.5, "yes"],
    "ratings": ["z"],
    "ratings with holes": ["z"],
}


@dataclass(frozen=True)
class Function:
    """A public function of readings.

    Args:
        call: takes the arrays by name.
        holds: argument -> what it holds.
    """

    call: Callable[..., object]
    holds: dict[str, str]


def function(call: Callable[..., object], /, **holds: str) -> Function:
    return Function(call, {name: kind.replace("_", " ") for name, kind in holds.items()})


ROC = {"truth": "both_classes", "score": "number"}
PAIR = {"truth": "both_classes", "a": "number", "b": "number"}
TWO_CALLS = {"truth": "binary", "a": "binary", "b": "binary"}
RISK = {"truth": "binary", "probability": "probability"}
ABC = ["a", "b", "c"]


def bootstrapped(statistic: str, **arrays: Any) -> object:
    cluster = arrays.pop("cluster", None)
    return ev.bootstrap(statistic, *arrays.values(), cluster=cluster, replicates=5)


def against_itself(statistic: str, **arrays: Any) -> object:
    cluster = arrays.pop("cluster")
    sample = tuple(arrays.values())
    return ev.compare_samples(statistic, sample, sample, clusters=(cluster, cluster), replicates=5)


def between_raters(**arrays: Any) -> object:
    return ev.among_raters({"a": arrays["a"], "b": arrays["b"]}, classes=ABC, cluster=arrays["cluster"], replicates=5)


FUNCTIONS: dict[str, Function] = {
    "aggregate_calls": function(ev.aggregate_calls, unit="unit", call="binary"),
    "aggregate_scores": function(ev.aggregate_scores, unit="unit", score="number"),
    "aggregate_scores of classes": function(ev.aggregate_scores, unit="unit", score="scores"),
    "aggregate_truth": function(ev.aggregate_truth, unit="unit", truth="any_class"),
    "among_raters": function(between_raters, a="class", b="class", cluster="unit"),
    "auc": function(ev.auc, **ROC),
    "auc newcombe": function(partial(ev.auc, method="newcombe"), **ROC),
    "bootstrap auc": function(partial(bootstrapped, "auc"), **ROC, cluster="unit"),
    "bootstrap auc_difference": function(partial(bootstrapped, "auc_difference"), **PAIR),
    "bootstrap npv": function(partial(bootstrapped, "npv"), truth="binary", call="binary"),
    "bootstrap mean": function(partial(bootstrapped, "mean"), values="number", cluster="unit"),
    "bootstrap mean_auc": function(partial(bootstrapped, "mean_auc"), truth="code", scores="scores", cluster="unit"),
    "bootstrap mean_recall": function(partial(bootstrapped, "mean_recall"), truth="any_class", answer="any_class"),
    "bootstrap_table": function(
        partial(ev.bootstrap_table, replicates=5), **ROC, call="binary", cluster="unit"
    ),
    "brier": function(ev.brier, **RISK),
    "brier of classes": function(ev.brier, truth="code", probability="distribution"),
    "calibration_curve": function(ev.calibration_curve, **RISK),
    "calibration_line": function(ev.calibration_line, truth="both_classes", probability="probability"),
    "clustered_auc": function(ev.clustered_auc, **ROC, cluster="unit"),
    "clustered_auc_test": function(ev.clustered_auc_test, **PAIR, cluster="unit"),
    "clustered_diagnostic_table": function(
        ev.clustered_diagnostic_table, truth="binary", call="binary", cluster="unit"
    ),
    "clustered_proportion": function(ev.clustered_proportion, success="binary", cluster="unit"),
    "cochran_q": function(ev.cochran_q, calls="calls"),
    "cohen_kappa": function(partial(ev.cohen_kappa, classes=ABC), a="class", b="class"),
    "cohen_kappa of any class": function(ev.cohen_kappa, a="any_class", b="any_class"),
    "compare_samples": function(partial(against_itself, "auc"), **ROC, cluster="unit"),
    "compare_samples of means": function(partial(against_itself, "mean"), values="number", cluster="unit"),
    "compare_calls": function(ev.compare_calls, **TWO_CALLS),
    "compare_grades": function(
        partial(ev.compare_grades, classes=ABC, replicates=5), reference="class", a="class", b="class", cluster="unit"
    ),
    "compare_over_classes": function(ev.compare_over_classes, a="number", b="number"),
    "compare_predictive_values": function(ev.compare_predictive_values, **TWO_CALLS),
    "compare_times": function(ev.compare_times, a="time", b="time", cluster="unit"),
    "confusion": function(partial(ev.confusion, classes=ABC), truth="class", predicted="class"),
    "confusion of any class": function(ev.confusion, truth="any_class", predicted="any_class"),
    "delong": function(ev.delong, **ROC),
    "delong_test": function(ev.delong_test, **PAIR),
    "diagnostic_table": function(ev.diagnostic_table, truth="binary", call="binary"),
    "expected_calibration_error": function(partial(ev.expected_calibration_error, replicates=0), **RISK),
    "fleiss_kappa": function(partial(ev.fleiss_kappa, classes=ABC), ratings="ratings"),
    "grade_table": function(
        partial(ev.grade_table, classes=ABC, replicates=5), reference="class", grade="class", cluster="unit"
    ),
    "hand_till": function(partial(ev.hand_till, classes=ABC), truth="class", scores="scores"),
    "hosmer_lemeshow": function(partial(ev.hosmer_lemeshow, groups=3), **RISK),
    "icc": function(ev.icc, ratings="measurements"),
    "krippendorff_alpha": function(
        partial(ev.krippendorff_alpha, classes=ABC, replicates=0), ratings="ratings_with_holes"
    ),
    "limits_of_agreement": function(ev.limits_of_agreement, a="number", b="number", cluster="unit"),
    "net_benefit": function(ev.net_benefit, **RISK),
    "one_against_rest": function(
        partial(ev.one_against_rest, classes=ABC), truth="class", predicted="class", scores="scores"
    ),
    "operating_point": function(ev.operating_point, **ROC),
    "partial_auc": function(partial(ev.partial_auc, replicates=0), **ROC),
    "permutation_test": function(partial(ev.permutation_test, replicates=5), **PAIR, cluster="unit"),
    "permutation_test of calls": function(
        partial(ev.permutation_test, statistic="accuracy", replicates=5), **TWO_CALLS
    ),
    "roc_curve": function(ev.roc_curve, **ROC),
    "sensitivity_at": function(partial(ev.sensitivity_at, replicates=0), **ROC),
    "specificity_at": function(partial(ev.specificity_at, replicates=0), **ROC),
    "temperature": function(ev.temperature, truth="code", logits="scores"),
}  # fmt: skip


def good(member: Function) -> dict[str, Any]:
    return {name: list(GOOD[kind]) for name, kind in member.holds.items()}


def with_value(kind: str, value: Any) -> Any:
    """The good readings of a kind with one value, of the fourth reading, exchanged."""
    readings = [list(row) if isinstance(row, list) else row for row in GOOD[kind]]
    if kind in TABLES:
        readings[3][0] = value
    else:
        readings[3] = value
    return readings


# One score a reading and one a class are both fine here.
EITHER = {"aggregate_scores: score has two dimensions", "aggregate_scores of classes: score has one dimension"}


def faults(member: Function) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that can be wrong with one argument, and no readings at all."""
    plain = good(member)
    yield "no readings", {name: [] for name in plain}
    for name, kind in member.holds.items():
        for value in STRANGE[kind]:
            yield f"{name} has {value!r}", plain | {name: with_value(kind, value)}
        if kind != "ratings with holes":
            for missing in (None, float("nan"), pd.NA):
                yield f"{name} has {missing!r}", plain | {name: with_value(kind, missing)}
        if kind == "both classes":
            for only in (0, 1):
                yield f"{name} is all {only}", plain | {name: [only] * 12}
        if len(plain) > 1:
            yield f"{name} is shorter", plain | {name: plain[name][:-1]}
        if kind in TABLES:
            yield f"{name} has one dimension", plain | {name: [1] * 12}
            yield f"{name} has rows of several lengths", plain | {name: [plain[name][0][:-1], *plain[name][1:]]}
        else:
            yield f"{name} has two dimensions", plain | {name: [[value, value, value, value] for value in plain[name]]}
            yield f"{name} is ragged", plain | {name: [[1, 2], *plain[name][1:]]}
        yield f"{name} is a single value", plain | {name: 1}


FAULTS = [
    pytest.param(member.call, arrays, id=f"{name}: {what}")
    for name, member in FUNCTIONS.items()
    for what, arrays in faults(member)
    if f"{name}: {what}" not in EITHER
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_readings_that_are_spoilt_below_are_fine_before(name: str) -> None:
    assert FUNCTIONS[name].call(**good(FUNCTIONS[name])) is not None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("call", "arrays"), FAULTS)
def test_one_fault_in_one_argument_is_a_clear_error(call: Callable[..., object], arrays: dict[str, Any]) -> None:
    with pytest.raises(EvaluationError) as caught:
        call(**arrays)
    assert caught.value.what
    assert caught.value.field
    assert caught.value.fix
    assert len(str(caught.value)) < 300


def estimate(value: float | None = 0.9) -> ev.Estimate:
    return ev.Estimate(value, 0.8, 0.95, 0.95, "wilson", 50)


def readings_of(**columns: Any) -> pd.DataFrame:
    """A fully crossed table of two readers, two modalities and six cases, with columns exchanged."""
    rows = [(r, m, c, c % 2, c + r * m) for r in (1, 2) for m in (0, 1) for c in range(6)]
    return pd.DataFrame(rows, columns=["reader", "modality", "case", "truth", "score"]).assign(**columns)


# Functions of counts, estimates, masks and tables: the calls that must be refused.
REFUSED: dict[str, list[Callable[[], object]]] = {
    "at_prevalence": [
        lambda: ev.at_prevalence(estimate(), estimate(), 0.0),
        lambda: ev.at_prevalence(estimate(), estimate(), float("nan")),
        lambda: ev.at_prevalence(estimate(), estimate(None), 0.1),
    ],
    "diagnostic_counts": [
        lambda: ev.diagnostic_counts(-1, 2, 3, 4),
        lambda: ev.diagnostic_counts(1, 2.5, 3, 4),  # type: ignore[arg-type]
        lambda: ev.diagnostic_counts(1, 2, float("nan"), 4),  # type: ignore[arg-type]
    ],
    "expected_grade": [
        lambda: ev.expected_grade([[0.5, 0.5]], [0, 1, 2]),
        lambda: ev.expected_grade([[0.5, float("nan")]], [0, 1]),
        lambda: ev.expected_grade([[0.5, 0.5]], [0, "one"]),
    ],
    "nearest_grade": [
        lambda: ev.nearest_grade([0.5], [0, 1, 1]),
        lambda: ev.nearest_grade([float("nan")], [0, 1]),
        lambda: ev.nearest_grade(["high"], [0, 1]),
    ],
    "holm": [
        lambda: ev.holm([0.1, 1.2]),
        lambda: ev.holm([0.1, float("nan")]),
        lambda: ev.holm([0.1, "low"]),  # type: ignore[list-item]
    ],
    "mcnemar": [
        lambda: ev.mcnemar(-1, 2),
        lambda: ev.mcnemar(1.5, 2),  # type: ignore[arg-type]
        lambda: ev.mcnemar(float("nan"), 2),  # type: ignore[arg-type]
        lambda: ev.mcnemar("1", 2),  # type: ignore[arg-type]
        lambda: ev.mcnemar(3, 2, total=4),
    ],
    "multireader": [
        lambda: ev.multireader(readings_of().drop(columns="reader")),
        lambda: ev.multireader(readings_of().iloc[:-1]),
        lambda: ev.multireader(readings_of().iloc[:0]),
        lambda: ev.multireader(readings_of(score="high")),
        lambda: ev.multireader(readings_of(truth=1)),
        lambda: ev.multireader(readings_of(reader=None)),
        lambda: ev.multireader(readings_of(modality=np.nan)),
    ],
    "pooled_readers": [
        lambda: ev.pooled_readers(readings_of()),
        lambda: ev.pooled_readers(readings_of().iloc[:0]),
        lambda: ev.pooled_readers(readings_of().query("modality == 0").assign(truth=0)),
        lambda: ev.pooled_readers(readings_of().query("modality == 0").iloc[:-1]),
        lambda: ev.pooled_readers(readings_of().query("modality == 0").assign(case=None)),
    ],
    "non_inferiority": [
        lambda: ev.non_inferiority(estimate(), 0.0),
        lambda: ev.non_inferiority(estimate(), float("nan")),
        lambda: ev.non_inferiority(estimate(None), 0.1),
    ],
    "overlap": [
        lambda: ev.overlap(np.eye(3), np.eye(4)),
        lambda: ev.overlap(np.full((3, 3), np.nan), np.eye(3)),
        lambda: ev.overlap([["a", "b"]], [["a", "b"]]),
        lambda: ev.overlap([[1, 0], [1]], np.eye(2)),  # type: ignore[list-item]
        lambda: ev.overlap(np.eye(3), np.eye(3), spacing=float("nan")),
        lambda: ev.overlap(np.eye(3), np.eye(3), spacing="mm"),  # type: ignore[arg-type]
    ],
    "proportion": [
        lambda: ev.proportion(3, 2),
        lambda: ev.proportion(-1, 2),
        lambda: ev.proportion(float("nan"), 2),  # type: ignore[arg-type]
    ],
    "proportion_limits": [
        lambda: ev.proportion_limits([3, 1], [2, 2]),
        lambda: ev.proportion_limits([-1, 1], [2, 2]),
        lambda: ev.proportion_limits([1, 1, 1], [2, 2]),
        lambda: ev.proportion_limits([1, float("nan")], [2, 2]),
        lambda: ev.proportion_limits(["one"], [2]),
    ],
    "sample_size": [
        lambda: ev.sample_size(ev.ShareGoal(1.2, 0.1)),
        lambda: ev.sample_size(ev.ShareGoal(0.9, float("nan"))),
        lambda: ev.sample_size(ev.AreaGoal(0.8, 0.8)),
        lambda: ev.sample_size(0.9),  # type: ignore[arg-type]
    ],
    "summarise_overlaps": [
        lambda: ev.summarise_overlaps([]),
        lambda: ev.summarise_overlaps([ev.overlap(np.eye(3), np.eye(3))], cluster=["a", "b"]),
        lambda: ev.summarise_overlaps([ev.overlap(np.eye(3), np.eye(3))], cluster=[None]),
        lambda: ev.summarise_overlaps([ev.overlap(np.eye(3), np.eye(3))], size_edges=(2, 1)),
    ],
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "call", [pytest.param(c, id=f"{name} {i}") for name, calls in REFUSED.items() for i, c in enumerate(calls)]
)
def test_what_is_no_count_mask_or_study_is_a_clear_error(call: Callable[[], object]) -> None:
    with pytest.raises(EvaluationError) as caught:
        call()
    assert caught.value.field
    assert caught.value.fix


# Boxes, marks and lesions are objects of their own; what these modules refuse is in their own tests.
ELSEWHERE = {f"readingroom.evaluation.{module}" for module in ("matching", "point_matching", "detection", "lesions")}


ANY_NAMES = {"grade_values"}
"""Takes the names of grades, whatever they are."""


def test_no_public_function_is_left_out() -> None:
    functions = [getattr(ev, name) for name in ev.__all__ if inspect.isfunction(getattr(ev, name))]
    public = {function.__name__ for function in functions if function.__module__ not in ELSEWHERE} - ANY_NAMES
    assert public == {name.split()[0] for name in FUNCTIONS} | set(REFUSED)
    assert len(public) == 57
    assert len(FAULTS) > 1000
