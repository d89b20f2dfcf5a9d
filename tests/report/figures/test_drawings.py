"""Every figure draws what it is given, at its worst as well."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from readingroom.cases.sites import load_sites
from readingroom.core.translations import Translator
from readingroom.report import Results, compute_results
from readingroom.report.class_names import name_classes
from readingroom.report.figures.bars import draw_measures, draw_times
from readingroom.report.figures.classes import draw_classes
from readingroom.report.figures.curves import draw_losses, draw_roc
from readingroom.report.figures.flow import Flow, FlowPart, draw_flow
from readingroom.report.figures.folds import draw_folds, has_spread
from readingroom.report.figures.large_matrix import draw_large_confusion
from readingroom.report.figures.matrix import draw_confusion
from readingroom.report.figures.style import Pen, drawing
from readingroom.report.results import Fold

CLASSES = ("normal", "polyp")


@pytest.fixture
def pen() -> Pen:
    return Pen(Translator("en"))


@pytest.fixture
def results(readings: pd.DataFrame) -> Results:
    return compute_results(readings, classes=CLASSES, positive="polyp")


def texts(draw: Callable[[], Figure]) -> list[str]:
    with drawing():
        figure = draw()
        figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]


def test_the_roc_names_every_reader_and_gives_areas_of_scored_ones_only(pen: Pen, results: Results) -> None:
    said = texts(lambda: draw_roc(pen, results, "test"))
    assert sum(text.startswith(("a\nAUC 0.", "b\nAUC 0.")) for text in said) == 2
    assert "senior" in said


def test_the_roc_of_many_classes_has_a_panel_a_class(pen: Pen, readings: pd.DataFrame) -> None:
    said = texts(lambda: draw_roc(pen, compute_results(readings, classes=CLASSES), "test"))
    assert set(CLASSES) <= set(said)


def test_the_roc_of_very_many_classes_is_their_mean(pen: Pen, readings: pd.DataFrame) -> None:
    classes = (*CLASSES, *(f"other {n}" for n in range(9)))
    scored = readings.assign(**{f"score_other {n}": 0.0 for n in range(9)})
    said = texts(lambda: draw_roc(pen, compute_results(scored, classes=classes), "test"))
    assert "Mean over 11 classes" in said


def test_measures_of_two_and_of_many_classes_are_drawn(pen: Pen, readings: pd.DataFrame, results: Results) -> None:
    assert {"Sensitivity", "Specificity", "F1", "senior"} <= set(texts(lambda: draw_measures(pen, results, "test")))
    many = compute_results(readings, classes=CLASSES)
    assert "Top-1 accuracy" in texts(lambda: draw_measures(pen, many, "test"))


def test_a_measure_that_is_not_defined_is_a_dash(pen: Pen, readings: pd.DataFrame) -> None:
    silent = compute_results(readings.assign(predicted="normal"), classes=CLASSES, positive="polyp")
    assert "–" in texts(lambda: draw_measures(pen, silent, "test"))


def test_confusion_matrices_show_counts_and_row_per_cent(pen: Pen, results: Results) -> None:
    said = texts(lambda: draw_confusion(pen, results, "test"))
    matrix = results.select(split="test")[0].confusion
    assert matrix is not None
    share = round(100 * matrix[0][0] / sum(matrix[0]))
    assert f"{matrix[0][0]}\n{share}%" in said


def test_the_matrix_of_thirty_sites_names_rows_and_regions_and_counts_what_was_answered(pen: Pen) -> None:
    sites = load_sites().keys
    answered = [*sites[:-1], "pylorus"]
    rows = pd.DataFrame({"reader": "r", "image": sites, "truth": sites, "predicted": answered})
    found = compute_results(rows, classes=sites).select(split="test")[0]
    said = texts(lambda: draw_large_confusion(pen, found, name_classes(sites, pen.say)))
    assert {"0 glottis", "14 pylorus", "Pharynx", "Antrum", "29"} <= set(said)
    assert said.count("1") == 30 + 2  # one a site, and the heads of column 1 above and below
    assert "0" in said
    assert not any(text.endswith("%") for text in said)


def test_the_matrix_of_very_many_classes_is_drawn_without_numbers_that_nobody_can_read(pen: Pen) -> None:
    classes = [f"class {number}" for number in range(120)]
    rows = pd.DataFrame({"reader": "r", "image": classes, "truth": classes, "predicted": classes})
    found = compute_results(rows, classes=classes).select(split="test")[0]
    assert "120 class 119" in texts(lambda: draw_large_confusion(pen, found, name_classes(classes, pen.say)))


def test_folds_and_repeats_stand_side_by_side_with_the_names_of_what_was_left_out(
    pen: Pen, readings: pd.DataFrame
) -> None:
    folds = pd.factorize(readings["patient"])[0] // 2 % 2 + 1
    named = [Fold(1, "North", "centre"), Fold(2, "South", "centre")]
    table = pd.concat([readings.assign(fold=folds, repeat=number) for number in (1, 2)])
    found = compute_results(table, classes=CLASSES, positive="polyp", folds=named)
    assert has_spread(found, "test")
    said = set(texts(lambda: draw_folds(pen, found, "test")))
    assert {"North", "South", "AUC, each centre left out in turn", "AUC, by training run"} <= said


def test_one_training_has_no_spread_to_draw(results: Results) -> None:
    assert not has_spread(results, "test")


def test_reading_times_of_networks_and_people_share_a_logarithmic_axis(pen: Pen, results: Results) -> None:
    times = tuple(time for time in results.times if time.split == "test")
    said = texts(lambda: draw_times(pen, results, times))
    assert "Total reading time, seconds (logarithmic)" in said
    assert not any("mathdefault" in text for text in said)


def test_losses_of_one_epoch_of_folds_and_with_gaps_are_drawn(pen: Pen) -> None:
    one = pd.DataFrame({"epoch": [1], "train_loss": [0.5], "validation_loss": [float("nan")]})
    folds = pd.DataFrame({"epoch": [1, 2, 1, 2], "train_loss": [1.0, 0.5, 0.9, 0.4], "fold": [1, 1, 2, 2]})
    said = texts(lambda: draw_losses(pen, {"one": one, "folds": folds}, {"one": 1}))
    assert {"one", "folds"} <= set(said)


def test_the_flow_shows_every_line(pen: Pen) -> None:
    parts = tuple(FlowPart(name, ("3 images",), name == "Test") for name in ("Training", "Test"))
    aside = FlowPart("Left out", ("blurred (n = 2)",))
    flow = Flow(FlowPart("Start", ()), aside, FlowPart("In", ()), parts, FlowPart("End", ()))
    said = {"Start", "Left out", "blurred (n = 2)", "In", "Training", "Test", "End"}
    assert said <= set(texts(lambda: draw_flow(flow)))


def test_class_counts_stand_at_their_bars(pen: Pen) -> None:
    said = texts(lambda: draw_classes(pen, {"Training": {"normal": 7, "polyp": 12}, "Test": {"normal": 3, "polyp": 0}}))
    assert {"7", "12", "3", "0", "Training", "Test"} <= set(said)
