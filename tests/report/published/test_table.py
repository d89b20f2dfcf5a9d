"""Anybody's published table, read with its digits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from readingroom.core.errors import CaseTableError
from readingroom.evaluation.published import Counts
from readingroom.report.published import read_published
from readingroom.report.published.columns import COLUMNS, known_columns

Save = Callable[..., Path]


def test_chinese_heads_with_units_are_understood(save: Save) -> None:
    path = save("模型,灵敏度/%,特异度（%）,曲线下面积,例数,备注", "甲,82.83,9.09,0.914,198,x", encoding="gb18030")
    table = read_published(path)
    row = table.rows[0]
    assert {name: figure.text for name, figure in row.figures.items()} == {
        "sensitivity": "82.83%",
        "specificity": "9.09%",
        "auc": "0.914",
    }
    assert (row.name, row.sizes.total, table.unused) == ("甲", 198, ("备注",))


def test_no_two_columns_share_a_name() -> None:
    names = [name for own, others in COLUMNS.items() for name in (own, *others)]
    assert len(known_columns(names)) == len(set(names))
    assert all(known_columns([other])[other] == own for own, others in COLUMNS.items() for other in others)


def test_counts_beside_or_instead_of_a_figure_are_read(save: Save) -> None:
    row = read_published(save("row,sensitivity,specificity,ppv", "a,92.7%（38/41）,9/11,95.0 [38/40]")).rows[0]
    assert row.shares == {"sensitivity": (38, 41), "specificity": (9, 11), "ppv": (38, 40)}
    assert {name: figure.text for name, figure in row.figures.items()} == {"sensitivity": "92.7%", "ppv": "95.0%"}


def test_a_column_is_in_per_cent_where_any_of_its_figures_is_above_one(save: Save) -> None:
    table = read_published(
        save("row,group,specificity,f1", "a,one,0.00,0.5", "b,one,95.0,0.6", "c,two,0.00,0.7", "d,two,0.95,1")
    )
    assert [row.figures["specificity"].text for row in table.rows] == ["0.00%", "95.0%", "0.00", "0.95"]
    assert [row.figures["f1"].scale for row in table.rows] == [10, 10, 10, 1]


def test_empty_lines_dashes_and_thousands_are_no_problem(save: Save) -> None:
    table = read_published(save("row,n,accuracy,auc", 'a,"1,091",95.0%,–', ",,,", "b,1091,96.0%,"))
    assert [row.line for row in table.rows] == [2, 4]
    assert [row.sizes.total for row in table.rows] == [1091, 1091]
    assert all(set(row.figures) == {"accuracy"} for row in table.rows)


def test_what_a_row_over_classes_holds_is_read_by_figure(save: Save) -> None:
    row = read_published(
        save("row,classes,statistic,accuracy,sensitivity", "a,30,mean; 灵敏度：中位数,97.6,75.6")
    ).rows[0]
    assert (row.statistic("accuracy"), row.statistic("sensitivity")) == ("mean", "median")


def test_the_four_counts_are_read(save: Save) -> None:
    row = read_published(save("row,accuracy,真阳性,假阳性,假阴性,真阴性", "a,96.1,64,6,3,156")).rows[0]
    assert row.counts == Counts(64, 6, 3, 156)


def test_every_problem_is_told_at_once_with_row_and_column(save: Save) -> None:
    path = save(
        "row,n_positive,n_negative,n,accuracy,f1,claim,paired,classes,statistic,tp,fp,fn,tn",
        "a,40,60,90,95.0,0.9,better than b,,,,,,,",
        ",ten,,,96.0,high,,,,,,,,",
        "b,,,,0.96,0.9,best of all,perhaps,1,,,,,",
        "b,,,,97.0,0.8,better than nobody,,,average; x: y,1,2,,",
        "c,,,0,,,,,,,,,,",
        "d,,,,150,0.9,,,,median,0,0,0,0",
        "e,,,,95.0% (9/8),0.9,,,,,,,,",
    )
    with pytest.raises(CaseTableError) as caught:
        read_published(path)
    said = [str(problem) for problem in caught.value.problems]
    for start in (
        "row 2, column n: 40 positives and 60 negatives are not 90 cases",
        "row 3, column row: is empty",
        "row 3, column n_positive: 'ten' is not a number of cases",
        "row 3, column f1: 'high' is not a figure",
        "row 4, column accuracy: '0.96' may be a fraction or a per cent",
        "row 4, column claim: 'best of all' is not understood",
        "row 4, column paired: 'perhaps' is neither yes nor no",
        "row 4, column classes: 1 is no number of classes",
        "row 5, column statistic: 'x: y' is no statistic",
        "row 5, column tp, fp, fn, tn: are not all there",
        "row 5, column row: is a second row of 'b' (see row 4)",
        "row 5, column claim: there is no row 'nobody'",
        "row 6, column n: holds 0 cases",
        "row 6: holds no figure",
        "row 7, column accuracy: '150' is above 100 %",
        "row 7, column classes: is empty, where the row is over classes",
        "row 7, column tp, fp, fn, tn: are not all there, or all 0",
        "row 8, column accuracy: 9/8 is no share",
    ):
        assert any(line.startswith(start) for line in said), start
    assert len(said) == 18, said


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (("row,n", "a,5"), "there is none of them"),
        (("sensitivity", "0.5"), "column row: is missing"),
        (("row,recall,sensitivity", "a,0.5,0.5"), "columns recall and sensitivity: mean the same"),
        (("row,accuracy,tp,fp", "a,0.5,1,2"), "columns tp, fp: are not all four counts"),
        (("row,accuracy",), "the table has no rows"),
    ],
)
def test_tables_that_cannot_be_checked_are_refused(save: Save, lines: tuple[str, ...], what: str) -> None:
    with pytest.raises(CaseTableError, match=what):
        read_published(save(*lines))


def test_a_file_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseTableError, match="no such file"):
        read_published(tmp_path / "gone.csv")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(CaseTableError, match="empty"):
        read_published(tmp_path / "empty.csv")
