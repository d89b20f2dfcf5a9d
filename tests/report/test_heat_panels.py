from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from readingroom.core.files import write_text
from readingroom.core.tables import write_parquet
from readingroom.core.translations import Translator
from readingroom.report import write_report
from readingroom.report.heat_panels import heat_panels
from readingroom.report.run_folder import read_run_folder

CLASSES = ("normal", "polyp")
READERS = ("resnet18-imagenet-all", "resnet18-random-all")


def draw_heat_maps(run: Path, cases: Path) -> None:
    """Maps of two images a class: of the second reader wrong, of one image empty."""
    test = pd.read_parquet(run / "readings" / f"{READERS[0]}.parquet").query("split == 'test'")
    images = pd.concat([test[test["truth"] == name].head(2) for name in CLASSES])
    for reader in READERS:
        rows = []
        for image, truth in images[["image", "truth"]].itertuples(index=False):
            other = next(name for name in CLASSES if name != truth)
            answer = truth if reader == READERS[0] else other
            for explained in dict.fromkeys([answer, truth]):
                shape = cv2.imread(str(cases / image)).shape[:2]
                heat = np.zeros(shape, np.uint8)
                empty = reader == READERS[1] and explained == truth
                if not empty:
                    cv2.circle(heat, (60, 40), 15, 255, -1)
                file = f"heat_maps/{reader}/{explained}/{image}"
                (run / file).parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(run / file), heat)
                row = {"reader": reader, "image": image, "explained": explained, "truth": truth, "predicted": answer}
                rows.append(
                    {**row, "score": 0.7, "empty": empty, "file": file, "split": "test", "fold": 1, "repeat": 1}
                )
        write_parquet(pd.DataFrame(rows), run / "heat_maps" / f"{reader}.parquet", kind="heat_maps")
    study = yaml.safe_load((run / "study.yaml").read_text(encoding="utf-8"))
    write_text(run / "study.yaml", yaml.safe_dump({**study, "explain": {"images": 2}}))


@pytest.fixture(scope="module")
def explained_run(draw_run_folder: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = draw_run_folder(tmp_path_factory.mktemp("heat"), classes=CLASSES, positive="polyp")
    draw_heat_maps(run, run.parent / "cases")
    return run


def test_panels_are_class_by_class_and_reader_beside_reader(explained_run: Path, tmp_path: Path) -> None:
    run = read_run_folder(explained_run)
    order = [*reversed(READERS), "nobody"]
    made = heat_panels(run, order, CLASSES, explained_run.parent / "cases", tmp_path, Translator())
    assert made.readers == tuple(reversed(READERS))
    assert [(one.name, len(one.rows)) for one in made.classes] == [("normal", 2), ("polyp", 2)]
    wrong, right = made.classes[1].rows[0].cells
    assert wrong is not None
    assert right is not None
    assert (wrong.right, wrong.answered.explained, right.right, right.reference) == (False, "normal", True, None)
    assert wrong.reference is not None
    assert (wrong.reference.explained, wrong.reference.empty) == ("polyp", True)
    assert wrong.answered.picture.startswith("data:image/jpeg;base64,")
    sheets = [cv2.imread(str(tmp_path / f"{one.sheet}.jpg")) for one in made.classes]
    assert all(sheet.std() > 20 for sheet in sheets)


def test_what_is_not_at_hand_any_more_is_left_out(explained_run: Path, tmp_path: Path) -> None:
    made = heat_panels(read_run_folder(explained_run), READERS, CLASSES, tmp_path, tmp_path, Translator())
    assert {one.sheet for one in made.classes} == {""}
    cell = made.classes[0].rows[0].cells[0]
    assert cell is not None
    assert cell.answered.picture == ""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_and_cautions_and_marks_by_more_than_colour(
    explained_run: Path, tmp_path: Path, language: str
) -> None:
    images = explained_run.parent / "cases"
    page = write_report(explained_run, language=language, images_root=images, out=tmp_path).read_text(encoding="utf-8")
    section = re.search(r'<section id="heat-maps">.*?</section>', page, re.DOTALL)
    assert section is not None
    caution = {"en": "not why, and the maps were not tested", "zh": "并不说明原因，也未经检验"}[language]
    assert caution in section[0]
    assert section[0].count("✓ ") == section[0].count("✗ ") == 4
    assert "http" not in section[0]
    assert "Grad-CAM" in (tmp_path / "methods.md").read_text(encoding="utf-8")
    checklist = (tmp_path / "checklists").glob("*claim*.csv")
    assert any("Grad-CAM" in one.read_text(encoding="utf-8-sig") for one in checklist)


def test_a_study_that_asks_for_none_shows_none(explained_run: Path, tmp_path: Path) -> None:
    study = (explained_run / "study.yaml").read_text(encoding="utf-8")
    try:
        write_text(explained_run / "study.yaml", study.replace("explain:\n  images: 2", "explain: null"))
        assert read_run_folder(explained_run).heat_maps.empty
    finally:
        write_text(explained_run / "study.yaml", study)
