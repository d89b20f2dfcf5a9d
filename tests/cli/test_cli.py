import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from readingroom.cli import app

COMMANDS = ("run", "check", "series", "evaluate", "read", "report", "doctor", "phantoms", "demo")
runner = CliRunner()


def _main(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-c", "from readingroom.cli import main; main()", *arguments]
    plain = {**os.environ, "NO_COLOR": "1", "COLUMNS": "400"}
    return subprocess.run(call, cwd=cwd, capture_output=True, text=True, env=plain, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = runner.invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"readingroom {command}" in result.output
    assert "Example" in result.output


def test_help_lists_every_command_and_the_version_is_said() -> None:
    listed = runner.invoke(app, ["--help"]).output
    assert all(command in listed for command in COMMANDS)
    assert "not a medical device" in listed
    assert runner.invoke(app, ["--version"]).output.strip()


def test_what_a_person_can_mend_is_said_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("study: a\ncases: c.csv\nreaders: [{network: resnet18}]\ntrainin: {}\n")
    result = _main("run", "study.yaml", cwd=tmp_path)
    assert result.returncode == 2
    assert "line 4, trainin: unknown key. Did you mean training?" in result.stderr
    assert "Traceback" not in result.stderr


def test_phantoms_are_drawn_and_their_readings_evaluated(tmp_path: Path) -> None:
    drawn = runner.invoke(app, ["phantoms", str(tmp_path / "ph"), "--patients", "6", "--height", "48", "--width", "56"])
    assert drawn.exit_code == 0, drawn.output
    cases = pd.read_csv(tmp_path / "ph" / "cases.csv")
    truth = (cases["label"] == "normal").map({True: "normal", False: "lesion"})
    truth.iloc[0] = "normal"
    table = pd.DataFrame({"reader": "r", "image": cases["image"], "truth": truth, "patient": cases["patient"],
                          "score_lesion": range(len(cases))})  # fmt: skip
    table["score_lesion"] = table["score_lesion"] / len(table)
    table["score_normal"] = 1 - table["score_lesion"]
    table.to_csv(tmp_path / "readings.csv", index=False)
    out = tmp_path / "out"
    done = runner.invoke(app, ["evaluate", str(tmp_path / "readings.csv"), "--out", str(out), "--positive", "lesion"])
    assert done.exit_code == 0, done.output
    assert (out / "index.html").is_file()
    assert (out / "results.json").is_file()


def test_doctor_says_what_the_machine_has() -> None:
    result = runner.invoke(app, ["doctor"])
    assert result.exit_code == 0
    for word in ("cores", "precision", "engines", "weights"):
        assert word in result.output


def test_a_light_command_does_not_import_torch(tmp_path: Path) -> None:
    code = "import readingroom.cli, readingroom.report, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0


def test_plan_says_how_many_cases() -> None:
    found = runner.invoke(app, ["plan", "--share", "0.9", "--width", "0.1", "--prevalence", "0.25"])
    assert found.exit_code == 0
    assert "564" in found.output
    assert runner.invoke(app, ["plan"]).exit_code == 2
    area = runner.invoke(app, ["plan", "--auc", "0.92", "--against", "0.87", "--correlation", "0.5"])
    assert "452" in area.output


def test_dicom_files_become_a_case_table_and_what_to_know_is_printed(tmp_path: Path) -> None:
    pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
    small = ["--kind", "fistula", "--patients", "5", "--height", "32", "--width", "32"]
    assert runner.invoke(app, ["phantoms", str(tmp_path / "ph"), *small]).exit_code == 0
    out = tmp_path / "cases.csv"
    made = runner.invoke(
        app, ["series", str(tmp_path / "ph"), "--out", str(out), "--pseudonyms", str(tmp_path / "key")]
    )
    assert made.exit_code == 0, made.output
    assert "90 slices, 5 stacks, 5 patients" in made.output
    assert "their patient's ID" in made.output
    assert len(pd.read_csv(out)) == 90
    assert (tmp_path / "series.csv").is_file()
