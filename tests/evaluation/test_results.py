import copy
import json
import math
import pickle

import pytest

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import Estimate, Table, Test

HALF = Estimate(0.5, 0.25, 0.75, 0.95, "wilson", 12)
NONE = Estimate(None, None, None, 0.95, "wilson", 0, note="no observation")


def test_an_estimate_says_its_interval() -> None:
    assert str(HALF) == "0.500 (0.250 to 0.750)"


def test_an_estimate_without_value_says_not_defined() -> None:
    assert str(NONE) == "not defined"
    assert not NONE.defined


def test_limits_of_what_is_not_defined_are_refused_with_the_reason() -> None:
    with pytest.raises(EvaluationError, match="no observation"):
        NONE.limits()


def test_infinite_and_missing_numbers_survive_strict_json() -> None:
    estimate = Estimate(math.inf, 1.0, math.nan, 0.95, "m", 3, beside=HALF)
    text = json.dumps(estimate.to_dict(), allow_nan=False)
    assert json.loads(text)["value"] == "infinite"
    assert json.loads(text)["high"] is None
    assert json.loads(text)["beside"]["value"] == 0.5


def test_a_test_keeps_both_degrees_of_freedom_in_json() -> None:
    assert Test(1.0, 0.5, None, None, None, "F", df=(1.0, 15.5)).to_dict()["df"] == [1.0, 15.5]


def test_a_table_answers_by_key_attribute_and_alias() -> None:
    table = Table({"ppv": HALF, "sensitivity": NONE}, {"tp": 6})
    assert table["ppv"] is table.ppv is table["precision"] is table.precision
    assert table["recall"] is NONE
    assert list(table) == ["ppv", "sensitivity"]


def test_a_table_without_the_entry_names_those_it_has() -> None:
    with pytest.raises(AttributeError, match="ppv"):
        _ = Table({"ppv": HALF}).npv


def test_a_table_can_be_copied_and_pickled() -> None:
    table = Table({"ppv": HALF})
    assert copy.deepcopy(table).ppv == HALF
    assert pickle.loads(pickle.dumps(table)).ppv == HALF  # noqa: S301 - our own bytes


def test_a_table_becomes_one_row_a_measure() -> None:
    frame = Table({"ppv": HALF, "npv": NONE}).to_frame()
    assert frame["measure"].tolist() == ["ppv", "npv"]
    assert frame["value"].isna().tolist() == [False, True]


def test_a_table_with_counts_becomes_json() -> None:
    assert json.loads(json.dumps(Table({"ppv": HALF}, {"tp": 6}).to_dict()))["counts"] == {"tp": 6}
