"""Reading a run folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from readingroom.core.errors import ReadingsError
from readingroom.core.tables import write_csv, write_parquet
from readingroom.report.run_folder import read_run_folder


@pytest.fixture
def run(binary_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(binary_run, tmp_path / "run"))


def test_everything_that_a_run_wrote_is_read(run: Path) -> None:
    found = read_run_folder(run)
    assert found.title == "polyp-against-normal"
    assert len(found.readings["reader"].unique()) == 5
    assert len(found.histories) == 3
    assert found.audit["kind"] == "readingroom.audit"


def test_what_a_run_did_not_write_is_simply_not_there(run: Path) -> None:
    for name in ("audit.json", "manifest.json", "partition.csv", "catalogue.parquet", "study.yaml"):
        (run / name).unlink()
    shutil.rmtree(run / "readers")
    found = read_run_folder(run)
    assert (found.manifest, found.audit, found.study, found.histories) == ({}, {}, {}, {})
    assert found.title == "run"


def test_readings_that_an_earlier_form_of_the_study_left_behind_are_not_read(run: Path) -> None:
    write_parquet(pd.DataFrame({"reader": ["old"]}), run / "readings" / "old.parquet", kind="readings")
    assert "old" not in set(read_run_folder(run).readings["reader"])


def test_histories_of_folds_and_repeats_belong_to_their_reader(run: Path) -> None:
    history = pd.DataFrame({"epoch": [1, 2], "train_loss": [1.0, 0.5], "fold": 2})
    write_csv(history, run / "readers" / "resnet18-random-all" / "fold-2" / "history.csv")
    assert set(read_run_folder(run).histories["resnet18-random-all"]["fold"]) == {1, 2}


def test_a_folder_without_readings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadingsError, match="no readings"):
        read_run_folder(tmp_path)


@pytest.mark.parametrize("name", ["manifest.json", "study.yaml", "audit.json"])
def test_a_damaged_file_is_named(run: Path, name: str) -> None:
    (run / name).write_text('{"cut": [1, 2', encoding="utf-8")
    with pytest.raises(ReadingsError, match=name.replace(".", r"\.")):
        read_run_folder(run)
