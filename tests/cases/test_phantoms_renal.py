"""Renal phantoms: DICOM slices in HU with a wobbling outline, whose mean does not tell the classes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from readingroom.cases.images import read_image
from readingroom.cases.phantoms.renal import draw_renal_phantoms
from readingroom.core.errors import OutputError


@pytest.fixture(scope="module")
def kidneys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("kidneys")
    table = pd.read_csv(draw_renal_phantoms(folder, patients=40, size=96, slices_per_patient=(1, 2), seed=3, workers=1))
    return folder, table


def test_slices_are_ct_in_hounsfield_units_with_a_spacing(kidneys: tuple[Path, pd.DataFrame]) -> None:
    import pydicom

    folder, table = kidneys
    read = read_image(folder / table["image"][0])
    assert read.pixels.min() < -90
    assert 100 < read.pixels.max() < 600
    assert 0.5 < float(pydicom.dcmread(folder / table["image"][0]).PixelSpacing[0]) < 2.0


def test_every_mass_is_outlined_and_looks_like_its_slice(kidneys: tuple[Path, pd.DataFrame]) -> None:
    folder, table = kidneys
    masks = [cv2.imread(str(folder / name), cv2.IMREAD_GRAYSCALE) for name in table["outline"]]
    assert all((mask > 0).sum() > 30 for mask in masks)
    assert all(set(np.unique(mask)) == {0, 255} for mask in masks)


def test_the_mean_inside_the_outline_does_not_give_the_class_away(kidneys: tuple[Path, pd.DataFrame]) -> None:
    folder, table = kidneys
    rows = zip(table["image"], table["outline"], strict=True)
    means = [read_image(folder / i).pixels[cv2.imread(str(folder / o), 0) > 0].mean() for i, o in rows]
    assert 0.25 < roc_auc_score(table["label"] == "malignant", means) < 0.75


def test_the_same_seed_draws_the_same_and_another_folder_is_not_mixed(
    kidneys: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    folder, table = kidneys
    draw_renal_phantoms(tmp_path, patients=2, size=96, slices_per_patient=(1, 2), seed=3, workers=1)
    first = table["image"][0]
    assert (tmp_path / first).read_bytes() == (folder / first).read_bytes()
    with pytest.raises(OutputError, match="other parameters"):
        draw_renal_phantoms(tmp_path, patients=2, size=96, seed=4)
