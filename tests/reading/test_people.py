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
