from pathlib import Path

import pytest
import yaml

from readingroom.core.errors import StudyFileError
from readingroom.study.reference import reference
from readingroom.study.schema import StudyFile
from readingroom.study.study_file import dump_study_file, load_study_file

GOOD = """study: 痔疮
cases: cases.csv
task: {kind: grading, label: rf, classes: [Rf0, Rf1, Rf2]}
partition: {by: patient, training: 0.7, validation: 0.1, test: 0.2, seed: 7}
input: {view: auto, size: 331, normalise: training}
augmentation: {affine: {rotate: 20, shear: 5, scale: [0.8, 1.2]}, elastic: {alpha: 30, sigma: 6}, flip: true,
  crop: [0.8, 1.0], jitter: {brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.03}}
readers:
  - {network: convmixer_768_32, weights: imagenet, train: head, head: [1024, 512, 256, 64]}
  - {network: resnet34, weights: random, train: all, epochs: 100}
training: {epochs: 50, batch: 32, optimiser: adam, rate: 1.0e-4, schedule: constant, patience: null, balance: null,
  precision: auto, seed: 7, repeats: 1}
people: people.csv
evaluation: {unit: [image, lesion, patient], threshold: youden, interval: 0.95, compare: holm, prevalence: null}
"""


def _load(tmp_path: Path, text: str, *overrides: str) -> StudyFile:
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    return load_study_file(tmp_path / "study.yaml", overrides)


def test_the_documented_study_file_is_read_whole(tmp_path: Path) -> None:
    study = _load(tmp_path, GOOD)
    names = [one.reader_name for one in study.reader_list]
    assert names == ["convmixer_768_32-imagenet-frozen", "resnet34-random"]
    recipes = [one.recipe(study.training) for one in study.reader_list]
    assert [recipe.epochs for recipe in recipes] == [50, 100]
    assert recipes[1].batch == 32


def test_a_resolved_study_file_says_the_same(tmp_path: Path) -> None:
    study = _load(tmp_path, GOOD)
    again = _load(tmp_path, dump_study_file(study))
    assert [one.reader_name for one in again.reader_list] == [one.reader_name for one in study.reader_list]
    assert again.model_dump(exclude={"readers"}) == study.model_dump(exclude={"readers"})


def test_every_problem_is_told_at_once_with_line_and_key(tmp_path: Path) -> None:
    text = GOOD.replace("size: 331", "sise: 331").replace("epochs: 50", "epochs: many").replace("Rf2]", "Rf1]")
    with pytest.raises(StudyFileError) as caught:
        _load(tmp_path, text)
    said = str(caught.value)
    assert "line 5, input.sise: unknown key. Did you mean size?" in said
    assert "training.epochs" in said
    assert "'many'" in said
    assert "line 3, task: a class is named twice" in said
    assert len(caught.value.problems) == 3


def test_an_unknown_key_of_a_reader_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(StudyFileError, match=r"line 10, readers\.1\.epoch: unknown key\. Did you mean epochs\?"):
        _load(tmp_path, GOOD.replace("epochs: 100", "epoch: 100"))


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("training.epochs=5", lambda study: study.training.epochs == 5),
        ("readers.0.weights=random", lambda study: study.reader_list[0].weights == "random"),
        ("partition.folds=5", lambda study: study.partition.folds == 5),
        ("evaluation.threshold=sensitivity >= 0.9", lambda study: study.evaluation.threshold == "sensitivity>=0.9"),
        ("augmentation=null", lambda study: study.augmentation is None),
    ],
)
def test_any_key_can_be_overridden(tmp_path: Path, override: str, read) -> None:  # type: ignore[no-untyped-def]
    assert read(_load(tmp_path, GOOD, override))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.epochs", "not key=value"),
        ("readers.7.weights=random", "7 is not one of 0 to 1"),
        ("study.name=x", "has no keys of its own"),
        ("training.epoch=5", "Did you mean epochs"),
        ("training.rate=-1", "greater than 0"),
    ],
)
def test_a_wrong_override_says_what_is_wrong(tmp_path: Path, override: str, said: str) -> None:
    with pytest.raises(StudyFileError, match=said):
        _load(tmp_path, GOOD, override)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no keys"),
        ("- a\n- b\n", "has no keys"),
        ("study: [a\ncases: b", "line 2 is not YAML"),
        ("study: a\nstudy: b\ncases: c\n", "stands a second time"),
        ("study: a\n", "this key is missing"),
        ("study: ../a\ncases: c\nreaders: [{network: a}]\n", "study"),
        ("study: a\ncases: c\nreaders: [{network: a}, {network: a}]\n", "two readers are called"),
        ("study: a\ncases: c\nreaders: [{network: a, name: ../x}]\n", "name of a folder"),
        ("study: a\ncases: c\nreaders: []\n", "readers"),
        ("study: a\ncases: c\nreaders: [{network: a}]\ntask: {classes: [yes, no]}\n", "needs quotes"),
        ("study: a\ncases: c\nreaders: [{network: a, ordered: true}]\n", "readers.ordered needs task.kind: grading"),
        (
            "study: a\ncases: c\ntask: {kind: grading}\nreaders: [{network: a, ordered: true}]\n",
            "readers.ordered needs task.classes",
        ),
        (
            "study: a\ncases: c\ntask: {kind: grading}\nreaders: [{network: a, ordered: true, decoder: unet}]\n",
            "line 4, readers.0: ordered does not go with a decoder",
        ),
        (
            "study: a\ncases: c\ntask: {kind: grading}\nreaders: [{network: a, ordered: true, detector: fcos}]\n",
            "line 4, readers.0: ordered does not go with a detector",
        ),
    ],
)
def test_what_is_no_study_file_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(StudyFileError, match=said):
        _load(tmp_path, text)


def test_a_missing_or_foreign_file_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(StudyFileError, match="no such file"):
        load_study_file(tmp_path / "missing.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(StudyFileError, match="UTF-8"):
        load_study_file(tmp_path / "binary.yaml")


def test_a_reader_of_ordered_grades_says_so_in_its_name(tmp_path: Path) -> None:
    study = _load(tmp_path, GOOD.replace("train: head,", "train: head, ordered: true,"))
    assert study.reader_list[0].reader_name == "convmixer_768_32-imagenet-frozen-ordered"


def test_a_matrix_of_readers_leaves_out_frozen_random_backbones(tmp_path: Path) -> None:
    matrix = "{networks: [resnet18, resnet34], weights: [imagenet, random], train: [all, head]}"
    text = f"study: a\ncases: c\nreaders: {matrix}\n"
    names = [one.reader_name for one in _load(tmp_path, text).reader_list]
    assert len(names) == 6
    assert "resnet18-imagenet-frozen" in names
    assert "resnet18-random-frozen" not in names


def test_the_positive_class_is_the_last_unless_named(tmp_path: Path) -> None:
    text = "study: a\ncases: c\nreaders: [{network: resnet18}]\n"
    assert _load(tmp_path, text).positive_of(("normal", "polyp")) == "polyp"
    assert _load(tmp_path, text, "task.positive=normal").positive_of(("normal", "polyp")) == "normal"
    assert _load(tmp_path, text).positive_of(("a", "b", "c")) is None
    with pytest.raises(StudyFileError, match="positive is 'x'"):
        _load(tmp_path, text, "task.positive=x").positive_of(("a", "b"))


def test_the_reference_tells_every_key_of_the_schema() -> None:
    text = reference()
    keys = [f"`{key}`" for key in StudyFile.model_fields]
    assert all(key in text for key in keys)
    assert "`training.epochs`" not in text
    assert all(section in text for section in ("## `partition`", "## `augmentation.affine`", "## `training`"))
    assert yaml.safe_load(text.split("```yaml")[1].split("```")[0])["study"] == "haemorrhoids-risk-grade"


def test_the_committed_reference_is_the_schemas() -> None:
    committed = Path(__file__).parents[2] / "docs" / "study-file.md"
    assert committed.read_text(encoding="utf-8") == reference()
