"""`readingroom phantoms`: each kind is drawn by its name."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from readingroom.cli import app

SMALL = ["--patients", "5", "--height", "32", "--width", "40"]


def test_the_thirty_sites_are_drawn_by_their_kind(tmp_path: Path) -> None:
    drawn = CliRunner().invoke(app, ["phantoms", str(tmp_path / "sites"), "--kind", "sites", *SMALL])
    assert drawn.exit_code == 0, drawn.output
    assert pd.read_csv(tmp_path / "sites" / "cases.csv")["label"].nunique() == 30
    assert (tmp_path / "sites" / "annotations.csv").is_file()


def test_haemorrhoids_are_drawn_by_their_kind(tmp_path: Path) -> None:
    drawn = CliRunner().invoke(app, ["phantoms", str(tmp_path / "anal"), "--kind", "haemorrhoids", *SMALL])
    assert drawn.exit_code == 0, drawn.output
    assert set(pd.read_csv(tmp_path / "anal" / "cases.csv")["label"]) == {"normal", "haemorrhoid"}


def test_fistulas_are_drawn_by_their_kind(tmp_path: Path) -> None:
    pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
    drawn = CliRunner().invoke(app, ["phantoms", str(tmp_path / "mri"), "--kind", "fistula", *SMALL])
    assert drawn.exit_code == 0, drawn.output
    assert set(pd.read_csv(tmp_path / "mri" / "cases.csv")["label"]) == {"normal", "fistula"}
    assert len(list((tmp_path / "mri" / "dicom").rglob("*.dcm"))) == 5 * 18


def test_without_a_kind_the_stomach_is_drawn(tmp_path: Path) -> None:
    from readingroom.cases.phantoms import draw_gastric_phantoms

    assert CliRunner().invoke(app, ["phantoms", str(tmp_path / "one"), *SMALL]).exit_code == 0
    draw_gastric_phantoms(tmp_path / "two", patients=5, size=(32, 40))
    one, two = (sorted((tmp_path / name / "images").iterdir()) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_a_kind_that_is_not_drawn_is_refused_with_those_that_are(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["phantoms", str(tmp_path / "x"), "--kind", "lungs"])
    assert refused.exit_code == 2
    assert "sites" in refused.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "kind", ["lung-nodule", "video-clip", "dynamic-mri", "ankle-fracture", "rectal-stage", "aneurysm"]
)
def test_stacks_are_drawn_by_the_name_of_their_preset(kind: str, tmp_path: Path) -> None:
    for library in ("nibabel", "av", "pydicom"):
        pytest.importorskip(library)
    drawn = CliRunner().invoke(app, ["phantoms", str(tmp_path / "stacks"), "--kind", kind, *SMALL])
    assert drawn.exit_code == 0, drawn.output
    assert pd.read_csv(tmp_path / "stacks" / "cases.csv")["patient"].nunique() == 5
