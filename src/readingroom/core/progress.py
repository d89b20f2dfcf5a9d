"""Progress of long work: a room reports steps, whoever called it decides how they are shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichBars

Item = TypeVar("Item")


class Progress(ABC):
    """Where long work reports how far it is."""

    @abstractmethod
    def start(self, name: str, total: int) -> int:
        """Begin a piece of work of ``total`` steps; returns its number."""

    @abstractmethod
    def advance(self, task: int, steps: int = 1, note: str = "") -> None:
        """So many more steps are done; ``note`` says what is worth seeing (a loss, a file)."""

    @abstractmethod
    def finish(self, task: int) -> None:
        """The piece of work has ended, done or not."""

    @abstractmethod
    def say(self, text: str) -> None:
        """One line that stays."""

    def track(self, items: Iterable[Item], name: str, total: int) -> Iterator[Item]:
        """Yield ``items`` while reporting them as a piece of work."""
        task = self.start(name, total)
        try:
            for item in items:
                yield item
                self.advance(task)
        finally:
            self.finish(task)


class SilentProgress(Progress):
    """Shows nothing: for tests and for callers from Python."""

    def start(self, name: str, total: int) -> int:  # noqa: D102
        return 0

    def advance(self, task: int, steps: int = 1, note: str = "") -> None:  # noqa: D102
        return

    def finish(self, task: int) -> None:  # noqa: D102
        return

    def say(self, text: str) -> None:  # noqa: D102
        return


class BarProgress(Progress):
    """Bars on a terminal; a line at the end of each piece of work where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = RichBars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._names: dict[int, tuple[str, int]] = {}

    @contextmanager
    def shown(self) -> Iterator[BarProgress]:
        """Show the bars while the block runs."""
        with self._bars:
            yield self

    def start(self, name: str, total: int) -> int:  # noqa: D102
        task = self._bars.add_task(name, total=total, note="")
        self._names[task] = (name, total)
        return int(task)

    def advance(self, task: int, steps: int = 1, note: str = "") -> None:  # noqa: D102
        fields = {"note": note} if note else {}
        self._bars.update(task, advance=steps, **fields)  # type: ignore[arg-type]

    def finish(self, task: int) -> None:  # noqa: D102
        bar = next((bar for bar in self._bars.tasks if bar.id == task), None)
        if bar is None:
            return
        name, total = self._names.pop(task)
        seconds = f"{bar.elapsed or 0.0:.1f} s"
        note = bar.fields.get("note", "")
        self._console.print(f"[green]✓[/] {name}  [dim]{total}  {seconds}  {note}[/]", highlight=False)
        self._bars.remove_task(bar.id)

    def say(self, text: str) -> None:  # noqa: D102
        self._console.print(text, highlight=False)
