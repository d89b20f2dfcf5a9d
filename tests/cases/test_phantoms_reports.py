"""Report phantoms: pictures with reports that name every finding, if only to deny it, in two languages."""

from __future__ import annotations

import pandas as pd
import pytest

from readingroom.cases.phantoms.reports import draw_report_phantoms


@pytest.fixture(scope="module")
def lumps(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return pd.read_csv(draw_report_phantoms(tmp_path_factory.mktemp("lumps"), patients=120, size=(48, 48), seed=5))


def test_half_of_the_reports_are_chinese(lumps: pd.DataFrame) -> None:
    assert 0.35 < (lumps["language"] == "zh").mean() < 0.65
    assert lumps.loc[lumps["language"] == "zh", "report"].str.contains("肿块").all()


@pytest.mark.parametrize(("language", "word"), [("en", "node"), ("zh", "钼靶")])
def test_both_classes_are_told_in_the_same_words(lumps: pd.DataFrame, language: str, word: str) -> None:
    own = lumps[lumps["language"] == language]
    assert own["report"].str.contains(word).all()
    assert set(own["label"]) == {"benign", "malignant"}


def test_negations_tell_more_often_of_benign_lumps(lumps: pd.DataFrame) -> None:
    english = lumps[lumps["language"] == "en"]
    denied = english["report"].str.contains("No growth|has not grown").groupby(english["label"]).mean()
    assert denied["benign"] > denied["malignant"] + 0.2


def test_neither_text_nor_picture_tells_of_every_patient(lumps: pd.DataFrame) -> None:
    grown = lumps["report"].str.contains("has grown|^Growth|[^o] Growth|较前增大|肿块增大")
    assert grown[lumps["label"] == "benign"].any()
    assert (~grown[lumps["label"] == "malignant"]).any()
