"""The search: on validation alone, the same for the same seed, resumable, and told everywhere."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from tests.study.conftest import small_study, write_study

from readingroom.core.errors import StudyFileError
from readingroom.core.files import read_json
from readingroom.report.run_folder import read_run_folder
from readingroom.study import Run
from readingroom.study import search as module
from readingroom.study.search import Search
from readingroom.study.search_section import SearchSection

pytest.importorskip("optuna")

SPACE = {
    "training.rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "training.weight_decay": [0, 0.01],
    "training.batch": {"low": 4, "high": 16},
    "augmentation.affine.rotate": [0, 20],
    "head": [[], [8]],
}


def searched_study(**changes: Any) -> dict[str, Any]:
    values = small_study() | {"study": "searched", "explain": None}
    return values | {"search": {"trials": 3, "space": SPACE, "epochs": 1, **changes}}


@pytest.fixture(scope="module")
def run(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return write_study(phantoms, searched_study()).run(out=tmp_path_factory.mktemp("searched"))


def reader_of(run: Run) -> Path:
    return next((run.folder.path / "readers").iterdir())


def tried(run: Run) -> pd.DataFrame:
    return pd.read_csv(reader_of(run) / "search.csv").drop(columns="seconds")


def test_every_trial_is_a_row_and_the_best_is_taken(run: Run) -> None:
    rows = tried(run)
    assert len(rows) == 3
    assert rows["training.rate"].between(1e-4, 1e-1).all()
    assert rows["training.batch"].isin(range(4, 17)).all()
    complete = rows[rows["state"] == "complete"]
    taken = rows[rows["taken"]].iloc[0]
    assert taken["auc"] == complete["auc"].max()
    facts = yaml.safe_load((reader_of(run) / "reader.yaml").read_text(encoding="utf-8"))["facts"]
    recipe, head = facts["plan"]["recipe"], facts["plan"]["head"]
    assert recipe["rate"] == facts["search"]["best_values"]["training.rate"] == pytest.approx(taken["training.rate"])
    assert recipe["batch"] == taken["training.batch"]
    assert recipe["epochs"] == 2
    assert str(list(head)) == taken["head"]
    assert facts["plan"]["augmentation"]["affine"]["rotate"] == taken["augmentation.affine.rotate"]


def test_the_manifest_and_the_methods_state_budget_and_space(run: Run) -> None:
    (found,) = run.manifest["readers"][reader_of(run).name]["searches"]
    assert (found["trials"], found["measure"], found["seed"], found["fold"]) == (3, "auc", 7, 1)
    assert set(found["space"]) == set(SPACE)
    methods = (run.folder.report / "methods.md").read_text(encoding="utf-8")
    for text in ("3 trials", "Optuna", "validation", "0.0001", "0.1", "rotate"):
        assert text in methods


def test_the_report_reads_the_trials_as_numbers(run: Run) -> None:
    (trials,) = read_run_folder(run.folder.path).searches.values()
    assert trials["auc"].max() == tried(run)["auc"].max()
    assert trials["trial"].tolist() == [1, 2, 3]
    assert (run.folder.report / "figures" / "searches.svg").is_file()


def test_a_finished_search_is_not_run_again(run: Run, phantoms: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Search, "_try", lambda *_: pytest.fail("it was tried again"))
    before = (reader_of(run) / "weights.safetensors").stat().st_mtime_ns
    write_study(phantoms, searched_study()).run(out=run.folder.path.parent)
    assert (reader_of(run) / "weights.safetensors").stat().st_mtime_ns == before


def test_a_search_that_was_killed_goes_on_to_the_same_trials(
    run: Run, phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, calls = module.train_reader, []

    def killed(*args: Any, **kept: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(*args, **kept)

    study = write_study(phantoms, searched_study())
    monkeypatch.setattr(module, "train_reader", killed)
    with pytest.raises(KeyboardInterrupt):
        study.run(out=tmp_path)
    assert len(read_json(next(tmp_path.glob("*/readers/*/search/trials.json")))["trials"]) == 2
    again = study.run(out=tmp_path)
    assert len(calls) == 4
    pd.testing.assert_frame_equal(tried(again), tried(run))
    assert (
        again.manifest["readers"][reader_of(run).name]["searches"]
        == run.manifest["readers"][reader_of(run).name]["searches"]
    )


def test_another_space_begins_anew(run: Run, phantoms: Path, tmp_path: Path) -> None:
    shutil.copytree(run.folder.path, tmp_path / "searched")
    values = searched_study(space={"training.rate": [0.001, 0.01]}, trials=2)
    rows = tried(write_study(phantoms, values).run(out=tmp_path))
    assert len(rows) == 2
    assert "head" not in rows


def test_the_test_part_is_not_opened(run: Run, phantoms: Path, tmp_path: Path) -> None:
    poisoned = tmp_path / "ph"
    shutil.copytree(phantoms / "ph", poisoned)
    partition = pd.read_csv(run.folder.partition)
    table = pd.read_csv(poisoned / "cases.csv").set_index("image")
    split = partition.set_index("image")["split"]
    for image in split.index[split == "test"]:
        # Another class and other pixels; what was learned from them, or measured on them, would be seen.
        other = {"normal": "SMT", "SMT": "normal"}[table.loc[image, "label"]]
        table.loc[image, "label"] = other
        (poisoned / image).write_bytes(next(phantoms.glob("ph/images/*")).read_bytes())
    table["part"] = split.reindex(table.index)
    table.reset_index().dropna(subset="part").to_csv(poisoned / "cases.csv", index=False)
    values = searched_study() | {"partition": {"column": "part"}}
    again = write_study(tmp_path, values).run(out=tmp_path / "runs", force=True)
    pd.testing.assert_frame_equal(tried(again), tried(run))


def test_each_fold_is_searched_by_its_own_validation_part(phantoms: Path, tmp_path: Path) -> None:
    values = searched_study(space={"training.rate": [0.001, 0.01]}, trials=2, measure="loss")
    values |= {"partition": {"folds": 2, "seed": 7}}
    values["training"] = values["training"] | {"epochs": 1, "repeats": 2}
    run = write_study(phantoms, values).run(out=tmp_path)
    tables = sorted((run.folder.path / "readers").rglob("search.csv"))
    assert [one.parent.parent.name for one in tables] == ["fold-1", "fold-2"]
    assert [one["fold"] for one in run.manifest["readers"][tables[0].parents[2].name]["searches"]] == [1, 2]


def test_a_trial_whose_loss_is_no_number_is_told_and_not_taken(phantoms: Path, tmp_path: Path) -> None:
    values = searched_study(space={"training.rate": [1e-3, 1e30]}, trials=4)
    values["training"] = values["training"] | {"optimiser": "sgd"}
    rows = tried(write_study(phantoms, values).run(out=tmp_path))
    assert (rows.loc[rows["training.rate"] > 1, "state"] == "diverged").all()
    assert (rows["state"] == "diverged").any()
    assert rows.loc[rows["taken"], "training.rate"].item() == 1e-3


def test_no_validation_part_is_said_before_anything_is_trained(phantoms: Path, tmp_path: Path) -> None:
    values = searched_study() | {"partition": {"training": 0.7, "validation": 0, "test": 0.3, "seed": 7}}
    with pytest.raises(StudyFileError, match=r"search: .*a search needs a validation part"):
        write_study(phantoms, values).run(out=tmp_path)


def test_a_measure_that_a_reader_does_not_have_names_those_it_has(phantoms: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyFileError, match=r"it has no iou to be judged by\. Choose one of loss, accuracy, auc"):
        write_study(phantoms, searched_study(measure="iou")).run(out=tmp_path)


def test_optuna_that_is_not_there_is_named_with_its_extra(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(StudyFileError, match=r"readingroom\[search\]"):
        write_study(phantoms, searched_study()).check(out=tmp_path)


@pytest.mark.parametrize(("space", "said"), [
    ({"training.rat": [1]}, "'training.rat' cannot be searched"),
    ({"augmentation.affine": [1]}, "'augmentation.affine' cannot be searched"),
    ({"training.seed": [1, 2]}, "'training.seed' cannot be searched"),
    ({"training.rate": {"low": 1, "high": 0.1}}, "low is 1, and high, 0.1, is not above it"),
    ({"training.rate": {"low": 0, "high": 0.1, "log": True}}, "log needs values above 0"),
    ({"training.rate": {"low": 0.1, "hight": 1}}, "Did you mean high"),
    ({"training.dropout": {"low": 0.1, "high": 2.0}}, "training.dropout: Input should be less than 1, found 2.0"),
    ({"training.optimiser": ["adam", "lion"]}, "found 'lion'"),
    ({"augmentation.affine.rotate": [0, 400]}, "augmentation.affine.rotate: Input should be less than or equal to 180"),
    ({"head": [8]}, "head wants lists of widths"),
    ({"training.rate": []}, "at least 1 item"),
])  # fmt: skip
def test_a_space_that_cannot_be_is_refused_with_its_line(phantoms: Path, space: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyFileError) as caught:
        write_study(phantoms, searched_study(space=space))
    assert said in str(caught.value)
    assert any("line " in str(one) and "search" in str(one) for one in caught.value.problems)


def test_whole_numbers_stay_whole() -> None:
    section = SearchSection.model_validate({"space": SPACE})
    assert not isinstance(section.space["training.batch"], tuple)
    assert section.space["training.batch"].whole
