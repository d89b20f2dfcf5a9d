from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from readingroom.cli import app
from readingroom.core.errors import BundleError
from readingroom.reading.bundle import Outlining, Threshold, load_bundle
from readingroom.reading.files import read_files
from readingroom.reading.heat_files import HeatPictures

pytest.importorskip("captum")


def test_reading_with_heat_maps_writes_a_picture_of_every_image_in_its_size(
    bundle_folder: Path, pictures: Path, tmp_path: Path
) -> None:
    words = ["read", str(bundle_folder), str(pictures), "--out", str(tmp_path / "r.csv"), "--heat-maps"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    drawn = sorted((tmp_path / "r-heat-maps").iterdir())
    assert [one.name for one in drawn] == [f"{number}.png" for number in range(7)]
    shapes = [cv2.imread(str(one)).shape for one in drawn]
    assert shapes == [(40 + number, 50, 3) for number in range(7)]


def test_without_being_asked_for_none_are_drawn(bundle_folder: Path, pictures: Path, tmp_path: Path) -> None:
    read_files(bundle_folder, [pictures], out=tmp_path / "r.csv", engine="torch")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["r-sheet.jpg", "r.csv"]


def test_a_reader_that_outlines_is_refused(bundle_folder: Path) -> None:
    bundle = load_bundle(bundle_folder)
    outlining = type(bundle)(**{**vars(bundle), "outlines": Outlining("unet", True, Threshold(0.5, "fixed"))})
    with pytest.raises(BundleError, match="only tell classes apart"):
        HeatPictures([(bundle_folder, outlining)])
