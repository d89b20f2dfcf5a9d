"""Non-inferiority: whether a reader is not worse than another by more than a margin."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import special

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.results import Estimate, Test


@dataclass(frozen=True)
class NonInferiority(Test):
    """A one-sided test against a margin.

    Args:
        margin: the largest loss that does not matter, above 0.
        concluded: whether the interval lies above -margin; None where the difference has no interval.
    """

    margin: float = 0.0
    concluded: bool | None = None


def non_inferiority(difference: Test | Estimate, margin: float) -> NonInferiority:
    """Whether the first reader is not worse than the second by the margin or more.

    Concluded where the lower limit of the two-sided interval lies above -margin, so that a 95 % interval tests at a
    one-sided 2.5 % (CONSORT for non-inferiority, Piaggio 2012). The p-value is that of H0: difference <= -margin,
    from (difference + margin) / se; where no variance is known, se comes from the lower half of the interval.

    Args:
        difference: first minus second (higher is better), a test or an estimate with its interval.
        margin: above 0, fixed before the study, in the unit of the difference.

    Raises:
        EvaluationError: a margin that is not above 0, or a difference that is not defined.

    Example:
        >>> result = non_inferiority(Estimate(-0.01, -0.04, 0.02, 0.95, "delong, paired", 200), 0.05)
        >>> result.concluded, round(result.p_value, 4)
        (True, 0.0045)
    """
    if not margin > 0:
        fix = "Give the largest loss that does not matter, above 0"
        raise EvaluationError(f"{margin} is not a margin", fix=fix, field="margin")
    value = difference.value if isinstance(difference, Estimate) else difference.difference
    if value is None:
        raise EvaluationError("the difference is not defined", fix="Mend the comparison first", field="difference")
    name = f"non-inferiority by {margin:g}; {difference.method}"
    level, low, high = difference.level, difference.low, difference.high
    if low is None:
        note = "no interval"
        return NonInferiority(None, None, value, None, None, name, level, difference.n, note=note, margin=margin)
    # Of the tests that have a difference only Student's has degrees of freedom.
    df = difference.df if isinstance(difference, Test) and isinstance(difference.df, (int, float)) else None
    se = _standard_error(value, low, level, df)
    concluded = low > -margin
    if se == 0:
        note = "no variance"
        return NonInferiority(None, None, value, low, high, name, level, difference.n, df, 0.0, note, margin, concluded)
    statistic = (value + margin) / se
    p = float(special.ndtr(-statistic) if df is None else special.stdtr(df, -statistic))
    return NonInferiority(statistic, p, value, low, high, name, level, difference.n, df, se**2, "", margin, concluded)


def _standard_error(value: float, low: float, level: float, df: float | None) -> float:
    quantile = normal_quantile(level) if df is None else float(special.stdtrit(df, 0.5 + level / 2))
    return (value - low) / quantile
