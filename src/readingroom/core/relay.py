"""Relay: what a spawned process reports of its work, shown by the process that started it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from readingroom.core.errors import ReadingRoomError
from readingroom.core.progress import Progress


class RelayedProgress(Progress):
    """Progress that a spawned process can carry, as it can carry no terminal; see `relayed`.

    Args:
        calls: the end of a pipe that is written to.
    """

    def __init__(self, calls: Connection) -> None:
        self._calls = calls
        self._started = 0

    def start(self, name: str, total: int) -> int:  # noqa: D102
        self._started += 1
        self._calls.send(("start", self._started, name, total))
        return self._started

    def advance(self, task: int, steps: int = 1, note: str = "") -> None:  # noqa: D102
        self._calls.send(("advance", task, steps, note))

    def finish(self, task: int) -> None:  # noqa: D102
        self._calls.send(("finish", task))

    def say(self, text: str) -> None:  # noqa: D102
        self._calls.send(("say", text))

    def fail(self, error: ReadingRoomError) -> None:
        """The process is about to end by this error, which `relayed` then raises instead of a traceback's text."""
        self._calls.send(("fail", error))


@contextmanager
def relayed(progress: Progress) -> Iterator[RelayedProgress]:
    """Yield a progress for one spawned process; what it reports there is shown here by ``progress``.

    When the block ends, all that was reported has been shown, even if the process was killed.

    Raises:
        ReadingRoomError: the block failed, and the process had said by which error.
    """
    receiving, sending = get_context("spawn").Pipe(duplex=False)
    relay = _Relay(receiving, progress)
    relay.start()
    failure = None
    try:
        yield RelayedProgress(sending)
    except Exception as error:  # noqa: BLE001 -- raised below, with what the process said of it
        failure = error
    finally:
        # The pipe ends when this end and that of each process are closed.
        sending.close()
        relay.join()
        receiving.close()
    if relay.error is not None:
        raise relay.error from failure
    if failure is not None:
        raise failure


class _Relay(Thread):
    """Makes the calls that come through a pipe until the pipe ends."""

    def __init__(self, calls: Connection, progress: Progress) -> None:
        super().__init__(name="progress")
        self._calls = calls
        self._progress = progress
        self._tasks: dict[int, int] = {}
        self.error: Exception | None = None

    def run(self) -> None:
        while True:
            try:
                call = self._calls.recv()
            except (EOFError, OSError):  # every end is closed; OSError where a process was killed within a call
                return
            # A pipe that nobody empties would stop the process, so after an error the calls are taken and not made.
            if self.error is None:
                try:
                    self._make(call)
                except Exception as error:  # noqa: BLE001 -- raised by `relayed`
                    self.error = error

    def _make(self, call: Any) -> None:
        match call:
            case "start", task, name, total:
                self._tasks[task] = self._progress.start(name, total)
            case "advance", task, steps, note:
                self._progress.advance(self._tasks[task], steps, note)
            case "finish", task:
                self._progress.finish(self._tasks.pop(task))
            case "say", text:
                self._progress.say(text)
            case "fail", error:
                raise error
