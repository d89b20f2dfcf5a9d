import pandas as pd
import pytest

from readingroom.report.performance import at, read_performance


def test_predictive_values_are_given_at_a_stated_prevalence() -> None:
    rows = [("r", str(n), "test", "ab"[n % 2], "ab"[n % 2 if n % 5 else 0], n % 2, 1 - n % 2) for n in range(40)]
    columns = ["reader", "image", "split", "truth", "predicted", "score_b", "score_a"]
    plain = read_performance(pd.DataFrame(rows, columns=columns), ["a", "b"], "b", "image", 0.95)
    moved = at(plain, 0.02)
    assert moved.binary is not None
    assert plain.binary is not None
    measures = moved.binary.measures
    sensitivity, specificity = (float(measures[name].value or 0) for name in ("sensitivity", "specificity"))
    expected = sensitivity * 0.02 / (sensitivity * 0.02 + (1 - specificity) * 0.98)
    assert measures["ppv_at_prevalence"].value == pytest.approx(expected)
    assert measures["ppv"] == plain.binary.measures["ppv"]
