"""The sheet of boxes: what was missed, found and falsely boxed, from near."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from readingroom.core.translations import Translator
from readingroom.report.analyses.boxed import CORNERS, FoundBoxes
from readingroom.report.box_sheets import box_sheets, choose

SAY = Translator("en")
FOUND_AT, MISSED_AT, FALSE_AT = (10, 10, 30, 30), (60, 60, 70, 72), (80, 10, 95, 25)


def row(image: str, box: tuple[int, ...] | None, score: float = 0.9, *, counted: bool = True, fold: int = 1):
    corners = dict(zip(CORNERS, box or [np.nan] * 4, strict=True))
    known = {"reader": "网络", "image": image, "split": "test", "repeat": 1, "fold": fold, "counted": counted}
    return {**known, "score": score if box else np.nan, **corners}


ROWS = pd.DataFrame(
    [
        row("a.png", FOUND_AT),
        row("a.png", FALSE_AT, 0.7),
        row("b.png", MISSED_AT, 0.2, counted=False),
        row("b.png", FALSE_AT, 0.8, fold=2),
        row("c.png", None),
    ]
)
REFERENCE = pd.DataFrame(
    [
        {"image": "a.png", **dict(zip(CORNERS, FOUND_AT, strict=True))},
        {"image": "b.png", **dict(zip(CORNERS, MISSED_AT, strict=True))},
        {"image": "c.png", **dict.fromkeys(CORNERS, np.nan)},
    ]
)
BOXES = FoundBoxes(ROWS, REFERENCE)


def test_missed_lesions_come_first_then_found_ones_then_the_surest_false_boxes() -> None:
    shown = choose(ROWS, BOXES, SAY)
    assert [(one.image, one.said) for one in shown] == [
        ("b.png", "lesion missed"),
        ("a.png", "lesion found"),
        ("a.png", "false box, score 0.70"),
    ]
    assert tuple(shown[0].box_xyxy_px) == MISSED_AT


def test_a_sheet_is_drawn_of_what_is_at_hand(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (90, 100, 3), np.uint8)
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    (sheet,) = box_sheets(BOXES, "test", tmp_path, tmp_path / "图", SAY, window="percentiles")
    assert sheet.reader == "网络"
    saved = cv2.imdecode(np.frombuffer((tmp_path / "图" / "boxes-1.jpg").read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert saved.shape[1] > 900
    assert box_sheets(BOXES, "validation", tmp_path, tmp_path / "图", SAY, window="percentiles") == []


def test_without_its_images_there_is_no_sheet(tmp_path: Path) -> None:
    assert box_sheets(BOXES, "test", tmp_path, tmp_path, SAY, window="percentiles") == []
