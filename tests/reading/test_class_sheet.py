"""What is written beside the readings of classes: the contact sheet, and the completeness of each folder."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from readingroom.cases.sites import load_sites
from readingroom.core.translations import Translator
from readingroom.reading.class_sheet import choose, draw_class_sheet
from readingroom.reading.exam_completeness import exam_completeness
from readingroom.reading.files import read_files
from readingroom.reading.sheets import UNSURE

KEYS = list(load_sites().keys)


def site_readings(answers: dict[str, list[str]], score: float = 0.9) -> pd.DataFrame:
    rows = [
        {"image": f"{folder}/{number}.png".lstrip("/"), "predicted": key, f"score_{key}": score}
        for folder, keys in answers.items()
        for number, key in enumerate(keys)
    ]
    return pd.DataFrame(rows)


def amber(path: Path) -> int:
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    return int((np.abs(pixels.astype(int) - UNSURE).max(axis=2) < 30).sum())


def test_reading_classes_writes_a_sheet_unless_told_not_to(bundle_folder: Path, pictures: Path, tmp_path: Path) -> None:
    read_files(bundle_folder, [pictures], out=tmp_path / "a.csv", engine="torch")
    read_files(bundle_folder, [pictures], out=tmp_path / "b.csv", engine="torch", pictures=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-sheet.jpg", "a.csv", "b.csv"]


def test_answers_that_are_not_sure_are_marked(pictures: Path, tmp_path: Path) -> None:
    table = pd.DataFrame({"image": ["0.png", "1.png"], "predicted": "cat", "score_cat": [0.9, 0.4], "score_dog": 0.1})
    marked = [
        amber(draw_class_sheet(table, ["cat", "dog"], pictures, tmp_path / f"{least}.jpg", least=least))
        for least in (0.0, 0.5, 1.0)
    ]
    assert marked[0] < 50  # noise of the pictures
    assert marked[2] > 1.8 * marked[1] > 1000


def test_of_too_many_images_each_class_is_shown_in_turn() -> None:
    table = pd.DataFrame({"predicted": ["b", "b", "b", "b", "a", "a"]})
    assert choose(table, ["a", "b"], 4)["predicted"].tolist() == ["a", "a", "b", "b"]
    assert choose(table, ["a", "b"], 5).index.tolist() == [4, 5, 0, 1, 2]
    assert len(choose(table, ["a", "b"], 60)) == 6


def test_each_folder_says_which_sites_are_missing(tmp_path: Path) -> None:
    table = site_readings({"one": KEYS[1:], "two": KEYS})
    found = exam_completeness(table, KEYS, tmp_path).set_index("exam")
    assert found["documented"].to_dict() == {"one": 29, "two": 30}
    assert found["missing"].to_dict() == {"one": "0 glottis", "two": ""}
    assert (found["sss_places"] == 17).all()
    assert (found["esge_documented"] == 7).all()


def test_sites_that_only_unsure_answers_document_are_named(tmp_path: Path) -> None:
    table = pd.concat([site_readings({"": KEYS[:2]}, 0.3), site_readings({"": KEYS[1:3]})], ignore_index=True)
    found = exam_completeness(table, KEYS, tmp_path, least=0.5, say=Translator("zh")).iloc[0]
    assert (found["exam"], found["images"], found["documented"]) == (tmp_path.name, 4, 3)
    assert found["doubtful"] == "0 声门"


@pytest.mark.parametrize("classes", [["cat", "dog"], [str(number) for number in range(30)]])
def test_readers_of_other_classes_have_no_completeness(classes: list[str], tmp_path: Path) -> None:
    assert exam_completeness(site_readings({"": classes}), classes, tmp_path).empty
