from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import pandas as pd
import pytest
import yaml

from readingroom.core.progress import SilentProgress
from readingroom.core.tables import read_facts
from readingroom.report.figures import style
from readingroom.study import Run, Study, heat_maps

pytest.importorskip("captum")


class Told(SilentProgress):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def run(folder: Path, values: dict[str, Any], out: Path, told: Told | None = None) -> Run:
    path = folder / f"{values['study']}.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "DPI", 30)
        return Study.load(path).run(out=out, progress=told)


def table_of(run: Run, reader: str) -> pd.DataFrame:
    return pd.read_parquet(run.folder.heat_maps(reader))


def test_every_reader_explains_the_same_images_by_its_answer_and_the_reference(finished: Run) -> None:
    tables = [table_of(finished, name) for name in finished.manifest["readers"]]
    assert len(tables) == 2
    assert len({tuple(sorted(set(table["image"]))) for table in tables}) == 1
    readings = finished.readings.set_index(["reader", "image"])
    for table in tables:
        assert table.drop_duplicates("image")["truth"].value_counts().to_dict() == {"normal": 2, "SMT": 2}
        for _, row in table.iterrows():
            reading = readings.loc[(row["reader"], row["image"])]
            assert (row["split"], row["predicted"], row["truth"]) == ("test", reading["predicted"], reading["truth"])
            assert row["score"] == pytest.approx(reading[f"score_{row['explained']}"])
        explained = table.groupby("image")["explained"].agg(set)
        first = table.drop_duplicates("image").set_index("image")
        assert all(explained[image] == {row["predicted"], row["truth"]} for image, row in first.iterrows())


def test_maps_have_the_size_of_their_images(finished: Run) -> None:
    root = finished.folder.path / finished.manifest["images_root"]
    table = table_of(finished, "冻结")
    assert read_facts(finished.folder.heat_maps("冻结"))["kind"] == "heat_maps"
    for _, row in table.iterrows():
        grey = cv2.imread(str(finished.folder.path / row["file"]), cv2.IMREAD_UNCHANGED)
        assert grey.shape == cv2.imread(str(root / row["image"])).shape[:2]
        assert bool(grey.any()) is not bool(row["empty"])


def test_what_did_not_change_is_not_drawn_again(phantoms: Path, values: dict[str, Any], tmp_path: Path) -> None:
    values |= {"study": "heat", "explain": {"images": 1}}
    first = run(phantoms, values, tmp_path)
    place = first.folder.heat_maps("test_resnet-random")
    drawn = place.stat().st_mtime_ns
    assert 'id="heat-maps"' in first.report.read_text(encoding="utf-8")
    again = run(phantoms, values, tmp_path)
    assert place.stat().st_mtime_ns == drawn
    (again.folder.path / table_of(again, "test_resnet-random")["file"][0]).unlink()
    run(phantoms, values, tmp_path)
    assert place.stat().st_mtime_ns != drawn


def test_null_switches_them_off(phantoms: Path, values: dict[str, Any], tmp_path: Path) -> None:
    made = run(phantoms, values | {"study": "off", "explain": None}, tmp_path)
    assert not (made.folder.path / "heat_maps").exists()
    assert 'id="heat-maps"' not in made.report.read_text(encoding="utf-8")


def test_without_captum_the_study_runs_and_says_what_to_install(
    phantoms: Path, values: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heat_maps, "has_captum", lambda: False)
    told = Told()
    made = run(phantoms, values | {"study": "bare"}, tmp_path, told)
    assert any("pip install 'readingroom[explain]'" in line for line in told.lines)
    assert not made.folder.heat_maps("test_resnet-random").exists()
    assert made.report.is_file()
