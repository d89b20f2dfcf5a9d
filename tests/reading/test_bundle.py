import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from readingroom.core.errors import BundleError
from readingroom.networks import build_network
from readingroom.reading.bundle import learned_from, load_bundle, load_network, overlap


@pytest.fixture
def copied(bundle_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_folder, tmp_path / "copy"))


def test_a_bundle_comes_back_with_its_weights_contract_and_threshold(bundle_folder: Path) -> None:
    bundle = load_bundle(bundle_folder)
    assert bundle.classes == ("正常", "polyp <b>")
    assert bundle.preprocessing.mean == (0.3, 0.2, 0.1)
    assert bundle.threshold is not None
    assert bundle.threshold.value == 0.5
    expected = build_network("test_resnet", 2, image_size=32, seed=1).state_dict()
    assert all(
        torch.equal(tensor, expected[name]) for name, tensor in load_network(bundle_folder, bundle).state_dict().items()
    )


def test_a_bundle_of_ordered_grades_comes_back_as_one(ordered_bundle_folder: Path) -> None:
    bundle = load_bundle(ordered_bundle_folder)
    assert bundle.ordered
    network = load_network(ordered_bundle_folder, bundle)
    expected = build_network("test_resnet", 3, head=(8,), image_size=32, seed=1, ordered=True).state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in network.state_dict().items())


def test_a_bundle_from_before_grades_could_be_ordered_still_loads(copied: Path) -> None:
    path = copied / "reader.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    del values["ordered"]
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    bundle = load_bundle(copied)
    assert not bundle.ordered
    assert load_network(copied, bundle) is not None


def test_a_score_at_the_threshold_is_positive(bundle_folder: Path) -> None:
    scores = np.array([[0.5, 0.5], [0.51, 0.49], [0.1, 0.9]])
    assert load_bundle(bundle_folder).predicted(scores) == ["polyp <b>", "正常", "polyp <b>"]


def test_weights_that_are_not_the_described_ones_are_refused(copied: Path) -> None:
    weights = copied / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(BundleError, match="not those that the reader's description names"):
        load_network(copied, load_bundle(copied))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: {**values, "schema_version": 99}, "later version"),
        (lambda values: {name: value for name, value in values.items() if name != "classes"}, "incomplete"),
        (lambda _: ["a list"], "not a table of keys"),
    ],
)
def test_a_damaged_description_says_what_is_wrong(copied: Path, change, said: str) -> None:  # type: ignore[no-untyped-def]
    path = copied / "reader.yaml"
    path.write_text(yaml.safe_dump(change(yaml.safe_load(path.read_text(encoding="utf-8")))), encoding="utf-8")
    with pytest.raises(BundleError, match=said) as caught:
        load_bundle(copied)
    assert caught.value.file == str(path)


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not a reader bundle"):
        load_bundle(tmp_path)


def test_missing_weights_are_told(copied: Path) -> None:
    (copied / "weights.safetensors").unlink()
    with pytest.raises(BundleError, match="weights are missing"):
        load_network(copied, load_bundle(copied))


def test_what_it_learned_from_is_known_by_the_very_pixels(bundle_folder: Path) -> None:
    learned = learned_from(bundle_folder)
    assert overlap(learned, ["h0", "h1"])["image"].tolist() == ["a.jpg"]
    assert overlap(learned, ["h0"]).empty
