"""Figures: fonts, safety, and files that are the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from readingroom.core.translations import Translator
from readingroom.report.figures import style
from readingroom.report.figures.style import Pen, inline, new_figure, render, shorten, writes_chinese


def draw(pen: Pen) -> Figure:
    figure = new_figure(2.0, 4.0)
    figure.subplots().set_title(pen.name("消化性溃疡 $x$ <b>"))
    return figure


def test_the_svg_keeps_its_text_for_the_browser(tmp_path: Path) -> None:
    picture = render(draw, tmp_path, "one", Translator("en"))
    assert "消化性溃疡 $x$ &lt;b&gt;" in picture.svg
    assert picture.svg.startswith("<svg")
    assert (tmp_path / "one.png").stat().st_size > 1000


def test_without_a_chinese_font_the_png_numbers_what_it_cannot_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style, "chinese_font", lambda: None)
    picture = render(draw, tmp_path, "one", Translator("zh"))
    assert picture.stand_ins == {"消化性溃疡 $x$ <b>": "name 1"}
    assert "消化性溃疡" in picture.svg


def test_the_same_figure_is_the_same_file(tmp_path: Path) -> None:
    first = render(draw, tmp_path / "a", "one", Translator("en"))
    second = render(draw, tmp_path / "b", "one", Translator("en"))
    assert first.svg == second.svg
    assert (tmp_path / "a" / "one.png").read_bytes() == (tmp_path / "b" / "one.png").read_bytes()


def test_ids_of_two_figures_on_one_page_differ() -> None:
    path = '<path id="p" clip-path="url(#c)"/></svg>'
    svg = f'<?xml?>\n<svg height="1pt" version="1.1" width="2pt" viewBox="0 0 2 1">{path}'
    assert inline(svg, "roc") == '<svg version="1.1" viewBox="0 0 2 1"><path id="roc-p" clip-path="url(#roc-c)"/></svg>'


@pytest.mark.parametrize(("text", "expected"), [("溃疡", True), ("ulcer – α", False), ("Ａ", True)])
def test_chinese_is_told_from_what_every_font_can_write(text: str, expected: bool) -> None:
    assert writes_chinese(text) is expected


def test_long_names_are_cut_in_the_middle() -> None:
    assert shorten("a" * 30 + "zz", 12) == "aaaaaaa…aazz"
    assert len(shorten("x" * 99, 20)) == 20
