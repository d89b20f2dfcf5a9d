"""The documented schema of results.json, against real results and the committed pages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from readingroom.report import Results
from readingroom.report.reference import main, reference, schema

DOCS = Path(__file__).parents[2] / "docs"


def test_every_field_has_a_meaning() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", reference(), flags=re.MULTILINE)
    assert len(rows) > 100
    assert [name for name, _, meaning in rows if not meaning.strip()] == []


def test_the_committed_pages_are_the_classes() -> None:
    assert main(["--check", str(DOCS)]) == 0


def test_a_stale_page_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    (tmp_path / "results.md").write_text("old", encoding="utf-8")
    assert main(["--check", str(tmp_path)]) == 1
    assert "results.md" in capsys.readouterr().err


def test_written_results_keep_to_the_schema(english_report: Path) -> None:
    written = json.loads((english_report.parent / "results.json").read_text(encoding="utf-8"))
    assert set(schema()["required"]) <= set(written)
    known = {name: value for name, value in written.items() if name in schema()["properties"]}
    read = TypeAdapter(Results).validate_python({n: v for n, v in known.items() if n not in {"kind", "schema_version"}})
    assert read.performances[0].n == written["performances"][0]["n"]
    assert len(read.analyses.calibrations) == len(written["analyses"]["calibrations"]) > 0
