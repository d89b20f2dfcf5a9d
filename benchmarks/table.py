"""The table that every benchmark prints: ours, peer, limit and ratio, measured in one run on one machine."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from readingroom.core.files import write_text

RESULTS = Path(__file__).parent / "results"
_LIBRARIES = (
    "torch",
    "torchvision",
    "timm",
    "fastai",
    "opencv-python-headless",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
)


@dataclass(frozen=True)
class Row:
    """One comparison; larger is better.

    Args:
        what: what was done.
        ours: what this program reached.
        peer: what the peer reached; None where there is none.
        limit: what the machine allows; None where it is not known.
    """

    what: str
    ours: float
    peer: float | None = None
    limit: float | None = None

    def cells(self) -> list[str]:
        """The row as text: ours, peer, limit, ours / peer and ours / limit."""
        ratio = f"{self.ours / self.peer:.1f} x" if self.peer else "-"
        share = f"{self.ours / self.limit:.2f}" if self.limit else "-"
        return [self.what, _number(self.ours), _number(self.peer), _number(self.limit), ratio, share]


def interleaved_medians(candidates: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each candidate, run in turns A B C A B C, so that a busy machine is unfair to none.

    Each runs once before, unmeasured.
    """
    for run in candidates.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(repeats):
        for name, run in candidates.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: median(times) for name, times in seconds.items()}


def report(
    name: str, title: str, unit: str, rows: Sequence[Row], notes: Sequence[str] = (), *, save: bool = True
) -> str:
    """Print the table, and save it as ``benchmarks/results/<name>.md``.

    Args:
        name: the benchmark's name, that of its module.
        title: what is measured, in a line.
        unit: of ours, peer and limit, such as ``images/s``.
        rows: the comparisons.
        notes: how it was measured: what peer and limit are, settings, spread.
        save: False prints only, where a part of the benchmark ran.

    Returns:
        The text.
    """
    heads = ["", f"ours ({unit})", f"peer ({unit})", f"limit ({unit})", "ours / peer", "ours / limit"]
    lines = [_line(heads), _line(["---"] + ["---:"] * (len(heads) - 1)), *(_line(row.cells()) for row in rows)]
    parts = [f"# {title}", machine(), "\n".join(lines), "\n".join(f"- {note}" for note in notes)]
    text = "\n\n".join(part for part in parts if part) + "\n"
    print(text)
    if save:
        write_text(RESULTS / f"{name}.md", text)
    return text


def machine() -> str:
    """Processor, system and library versions, in a line; no names of machines or people."""
    system = f"{_processor()}, {platform.system()}, Python {platform.python_version()}"
    return ", ".join([system, *(f"{library} {found}" for library in _LIBRARIES if (found := _version(library)))])


def _processor() -> str:
    """The processor's model, its number of cores and what it has for short floating-point numbers."""
    facts = Path("/proc/cpuinfo")
    if not facts.is_file():
        return platform.processor() or platform.machine()
    pairs = [line.split(":", 1) for line in facts.read_text(encoding="utf-8").splitlines() if ":" in line]
    said = {key.strip(): value.strip() for key, value in pairs}
    cores = sum(key.strip() == "processor" for key, _ in pairs)
    short = [flag for flag in ("avx512_bf16", "amx_bf16") if flag in said.get("flags", "").split()]
    return ", ".join([said.get("model name", platform.machine()), f"{cores} cores", *short])


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
