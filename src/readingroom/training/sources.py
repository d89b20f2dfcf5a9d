"""Sources of training batches: what the fitting loop draws from, images or kept features."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from readingroom.core.seeds import generator
from readingroom.reading.preprocessing import Pixels
from readingroom.training.augmentation import Augmenter, StackAugmenter
from readingroom.training.augmentation.regions import emphasise
from readingroom.training.prepared import JUDGED, PreparedImages

Rows = npt.NDArray[np.int64]
Made = TypeVar("Made")


class Spares:
    """Batches that a loop is done with; their memory is written to again, which is faster than fresh memory."""

    def __init__(self) -> None:
        # A source that takes none must not fill the memory with them.
        self._held: deque[torch.Tensor] = deque(maxlen=2)

    def give(self, batch: torch.Tensor) -> None:
        """Nobody will look at this batch again."""
        self._held.append(batch)

    def take(self, count: int) -> torch.Tensor | None:
        """Memory for a batch of so many images, or None; what is too small is let go."""
        try:
            batch = self._held.popleft()
        except IndexError:
            return None
        return batch[:count] if len(batch) >= count else None


class Source(ABC):
    """Inputs of a network by the rows of the case table; ``spares`` may give memory for them."""

    @property
    def at_once(self) -> int:
        """How many rows are judged in one batch."""
        return JUDGED

    @abstractmethod
    def drawn(self, rows: Rows, epoch: int, spares: Spares | None = None) -> torch.Tensor:
        """Inputs for training: what this epoch draws for these rows, whatever batch they are in. First axis: rows."""

    @abstractmethod
    def plain(self, rows: Rows, spares: Spares | None = None) -> torch.Tensor:
        """Inputs as they are when reading. First axis: rows."""


@dataclass(frozen=True)
class ImageSource(Source):
    """Prepared images, augmented and normalised: (B, 3, size, size); or stacks, (B, D, C, size, size).

    Args:
        prepared: the images.
        augmenter: of the drawn ones.
        whole: of the plain ones, where the drawn ones are only windows; None where one does for both.
        boxes: of every row, (N, 4) in pixels of the prepared image, where training is to be helped by them.
    """

    prepared: PreparedImages
    augmenter: Augmenter | StackAugmenter
    whole: Augmenter | StackAugmenter | None = None
    boxes: tuple[npt.NDArray[np.float64] | None, ...] | None = None

    @property
    def at_once(self) -> int:  # noqa: D102
        return self.prepared.at_once

    def drawn(self, rows: Rows, epoch: int, spares: Spares | None = None) -> torch.Tensor:  # noqa: D102
        return self.augmenter.batch(self._shown(rows, epoch), rows, epoch, out=_room(spares, rows))

    def _shown(self, rows: Rows, epoch: int) -> Pixels:
        """The prepared images, some of them shown by their boxes."""
        pixels: Pixels = self.prepared.pixels[rows]
        section = self.augmenter.section.regions
        if section is None or self.boxes is None:
            return pixels
        held = (self.boxes[row] for row in rows)
        boxes = [np.empty((0, 4)) if own is None else own for own in held]
        return emphasise(pixels, boxes, section, self.augmenter.seed, rows, epoch)

    def plain(self, rows: Rows, spares: Spares | None = None) -> torch.Tensor:  # noqa: D102
        return (self.whole or self.augmenter).plain(self.prepared.pixels[rows], out=_room(spares, rows))

    def copy(self, rows: Rows, number: int, spares: Spares | None = None) -> torch.Tensor:
        """Augmented copies of these rows that are the same in every epoch; numbers count from 1."""
        room = _room(spares, rows)
        # Each copy is shown as an epoch of its own is, from 1 on.
        return self.augmenter.batch(self._shown(rows, number), rows, epoch=0, copy=number, out=room)


def _room(spares: Spares | None, rows: Rows) -> torch.Tensor | None:
    return None if spares is None else spares.take(len(rows))


@dataclass(frozen=True)
class FeatureSource(Source):
    """Kept features of a frozen backbone: (B, F), of the plain image or of one of its augmented copies.

    Of stacks (B, D, F), of every plane.

    Args:
        path: ``.npy`` of (1 + copies, N, F) or (1 + copies, N, D, F); the first is the plain image.
        seed: of the choice of copies.
    """

    path: Path
    seed: int

    @cached_property
    def features(self) -> npt.NDArray[np.float32]:
        """(1 + copies, N, F) or (1 + copies, N, D, F), memory-mapped."""
        return np.asarray(np.load(self.path, mmap_mode="r"))

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "seed": self.seed}

    def drawn(self, rows: Rows, epoch: int, spares: Spares | None = None) -> torch.Tensor:  # noqa: D102
        versions, count = self.features.shape[:2]
        chosen = np.atleast_1d(generator(self.seed, "copies", epoch).integers(versions, size=count))
        return torch.from_numpy(self.features[chosen[rows], rows])

    def plain(self, rows: Rows, spares: Spares | None = None) -> torch.Tensor:  # noqa: D102
        return torch.from_numpy(self.features[0, rows])


def made_ahead(
    makers: Sequence[Callable[[], Made]], ahead: int = 2, done: Callable[[Made], None] | None = None
) -> Iterator[Made]:
    """Call each maker in a thread of its own, a few ahead of their use, and yield what they made in order.

    ``done`` is told of what was yielded when the loop asks for the next, and not before.

    An error in the thread is raised here, with its traceback. Leaving the loop early ends the thread.
    """
    ready: Queue[tuple[Made | None, BaseException | None]] = Queue(maxsize=ahead)
    stopped = Event()

    def work() -> None:
        try:
            for make in makers:
                if stopped.is_set():
                    return
                ready.put((make(), None))
        except BaseException as error:  # noqa: BLE001 -- handed to the consumer, which raises it
            ready.put((None, error))

    thread = Thread(target=work, name="batches", daemon=True)
    thread.start()
    try:
        for _ in makers:
            made, error = ready.get()
            if error is not None:
                raise error
            yield made  # type: ignore[misc]
            if done is not None:
                done(made)  # type: ignore[arg-type]
    finally:
        stopped.set()
        while thread.is_alive():
            while not ready.empty():
                ready.get_nowait()
            thread.join(timeout=0.01)
