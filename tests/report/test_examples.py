"""Examples of each class with the answers of readers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from readingroom.cases.sites import load_sites
from readingroom.report.examples import class_names, draw_examples
from readingroom.report.gallery import Thumbnails

CLASSES = ("polyp", "ulcer", "normal")


def readings(classes: tuple[str, ...] = CLASSES) -> pd.DataFrame:
    rows = [
        {"reader": reader, "image": f"{name}{number}", "truth": name, "predicted": classes[0], "score_polyp": 0.7}
        for reader in ("a", "b")
        for name in classes
        for number in range(5)
    ]
    return pd.DataFrame(rows)


def test_each_class_has_its_examples_with_every_readers_answer(tmp_path: Path) -> None:
    found = draw_examples(readings(), CLASSES, ["a", "b"], Thumbnails(tmp_path), "en")
    assert [one.truth for one in found] == ["polyp", "polyp", "ulcer", "ulcer", "normal", "normal"]
    assert len({one.image for one in found}) == 6
    assert [(one.reader, one.answer, one.score, one.right) for one in found[2].answers] == [
        ("a", "polyp", 0.7, False),
        ("b", "polyp", 0.7, False),
    ]
    assert found == draw_examples(readings(), CLASSES, ["a", "b"], Thumbnails(tmp_path), "en")


def test_many_classes_have_one_example_each_and_two_have_none(tmp_path: Path) -> None:
    many = tuple(f"class {number}" for number in range(12))
    assert len(draw_examples(readings(many), many, ["a"], Thumbnails(tmp_path), "en")) == 12
    assert draw_examples(readings(CLASSES[:2]), CLASSES[:2], ["a"], Thumbnails(tmp_path), "en") == ()


def test_sites_are_named_in_the_language_and_come_in_the_order_of_an_examination() -> None:
    named = class_names([*sorted(load_sites().keys), "other"], "zh")
    assert list(named.items())[:1] == [("glottis", "0 声门")]
    assert list(named.items())[-1] == ("other", "other")
