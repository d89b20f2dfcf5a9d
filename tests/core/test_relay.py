from __future__ import annotations

import os
import threading

import pytest

from readingroom.core.errors import TrainingError
from readingroom.core.progress import SilentProgress
from readingroom.core.relay import relayed


class _Written(SilentProgress):
    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def start(self, name: str, total: int) -> int:
        self.calls.append(("start", name, total))
        return 40 + len(self.calls)

    def advance(self, task: int, steps: int = 1, note: str = "") -> None:
        self.calls.append(("advance", task, steps, note))

    def finish(self, task: int) -> None:
        self.calls.append(("finish", task))

    def say(self, text: str) -> None:
        self.calls.append(("say", text))


class _Broken(SilentProgress):
    def say(self, text: str) -> None:
        raise OSError("the terminal is gone")


def test_every_call_arrives_in_order_and_under_the_number_that_it_has_here() -> None:
    written = _Written()
    with relayed(written) as relay:
        for _ in relay.track("ab", "work", 2):
            relay.say("seen")
    assert written.calls == [
        ("start", "work", 2),
        ("say", "seen"),
        ("advance", 41, 1, ""),
        ("say", "seen"),
        ("advance", 41, 1, ""),
        ("finish", 41),
    ]


def test_no_thread_stays_behind_even_when_the_block_fails() -> None:
    before = threading.active_count()
    with pytest.raises(ValueError, match="block"), relayed(SilentProgress()):
        raise ValueError("block")
    assert threading.active_count() == before


def test_the_error_that_a_process_told_is_raised_in_place_of_the_blocks() -> None:
    told = TrainingError("the loss is nan", fix="Lower training.rate", field="training")
    with pytest.raises(TrainingError) as caught, relayed(SilentProgress()) as relay:
        relay.fail(told)
        raise RuntimeError("process 0 terminated with the following error: ...")
    assert (str(caught.value), caught.value.fix, caught.value.field) == (str(told), told.fix, "training")
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_error_of_what_shows_the_work_is_raised_and_does_not_stop_the_process() -> None:
    with pytest.raises(OSError, match="terminal is gone"), relayed(_Broken()) as relay:
        for _ in range(2000):  # more than a pipe holds
            relay.say("x" * 100)


def test_a_process_killed_within_a_call_leaves_what_it_had_said() -> None:
    written = _Written()
    with relayed(written) as relay:
        relay.say("first")
        os.write(relay._calls.fileno(), b"\0\0\1\0half")
    assert written.calls == [("say", "first")]
