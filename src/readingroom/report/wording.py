"""How numbers are said: rates in per cent, areas with three decimals, p values as journals print them."""

from __future__ import annotations

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate

SPLIT_NAMES = {
    "training": "Training",
    "validation": "Validation",
    "test": "Test",
    "external": "External validation",
}
"""Parts of the partition, as the report calls them."""

UNIT_NAMES = {"image": "images", "lesion": "lesions", "patient": "patients"}
"""What is counted, in the plural."""

MEASURE_NAMES = {
    "auc": "AUC",
    "sensitivity": "Sensitivity (recall)",
    "specificity": "Specificity",
    "ppv": "PPV (precision)",
    "npv": "NPV",
    "accuracy": "Accuracy",
    "f1": "F1",
    "top1": "Top-1 accuracy",
    "auc_of_calls": "AUC of calls, not scores",
    "mean_recall": "Mean recall",
    "iou": "IoU",
    "ppv_at_prevalence": "PPV at the stated prevalence",
    "npv_at_prevalence": "NPV at the stated prevalence",
    "brier": "Brier score",
    "slope": "Slope",
    "intercept": "Intercept",
    "ece": "Calibration error",
    "temperature": "Temperature",
    "ece_after_temperature": "Error after it",
    "quadratic_kappa": "Quadratic weighted kappa",
    "linear_kappa": "Linear weighted kappa",
    "mean_absolute_error": "Mean absolute error, grades",
    "within_one": "Within one grade",
}
"""Measures, as tables head them."""

_DECIMALS = frozenset(
    {"auc", "auc_of_calls", "f1", "brier", "slope", "intercept", "ece", "ece_after_temperature", "temperature"}
    | {"kappa", "alpha", "quadratic_kappa", "linear_kappa", "mean_absolute_error"}
    | {"iou", "dice", "surface_dice", "outlines", "average_precision", "false_boxes", "icc"}
)
_SIGNED = frozenset({"score"})
"""Differences in grades, with two decimals and a true minus sign."""
_ONE_DECIMAL = frozenset({"hausdorff95", "surface_distance", "documented"})


METHOD_NAMES = {
    "wilson": "Wilson",
    "wilson, of tp / (tp + fp + fn)": "Wilson, transformed (F1)",
    "delong": "DeLong",
    "mean over classes, each against the rest; delong over classes": "DeLong over classes (mean AUC)",
    "obuchowski 1997, clustered": "Obuchowski 1997, clustered by patient",
    "rao-scott, clustered": "Rao-Scott, clustered by patient",
    "linearised over clusters": "linearised over patients (F1)",
    "delong, paired": "DeLong, paired",
    "obuchowski 1997, paired": "Obuchowski, paired, clustered by patient",
    "mcnemar, exact": "McNemar, exact",
    "paired difference of shares, clustered (Obuchowski 1998)": "difference, clustered by patient (Obuchowski 1998)",
    "paired t of log times": "paired t test of log times",
    "paired t of log times, clustered": "paired t test of log times, clustered by patient",
    "cohen kappa, unweighted": "Cohen's kappa",
    "cohen kappa, quadratic": "Cohen's kappa, quadratic weights",
    "paired bootstrap of patients, 2000 random draws": "paired bootstrap of patients, 2000 draws",
    "paired bootstrap of readings, 2000 random draws": "paired bootstrap of images, 2000 draws",
}
"""Methods as the report names them, by the evaluation room's names."""


def method_text(method: str, say: Translator) -> str:
    """A method's name, with its author's capital."""
    return say(METHOD_NAMES.get(method, method))


def value_text(measure: str, value: float | None) -> str:
    """A value: ``0.953`` for areas and F1, ``92.7%`` for rates, a dash where it is not defined."""
    if value is None:
        return "–"
    if measure in _ONE_DECIMAL:
        return f"{value:.1f}"
    if measure in _SIGNED:
        return f"{value:.2f}".replace("-", "−")
    return f"{value:.3f}" if measure in _DECIMALS else f"{100 * value:.1f}%"


def interval_text(measure: str, estimate: Estimate | None, joint: str = "–") -> str:
    """An interval, without its level: ``0.921–0.985`` or ``86.1–96.4``."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    if measure in _SIGNED:
        # A dash between two numbers that may be negative would be read as a minus.
        return f"{estimate.low:.2f}, {estimate.high:.2f}".replace("-", "−")
    if measure in _ONE_DECIMAL:
        return f"{estimate.low:.1f}{joint}{estimate.high:.1f}"
    if measure in _DECIMALS:
        return f"{estimate.low:.3f}{joint}{estimate.high:.3f}"
    return f"{100 * estimate.low:.1f}{joint}{100 * estimate.high:.1f}"


def interval_sentence(measure: str, estimate: Estimate, say: Translator) -> str:
    """A value with its interval as a sentence has it: ``0.953 (95% CI 0.921 to 0.985)``."""
    value = value_text(measure, estimate.value)
    interval = interval_text(measure, estimate, say(" to "))
    if not interval:
        return value
    return say("{value} ({level}% CI {interval})", value=value, level=f"{100 * estimate.level:g}", interval=interval)


def p_text(p_value: float | None) -> str:
    """A p value: ``<0.001``, ``0.032``, ``0.82``, a dash where there is none."""
    if p_value is None:
        return "–"
    if p_value < 0.001:
        return "<0.001"
    return f"{p_value:.3f}" if p_value < 0.1 else f"{p_value:.2f}"


def count_text(estimate: Estimate) -> str:
    """The numerator and denominator of a proportion: ``38/41``."""
    if estimate.value is None:
        return f"0/{estimate.n}" if estimate.n else ""
    return f"{round(estimate.value * estimate.n)}/{estimate.n}"


def seconds_text(seconds: float, say: Translator) -> str:
    """A duration as a person says it."""
    if seconds < 120:
        return say("{n} s", n=f"{seconds:.1f}")
    if seconds < 7200:
        return say("{n} min", n=f"{seconds / 60:.1f}")
    return say("{n} h", n=f"{seconds / 3600:.1f}")


def joined(items: list[str], say: Translator) -> str:
    """A list as a sentence has it: ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return say(", ").join(items[:-1]) + say(" and ") + items[-1]


def fact_name(name: str, say: Translator) -> str:
    """A column as a sentence says it."""
    # The catalogue knows facts as Table 1 heads them.
    head = name.replace("_", " ").capitalize()
    said = say(head)
    return name if said == head else said
