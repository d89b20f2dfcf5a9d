import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays

from readingroom.annotation.runs import (
    coco_counts,
    coco_text,
    count_runs,
    decode_brush,
    encode_brush,
    fill_runs,
)

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40))


@given(masks)
@settings(max_examples=200, deadline=None)
def test_every_code_gives_the_mask_again(mask: np.ndarray) -> None:
    counts = count_runs(mask.ravel())
    assert np.array_equal(fill_runs(counts, mask.size).reshape(mask.shape), mask)
    assert coco_counts(coco_text(counts)) == counts
    assert np.array_equal(decode_brush(encode_brush(mask), *mask.shape), mask)


@given(masks)
@settings(max_examples=100, deadline=None)
def test_the_text_is_cocos(mask: np.ndarray) -> None:
    coco = pytest.importorskip("pycocotools.mask", reason="COCO's own code is a development dependency")
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    assert coco_text(count_runs(mask.ravel(order="F"))) == theirs


def test_label_studios_literal_runs_are_read() -> None:
    # Label Studio itself writes stretches of differing values one by one: here four pixels of four channels.
    values = [0, 0, 0, 255, 0, 0, 0, 0, 9, 9, 9, 255, 1, 1, 1, 0]
    bits = f"{16:032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    bits += "0" + "01" + f"{15:04b}" + "".join(f"{value:08b}" for value in values)
    code = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    assert decode_brush(list(code), 2, 2).tolist() == [[True, False], [True, False]]


@pytest.mark.parametrize("counts", [[3, 2], [3, -1, 2], [1.5, 2.5], [10**30]])
def test_runs_that_do_not_fit_are_refused(counts: list) -> None:
    with pytest.raises(ValueError, match="runs"):
        fill_runs(counts, 4)


@pytest.mark.parametrize("text", ["6!", "é", "6P"])
def test_text_that_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="run-length code"):
        coco_counts(text)


def test_a_brush_of_another_image_or_cut_short_is_refused() -> None:
    code = encode_brush(np.eye(4, dtype=bool))
    with pytest.raises(ValueError, match="16"):
        decode_brush(code, 5, 5)
    with pytest.raises(ValueError, match="too early"):
        decode_brush(code[:-2], 4, 4)
