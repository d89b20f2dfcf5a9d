"""Anybody's table of readings."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from readingroom.core.errors import ReadingsError
from readingroom.report.calls import AT_HALF, FROM_VALIDATION, NO_THRESHOLD
from readingroom.report.submitted import read_submitted


def save(folder: Path, **columns: list[object]) -> Path:
    path = folder / "readings.csv"
    pd.DataFrame(columns).to_csv(path, index=False, encoding="gb18030")
    return path


def test_scores_by_class_are_read_as_they_are(tmp_path: Path) -> None:
    path = save(
        tmp_path,
        reader=["a"] * 3,
        image=["1", "2", "3"],
        truth=["Rf0", "Rf1", "Rf2"],
        **{"score_Rf0": [0.8, 0.1, 0.2], "score_Rf1": [0.1, 0.3, 0.2], "score_Rf2": [0.1, 0.6, 0.6]},
    )
    found = read_submitted(path)
    assert (found.classes, found.positive) == (("Rf0", "Rf1", "Rf2"), None)
    assert found.readings["predicted"].tolist() == ["Rf0", "Rf2", "Rf2"]


def test_a_single_score_is_of_the_positive_class(tmp_path: Path) -> None:
    path = save(tmp_path, reader=["a"] * 2, image=["1", "2"], truth=[1, 0], score=[0.7, 0.2])
    found = read_submitted(path)
    assert found.positive == "1"
    assert found.readings["score_1"].tolist() == [0.7, 0.2]
    assert found.readings["predicted"].tolist() == ["1", "0"]
    assert found.notes == (AT_HALF,)


def test_chinese_labels_and_calls_in_gb18030_are_read(tmp_path: Path) -> None:
    path = save(tmp_path, reader=["王医生"] * 2, image=["1", "2"], truth=["阳性", "阴性"], call=["阳性", "阳性"])
    found = read_submitted(path)
    assert found.positive == "阳性"
    assert found.facts["王医生"]["kind"] == "reader"


def test_the_threshold_comes_from_the_validation_readings(tmp_path: Path) -> None:
    path = save(
        tmp_path,
        reader=["a"] * 6,
        image=list("123456"),
        truth=[1, 1, 0, 0, 1, 0],
        score=[7.0, 5.0, 2.0, 1.0, 3.6, 3.4],
        split=["validation"] * 4 + ["test"] * 2,
    )
    found = read_submitted(path)
    assert found.facts["a"] == {"kind": "network", "threshold": 3.5, "threshold_rule": "youden"}
    assert found.notes == (FROM_VALIDATION,)
    assert found.readings["predicted"].tolist() == ["1", "1", "0", "0", "1", "0"]


def test_scores_that_are_no_shares_and_have_no_validation_readings_give_no_calls(tmp_path: Path) -> None:
    path = save(tmp_path, reader=["a"] * 2, image=["1", "2"], truth=[1, 0], score=[7.0, -2.0])
    found = read_submitted(path)
    assert found.readings["predicted"].isna().all()
    assert found.notes == (NO_THRESHOLD,)


def test_calls_may_be_numbers_where_classes_have_names(tmp_path: Path) -> None:
    path = save(tmp_path, reader=["a"] * 2, image=["1", "2"], truth=["polyp", "normal"], call=[1, 0])
    assert read_submitted(path, positive="polyp").readings["predicted"].tolist() == ["polyp", "normal"]


def test_readers_with_and_without_help_are_two_readers(tmp_path: Path) -> None:
    path = save(
        tmp_path, reader=["a"] * 4, image=["1", "2"] * 2, truth=[1, 0] * 2, call=[1, 0, 0, 0],
        modality=["alone", "alone", "aided", "aided"],
    )  # fmt: skip
    assert set(read_submitted(path).readings["reader"]) == {"a · alone", "a · aided"}


def test_which_class_is_positive_must_be_said_where_nobody_can_know(tmp_path: Path) -> None:
    path = save(tmp_path, reader=["a"] * 2, image=["1", "2"], truth=["polyp", "normal"], call=["polyp", "normal"])
    with pytest.raises(ReadingsError, match="positive class is not said"):
        read_submitted(path)
    with pytest.raises(ReadingsError, match="there is no class 'cancer'"):
        read_submitted(path, positive="cancer")


def test_every_problem_is_told_at_once_with_row_and_column(tmp_path: Path) -> None:
    path = save(
        tmp_path,
        reader=["a", "a", None, "a", "a"],
        image=["1", "1", "3", "4", "5"],
        truth=[1, 0, 1, 0, 0],
        score=[0.1, 0.2, "high", "inf", 0.4],
        split=["test", "test", "test", "tset", "test"],
        time_ms=[1, 2, 3, 4, -5],
    )
    with pytest.raises(ReadingsError) as caught:
        read_submitted(path)
    said = [str(problem) for problem in caught.value.problems]
    for start in (
        "row 4, column reader: is empty",
        "row 4, column score: 'high' is not a number",
        "row 5, column score: 'inf' is not a number",
        "row 5, column split: 'tset' is no split",
        "row 6, column time_ms: '-5' is negative",
        "row 3, column image: a second reading of a on 1",
        "row 3, column truth: '0' differs from another row",
    ):
        assert any(line.startswith(start) for line in said), start
    assert len(said) == 7


def test_the_same_problem_in_many_rows_is_told_shortly(tmp_path: Path) -> None:
    path = save(tmp_path, reader=["a"] * 300, image=list(range(300)), truth=[0, 1] * 150, score=["x"] * 300)
    with pytest.raises(ReadingsError, match="the same in 295 more rows"):
        read_submitted(path)


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"reader": ["a"], "image": ["1"]}, "column truth: is missing"),
        ({"reader": ["a"], "image": ["1"], "truth": ["1"]}, "there is none of them"),
        ({"reader": ["a", "a"], "image": ["1", "2"], "truth": ["1", "1"], "score": [0.5, 0.4]}, "one class only"),
        (
            {"reader": ["a"] * 3, "image": list("123"), "truth": list("xyz"), "score": [0, 1, 2]},
            "one score for 3 classes",
        ),
        (
            {"reader": ["a"] * 2, "image": list("12"), "truth": ["0", "1"], "call": ["0", "maybe"]},
            "'maybe' is no class",
        ),
        (
            {"reader": ["a"] * 2, "image": list("12"), "truth": ["0", "1"], "score": [0.2, None]},
            "no score, where others",
        ),
    ],
)
def test_tables_that_cannot_be_evaluated_are_refused(
    tmp_path: Path, columns: dict[str, list[object]], what: str
) -> None:
    with pytest.raises(ReadingsError, match=what):
        read_submitted(save(tmp_path, **columns))


@pytest.mark.parametrize("content", ["", "reader,image,truth,score\n"])
def test_an_empty_table_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(content)
    with pytest.raises(ReadingsError):
        read_submitted(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadingsError, match="no such file"):
        read_submitted(tmp_path / "gone.csv")
