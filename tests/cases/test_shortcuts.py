from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from readingroom.cases import shortcuts
from readingroom.cases.catalogue import COLUMNS, catalogue_images
from readingroom.cases.duplicates import find_duplicates
from readingroom.cases.shortcuts import FOLDS, Shortcut, _areas, _family, measure_shortcuts
from readingroom.cases.table import load_cases


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted shortcuts are plain enough for a small forest."""
    monkeypatch.setattr(shortcuts, "_TREES", 10)
    monkeypatch.setattr(shortcuts, "_REPLICATES", 60)


def draw_catalogue(count: int = 160, seed: int = 0) -> pd.DataFrame:
    """A catalogue in which no fact knows the label."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "image": [f"{number}.jpg" for number in range(count)],
            "readable": True,
            "kind": "JPEG",
            "width": 640,
            "height": 480,
            "file_bytes": rng.integers(30_000, 60_000, count),
            "view_kind": "octagon",
            "view_x0": rng.integers(20, 30, count),
            "view_y0": 10,
            "view_x1": 620,
            "view_y1": 470,
            "panel_text_share": rng.random(count) / 100,
        }
    )


def labels_of(count: int = 160, classes: int = 2) -> pd.Series:
    return pd.Series([f"class {number % classes}" for number in range(count)])


def groups_of(count: int = 160, each: int = 2) -> pd.Series:
    # Numbers two by two, so that a group holds images of both classes.
    return pd.Series([f"patient {number // each}" for number in range(count)])


def by_family(found: tuple[Shortcut, ...]) -> dict[str, Shortcut]:
    return {one.family: one for one in found}


def test_facts_that_do_not_know_the_label_give_no_shortcut() -> None:
    found = measure_shortcuts(draw_catalogue(), labels_of(), groups_of(), seed=1)
    assert {one.family for one in found.found} == {"file size", "border", "text panel", "all together"}
    assert [one.level for one in found.found] == [None] * 4
    assert found.notes() == []


def test_a_planted_shortcut_is_found_in_its_own_family_alone() -> None:
    catalogue, labels = draw_catalogue(), labels_of()
    catalogue["panel_text_share"] += np.where(labels == "class 1", 0.02, 0.0)
    found = by_family(measure_shortcuts(catalogue, labels, groups_of(), seed=1).found)
    assert found["text panel"].auc > 0.95
    assert found["text panel"].level == "warning"
    assert {name for name, one in found.items() if one.level} == {"text panel", "all together"}


def test_the_file_size_is_warned_of_with_the_share_that_anatomy_has_in_it() -> None:
    catalogue, labels = draw_catalogue(), labels_of(classes=3)
    catalogue.loc[labels == "class 2", "file_bytes"] += 40_000
    notes = {note.code: str(note) for note in measure_shortcuts(catalogue, labels, groups_of(), seed=1).notes()}
    assert "Part of this is anatomy" in notes["shortcut-file-size"]
    assert "Best guessed: class 2, 1.00" in notes["shortcut-file-size"]


def test_knowing_the_patient_again_is_no_shortcut() -> None:
    catalogue = draw_catalogue()
    groups = groups_of(each=6)
    codes = pd.Series(pd.factorize(groups)[0])
    labels = pd.Series(np.where(np.random.default_rng(0).random(codes.max() + 1) < 0.5, "a", "b")[codes])
    catalogue["file_bytes"] = 10_000 + np.random.default_rng(1).permutation(codes.max() + 1)[codes] * 100
    size = by_family(measure_shortcuts(catalogue, labels, groups, seed=1).found)["file size"]
    assert size.level is None


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, second = (measure_shortcuts(draw_catalogue(80), labels_of(80), groups_of(80), seed=3) for _ in range(2))
    assert first == second


def test_the_area_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    codes, scores = rng.integers(0, 3, 90), rankdata(rng.random((90, 3)).round(1), axis=0)
    expected = [roc_auc_score(codes == number, scores[:, number]) for number in range(3)]
    assert _areas(codes, scores) == pytest.approx(expected)


def test_unreadable_and_unlabelled_images_take_no_part() -> None:
    catalogue, labels = draw_catalogue(), labels_of().mask(np.arange(160) < 20)
    catalogue["width"] = catalogue["width"].astype("Int64")
    catalogue.loc[20:29, "readable"] = False
    catalogue.loc[20:29, "width"] = pd.NA
    assert measure_shortcuts(catalogue, labels, groups_of(), seed=1).found[0].images == 130


def test_a_class_of_few_groups_is_left_out_and_named() -> None:
    labels = labels_of(classes=2)
    labels[:3] = "rare"
    measured = measure_shortcuts(draw_catalogue(), labels, groups_of(), seed=1)
    assert measured.left_out == ("rare",)
    assert set(measured.found[0].by_class) == {"class 0", "class 1"}
    assert f"fewer than {FOLDS} patients" in str(measured.notes()[-1])


def test_with_one_class_the_reason_is_said() -> None:
    measured = measure_shortcuts(draw_catalogue(), labels_of(classes=1), groups_of(), seed=1)
    assert measured.found == ()
    assert measured.reason == "fewer than two classes have enough patients or groups"


def test_facts_that_never_differ_are_no_family() -> None:
    catalogue = draw_catalogue()
    catalogue[["width", "file_bytes", "view_x0", "panel_text_share"]] = 640
    measured = measure_shortcuts(catalogue, labels_of(), groups_of(), seed=1)
    assert measured.reason == "every fact is the same in all images"


def test_a_large_collection_is_sampled_by_whole_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortcuts, "MOST_IMAGES", 100)
    found = measure_shortcuts(draw_catalogue(), labels_of(), groups_of(each=4), seed=1).found
    assert found[0].images == 80
    assert found[0].groups == 20


def test_no_fact_of_the_anatomy_is_used() -> None:
    used = {name for name in COLUMNS if _family(name)}
    anatomy = {"phash", "thumbnail", "red", "green", "blue", "blur", "brightness", "dark_share", "bright_share"}
    assert not used & anatomy
    assert {name for name in COLUMNS if name.startswith("panel_")} <= used


def test_the_shortcuts_of_the_real_images_are_found() -> None:
    path = Path(__file__).resolve().parents[2].parent / "shared/data/hyperkvasir/cases.csv"
    if not path.is_file():
        pytest.skip("the real images are not here: ../shared/data/hyperkvasir")
    cases = load_cases(path, classes=["bbps-2-3", "normal-cecum"])
    cases = replace(cases, frame=cases.frame.groupby("label").head(40).reset_index(drop=True))
    catalogue = catalogue_images(cases, workers=1)
    groups = find_duplicates(catalogue).groups
    found = by_family(measure_shortcuts(catalogue, cases.frame["label"], groups.astype(str), seed=1).found)
    assert {name for name, one in found.items() if one.level} >= {"file size", "border", "all together"}
