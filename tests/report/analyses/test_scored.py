"""Scores between grades, and networks among raters: the analyses, their tables, figures and words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from readingroom.core.seeds import generator
from readingroom.core.translations import Translator
from readingroom.evaluation import among_raters, expected_grade, limits_of_agreement
from readingroom.report import Results, compute_results
from readingroom.report.analyses.agreement import REFERENCE
from readingroom.report.analyses.scored import EXPECTED, GIVEN, GRADE, SCORE
from readingroom.report.analysis_tables import analysis_tables
from readingroom.report.figures.agreement import draw_agreement
from readingroom.report.figures.scores import draw_scores
from readingroom.report.figures.style import Pen, drawing
from readingroom.report.methods_analyses import analysis_sentences
from readingroom.report.rater_tables import kappa_table, pairs_of
from readingroom.report.tables import EstimateCell

GRADES = ("0", "1", "2", "3", "4")
PATIENTS = 40
PEOPLE = {"赵医生": 0.5, "Wang": 0.6, "Li": 0.8}


def draw_readings(images: int = 2, *, scored: bool = True) -> pd.DataFrame:
    """A network, and three people of whom the first gives half points, on a reference with a continuous score."""
    random = generator(6, "scored readings")
    patient = np.repeat(np.arange(PATIENTS), images)
    score = random.uniform(0, 4, PATIENTS).round(1)[patient]
    cases = {"image": [f"{n}.png" for n in range(patient.size)], "patient": patient, "split": "test"}
    truth = pd.DataFrame(cases).assign(truth=np.rint(score).astype(int).astype(str))
    truth = truth.assign(truth_score=score) if scored else truth
    near = np.exp(-np.square(np.arange(5) - (score + random.normal(0, 0.5, score.size))[:, None]))
    chance = near / near.sum(axis=1, keepdims=True)
    tables = [truth.assign(reader="net", predicted=chance.argmax(axis=1).astype(str))]
    tables[0] = tables[0].assign(**{f"score_{name}": chance[:, k] for k, name in enumerate(GRADES)})
    for place, (name, spread) in enumerate(PEOPLE.items()):
        seen = np.clip(score + random.normal(0, spread, score.size), 0, 4)
        said = truth.assign(reader=name, experience="senior", predicted=np.rint(seen).astype(int).astype(str))
        tables.append(said.assign(given_score=np.round(2 * seen) / 2) if place == 0 else said)
    return pd.concat(tables, ignore_index=True)


def computed(readings: pd.DataFrame, *, ordered: bool = True) -> Results:
    return compute_results(readings, classes=GRADES, ordered=ordered)


@pytest.fixture(scope="module")
def readings() -> pd.DataFrame:
    return draw_readings()


@pytest.fixture(scope="module")
def results(readings: pd.DataFrame) -> Results:
    return computed(readings)


def test_every_reader_is_set_against_the_continuous_reference(results: Results) -> None:
    found = {one.reader: (one.what, one.reference) for one in results.analyses.scores}
    assert found == {"net": (EXPECTED, SCORE), "赵医生": (GIVEN, SCORE), "Wang": (GRADE, SCORE), "Li": (GRADE, SCORE)}


def test_the_networks_score_is_its_expected_grade_by_patient(results: Results, readings: pd.DataFrame) -> None:
    own = readings[readings["reader"] == "net"]
    expected = expected_grade(own[[f"score_{name}" for name in GRADES]].to_numpy(), range(5))
    wanted = limits_of_agreement(expected, own["truth_score"].to_numpy(), cluster=own["patient"].to_numpy())
    found = next(one for one in results.analyses.scores if one.reader == "net")
    assert found.limits == wanted
    assert (found.limits.n, found.limits.patients) == (2 * PATIENTS, PATIENTS)
    assert found.icc.low < found.icc.value < found.icc.high
    assert "bootstrap" in found.icc.method


def test_against_grades_only_scores_between_them_are_measured() -> None:
    found = {one.reader: one.reference for one in computed(draw_readings(scored=False)).analyses.scores}
    assert found == {"net": GRADE, "赵医生": GRADE}


def test_images_without_a_score_are_left_out(readings: pd.DataFrame) -> None:
    gaps = readings.assign(truth_score=readings["truth_score"].where(readings["image"] != "0.png"))
    assert {one.limits.n for one in computed(gaps).analyses.scores} == {2 * PATIENTS - 1}


def test_classes_without_an_order_have_neither_scores_nor_raters(readings: pd.DataFrame) -> None:
    found = computed(readings, ordered=False).analyses
    assert found.scores == ()
    assert found.raters == ()


def test_a_network_is_set_among_the_people(results: Results, readings: pd.DataFrame) -> None:
    (found,) = results.analyses.raters
    said = {name: rows["predicted"].to_numpy() for name, rows in readings.groupby("reader")}
    patient = readings[readings["reader"] == "net"]["patient"].to_numpy()
    wanted = among_raters({n: said[n] for n in PEOPLE}, {"net": said["net"]}, classes=GRADES, cluster=patient)
    assert found.raters == tuple(PEOPLE)
    assert (found.n, found.patients) == (2 * PATIENTS, PATIENTS)
    assert found.between.value == pytest.approx(wanted.between.value)
    assert found.differences["net"].difference == pytest.approx(wanted.differences["net"].difference)


def test_a_pair_of_a_person_and_the_reference_counts_patients(results: Results) -> None:
    pairs = [one for one in results.analyses.agreements if one.kind == "cohen"]
    assert len(pairs) == 4 + 6
    assert all("clusters" in one.estimate.method and one.estimate.beside is not None for one in pairs)
    assert {one.kind for one in results.analyses.agreements} == {"cohen", "fleiss", "krippendorff", "icc"}


def test_one_image_a_patient_keeps_the_interval_of_fleiss_cohen_and_everitt() -> None:
    found = computed(draw_readings(images=1)).analyses
    assert all(one.estimate.beside is None for one in found.agreements if one.kind == "cohen")
    assert all(one.limits.upper.method == "bland-altman, exact" for one in found.scores)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_tables_hold_every_reader_and_their_intervals(results: Results, language: str) -> None:
    tables = analysis_tables(results, "test", Translator(language))
    assert [row[0].text for row in tables.scores.rows] == ["net", *PEOPLE]
    assert len(tables.raters.rows) == 2
    assert {"scores-test", "raters-test", "kappa-test"} <= {table.name for table in tables.tables()}
    frame = tables.scores.to_frame()
    assert np.isfinite(frame.filter(regex="low$").to_numpy(dtype=float)).all()


def test_the_square_of_kappas_is_symmetric_and_ends_with_the_reference(results: Results) -> None:
    table = kappa_table(results, "test", Translator("en"))
    assert table.columns[-1] == REFERENCE
    values = [
        [cell.estimate.value if isinstance(cell, EstimateCell) else 1.0 for cell in row[1:]] for row in table.rows
    ]
    assert np.allclose(values, np.transpose(values))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_figures_draw_every_reader_and_pair(results: Results, language: str) -> None:
    pen = Pen(Translator(language))
    with drawing():
        scores = draw_scores(pen, results.analyses.scores)
        square = draw_agreement(pen, *pairs_of(results, "test"))
        for figure in (scores, square):
            figure.draw_without_rendering()
    assert [panel.get_title("left") for panel in scores.axes][:4] == ["net", *PEOPLE]
    assert len(square.axes[0].texts) == 10


def test_the_methods_name_what_was_done(results: Results) -> None:
    said = " ".join(analysis_sentences(results, Translator("en")))
    assert all(part in said for part in ("limits of agreement", "MOVER", "set among the people", "ICC(A,1)"))
    assert "within patients" not in " ".join(analysis_sentences(computed(draw_readings(images=1)), Translator("en")))
