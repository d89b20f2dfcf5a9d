from pathlib import Path

import pandas as pd
import pytest

from readingroom.study.study_file import load_study_file

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def test_there_are_examples() -> None:
    assert {path.stem for path in EXAMPLES} >= {"hyperkvasir-five", "hyperkvasir-polyp"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_study_file_of_its_own_name(path: Path) -> None:
    assert load_study_file(path).study == path.stem


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_classes_of_an_example_are_those_of_its_cases(path: Path, shared: Path) -> None:
    assert shared.is_dir()
    study = load_study_file(path)
    if study.phantoms:
        pytest.skip("its phantoms are drawn first, by the command in the file")
    labels = set(pd.read_csv(path.parent / study.cases)["label"])
    assert set(study.task.classes or ()) <= labels
