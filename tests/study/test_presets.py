"""The presets: every stated parameter of the documents, a study file for a user's data, and a demo of both arms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from readingroom.cases.phantoms import Doctor, simulate_readings
from readingroom.cases.sites import load_sites
from readingroom.cli import app
from readingroom.core.errors import OutputError, StudyFileError
from readingroom.report.published import DOCUMENTS
from readingroom.study.presets import PRESETS, find_preset, write_preset
from readingroom.study.presets.demo import small_study
from readingroom.study.presets.internal_haemorrhoids import SCREENED, screen
from readingroom.study.presets.upper_gi_sites import audit_by_experts
from readingroom.study.schema import StudyFile
from readingroom.study.study_file import load_study_file

STUDIES = [(preset.name, study) for preset in PRESETS.values() for study in preset.studies]
DOCUMENTED = [(name, study) for name, study in STUDIES if name in DOCUMENTS]


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "我的 病例.csv"
    path.write_text("image,label,patient\n", encoding="utf-8")
    return path


def written(name: str, study: str, cases: Path) -> StudyFile:
    folder = cases.parent / "studies"
    write_preset(name, cases, folder, force=True)
    return load_study_file(folder / f"{study}.yaml")


def test_there_is_a_preset_and_a_demo_for_each_of_the_four_documents() -> None:
    assert set(DOCUMENTS) <= set(PRESETS)


@pytest.mark.parametrize(("name", "study"), STUDIES)
def test_a_preset_is_a_valid_sound_study_file_for_any_case_table(name: str, study: str, cases: Path) -> None:
    file = written(name, study, cases)
    assert (cases.parent / "studies" / file.cases).resolve() == cases.resolve()
    assert file.partition.protocol == "sound"
    assert file.arms


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in DOCUMENTS])
def test_a_preset_without_a_published_study_has_labels_dealt_at_random_as_its_control(name: str, cases: Path) -> None:
    file = written(name, name, cases)
    assert list(file.arms) == ["shuffled-labels"]
    assert file.arm("shuffled-labels").training.shuffled


@pytest.mark.parametrize(("name", "study"), DOCUMENTED)
def test_a_documents_preset_has_both_arms(name: str, study: str, cases: Path) -> None:
    file = written(name, study, cases)
    assert list(file.arms) == ["as-published"]
    published = file.arm("as-published")
    assert published.partition.validation == 0
    assert published.training.keep == "last"
    assert file.evaluation.published == name


@pytest.mark.parametrize(("name", "study"), STUDIES)
@pytest.mark.parametrize("change", ["partition.folds=5", "partition.leave_out=centre", "training.repeats=3"])
def test_folds_repeats_and_leaving_a_centre_out_work_in_every_preset(
    name: str, study: str, change: str, cases: Path
) -> None:
    written(name, study, cases)
    file = load_study_file(cases.parent / "studies" / f"{study}.yaml", [change])
    assert all(file.arm(arm) for arm in file.arms)


def test_the_fistula_preset_has_the_documents_eight_runs_and_the_intensity_jitter_beside(cases: Path) -> None:
    file = written("anal-fistula-mri", "anal-fistula-mri", cases)
    runs = {one.reader_name: one for one in file.reader_list}
    assert len(runs) == 9
    assert {(one.network, one.weights) for one in runs.values()} == {
        (network, weights) for network in ("resnet18", "resnet34", "densenet121") for weights in ("imagenet", "random")
    }
    assert file.training.epochs == 50
    assert runs["resnet18-transfer-longer"].epochs == 100
    copied = [name for name, one in runs.items() if one.augmentation is None]
    assert copied == ["resnet18-transfer-augmented"]
    published = file.arm("as-published").partition
    assert (published.protocol, published.training, published.test, published.copies) == ("as-published", 0.8, 0.2, 3)


@pytest.mark.parametrize("study", PRESETS["internal-haemorrhoids"].studies)
def test_the_haemorrhoid_preset_has_the_documents_networks_head_size_and_rate(study: str, cases: Path) -> None:
    file = written("internal-haemorrhoids", study, cases)
    networks = {one.network for one in file.reader_list}
    assert networks == {
        "legacy_xception", "resnetv2_50", "tf_efficientnetv2_s", "vit_small_patch16_224", "convmixer_768_32",
    }  # fmt: skip
    assert {(one.train, one.head) for one in file.reader_list} == {("head", (1024, 512, 256, 64))}
    training = file.training
    assert (file.input.size, file.arm("as-published").input.normalise) == (331, "unit")
    assert (training.optimiser, training.rate, training.schedule, training.batch) == ("adam", 1e-4, "constant", 32)


def test_the_grade_is_read_as_an_ordered_outcome_too(cases: Path) -> None:
    file = written("internal-haemorrhoids", "internal-haemorrhoids-grade", cases)
    assert file.task.kind == "grading"
    assert [one.network for one in file.reader_list if one.ordered] == ["convmixer_768_32"]


def test_the_gastric_preset_has_the_documents_training_windows_and_normalisation(cases: Path) -> None:
    file = written("gastric-lesions", "gastric-lesions", cases)
    what, where = file.reader_list
    assert (what.network, where.network, where.decoder) == ("resnet34", "resnet34", "deeplabv3")
    assert (file.training.optimiser, file.training.rate, file.training.batch, file.input.size) == ("sgd", 1e-4, 32, 512)
    assert file.augmentation is not None
    assert file.augmentation.crop == (0.8, 1.0)
    assert where.augmentation is not None
    assert where.augmentation.affine is not None
    assert where.augmentation.affine.scale == (0.8, 1.2)
    assert where.augmentation.jitter is not None
    assert where.augmentation.jitter.hue == 0
    normalise = file.arm("as-published").input.normalise
    assert not isinstance(normalise, str)
    assert normalise.mean == (0.34403, 0.18075, 0.13959)
    assert normalise.sd == (0.12930, 0.09520, 0.07852)


def test_the_sites_preset_names_the_thirty_sites_and_never_mirrors(cases: Path) -> None:
    file = written("upper-gi-sites", "upper-gi-sites", cases)
    assert file.task.classes == [site.key for site in load_sites().sites]
    assert [one.network for one in file.reader_list] == ["inception_resnet_v2", "resenet"]
    assert file.augmentation is not None
    assert not file.augmentation.flip
    assert file.augmentation.regions is not None
    assert file.arm("as-published").partition.test == 0.1


def test_a_file_that_is_there_is_not_replaced_and_a_table_that_is_not_there_is_named(cases: Path) -> None:
    folder = cases.parent / "studies"
    write_preset("gastric-lesions", cases, folder)
    with pytest.raises(OutputError, match="already"):
        write_preset("gastric-lesions", cases, folder)
    with pytest.raises(OutputError, match="no such file"):
        write_preset("upper-gi-sites", cases.parent / "nothing.csv", folder)
    with pytest.raises(StudyFileError, match="Did you mean gastric-lesions"):
        find_preset("gastric-lesion")


def test_doctors_readings_are_named_where_they_are_given(cases: Path) -> None:
    folder = cases.parent / "studies"
    paths = write_preset("internal-haemorrhoids", cases, folder, people=cases)
    assert [path.name for path in paths] == ["internal-haemorrhoids.yaml", "internal-haemorrhoids-grade.yaml"]
    assert load_study_file(paths[0]).people is not None
    without = write_preset("internal-haemorrhoids", cases, folder / "others")
    assert load_study_file(without[0]).people is None
    assert "# people: people.csv" in without[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "study"), STUDIES)
def test_a_demo_is_the_preset_made_small_and_nothing_else(name: str, study: str, tmp_path: Path) -> None:
    small = small_study(PRESETS[name], study, {"cases": tmp_path / "c.csv"}, tmp_path, PRESETS[name].scale)
    whole = yaml.safe_load(PRESETS[name].text(study, "c.csv"))
    assert small["arms"] == whole["arms"]
    assert small["partition"] == whole["partition"]
    own = PRESETS[name].scale.readers
    networks = [own.get(one.get("name", ""), {}).get("network", one.get("network")) for one in whole["readers"]]
    assert [one.get("network") for one in small["readers"]] == networks
    assert small["phantoms"] is True
    StudyFile.model_validate(small)


def test_patients_are_screened_out_for_the_documents_reasons() -> None:
    table = pd.DataFrame({"image": [f"{n}" for n in range(400)], "patient": [f"P{n // 2}" for n in range(400)]})
    screened = screen(table)
    counts = screened[screened["excluded"] != ""].groupby("excluded")["patient"].nunique()
    assert set(counts.index) == set(SCREENED)
    assert counts["colorectal surgery"] == round(109 / 717 * 200)
    assert screened.groupby("patient")["excluded"].nunique().max() == 1


def test_what_all_annotators_called_wrongly_is_taken_out_by_the_experts() -> None:
    cases = pd.DataFrame({"label": ["a", "b", None], "excluded": ["", "", "the annotators do not agree"]})
    audited = audit_by_experts(cases, pd.Series(["a", "a", "a"]))
    assert audited["excluded"].tolist() == ["", "taken out in the audit by simulated experts", cases["excluded"][2]]


def test_simulated_doctors_are_right_as_often_as_stated_and_say_what_they_are() -> None:
    cases = pd.DataFrame({"image": [f"{n}" for n in range(3000)], "rf": [f"Rf{n % 3}" for n in range(3000)]})
    doctors = (Doctor("simulated junior", "junior", 0.8, 2.0), Doctor("simulated senior", "senior", 0.9, 1.0))
    found = simulate_readings(cases, ("Rf0", "Rf1", "Rf2"), doctors, label="rf")
    right = found.merge(cases, on="image").assign(right=lambda t: t["label"] == t["rf"]).groupby("reader")["right"]
    assert right.mean().to_dict() == pytest.approx({"simulated junior": 0.8, "simulated senior": 0.9}, abs=0.03)
    times = found.groupby("reader")["time_ms"].median()
    assert times["simulated junior"] == pytest.approx(2000, rel=0.2)
    apart = found.merge(cases, on="image")
    steps = (apart["label"].str[-1].astype(int) - apart["rf"].str[-1].astype(int)).abs()
    assert steps.max() == 1


def test_the_command_line_lists_and_writes_presets(cases: Path) -> None:
    runner = CliRunner()
    listed = runner.invoke(app, ["study", "list"])
    assert listed.exit_code == 0
    assert all(name in listed.output for name in PRESETS)
    out = cases.parent / "new"
    made: Any = runner.invoke(app, ["study", "new", "gastric-lesions", "--cases", str(cases), "--out", str(out)])
    assert made.exit_code == 0, made.output
    assert (out / "gastric-lesions.yaml").is_file()
