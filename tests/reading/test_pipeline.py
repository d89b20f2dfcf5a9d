import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from readingroom.cases.images import read_image
from readingroom.cases.view import find_view
from readingroom.core.errors import ImageError, OutputError, ReadingsError
from readingroom.reading import files
from readingroom.reading.bundle import load_bundle
from readingroom.reading.engine import open_engine
from readingroom.reading.files import read_files
from readingroom.reading.pipeline import read_images


def test_every_image_is_read_in_order_with_every_score_and_its_time(bundle_folder: Path, pictures: Path) -> None:
    bundle = load_bundle(bundle_folder)
    engine = open_engine(bundle_folder, bundle, "torch")
    names = [f"{number}.png" for number in range(7)]
    readings, unread = read_images(bundle, engine, names, pictures, batch=3)
    assert unread == []
    assert readings["image"].tolist() == names
    assert readings["reader"].unique().tolist() == ["读者"]
    scores = readings[["score_正常", "score_polyp <b>"]].to_numpy()
    assert np.allclose(scores.sum(axis=1), 1.0, atol=1e-5)
    assert (readings["time_ms"] > 0).all()
    pixels = read_image(pictures / "4.png").pixels
    alone = engine.scores(bundle.preprocessing.prepare(pixels, find_view(pixels))[None])
    assert np.allclose(scores[4], alone[0], atol=1e-5)


def test_an_unreadable_image_is_listed_and_does_not_stop_the_rest(
    bundle_folder: Path, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "坏.png").write_bytes(b"no image")
    (tmp_path / "good.png").write_bytes((pictures / "0.png").read_bytes())
    bundle = load_bundle(bundle_folder)
    readings, unread = read_images(
        bundle, open_engine(bundle_folder, bundle, "torch"), ["坏.png", "good.png"], tmp_path
    )
    assert readings["image"].tolist() == ["good.png"]
    assert [one.image for one in unread] == ["坏.png"]
    assert unread[0].reason


def test_no_images_give_an_empty_table_with_its_columns(bundle_folder: Path, tmp_path: Path) -> None:
    bundle = load_bundle(bundle_folder)
    readings, _ = read_images(bundle, open_engine(bundle_folder, bundle, "torch"), [], tmp_path)
    assert readings.empty
    assert {"image", "score_正常", "predicted", "time_ms"} <= set(readings.columns)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_files_and_folders_are_read_into_a_table(
    bundle_folder: Path, pictures: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"readings.{suffix}"
    readings, _ = read_files(bundle_folder, [pictures, pictures / "0.png"], out=out, engine="torch")
    assert len(readings) == 7
    stored = pd.read_csv(out) if suffix == "csv" else pd.read_parquet(out)
    assert stored["image"].tolist() == readings["image"].tolist()


def test_a_folder_of_hostile_files_is_read_as_far_as_it_goes(
    bundle_folder: Path, pictures: Path, tmp_path: Path
) -> None:
    good = (pictures / "0.png").read_bytes()
    folder = tmp_path / "h"
    hostile = {"胃窦 图像.png": good, 'it\'s "quoted" [b] 100%.PNG': good, "in ner/new\nline.png": good, "noext": good}
    hostile |= {"torn.png": good[:500], "text.png": b"hello", "zero.jpg": b"", "header.jpg": b"\xff\xd8\xff\xe0"}
    hostile |= {
        "._0.png": b"junk",
        ".thumbs/0.png": good,
        "__MACOSX/0.png": b"junk",
        "folder.jpg/0.txt": b"",
        "other": good,
    }
    for name, data in hostile.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "away.png").symlink_to(pictures / "1.png")
    (folder / "nowhere.png").symlink_to("gone.png")
    readings, unread = read_files(bundle_folder, [folder], out=tmp_path / "out.csv", engine="torch")
    read = {"胃窦 图像.png", 'it\'s "quoted" [b] 100%.PNG', "in ner/new\nline.png", "away.png"}
    assert set(readings["image"]) == set(pd.read_csv(tmp_path / "out.csv")["image"]) == read
    assert {one.image for one in unread} == {"torn.png", "text.png", "zero.jpg", "header.jpg", "nowhere.png"}
    assert all(one.reason and "0x" not in one.reason for one in unread)


def test_a_file_whose_name_is_not_utf_8_is_listed(bundle_folder: Path, pictures: Path, tmp_path: Path) -> None:
    data = (pictures / "0.png").read_bytes()
    (tmp_path / "good.png").write_bytes(data)
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xc4\xe3.png")).write_bytes(data)
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    readings, unread = read_files(bundle_folder, [tmp_path], out=tmp_path / "a.csv", engine="torch")
    assert readings["image"].tolist() == ["good.png"]
    assert [(one.image, one.reason) for one in unread] == [("\\xc4\\xe3.png", "the name is not UTF-8")]


def test_a_table_that_cannot_be_written_is_told_before_anything_is_read(
    bundle_folder: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").touch()
    monkeypatch.setattr(files, "read_images", lambda *_, **__: pytest.fail("images were read"))
    with pytest.raises(OutputError, match="file stands where a folder is needed"):
        read_files(bundle_folder, [pictures], out=tmp_path / "taken" / "a.csv", engine="torch")


def test_a_place_without_images_says_so(bundle_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no images here"):
        read_files(bundle_folder, [tmp_path], out=tmp_path / "a.csv")
    with pytest.raises(ImageError, match="no such file or folder"):
        read_files(bundle_folder, [tmp_path / "missing"], out=tmp_path / "a.csv")
    with pytest.raises(ReadingsError, match="no kind of table"):
        read_files(bundle_folder, [tmp_path], out=tmp_path / "a.xlsx")
