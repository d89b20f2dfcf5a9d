"""Tables of folds and of repeats."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from readingroom.core.translations import Translator
from readingroom.report import Results, compute_results
from readingroom.report.fold_tables import fold_table
from readingroom.report.results import Fold

say = Translator("en")
CLASSES = ("normal", "polyp")
CENTRES = ("North", "South", "West")


@pytest.fixture
def results(readings: pd.DataFrame) -> Results:
    """Three centres left out in turn; the third has one patient only."""
    patients = pd.factorize(readings["patient"])[0]
    fold = np.where(patients == patients.max(), 3, patients // 2 % 2 + 1)
    folds = [Fold(number, name, "centre") for number, name in enumerate(CENTRES, start=1)]
    return compute_results(readings.assign(fold=fold), classes=CLASSES, positive="polyp", folds=folds)


def test_each_fold_is_called_after_what_was_left_out_then_pooled_mean_and_sd(results: Results) -> None:
    table = fold_table(results, "test", "fold", say)
    assert table is not None
    assert table.columns[:3] == ("Reader", "Left out: centre", "n")
    assert [row[1].text for row in table.cells()[:6]] == [*CENTRES, "Pooled", "Mean", "SD"]
    sizes = [int(row[2].text) for row in table.cells()[:4]]
    assert sum(sizes[:3]) == sizes[3]


def test_a_fold_of_one_class_has_a_dash_for_its_auc_and_is_left_out_of_the_mean(results: Results) -> None:
    table = fold_table(results, "test", "fold", say)
    assert table is not None
    column = table.columns.index("AUC")
    assert table.cells()[2][column].text == "–"
    spread = next(s for s in results.spreads if (s.reader, s.split, s.measure) == ("a", "test", "auc"))
    assert spread.numbers == (1, 2)
    assert table.cells()[4][column].text == f"{np.mean(spread.parts):.3f}"


def test_folds_without_a_name_are_numbers(readings: pd.DataFrame) -> None:
    folds = pd.factorize(readings["patient"])[0] // 2 % 3 + 1
    found = compute_results(readings.assign(fold=folds), classes=CLASSES, positive="polyp")
    assert found.folds == tuple(Fold(number, str(number)) for number in (1, 2, 3))
    table = fold_table(found, "test", "fold", say)
    assert table is not None
    assert table.columns[1] == "Fold"


def test_of_images_that_every_fold_reads_nothing_is_pooled(readings: pd.DataFrame) -> None:
    external = readings.assign(split="external")
    both = pd.concat([external.assign(fold=1), external.assign(fold=2)], ignore_index=True)
    table = fold_table(compute_results(both, classes=CLASSES, positive="polyp"), "external", "fold", say)
    assert table is not None
    assert "Pooled" not in [row[1].text for row in table.cells()]


def test_repeats_have_a_table_of_their_own_and_people_are_not_in_it(readings: pd.DataFrame) -> None:
    again = readings[readings["reader"] != "senior"].assign(repeat=2)
    found = compute_results(pd.concat([readings, again]), classes=CLASSES, positive="polyp")
    table = fold_table(found, "test", "repeat", say)
    assert table is not None
    assert [row[0].text for row in table.cells() if row[0].text] == ["a", "b"]
    assert [row[1].text for row in table.cells()[:4]] == ["1", "2", "Mean", "SD"]


def test_one_training_is_no_table(readings: pd.DataFrame) -> None:
    found = compute_results(readings, classes=CLASSES, positive="polyp")
    assert fold_table(found, "test", "fold", say) is None
    assert fold_table(found, "test", "repeat", say) is None
