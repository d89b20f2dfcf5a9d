"""The study file names a document whose published table stands beside the results."""

from __future__ import annotations

from pathlib import Path

import pytest

from readingroom.core.errors import StudyFileError
from readingroom.study.study_file import load_study_file

STUDY = "study: a\ncases: c.csv\nreaders: [{network: resnet18}]\nevaluation: {published: %s}\n"


def test_a_document_is_named_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY % "gastric-lesions", encoding="utf-8")
    assert load_study_file(tmp_path / "study.yaml").evaluation.published == "gastric-lesions"


def test_an_unknown_document_is_refused_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY % "gastric", encoding="utf-8")
    with pytest.raises(StudyFileError, match="'gastric' is no document: anal-fistula-mri"):
        load_study_file(tmp_path / "study.yaml")
