"""One tiny collection of phantoms and one finished run on it, shared by the tests of the study room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from readingroom.cases.phantoms import draw_gastric_phantoms
from readingroom.study import Run, Study


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    draw_gastric_phantoms(folder / "ph", patients=44, images_per_lesion=(1, 2), size=(64, 72), difficulty=0.2, seed=3)
    return folder


@pytest.fixture
def values() -> dict[str, Any]:
    return small_study()


def small_study() -> dict[str, Any]:
    return {
        "study": "tiny",
        "cases": "ph/cases.csv",
        "phantoms": True,
        "task": {"classes": ["normal", "SMT"]},
        "partition": {"training": 0.4, "validation": 0.3, "test": 0.3, "seed": 7},
        "input": {"size": 32},
        "augmentation": {"flip": True},
        "readers": [{"network": "test_resnet", "weights": "random"}],
        "training": {"epochs": 2, "batch": 8, "rate": 1e-3, "precision": "float32"},
    }


def write_study(folder: Path, values: dict[str, Any]) -> Study:
    path = folder / f"{values['study']}.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return Study.load(path)


@pytest.fixture(scope="session")
def finished(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    values = small_study()
    values["readers"] = [
        {"network": "test_resnet", "weights": "random"},
        {"network": "test_resnet", "weights": "random", "train": "head", "head": [8], "name": "冻结", "epochs": 3},
    ]
    return write_study(phantoms, values).run(out=tmp_path_factory.mktemp("runs"))
