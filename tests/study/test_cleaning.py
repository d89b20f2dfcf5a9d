"""Cleaning in a study: the same pixels in training and in reading, the levels of the training part, borders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml
from tests.study.conftest import small_study, write_study

from readingroom.core.errors import ReadingRoomError, StudyFileError
from readingroom.reading.bundle import load_bundle
from readingroom.reading.pipeline import prepare_file
from readingroom.study import Run, Study


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 grey 16-bit images with a black border and writing in it, one a patient; one class is brighter inside."""
    folder = tmp_path_factory.mktemp("grey")
    rng = np.random.default_rng(3)
    rows = []
    for number in range(40):
        frame = np.zeros((60, 80), np.float32)
        frame[10:50, 15:75] = 1500 + rng.normal(0, 150, (40, 60))
        cv2.circle(frame, (45, 30), 8, 2600 if number % 2 else 1900, -1)
        words = cv2.putText(np.zeros((60, 80), np.uint8), str(number), (1, 58), cv2.FONT_HERSHEY_PLAIN, 0.6, 255, 1)
        cv2.imwrite(str(folder / f"{number}.png"), np.maximum(frame, words * 10.0).astype(np.uint16))
        rows.append({"image": f"{number}.png", "label": "yes" if number % 2 else "none", "patient": f"p{number}"})
    pd.DataFrame(rows).to_csv(folder / "cases.csv", index=False)
    return folder


def cleaned_study(clean: dict[str, Any], **changes: Any) -> dict[str, Any]:
    values = small_study() | {"cases": "cases.csv", "task": {"classes": ["none", "yes"]}}
    values["input"] = {"size": 32, "clean": clean}
    return values | changes


def prepared_as(run: Run, root: Path, bundle: Path) -> tuple[np.ndarray, list[np.ndarray]]:
    """The images as the bundle prepares them from their files, and what training kept."""
    images = pd.read_csv(root / "cases.csv")["image"]
    contract = load_bundle(bundle).preprocessing
    kept = [np.load(path) for path in run.folder.prepared.glob("*.npy")]
    return np.stack([prepare_file(root / name, contract) for name in images]), kept


@pytest.mark.parametrize("clean", [
    {"border": "auto", "bias": "n4", "denoise": "nlm", "histogram": {"match": "training"}, "clahe": {}},
    {"denoise": "bilateral", "histogram": {"match": "0.png"}},
    {"border": [0.1, 0.1, 0.2, 0], "histogram": "equalise"},
])  # fmt: skip
def test_reading_prepares_the_very_pixels_of_training(grey: Path, tmp_path: Path, clean: dict[str, Any]) -> None:
    run = write_study(grey, cleaned_study(clean)).run(out=tmp_path)
    read, kept = prepared_as(run, grey, next((run.folder.path / "readers").iterdir()))
    assert any(one.shape == read.shape and (one == read).all() for one in kept)


def test_each_fold_has_the_levels_of_its_own_training_part(grey: Path, tmp_path: Path) -> None:
    clean = {"histogram": {"match": "training"}}
    run = write_study(grey, cleaned_study(clean, partition={"folds": 2, "seed": 7})).run(out=tmp_path)
    folds = sorted((run.folder.path / "readers").glob("*/fold-*"))
    contracts = [load_bundle(fold).preprocessing for fold in folds]
    assert len(contracts) == 2
    assert contracts[0].reference != contracts[1].reference
    for fold in folds:
        read, kept = prepared_as(run, grey, fold)
        assert any((one == read).all() for one in kept)


def test_the_bundle_needs_no_picture_to_read(grey: Path, tmp_path: Path) -> None:
    picture = grey / "standard.png"
    picture.write_bytes((grey / "1.png").read_bytes())
    values = cleaned_study({"histogram": {"match": "standard.png"}})
    run = write_study(grey, values).run(out=tmp_path)
    picture.unlink()
    bundle = load_bundle(next((run.folder.path / "readers").iterdir()))
    assert bundle.preprocessing.reference is not None
    assert prepare_file(grey / "2.png", bundle.preprocessing).any()


def test_a_picture_that_is_not_there_is_said_before_anything_is_trained(grey: Path, tmp_path: Path) -> None:
    study = write_study(grey, cleaned_study({"histogram": {"match": "nowhere.png"}}))
    with pytest.raises(StudyFileError, match=r"nowhere\.png, input\.clean\.histogram\.match: no such file"):
        study.check(out=tmp_path)


def test_a_border_is_cut_off_in_the_catalogue_and_found_again_in_reading(grey: Path, tmp_path: Path) -> None:
    folder, audit = write_study(grey, cleaned_study({"border": "auto"})).check(out=tmp_path)
    catalogue = pd.read_parquet(folder.catalogue)
    corners = catalogue[["view_x0", "view_y0", "view_x1", "view_y1"]].drop_duplicates()
    assert corners.to_numpy().tolist() == [[15, 10, 75, 50]]
    assert audit["images"]["views"] == {"rectangle": 40}


def test_outlines_move_with_the_border(grey: Path, tmp_path: Path) -> None:
    masks = grey / "masks"
    masks.mkdir(exist_ok=True)
    mask = cv2.circle(np.zeros((60, 80), np.uint8), (45, 30), 8, 255, -1)
    table = pd.read_csv(grey / "cases.csv")
    for name in table["image"]:
        cv2.imwrite(str(masks / name), mask)
    table.assign(outline="masks/" + table["image"]).to_csv(grey / "outlined.csv", index=False)
    values = cleaned_study({"border": "auto"}, cases="outlined.csv")
    values |= {
        "study": "outlined",
        "readers": [{"network": "resnet18", "weights": "random", "decoder": "unet", "classify": True}],
    }
    values["training"] = values["training"] | {"epochs": 1}
    values.pop("augmentation")
    run = write_study(grey, values).run(out=tmp_path)
    kept = [np.load(path) for path in run.folder.prepared.glob("*.npy")]
    outlines = next(one for one in kept if one.ndim == 3)
    rows, columns = np.nonzero(outlines[0])
    # The circle's middle is in the middle of a view of 60 x 40, and its diameter 17 of them.
    assert (rows.mean(), columns.mean()) == pytest.approx((16, 16), abs=0.6)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == pytest.approx((17 * 32 / 40, 17 * 32 / 60), abs=1.5)
    drawn = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in (run.folder.path / "outlines").rglob("*.png")]
    assert drawn
    assert all(one.shape == (60, 80) and not one[:10].any() and not one[:, :15].any() for one in drawn)


def test_colours_cannot_be_corrected_for_a_field(phantoms: Path, tmp_path: Path) -> None:
    values = small_study() | {"input": {"size": 32, "clean": {"bias": "n4"}}}
    with pytest.raises(ReadingRoomError, match=r"cannot be corrected in colours.*Take bias out"):
        write_study(phantoms, values | {"study": "colours"}).run(out=tmp_path)


def test_a_border_and_copies_made_before_the_division_do_not_go_together(grey: Path) -> None:
    values = cleaned_study({"border": "auto"}, partition={"protocol": "as-published", "seed": 7})
    with pytest.raises(StudyFileError, match="does not go with copies made before the division"):
        write_study(grey, values)


def test_every_problem_is_told_with_its_line(grey: Path) -> None:
    path = grey / "wrong.yaml"
    values = yaml.safe_dump(cleaned_study({"denoise": {"patch": 6}, "clahe": {"tile": 3}}), sort_keys=False)
    path.write_text(values, encoding="utf-8")
    with pytest.raises(StudyFileError) as caught:
        Study.load(path)
    said = [str(one) for one in caught.value.problems]
    assert len(said) == 2
    assert all("line" in one and "input.clean" in one for one in said)
    assert "Did you mean tiles?" in str(caught.value)


def test_the_methods_say_what_was_cleaned_and_in_which_order(grey: Path, tmp_path: Path) -> None:
    clean = {"border": "auto", "denoise": "nlm", "histogram": {"match": "training"}, "clahe": {"clip": 3}}
    run = write_study(grey, cleaned_study(clean)).run(out=tmp_path)
    methods = (run.folder.report / "methods.md").read_text(encoding="utf-8")
    order = ["a dark border cut off", "non-local means", "mean levels of the training images", "CLAHE"]
    assert [methods.index(one) for one in order] == sorted(methods.index(one) for one in order)
    card = next((run.folder.path / "readers").glob("*/card.md")).read_text(encoding="utf-8")
    assert "| Cleaning | border auto; denoise {'method': 'nlm'" in card
