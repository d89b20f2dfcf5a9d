import pickle
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from readingroom.training.prepared import PreparedImages
from readingroom.training.sources import FeatureSource, ImageSource, Spares, made_ahead


def test_batches_come_in_order_and_are_made_in_another_thread() -> None:
    makers = [lambda number=number: (number, threading.current_thread().name) for number in range(20)]
    made = list(made_ahead(makers))
    assert [number for number, _ in made] == list(range(20))
    assert {name for _, name in made} == {"batches"}


def test_an_error_while_making_a_batch_is_raised_with_its_traceback() -> None:
    def broken() -> int:
        raise KeyError("the cause")

    with pytest.raises(KeyError, match="the cause") as caught:
        list(made_ahead([lambda: 1, broken]))
    assert "broken" in [entry.name for entry in caught.traceback]


def test_leaving_the_loop_early_ends_the_thread() -> None:
    for made in made_ahead([lambda: 1] * 100):
        assert made == 1
        break
    assert "batches" not in [thread.name for thread in threading.enumerate()]


def test_a_batch_is_done_with_only_when_the_loop_asks_for_the_next() -> None:
    done: list[int] = []
    for made in made_ahead([lambda number=number: number for number in range(20)], done=done.append):
        assert done == list(range(made))


def test_no_batch_is_overwritten_while_the_loop_still_has_it(images: ImageSource) -> None:
    spares, rows = Spares(), np.arange(16)
    places = set()
    for batch in made_ahead([partial(images.drawn, rows, epoch, spares) for epoch in range(40)], done=spares.give):
        before = batch.clone()
        time.sleep(0.002)  # for the thread to go on
        assert torch.equal(batch, before)
        places.add(batch.data_ptr())
    # One in use, two waiting, one being made, and one that was made before the first came back.
    assert len(places) <= 5


def test_batches_of_two_epochs_are_the_same_in_memory_that_is_used_again(images: ImageSource) -> None:
    spares, batches = Spares(), np.array_split(np.arange(64), 7)  # of 10 and of 9 images
    makers = [partial(images.drawn, rows, epoch, spares) for epoch in (1, 2) for rows in batches]
    fresh = (images.drawn(rows, epoch) for epoch in (1, 2) for rows in batches)
    assert all(torch.equal(*pair) for pair in zip(made_ahead(makers, done=spares.give), fresh, strict=True))
    plain = made_ahead([partial(images.plain, rows, spares) for rows in batches], done=spares.give)
    assert all(torch.equal(batch, images.plain(rows)) for rows, batch in zip(batches, plain, strict=True))


def test_spares_that_are_too_small_are_let_go() -> None:
    spares = Spares()
    spares.give(torch.zeros(3, 2))
    assert spares.take(4) is None
    assert spares.take(2) is None
    spares.give(torch.zeros(3, 2))
    assert spares.take(2).shape == (2, 2)


def test_what_an_image_draws_does_not_depend_on_its_batch(images: ImageSource) -> None:
    together = images.drawn(np.arange(8), epoch=3)
    alone = images.drawn(np.array([5]), epoch=3)
    assert torch.equal(together[5], alone[0])
    assert not torch.equal(images.drawn(np.array([5]), epoch=4)[0], alone[0])


def test_features_are_drawn_from_the_copies_and_read_from_the_plain_image(tmp_path: Path) -> None:
    kept = np.arange(3 * 5 * 2, dtype=np.float32).reshape(3, 5, 2)
    np.save(tmp_path / "f.npy", kept)
    source = FeatureSource(tmp_path / "f.npy", seed=7)
    rows = np.array([4, 0])
    assert source.plain(rows).tolist() == kept[0, rows].tolist()
    drawn = np.stack([source.drawn(np.arange(5), epoch).numpy() for epoch in range(30)])
    for row in range(5):
        assert {tuple(one) for one in drawn[:, row]} == {tuple(one) for one in kept[:, row]}


def test_prepared_images_are_mapped_again_in_another_process(prepared: PreparedImages) -> None:
    assert prepared.pixels.shape[0] > 0
    stored = pickle.dumps(prepared)
    assert len(stored) < 1000
    assert np.array_equal(pickle.loads(stored).pixels, prepared.pixels)  # noqa: S301 -- our own bytes
