"""Tables on the page and as CSV."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report import Results, compute_results
from readingroom.report.tables import (
    Cell,
    EstimateCell,
    Table,
    comparison_table,
    naive_table,
    performance_table,
    recognised_table,
    time_table,
)

say = Translator("en")


@pytest.fixture
def results(readings: pd.DataFrame) -> Results:
    return compute_results(readings, classes=("normal", "polyp"), positive="polyp")


def test_the_csv_gives_every_estimate_its_interval_n_and_method() -> None:
    estimate = Estimate(0.5, 0.25, 0.75, 0.95, "wilson", 12)
    table = Table("t", "", ("Reader", "NPV"), ((Cell("a"), EstimateCell("npv", estimate)),))
    assert table.to_frame().to_dict("records") == [
        {"Reader": "a", "NPV": 0.5, "NPV low": 0.25, "NPV high": 0.75, "NPV n": 12, "NPV method": "wilson"}
    ]


def test_a_name_that_a_spreadsheet_would_run_is_written_as_text(tmp_path: Path) -> None:
    Table("t", "", ("Reader",), ((Cell("=cmd()"),), (Cell("-0.5"),))).save(tmp_path)
    assert pd.read_csv(tmp_path / "t.csv", dtype="str")["Reader"].tolist() == ["'=cmd()", "-0.5"]


def test_readers_without_scores_have_a_dash_for_the_auc(results: Results) -> None:
    table = performance_table(results, "test", "image", say)
    column = table.columns.index("AUC")
    assert [row[column].text for row in table.cells()][-1] == "–"
    assert "Obuchowski" in table.note


def test_the_naive_interval_stands_beside_the_clustered_one_with_the_ratio_of_widths(results: Results) -> None:
    table = naive_table(results, "test", "image", say)
    assert table is not None
    first = table.cells()[0][1]
    assert first.text != first.small
    assert first.smaller.startswith("× ")


def test_without_several_images_a_patient_there_is_nothing_beside(readings: pd.DataFrame) -> None:
    results = compute_results(readings.drop(columns="patient"), classes=("normal", "polyp"), positive="polyp")
    assert naive_table(results, "test", "image", say) is None


def test_comparisons_show_difference_discordant_pairs_and_corrected_p(results: Results) -> None:
    table = comparison_table(results, "test", "image", "accuracy", say)
    assert table is not None
    assert len(table.rows) == 3
    assert table.columns[-1] == "p (Holm)"
    assert all("/" in row[table.columns.index("Only first / only second right")].text for row in table.cells())


def test_a_comparison_that_nobody_can_make_is_no_table(results: Results) -> None:
    assert comparison_table(results, "external", "image", "auc", say) is None


def test_recognised_lesions_are_counted_over_the_lesions_of_the_class(results: Results) -> None:
    table = recognised_table(results, "test", "lesion", say)
    assert table is not None
    assert [row[0].text for row in table.cells()] == ["normal", "polyp"]
    assert table.columns[1:] == ("a", "b", "senior")


def test_reading_times_have_one_row_a_reader(results: Results) -> None:
    table = time_table(results, "test", say)
    assert table is not None
    assert [row[0].text for row in table.cells()] == ["a", "b", "senior"]
