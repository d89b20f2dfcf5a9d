"""The reference standard's continuous score: which columns are taken, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from readingroom.cases.table import CaseTable, load_cases
from readingroom.core.errors import CaseTableError
from readingroom.study.schema import TaskSection
from readingroom.study.scores import check_scores

SCORED = "image,label,patient,mta\na.png,0,p1,0.2\nb.png,1,p2,{}\n"


def scored(folder: Path, cell: str) -> CaseTable:
    """A case table whose second score is as given."""
    for name in ("a.png", "b.png"):
        (folder / name).touch()
    (folder / "cases.csv").write_text(SCORED.format(cell), encoding="utf-8")
    return load_cases(folder / "cases.csv", classes=["0", "1"])


@pytest.mark.parametrize(
    ("cell", "column", "what"),
    [("high", "mta", "b.png, mta"), ("7", "mta", "no score between 0 and 1"), ("1", "nmi", "no column nmi")],
)
def test_a_column_that_holds_no_scores_of_the_scale_is_refused(
    tmp_path: Path, cell: str, column: str, what: str
) -> None:
    cases = scored(tmp_path, cell)
    with pytest.raises(CaseTableError) as caught:
        check_scores(cases, column)
    assert what in str(caught.value)


@pytest.mark.parametrize("cell", ["0.9", ""])
def test_scores_near_the_grades_and_empty_cells_are_taken(tmp_path: Path, cell: str) -> None:
    cases = scored(tmp_path, cell)
    check_scores(cases, "mta")
    assert cases.frame["mta"].notna().sum() == (2 if cell else 1)


def test_a_score_belongs_to_grades(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="needs kind: grading"):
        TaskSection(score="mta")
    with pytest.raises(ValidationError, match="same column as label"):
        TaskSection(kind="grading", score="label")
