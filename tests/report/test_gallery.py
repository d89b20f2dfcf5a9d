"""The walls of worst and best cases."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from readingroom.report.gallery import Thumbnails, hang, missed_by_most, shrink

CLASSES = ("normal", "polyp")


def no_thumbnails(folder: Path) -> Thumbnails:
    return Thumbnails(folder)


def test_the_most_confident_mistake_comes_first(readings: pd.DataFrame, tmp_path: Path) -> None:
    own = readings[(readings["reader"] == "b") & (readings["split"] == "test")]
    wall = hang(own, CLASSES, "b", no_thumbnails(tmp_path), 5)
    scores = [shown.score for shown in wall.mistakes if shown.score is not None]
    assert scores == sorted(scores, reverse=True)
    wrong = own[own["predicted"] != own["truth"]]
    assert wall.wrong == len(wrong)
    assert scores[0] == wrong[["score_normal", "score_polyp"]].max(axis=1).max()
    assert all(shown.right for shown in wall.correct)


def test_a_person_without_scores_has_mistakes_only(readings: pd.DataFrame, tmp_path: Path) -> None:
    wall = hang(readings[readings["reader"] == "senior"], CLASSES, "senior", no_thumbnails(tmp_path), 5)
    assert wall.mistakes
    assert wall.mistakes[0].score is None
    assert wall.correct == ()


def test_images_that_most_readers_missed_are_found(readings: pd.DataFrame, tmp_path: Path) -> None:
    found = missed_by_most(readings, no_thumbnails(tmp_path), 4)
    assert all(one.wrong * 2 > one.readers for one in found)
    assert [one.wrong for one in found] == sorted((one.wrong for one in found), reverse=True)


def test_an_image_that_is_not_there_has_no_thumbnail(tmp_path: Path) -> None:
    assert Thumbnails(tmp_path)("gone.png") == ""


def test_a_damaged_image_has_no_thumbnail(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    assert Thumbnails(tmp_path)("broken.png") == ""


def test_a_thumbnail_is_a_small_jpeg_inside_the_page(tmp_path: Path) -> None:
    picture = np.full((400, 600, 3), 130, np.uint8)
    cv2.imencode(".png", picture)[1].tofile(str(tmp_path / "图.png"))
    thumbnail = Thumbnails(tmp_path)("图.png")
    assert thumbnail.startswith("data:image/jpeg;base64,")
    assert len(thumbnail) < 20_000


def test_shrinking_keeps_the_shape_and_never_enlarges() -> None:
    assert shrink(np.zeros((400, 200, 3), np.uint8), 100).shape == (100, 50, 3)
    assert shrink(np.zeros((40, 20, 3), np.uint8), 100).shape == (40, 20, 3)
