"""The page: whole, self-contained, safe, in two languages."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import yaml

from readingroom.core.files import read_json, write_json
from readingroom.core.tables import write_parquet
from readingroom.core.translations import catalogue
from readingroom.report import page, write_report
from readingroom.report.results import RESULTS_SCHEMA_VERSION

VOID = {"meta", "img", "br", "link", "input"}
SECTIONS = ["participants", "audit", "training", "results", "comparisons"]
SECTIONS += ["time", "gallery", "methods", "words", "limits", "checklists", "software"]


class Reader(HTMLParser):
    """Collects ids and links, and checks that tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in {"src", "href", "xlink:href"} and value:
                self.links.append(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: Path) -> Reader:
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


def test_every_section_is_there_and_every_tag_closes(english_report: Path) -> None:
    reader = parsed(english_report)
    assert reader.open == []
    assert [name for name in reader.ids if name in SECTIONS] == SECTIONS


def test_nothing_is_fetched_from_anywhere(english_report: Path) -> None:
    links = parsed(english_report).links
    assert len(links) > 50
    assert all(link.startswith(("#", "data:image/", "data:text/csv")) for link in links)


def test_no_id_is_used_twice(english_report: Path) -> None:
    ids = parsed(english_report).ids
    assert len(ids) == len(set(ids))


def test_hostile_labels_are_shown_and_never_run(english_report: Path) -> None:
    text = english_report.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in text
    assert parsed(english_report).tags.count("script") == 1


def test_every_table_is_a_csv_and_every_figure_an_svg_and_a_png(english_report: Path) -> None:
    folder = english_report.parent
    figures = {path.stem for path in (folder / "figures").glob("*.svg")}
    assert {"flow", "classes", "losses", "roc", "measures", "confusion", "times", "calibration", "forest"} == figures
    assert {path.stem for path in (folder / "figures").glob("*.png")} == figures
    names = {path.stem for path in (folder / "tables").glob("*.csv")}
    assert {"table1", "shortcuts", "training", "performance-test-image", "recognised-test-lesion", "software"} <= names
    assert len(pd.read_csv(folder / "tables" / "performance-test-image.csv")) == 5


def test_results_are_written_with_their_schema_version(english_report: Path) -> None:
    results = json.loads((english_report.parent / "results.json").read_text(encoding="utf-8"))
    assert results["schema_version"] == RESULTS_SCHEMA_VERSION
    assert len(results["classes"]) == 5


def test_the_methods_are_written_for_pasting(english_report: Path) -> None:
    text = (english_report.parent / "methods.md").read_text(encoding="utf-8")
    for said in ("divided by patient", "ImageNet weights", "Obuchowski 1997", "Holm", "torch 2.14.0", "bfloat16"):
        assert said in text


def test_warnings_say_what_to_do(english_report: Path) -> None:
    text = english_report.read_text(encoding="utf-8")
    assert "Pairs of duplicate images lie on two sides of the partition: 2." in text
    assert "→ Name patients in the table." in text


def test_the_chinese_page_is_chinese(chinese_report: Path) -> None:
    text = chinese_report.read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in text
    for said in ("研究对象", "数据审查", "仅供研究，不是医疗器械。", "灵敏度"):
        assert said in text


def test_every_text_of_the_page_has_a_chinese_form(chinese_report: Path, chinese_texts: set[str]) -> None:
    # What the drawn audit says is not a text of the program.
    drawn = {"Pairs of duplicate images lie on two sides of the partition: {total}.", "Name patients in the table."}
    drawn |= {"Class {label} is small.", "label is not among the study's classes", "the file is cut short"}
    assert chinese_report.is_file()
    assert len(chinese_texts) > 150
    assert chinese_texts - set(catalogue("zh")) - drawn == set()


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "draw_pictures", lambda *_: {})


def test_the_page_is_written_from_readings_alone(binary_run: Path, tmp_path: Path, without_pictures: None) -> None:
    shutil.copytree(binary_run / "readings", tmp_path / "bare" / "readings")
    written = write_report(tmp_path / "bare", images_root=tmp_path / "nowhere")
    assert written == tmp_path / "bare" / "report" / "index.html"
    text = written.read_text(encoding="utf-8")
    assert "image not at hand" in text
    assert 'id="training"' not in text


def test_many_classes_have_compact_tables_lists_of_confusions_and_tests_over_the_classes(
    draw_run_folder: Callable[..., Path], tmp_path: Path, without_pictures: None
) -> None:
    classes = tuple(f"site {number}" for number in range(13))
    run = draw_run_folder(tmp_path / "run", classes=classes, positive=None, patients=13 * 12)
    text = write_report(run, images_root=run / "nowhere").read_text(encoding="utf-8")
    assert 'class="compact"' in text
    assert "The most frequent confusions: resnet18-imagenet-all" in text
    assert text.index("Difference in accuracy") < text.index("Paired tests (to be used)")
    names = {path.stem for path in (run / "report" / "tables").glob("*.csv")}
    assert {"over-classes-test", "over-classes-test-paired", "over-classes-test-unpaired"} <= names
    assert {"confusions-test-image-1", "classes-test-image-1"} <= names


def test_what_was_left_out_names_the_folds(binary_run: Path, tmp_path: Path, without_pictures: None) -> None:
    shutil.copytree(binary_run, tmp_path / "centres", ignore=shutil.ignore_patterns("report"))
    run = tmp_path / "centres"
    study = yaml.safe_load((run / "study.yaml").read_text(encoding="utf-8"))
    study["partition"] = {"leave_out": "centre", "seed": 7}
    (run / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    audit = read_json(run / "audit.json")
    parts = audit["partition"]["folds"][0]["parts"]
    folds = [{"fold": number, "name": name, "parts": parts} for number, name in ((1, "North"), (2, "South"))]
    write_json(run / "audit.json", {**audit, "partition": {"by": "patient", "folds": folds}})
    for path in (run / "readings").glob("*.parquet"):
        table = pd.read_parquet(path)
        fold = (table["patient"].str[1:].astype(int) // 2 % 2 + 1).to_numpy()
        write_parquet(table.assign(fold=fold), path, kind="readings")
    text = write_report(run, images_root=run / "nowhere").read_text(encoding="utf-8")
    assert "Each of 2 values of centre is left out in turn" in text
    assert "Left out: centre" in text
    results = read_json(run / "report" / "results.json")
    assert [fold["name"] for fold in results["folds"]] == ["North", "South"]


def test_phantoms_are_flagged_on_top_of_the_page(binary_run: Path, tmp_path: Path, without_pictures: None) -> None:
    run = Path(shutil.copytree(binary_run, tmp_path / "run"))
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | {"phantoms": True, "protocol": "as-published"}))
    text = write_report(run, images_root=run).read_text(encoding="utf-8")
    header = text[: text.index("<section")]
    assert len(re.findall(r'class="banner grave"', header)) == 2
    assert "These numbers say nothing about patients." in header
