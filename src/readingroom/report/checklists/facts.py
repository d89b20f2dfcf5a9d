"""What a run knows, as the fillers ask for it, and which files can prove it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from readingroom.report.content import Content
from readingroom.report.results import Results
from readingroom.report.run_folder import RunFolder

PAGE = "index.html"
_BUNDLE = ("reader.yaml", "card.md", "history.csv", "learned_from.csv", "weights.safetensors")


@dataclass(frozen=True)
class Facts:
    """A report's content, and the files that a checklist may point at.

    Args:
        content: of the report.
        files: of the run folder and of the report, as a checklist names them: ``partition.csv``,
            ``report/results.json``.
        sections: ids of the page's sections.
        prefix: from the run folder to the report, ``report/``; empty where there is no run folder around it.
    """

    content: Content
    files: frozenset[str]
    sections: frozenset[str]
    prefix: str

    @property
    def run(self) -> RunFolder | None:
        """The run folder; None for somebody's table of readings."""
        return self.content.run

    @property
    def results(self) -> Results:
        """The numbers."""
        return self.content.results

    @property
    def networks(self) -> Mapping[str, Mapping[str, Any]]:
        """Facts of the readers that the run trained, by name, models of features too; empty without a run."""
        return (self.run.manifest.get("readers") or {}) if self.run is not None else {}

    @property
    def copies(self) -> bool:
        """Whether the parts have augmented copies, which no count of images counts."""
        return self.run is not None and self.run.copies > 0

    @property
    def version(self) -> str:
        """Of the program that trained and read; empty without a run."""
        return str((self.run.manifest.get("libraries") or {}).get("readingroom") or "") if self.run is not None else ""

    @property
    def reader(self) -> str:
        """The network that stands for all: that of the headline, or the first."""
        lead = self.content.lead.performance.reader if self.content.lead is not None else ""
        return lead if lead in self.networks else next(iter(self.networks), "")

    def bundle(self, file: str) -> str:
        """A file of the bundle of `reader`; with folds and repeats that of the first."""
        own = (name for name in self.files if name.startswith(f"readers/{self.reader}/") and name.endswith(f"/{file}"))
        return min(own, default=f"readers/{self.reader}/{file}")

    def report(self, file: str) -> str:
        """A file of the report."""
        return f"{self.prefix}{file}"

    def page(self, section: str) -> str:
        """A section of the page."""
        return f"{self.prefix}{PAGE}#{section}"

    def tables(self, *starts: str) -> list[str]:
        """Tables of the report whose names begin so."""
        wanted = tuple(self.report(f"tables/{start}") for start in starts)
        return sorted(name for name in self.files if name.startswith(wanted) and name.endswith(".csv"))

    def proves(self, name: str) -> bool:
        """Whether a file, or a section of the page, is there."""
        file, _, section = name.partition("#")
        return file in self.files and (not section or section in self.sections)


def gather_facts(content: Content, written: Iterable[str], sections: Iterable[str], out: Path) -> Facts:
    """Facts of a report that is being written into a folder.

    Args:
        content: of the report.
        written: files of the report, relative to its folder.
        sections: ids of the page's sections.
        out: the report's folder.
    """
    prefix = _prefix(content.run, out)
    own = {f"{prefix}{name}" for name in written}
    kept = set(_run_files(content.run.path)) if content.run is not None else set()
    return Facts(content, frozenset(own | kept), frozenset(sections), prefix)


def _prefix(run: RunFolder | None, out: Path) -> str:
    if run is None or not out.resolve().is_relative_to(run.path.resolve()):
        return ""
    return out.resolve().relative_to(run.path.resolve()).as_posix() + "/"


def _run_files(path: Path) -> Iterator[str]:
    """The files of a run that prove something; prepared images and the report are none of them."""
    yield from (one.name for one in path.iterdir() if one.is_file())
    for pattern in (*(f"readers/**/{name}" for name in _BUNDLE), "readings/*.parquet"):
        yield from (one.relative_to(path).as_posix() for one in path.glob(pattern))
