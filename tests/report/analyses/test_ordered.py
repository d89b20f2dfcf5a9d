"""Ordered grades of a graded study: networks and people, patients with several images, on both pages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

from readingroom.core.seeds import generator
from readingroom.core.translations import Translator
from readingroom.evaluation import compare_grades
from readingroom.report import Results, compute_results
from readingroom.report.analyses.ordered import GradePerformance
from readingroom.report.analysis_tables import analysis_tables
from readingroom.report.content import gather
from readingroom.report.figures.grades import draw_grades
from readingroom.report.figures.style import Pen, drawing
from readingroom.report.methods_analyses import analysis_sentences
from readingroom.report.tables import EstimateCell

GRADES = ("Rf0", "Rf1", "Rf2")
SKILLS = {"softmax": 0.8, "ordered": 0.5, "赵医生": 0.6}


def draw_readings(images_a_patient: int = 2, patients: int = 60) -> pd.DataFrame:
    """Readings of two networks and a doctor who did not read the last image."""
    draws = generator(4, "graded readings")
    patient = np.repeat(np.arange(patients), images_a_patient)
    codes = draws.integers(0, 3, patients)[patient]
    tables = []
    for reader, noise in SKILLS.items():
        error = draws.normal(0, noise, patients)[patient] + draws.normal(0, noise / 2, codes.size)
        given = np.clip(np.rint(codes + error), 0, 2).astype(int)
        rows = pd.DataFrame({"reader": reader, "image": [f"{i}.png" for i in range(codes.size)], "split": "test"})
        rows = rows.assign(patient=patient, truth=[GRADES[c] for c in codes], predicted=[GRADES[g] for g in given])
        if reader == "赵医生":
            tables.append(rows.assign(experience="senior").iloc[:-1])
        else:
            scores = np.where(np.arange(3) == given[:, None], 0.8, 0.1)
            tables.append(rows.assign(**{f"score_{name}": scores[:, k] for k, name in enumerate(GRADES)}))
    return pd.concat(tables, ignore_index=True)


def computed(readings: pd.DataFrame, *, ordered: bool = True, classes: tuple[str, ...] = GRADES) -> Results:
    positive = classes[-1] if len(classes) == 2 else None
    return compute_results(readings, classes=classes, positive=positive, ordered=ordered)


@pytest.fixture(scope="module")
def readings() -> pd.DataFrame:
    return draw_readings()


@pytest.fixture(scope="module")
def results(readings: pd.DataFrame) -> Results:
    return computed(readings)


def codes_of(readings: pd.DataFrame, reader: str) -> tuple[np.ndarray, np.ndarray]:
    own = readings[readings["reader"] == reader]
    return tuple(own[column].map(GRADES.index).to_numpy() for column in ("truth", "predicted"))  # type: ignore[return-value]


def graded(results: Results, reader: str) -> GradePerformance:
    return next(one for one in results.analyses.grades if one.reader == reader)


@pytest.mark.parametrize("reader", SKILLS)
def test_every_reader_network_or_person_is_graded_as_scikit_learn_does(
    results: Results, readings: pd.DataFrame, reader: str
) -> None:
    true, given = codes_of(readings, reader)
    found = graded(results, reader)
    for name in ("quadratic", "linear"):
        expected = cohen_kappa_score(true, given, weights=name)
        assert found.measures[f"{name}_kappa"].value == pytest.approx(expected)
    assert found.measures["mean_absolute_error"].value == pytest.approx(mean_absolute_error(true, given))
    assert found.measures["within_one"].value == pytest.approx(np.mean(np.abs(true - given) <= 1))
    assert found.n == len(true) == sum(found.apart.values())
    assert found.apart.get("1", 0) == int((given - true == 1).sum())


def test_intervals_are_by_patient_only_where_patients_have_several_images(results: Results) -> None:
    assert "60 clusters" in graded(results, "softmax").measures["quadratic_kappa"].method
    single = graded(computed(draw_readings(images_a_patient=1)), "softmax").measures
    assert single["quadratic_kappa"].method == "cohen kappa, quadratic"
    assert single["mean_absolute_error"].low is not None


def test_readers_are_compared_in_pairs_on_the_images_of_both_with_holms_correction(
    results: Results, readings: pd.DataFrame
) -> None:
    for measure in ("quadratic_kappa", "mean_absolute_error"):
        family = [c for c in results.comparisons if (c.measure, c.unit) == (measure, "image")]
        assert len(family) == 3
        assert [c.n for c in family] == [120, 119, 119]
        assert all(c.p_value is not None and c.p_holm is not None and c.p_holm >= c.p_value for c in family)
    (true, first), (_, second) = codes_of(readings, "softmax"), codes_of(readings, "ordered")
    expected = compare_grades(true, first, second, classes=range(3), cluster=np.repeat(np.arange(60), 2))
    ours = next(c for c in results.comparisons if c.measure == "mean_absolute_error")
    # The rows of a pair are sorted by image, and a bootstrap draws patients by their place.
    assert ours.difference == pytest.approx(expected.mean_absolute_error.difference)
    assert ours.statistic == pytest.approx(expected.mean_absolute_error.statistic, rel=0.1)


def test_the_accuracy_still_stands_beside(results: Results) -> None:
    assert any(c.measure == "accuracy" for c in results.comparisons)


def test_grades_of_units_of_several_images_are_not_compared(results: Results) -> None:
    assert {c.unit for c in results.comparisons if c.measure == "quadratic_kappa"} == {"image"}


def test_classes_without_an_order_and_two_grades_have_no_distances(readings: pd.DataFrame) -> None:
    two = readings[readings["truth"].ne("Rf2") & readings["predicted"].ne("Rf2")]
    for found in (computed(readings, ordered=False), computed(two, classes=GRADES[:2])):
        assert found.analyses.grades == ()
        assert {"quadratic_kappa", "mean_absolute_error"}.isdisjoint(c.measure for c in found.comparisons)


def test_the_page_shows_the_quadratic_kappa_and_the_file_has_the_linear_one_too(results: Results) -> None:
    tables = analysis_tables(results, "test", Translator("en"))
    shown, whole = tables.ordered, tables.ordered_whole
    assert shown is not None
    assert whole is not None
    assert whole in tables.tables()
    assert shown not in tables.tables()
    assert "Linear weighted kappa" not in shown.columns
    assert {"Linear weighted kappa", "Quadratic weighted kappa low"} <= set(whole.to_frame().columns)
    assert [cell.measure for cell in shown.rows[0] if isinstance(cell, EstimateCell)] == [
        "quadratic_kappa", "mean_absolute_error", "within_one",
    ]  # fmt: skip
    assert "tables/ordered-test.csv" in shown.note


def test_too_low_and_too_high_are_told_apart(results: Results) -> None:
    shown = analysis_tables(results, "test", Translator("en")).ordered
    assert shown is not None
    low, high = (shown.columns.index(head) for head in ("Graded too low", "Graded too high"))
    apart = graded(results, "softmax").apart
    assert shown.cells()[0][low].small == f"{sum(n for step, n in apart.items() if int(step) < 0)}/120"
    assert shown.cells()[0][high].small == f"{sum(n for step, n in apart.items() if int(step) > 0)}/120"


def test_the_figure_names_every_reader_and_every_distance(results: Results) -> None:
    with drawing():
        figure = draw_grades(Pen(Translator("en")), results.analyses.grades)
        figure.draw_without_rendering()
    said = {text.get_text() for panel in figure.axes for text in panel.get_yticklabels()}
    said |= {text.get_text() for legend in figure.legends for text in legend.get_texts()}
    assert {"softmax", "ordered", "the same grade", "too low by 1", "too high by 1"} <= said


def test_every_word_about_grades_is_also_said_in_chinese(results: Results, readings: pd.DataFrame) -> None:
    say = Translator("zh")
    content = gather(results, readings, say, run=None, images_root=None, patients_known=True)
    titles = [item.title for group in content.comparisons for item in group.tables]
    assert "与参考标准的二次加权 kappa 之差" in titles
    shown = content.analysed["test"].ordered
    assert shown is not None
    assert all("kappa" not in head.replace("加权 kappa", "") and "Graded" not in head for head in shown.columns)
    methods = " ".join(analysis_sentences(results, say))
    assert "分级与参考标准的比较采用二次加权 kappa" in methods
