"""`readingroom phantoms`: each kind is drawn by its name."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from typer.testing import CliRunner

from readingroom.cli import app

SMALL = ["--patients", "5", "--height", "32", "--width", "40"]


def test_the_thirty_sites_are_drawn_by_their_kind(tmp_path: Path) -> None:
    drawn = CliRunner().invoke(app, ["phantoms", str(tmp_path / "sites"), "--kind", "sites", *SMALL])
    assert drawn.exit_code == 0, drawn.output
    assert pd.read_csv(tmp_path / "sites" / "cases.csv")["label"].nunique() == 30
    assert (tmp_path / "sites" / "annotations.csv").is_file()


def test_a_kind_that_is_not_drawn_is_refused_with_those_that_are(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["phantoms", str(tmp_path / "x"), "--kind", "lungs"])
    assert refused.exit_code == 2
    assert "sites" in refused.stderr
    assert not (tmp_path / "x").exists()
