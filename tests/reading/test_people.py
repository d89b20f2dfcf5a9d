import re
from pathlib import Path

import pytest

from readingroom.core.errors import ReadingsError
from readingroom.reading.people import load_people

CLASSES = ("正常", "polyp")


def _load(tmp_path: Path, text: str):  # type: ignore[no-untyped-def]
    (tmp_path / "people.csv").write_text(text, encoding="utf-8")
    return load_people(tmp_path / "people.csv", classes=CLASSES, positive="polyp", images=["a.jpg", "b.jpg"])


def test_calls_stay_calls_and_are_never_made_scores(tmp_path: Path) -> None:
    readings = _load(
        tmp_path, "reader,experience,image,label,time_ms\n王医生,junior,a.jpg,polyp,5200\n王医生,junior,b.jpg,正常,\n"
    )
    assert readings["predicted"].tolist() == ["polyp", "正常"]
    assert readings[["score_正常", "score_polyp"]].isna().all(axis=None)
    assert readings["time_ms"].tolist()[0] == 5200
    assert readings["experience"].tolist() == ["junior", "junior"]


def test_a_score_is_for_the_positive_class(tmp_path: Path) -> None:
    readings = _load(tmp_path, "reader,image,score\nW,a.jpg,0.8\nW,b.jpg,0.3\n")
    assert readings["score_polyp"].tolist() == [0.8, 0.3]
    assert readings["predicted"].tolist() == ["polyp", "正常"]


def test_every_problem_is_told_with_its_row_and_column(tmp_path: Path) -> None:
    text = "reader,image,label,time_ms\nW,a.jpg,plyp,12\n,b.jpg,polyp,fast\nW,c.jpg,polyp,3\nW,a.jpg,polyp,4\n"
    with pytest.raises(ReadingsError) as caught:
        _load(tmp_path, text)
    said = str(caught.value)
    for part in ("row 2, label", "row 3, reader", "row 3, time_ms", "row 4, image", "row 5", "people.csv"):
        assert part in said


def test_a_table_without_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadingsError, match="no column label"):
        _load(tmp_path, "reader,image\nW,a.jpg\n")


GRADES = ("0", "1", "2")


def _load_graded(tmp_path: Path, text: str):  # type: ignore[no-untyped-def]
    (tmp_path / "people.csv").write_text(text, encoding="utf-8")
    images = ["a.jpg", "b.jpg"]
    return load_people(tmp_path / "people.csv", classes=GRADES, positive=None, images=images, ordered=True)


def test_a_score_between_the_grades_stands_beside_the_grade(tmp_path: Path) -> None:
    readings = _load_graded(tmp_path, "reader,image,label,score\nW,a.jpg,1,1.5\nL,b.jpg,2,\n")
    assert readings["predicted"].tolist() == ["1", "2"]
    assert readings["given_score"].tolist()[0] == 1.5
    assert readings["given_score"].isna().tolist() == [False, True]
    assert readings[["score_0", "score_1", "score_2"]].isna().all(axis=None)


def test_without_a_grade_the_answer_is_the_nearest_one(tmp_path: Path) -> None:
    readings = _load_graded(tmp_path, "reader,image,score\nW,a.jpg,1.5\nW,b.jpg,0.4\n")
    assert readings["predicted"].tolist() == ["2", "0"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("reader,image,label,score\nW,a.jpg,1,7\n", "row 2, score.*no score between 0 and 2"),
        ("reader,image,score\nW,a.jpg,\n", "row 2, score.*no label"),
        ("reader,image,label,score\nW,a.jpg,1,high\n", "row 2, score.*not a number"),
    ],
)
def test_scores_that_are_none_are_told_by_row(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(ReadingsError) as caught:
        _load_graded(tmp_path, text)
    assert re.search(what, str(caught.value), re.DOTALL)


def test_a_score_of_three_classes_without_an_order_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("reader,image,score\nW,a.jpg,1\n", encoding="utf-8")
    with pytest.raises(ReadingsError, match="needs two classes"):
        load_people(tmp_path / "people.csv", classes=GRADES, positive=None, images=["a.jpg"])
