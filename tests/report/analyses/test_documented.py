"""Which sites readers' answers document: examinations, lists, and where nothing is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from readingroom.cases.sites import load_sites
from readingroom.core.translations import Translator
from readingroom.report.analyses.answers import answers_of
from readingroom.report.analyses.documented import Documentation, documentations
from readingroom.report.compute import compute_results
from readingroom.report.documented_tables import documented_tables
from readingroom.report.figures.documented import MOST_EXAMS, draw_documented, shown_exams
from readingroom.report.figures.style import Pen, drawing

SITES = load_sites()
KEYS = list(SITES.keys)


def readings(exams: int = 4, *, name: str = "net") -> pd.DataFrame:
    """Each examination lacks one site; the reader takes each pylorus for the antrum's lesser curvature."""
    rows = [
        {"reader": name, "image": f"{exam}-{key}", "split": "test", "truth": key, "patient": f"p{exam}", "exam": "E1"}
        for exam in range(exams)
        for place, key in enumerate(KEYS)
        if place != exam % 30
    ]
    table = pd.DataFrame(rows)
    return table.assign(predicted=table["truth"].replace("pylorus", "antrum_lesser"))


def found(table: pd.DataFrame, classes: list[str] | None = None, **options: bool) -> dict[str, Documentation]:
    answers = [answers_of(table, "network", classes or KEYS)]
    return {one.asked: one for one in documentations(answers, classes or KEYS, 0.95, **options)}


def test_a_site_that_is_taken_for_another_is_reported_as_missing() -> None:
    sites = found(readings())["sites"]
    assert (sites.unit, sites.n, sites.patients) == ("exam", 4, 4)
    assert (sites.mean_reference.value, sites.mean_answered.value) == (29, 28)
    assert all(exam.overlooked == ("pylorus",) for exam in sites.exams)
    assert [exam.missing for exam in sites.exams] == [(KEYS[place],) for place in range(4)]
    assert sites.measures["sensitivity"].value == pytest.approx(28 / 29)
    assert sites.measures["specificity"].value == 1.0
    assert sites.measures["npv"].value == 0.5
    pylorus = next(place for place in sites.by_place if place.place == "pylorus")
    assert (pylorus.reference, pylorus.answered, pylorus.both) == (4, 0, 0)


def test_the_shorter_lists_are_those_places_that_the_thirty_sites_can_document() -> None:
    lists = found(readings())
    assert [len(lists[name].places) for name in ("sites", "sss", "esge")] == [30, 17, 7]
    assert lists["esge"].measures["sensitivity"].value == 1.0


def test_examinations_numbered_anew_for_each_patient_stay_apart() -> None:
    assert [exam.exam for exam in found(readings())["sites"].exams] == ["p0 / E1", "p1 / E1", "p2 / E1", "p3 / E1"]


def test_without_examinations_the_patient_is_counted() -> None:
    sites = found(readings().drop(columns="exam"))["sites"]
    assert (sites.unit, sites.exams[0].exam, sites.exams[0].patient) == ("patient", "p0", None)


def test_two_examinations_of_a_patient_count_as_one_cluster() -> None:
    table = readings()
    table["exam"] = table["patient"]
    table["patient"] = table["patient"].replace({"p1": "p0", "p3": "p2"})
    assert (found(table)["sites"].n, found(table)["sites"].patients) == (4, 2)


def test_without_patients_and_without_sites_there_is_nothing() -> None:
    assert found(readings(), patients_known=False) == {}
    assert found(readings().drop(columns="patient")) == {}
    numbered = readings().replace({key: str(number) for number, key in enumerate(KEYS)})
    assert found(numbered, [str(number) for number in range(30)]) == {}


def test_sites_that_are_no_class_are_not_asked_for() -> None:
    classes = KEYS[3:]
    table = readings()
    sites = found(table[table["truth"].isin(classes)], classes)["sites"]
    assert (len(sites.places), len(sites.undocumentable)) == (27, 3)


@pytest.mark.parametrize(("language", "name"), [("en", "14 pylorus"), ("zh", "14 幽门")])
def test_the_tables_name_the_missing_sites_in_words(language: str, name: str) -> None:
    results = compute_results(pd.concat([readings(), readings(name="second")]), classes=KEYS)
    tables = documented_tables(results, Translator(language))
    assert len(tables.readers[0].rows) == 2 * 3
    assert [table.title for table in tables.by_exam] == ["net", "second"]
    first = tables.by_exam[0].cells()[0]
    assert (first[2].text, first[5].text) == ("29 / 28", name)
    assert tables.by_site[0].cells()[14][0].text == name
    assert len({table.name for table in tables.tables()}) == len(tables.tables())


def test_a_study_of_lesions_has_no_such_tables() -> None:
    table = readings().assign(truth="polyp", predicted=np.where(np.arange(4 * 29) % 2, "polyp", "normal"))
    assert documented_tables(compute_results(table, classes=["normal", "polyp"]), Translator()).tables() == []


def test_of_many_examinations_the_figure_shows_those_with_the_most_differences() -> None:
    table = readings(MOST_EXAMS + 4)  # p14 has no pylorus to be taken for something else
    spared = table["patient"].isin(["p0", "p1", "p2"])
    table.loc[spared, "predicted"] = table.loc[spared, "truth"]
    sites = found(table)["sites"]
    shown = shown_exams(sites)
    assert len(shown) == MOST_EXAMS
    assert "p0 / E1" not in [exam.exam for exam in shown]
    with drawing():
        figure = draw_documented(Pen(Translator("zh")), sites)
    assert "14 幽门" in [label.get_text() for label in figure.axes[0].get_yticklabels()]
