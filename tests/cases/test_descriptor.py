"""Descriptors: alike for alike anatomy, whatever surrounds it."""

from __future__ import annotations

import cv2
import numpy as np

from readingroom.cases.descriptor import describe_view, fill_gaps


def scene(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(40, 220, (6, 7, 3), dtype=np.uint8), (210, 180), interpolation=cv2.INTER_CUBIC)


def bits_apart(a: str, b: str) -> int:
    return (int(a, 16) ^ int(b, 16)).bit_count()


def whole(pixels: np.ndarray) -> np.ndarray:
    return np.ones(pixels.shape[:2], np.uint8)


def test_a_resized_recompressed_brighter_copy_has_nearly_the_same_hash() -> None:
    pixels = scene(1)
    smaller = cv2.resize(pixels, (150, 130), interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, 40])
    copy = np.clip(cv2.imdecode(packed, cv2.IMREAD_COLOR) * 1.05 + 4, 0, 255).astype(np.uint8)
    assert bits_apart(describe_view(pixels, whole(pixels)).phash, describe_view(copy, whole(copy)).phash) <= 6


def test_different_scenes_have_distant_hashes() -> None:
    hashes = [describe_view(scene(seed), whole(scene(seed))).phash for seed in range(8)]
    apart = [bits_apart(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(apart) > 12


def test_what_is_masked_or_black_takes_no_part() -> None:
    pixels = scene(2)
    mask = whole(pixels)
    mask[100:, :80] = 0
    other = pixels.copy()
    other[100:, :80] = (20, 165, 140)
    a, b = describe_view(pixels, mask), describe_view(other, mask)
    assert a.phash == b.phash
    np.testing.assert_array_equal(a.thumbnail, b.thumbnail)
    assert a.colour == b.colour
    assert (a.thumbnail[-6:, :8] == 0).all()


def test_a_black_view_has_an_empty_thumbnail_and_no_hash_bits() -> None:
    black = describe_view(np.zeros((50, 60, 3), np.uint8), np.ones((50, 60), np.uint8))
    assert black.thumbnail.max() == 0
    assert black.phash == "0" * 16
    assert fill_gaps(black.thumbnail[None]).max() == 0
