from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from readingroom.training.augmentation import AugmentationSection, Augmenter, apply_draws, apply_to_outlines, neutral

SECTION = AugmentationSection.model_validate(
    {
        "affine": {"rotate": 20},
        "elastic": {"alpha": 10, "sigma": 4, "p": 0.5},
        "jitter": {"contrast": 0.5},
        "crop": [0.5, 1],
    }
)
MEAN, SD = (0.5, 0.4, 0.3), (0.2, 0.2, 0.25)


def images(count: int, height: int = 40, width: int = 40) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def test_a_batch_is_channels_last_and_of_the_size_asked() -> None:
    batch = Augmenter(SECTION, (32, 24), MEAN, SD, seed=7).batch(images(3), [5, 6, 7], epoch=1)
    assert batch.shape == (3, 3, 32, 24)
    assert batch.dtype == torch.float32
    assert batch.is_contiguous(memory_format=torch.channels_last)


def test_a_batch_is_the_same_whoever_makes_it() -> None:
    augmenter = Augmenter(SECTION, 32, MEAN, SD, seed=7)
    pile = images(6)
    whole = augmenter.batch(pile, range(6), epoch=2)
    backwards = augmenter.batch(pile[::-1], range(5, -1, -1), epoch=2)
    listed = augmenter.batch([pile[4], pile[1]], [4, 1], epoch=2)
    assert torch.equal(whole, backwards.flip(0))
    assert torch.equal(whole[[4, 1]], listed)


def test_bfloat16_is_float32_rounded() -> None:
    exact = Augmenter(SECTION, 32, MEAN, SD, seed=7).batch(images(3), range(3), epoch=0)
    short = Augmenter(SECTION, 32, MEAN, SD, 7, torch.bfloat16).batch(images(3), range(3), epoch=0)
    assert short.dtype == torch.bfloat16
    assert torch.equal(exact.to(torch.bfloat16), short)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_memory_is_used_again_when_it_is_given(precision: torch.dtype) -> None:
    augmenter = Augmenter(SECTION, 32, MEAN, SD, 7, precision)
    first = augmenter.batch(images(3), range(3), epoch=0)
    expected = augmenter.batch(images(3), range(3), epoch=1)
    again = augmenter.batch(images(3), range(3), epoch=1, out=first)
    assert again.data_ptr() == first.data_ptr()
    assert torch.equal(again, expected)


def test_memory_of_another_shape_is_refused() -> None:
    augmenter = Augmenter(SECTION, 32, MEAN, SD, 7)
    with pytest.raises(ValueError, match="out must be what a call for 2 images"):
        augmenter.batch(images(2), range(2), epoch=0, out=torch.empty(3, 3, 32, 32))


def test_a_read_only_memory_mapped_file_is_read_as_it_is(tmp_path: Path) -> None:
    np.save(tmp_path / "prepared.npy", images(3))
    mapped = np.load(tmp_path / "prepared.npy", mmap_mode="r")
    augmenter = Augmenter(SECTION, 32, MEAN, SD, seed=7)
    assert torch.equal(augmenter.batch(mapped, range(3), 0), augmenter.batch(images(3), range(3), 0))
    assert torch.equal(augmenter.plain(mapped), augmenter.plain(images(3)))
    assert (np.load(tmp_path / "prepared.npy") == images(3)).all()


def test_plain_only_normalises() -> None:
    plain = Augmenter(SECTION, 40, MEAN, SD, seed=7).plain(images(2))
    expected = (images(2) / 255 - np.array(MEAN)) / np.array(SD)
    assert np.abs(plain.permute(0, 2, 3, 1).numpy() - expected).max() < 1e-5


def test_plain_shows_the_whole_view_when_the_sizes_differ() -> None:
    halved = Augmenter(None, 20, (0, 0, 0), (1, 1, 1), seed=7).plain(images(1))
    blocks = images(1)[0].reshape(20, 2, 20, 2, 3).mean(axis=(1, 3)) / 255
    assert np.abs(halved[0].permute(1, 2, 0).numpy() - blocks).max() < 0.6 / 255


def test_no_section_changes_nothing() -> None:
    augmenter = Augmenter(None, 40, MEAN, SD, seed=7)
    assert torch.equal(augmenter.batch(images(2), [3, 4], epoch=5), augmenter.plain(images(2)))


def test_an_empty_batch_gives_an_empty_tensor() -> None:
    assert Augmenter(SECTION, 32, MEAN, SD, seed=7).batch(images(0), [], epoch=0).shape == (0, 3, 32, 32)
    assert apply_to_outlines(np.zeros((0, 40, 40), np.uint8), neutral(0, (32, 32))).shape == (0, 32, 32)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((2, 8, 8, 3), np.float32), "expected uint8"),
        (np.zeros((2, 8, 8), np.uint8), "expected uint8"),
        (np.zeros((2, 3, 8, 8), np.uint8), "expected uint8"),
        (np.zeros((1, 8, 8, 3), np.uint8), "1 images for 2 draws"),
        ([np.zeros((8, 8, 3), np.uint8), np.zeros((9, 8, 3), np.uint8)], "one size"),
    ],
)
def test_what_is_not_a_batch_of_images_is_refused(given: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        apply_draws(given, neutral(2, (8, 8)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_makes_what_the_cpu_makes() -> None:
    augmenter = Augmenter(SECTION, 32, (0, 0, 0), (1, 1, 1), seed=7)
    smooth = np.repeat(np.repeat(images(4, 10, 10), 4, axis=1), 4, axis=2)
    on_gpu = augmenter.batch(torch.from_numpy(smooth).cuda(), range(4), epoch=0)
    assert on_gpu.is_cuda
    assert (on_gpu.cpu() - augmenter.batch(smooth, range(4), epoch=0)).abs().max() < 2 / 255
