"""Tables by class: spread below the classes, readers over the classes, tests, confusions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from readingroom.cases.sites import load_sites
from readingroom.core.seeds import generator
from readingroom.core.translations import Translator
from readingroom.report import Results, compute_results
from readingroom.report.class_tables import (
    class_comparison_table,
    class_table,
    confusion_table,
    over_classes_table,
)

say = Translator("en")
SITES = tuple(sorted(load_sites().keys))


@pytest.fixture(scope="module")
def results() -> Results:
    random = generator(3, "class tables")
    truth = np.repeat(SITES, 5)
    parts = []
    for reader, share in (("good", 0.9), ("poor", 0.6)):
        predicted = np.where(random.random(len(truth)) < share, truth, random.choice(SITES, len(truth)))
        predicted[truth == "pylorus"] = "antrum_greater"
        images = [f"i{n}" for n in range(len(truth))]
        columns = {"reader": reader, "image": images, "truth": truth, "predicted": predicted, "split": "test"}
        parts.append(pd.DataFrame(columns))
    return compute_results(pd.concat(parts, ignore_index=True), classes=SITES)


def test_classes_stand_in_the_order_of_sites_with_mean_median_and_range_below(results: Results) -> None:
    table = class_table(results, results.select(split="test")[0], say)
    heads = [row[0].text for row in table.cells()]
    assert heads[0] == "0 glottis"
    assert heads[14] == "14 pylorus"
    assert heads[30:] == ["Mean over classes", "Median over classes", "Range over classes"]
    assert table.compact
    assert "Lowest: Sensitivity 0.0% (14 pylorus)" in table.note


def test_the_csv_gives_the_range_as_low_and_high(results: Results) -> None:
    frame = class_table(results, results.select(split="test")[0], say).to_frame().set_index("Class")
    spread = next(s for s in results.analyses.class_spreads if (s.reader, s.measure) == ("good", "accuracy"))
    row = frame.loc["Range over classes"]
    assert (row["Accuracy low"], row["Accuracy high"]) == (spread.lowest, spread.highest)
    assert row["Accuracy method"] == "range over classes"


def test_the_note_says_what_the_mean_accuracy_means(results: Results) -> None:
    performance = results.select(split="test")[0]
    assert performance.top1 is not None
    assert performance.top1.value is not None
    said = f"means that {100 * performance.top1.value:.1f}% of the images were answered right"
    assert said in class_table(results, performance, say).note


def test_all_readers_stand_in_one_table_with_top1_beside(results: Results) -> None:
    table = over_classes_table(results, "test", say)
    assert table is not None
    cells = table.cells()
    assert [row[0].text for row in cells] == ["good", "", "", "poor", "", ""]
    assert [row[1].text for row in cells[:3]] == ["Mean", "Median", "Range"]
    assert [bool(row[-1].text) for row in cells] == [True, False, False, True, False, False]


def test_paired_tests_are_said_to_be_used_and_unpaired_ones_for_comparison_only(results: Results) -> None:
    paired = class_comparison_table(results, "test", say, paired=True)
    unpaired = class_comparison_table(results, "test", say, paired=False)
    assert paired is not None
    assert unpaired is not None
    assert len(paired.rows) == len(unpaired.rows) == 5
    assert "of the tests over classes, use these" in paired.note
    assert "For comparison with such studies only" in unpaired.note
    assert len(set(paired.columns)) == len(paired.columns)


def test_of_many_pairs_those_with_one_reader_can_be_shown(results: Results) -> None:
    assert class_comparison_table(results, "test", say, paired=True, about="nobody") is None
    shown = class_comparison_table(results, "test", say, paired=True, about="poor")
    assert shown is not None
    assert "all are in" not in shown.note  # two readers are one pair


def test_confusions_are_listed_the_most_frequent_first(results: Results) -> None:
    table = confusion_table(results, results.select(split="test")[0], say)
    assert table is not None
    first = [cell.text for cell in table.cells()[0]]
    assert first == ["14 pylorus", "13 antrum, greater curvature", "5", "5", "100.0%", "0"]
    assert len(table.rows) <= 10
    assert "as another site of the same region" in table.note


def test_nothing_confused_is_no_table() -> None:
    rows = pd.DataFrame({"reader": "r", "image": list("abc"), "truth": list("xyz"), "predicted": list("xyz")})
    results = compute_results(rows, classes=list("xyz"))
    assert confusion_table(results, results.select(split="test")[0], say) is None
