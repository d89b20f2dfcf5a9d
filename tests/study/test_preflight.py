from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
import torch
import yaml
from safetensors.torch import save_file

from readingroom.core.errors import StudyFileError, WeightsError
from readingroom.core.progress import SilentProgress
from readingroom.networks import build_network
from readingroom.study import Run, Study, preflight
from readingroom.study.folder import RunFolder


class _Started(SilentProgress):
    def __init__(self) -> None:
        self.names: list[str] = []

    def start(self, name: str, total: int) -> int:
        self.names.append(f"{name} {total}")
        return 0


def _study(folder: Path, values: dict[str, Any], readers: list[dict[str, Any]]) -> Study:
    path = folder / "preflight.yaml"
    path.write_text(yaml.safe_dump(values | {"study": "preflight", "readers": readers}), encoding="utf-8")
    return Study.load(path)


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, and nobody is asked."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


def test_every_problem_of_every_reader_is_told_before_an_image_is_opened(
    phantoms: Path, values: dict[str, Any], tmp_path: Path, offline: None
) -> None:
    (phantoms / "torn.safetensors").write_bytes(b"\x10\0\0\0")
    (phantoms / "pickle.pth").write_bytes(b"\x80\x02.")
    save_file(build_network("test_vit", 2, image_size=32).state_dict(), phantoms / "vit.safetensors")
    readers = [
        {"network": "test_resnet", "weights": "random"},
        {"network": "resnet19", "weights": "random"},
        {"network": "test_resnet", "weights": "imagenet"},
        {"network": "test_resnet", "weights": "nowhere.safetensors", "name": "gone"},
        {"network": "test_resnet", "weights": "torn.safetensors", "name": "torn"},
        {"network": "test_resnet", "weights": "pickle.pth", "name": "pickle"},
        {"network": "test_resnet", "weights": "vit.safetensors", "name": "other"},
        {"network": "inception_resnet_v2", "weights": "random"},
    ]
    started = _Started()
    with pytest.raises(StudyFileError, match="readers that cannot be trained") as caught:
        _study(phantoms, values, readers).run(out=tmp_path, progress=started)
    assert started.names == ["checking the readers 8"]
    said = [str(problem) for problem in caught.value.problems]
    expected = [
        ("resnet19-random", "there is no network 'resnet19'. Did you mean resnet18"),
        ("test_resnet-imagenet", "HF_HUB_OFFLINE is set"),
        ("gone", "no such weights"),
        ("torn", "not a whole safetensors file"),
        ("pickle", "the file may hold code"),
        ("other", "these are not the weights of test_resnet"),
        ("inception_resnet_v2-random, input.size", "cannot take images of 32 pixels"),
    ]
    assert len(said) == len(expected)
    for problem, (reader, text) in zip(said, expected, strict=True):
        assert problem.startswith(f"{reader}")
        assert text in problem
    assert "Use 75 pixels" in said[-1]


def test_a_start_that_several_readers_share_is_tried_once(
    phantoms: Path, values: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = [{"network": "resnet19", "weights": "random", "name": name, "rate": rate}
               for name, rate in (("slow", 1e-5), ("fast", 1e-3))]  # fmt: skip
    with pytest.raises(StudyFileError) as caught:
        _study(phantoms, values, readers).run(out=tmp_path)
    assert [problem.where for problem in caught.value.problems] == ["slow, fast, network"]


def test_a_check_asks_no_server_for_weights_but_tells_the_rest(
    phantoms: Path, values: dict[str, Any], tmp_path: Path, offline: None
) -> None:
    readers = [{"network": "test_resnet", "weights": "imagenet"}]
    _study(phantoms, values, readers).check(out=tmp_path)
    with pytest.raises(StudyFileError, match="no network 'test_resnet9'"):
        _study(phantoms, values, [{"network": "test_resnet9", "weights": "imagenet"}]).check(out=tmp_path)


def test_readers_that_an_earlier_run_trained_are_not_built_again(
    finished: Run, phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise WeightsError("built")

    shutil.copytree(finished.folder.path / "readers", tmp_path / "tiny" / "readers")
    monkeypatch.setattr(preflight, "build_network", refuse)
    study, folder = Study.load(phantoms / "tiny.yaml"), RunFolder(tmp_path / "tiny")
    preflight.check_readers(study.file, study.base, folder, fetch=True, progress=SilentProgress())
    changed = Study.load(phantoms / "tiny.yaml", ["input.size=40"])
    with pytest.raises(StudyFileError, match="test_resnet-random: built"):
        preflight.check_readers(changed.file, changed.base, folder, fetch=True, progress=SilentProgress())


def test_the_random_state_of_a_script_is_left_alone(phantoms: Path, values: dict[str, Any], tmp_path: Path) -> None:
    study = _study(phantoms, values, values["readers"])
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    preflight.check_readers(study.file, study.base, RunFolder(tmp_path), fetch=True, progress=SilentProgress())
    assert torch.equal(torch.rand(2), expected)
