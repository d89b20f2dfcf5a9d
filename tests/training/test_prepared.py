from pathlib import Path

import numpy as np
import pytest

from readingroom.training.prepared import PreparedImages, prepare_images


def _image(name: str) -> np.ndarray:
    return np.full((4, 4, 3), int(name), dtype=np.uint8)


def test_images_are_prepared_once_and_found_again(tmp_path: Path) -> None:
    calls: list[str] = []

    def prepare(name: str) -> np.ndarray:
        calls.append(name)
        return _image(name)

    names = [str(number) for number in range(20)]
    first = prepare_images(tmp_path, names, prepare, shape=(4, 4, 3), key="k")
    second = prepare_images(tmp_path, names, prepare, shape=(4, 4, 3), key="k")
    assert sorted(calls) == sorted(names)
    assert first == second
    assert first.pixels[:, 0, 0, 0].tolist() == list(range(20))


def test_another_key_prepares_anew(tmp_path: Path) -> None:
    paths = {prepare_images(tmp_path, ["1"], _image, shape=(4, 4, 3), key=key).path for key in ("a", "b")}
    assert len(paths) == 2


def test_an_image_that_fails_raises_its_error_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        prepare_images(tmp_path, ["1", "x"], _image, shape=(4, 4, 3), key="k")
    assert list(tmp_path.iterdir()) == []


def test_moments_are_those_of_the_rows_asked_for(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, 5, 3)).astype(np.uint8)
    np.save(tmp_path / "a.npy", pixels)
    mean, sd = PreparedImages(tmp_path / "a.npy").moments(np.array([1, 4]))
    chosen = pixels[[1, 4]].reshape(-1, 3) / 255
    assert mean == pytest.approx(chosen.mean(axis=0))
    assert sd == pytest.approx(chosen.std(axis=0))
