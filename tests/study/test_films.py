"""Films of either photometric interpretation in a study: the same pixels, the same scores, and no shortcut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from readingroom.cases.phantoms import draw_chest_phantoms
from readingroom.cases.phantoms.films.chest import draw_chest
from readingroom.cases.phantoms.films.radiograph import PHOTOMETRICS, write_film
from readingroom.cases.phantoms.visits import Visit
from readingroom.cases.view import whole_view
from readingroom.reading.bundle import load_bundle
from readingroom.reading.files import read_files
from readingroom.reading.pipeline import prepare_file
from readingroom.study import Run, Study

pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")

SIZE = (80, 72)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("chest")
    draw_chest_phantoms(folder / "films", patients=60, images_per_patient=(1, 1), size=SIZE, difficulty=0.2, seed=5)
    values = {
        "study": "chest",
        "cases": "films/cases.csv",
        "task": {"classes": ["normal", "abnormal"]},
        "phantoms": True,
        "input": {"size": 48, "view": "whole", "fit": "pad"},
        "readers": [{"network": "test_resnet", "weights": "random", "name": "small"}],
        "training": {"epochs": 1, "batch": 16, "precision": "float32"},
        "explain": None,
    }
    path = folder / "chest.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return Study.load(path).run(out=folder / "runs")


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same films, stored either way."""
    folder = tmp_path_factory.mktemp("twins")
    paths = []
    for number in range(1, 4):
        visit = Visit(number, "abnormal", number, "A", pd.Timestamp("2021-01-02").date(), 50, "M", 1)
        pixels = draw_chest(visit, 1, "effusion", SIZE, 0.2, 9)
        for photometric in PHOTOMETRICS:
            paths.append(folder / f"{number}-{photometric}.dcm")
            write_film(paths[-1], pixels, photometric, visit, 1, "twins")
    return paths


def test_the_same_film_stored_either_way_is_prepared_to_the_very_same_pixels(run: Run, twins: list[Path]) -> None:
    contract = load_bundle(run.folder.path / "readers" / "small").preprocessing
    prepared = [prepare_file(path, contract, whole_view(SIZE[1], SIZE[0])) for path in twins]
    for one, two in zip(prepared[::2], prepared[1::2], strict=True):
        np.testing.assert_array_equal(one, two)
    assert prepared[0].std() > 20


def test_reading_it_either_way_gives_the_same_scores(run: Run, twins: list[Path], tmp_path: Path) -> None:
    table, unread = read_files(run.folder.path / "readers" / "small", twins, out=tmp_path / "r.csv", device="cpu")
    assert not unread
    scores = table.sort_values("image")["score_abnormal"].to_numpy()
    # Of the very same pixels; a batch adds up in another order by where in it an image is.
    np.testing.assert_allclose(scores[::2], scores[1::2], rtol=0, atol=1e-6)
    assert np.ptp(scores) > 1e-5


def test_the_audit_finds_no_shortcut_in_how_the_films_are_stored(run: Run) -> None:
    shortcuts = run.audit["shortcuts"]
    assert all(one["level"] == "none" for one in shortcuts["found"])
    assert shortcuts["found"] or shortcuts["reason"] == "every fact is the same in all images"
