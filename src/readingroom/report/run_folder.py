"""A run folder as the report reads it: files in, plain values out; what a run did not write is simply not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from json import JSONDecodeError
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import yaml

from readingroom.cases.partition import copies_made
from readingroom.cases.stacks.choice import StackChoice, ViewStack, parse_stack
from readingroom.cases.window import WindowChoice, parse_window
from readingroom.core.errors import CaseTableError, ReadingsError
from readingroom.core.files import read_json
from readingroom.core.tables import read_facts, read_table
from readingroom.report.analyses.arms import Arm, changed_keys
from readingroom.report.compute import with_modality

Content = TypeVar("Content")


@dataclass(frozen=True)
class RunFolder:
    """What a run left behind.

    Args:
        path: the folder.
        study: the resolved study file.
        manifest: hashes, seeds, libraries, machine, readers.
        partition: image, group, fold, split, and facts of the cases where the run wrote them.
        catalogue: one row an image.
        audit: what the audit found.
        histories: training by epoch, by reader.
        searches: trials by reader, with the fold whose they are; empty where nothing was searched.
        readings: all readings of all readers.
        outlined: what readers outlined, one row an image and reader; empty where none outlines.
        boxes: what readers found as boxes, one row a box and reader; empty where none does.
        reference_boxes: one row a box; empty where no reader needs them.
        points: marks of readers in volumes, one row a mark and reader; empty where none marks.
        reference_points: one row a lesion; empty where no reader needs them.
        arms: the same study under other protocols.
        heat_maps: one row a heat map and reader; empty where the study asks for none.
        planes: one row a plane of a tested stack and reader: its weight; empty without stacks.
        went_by: what each features reader went by, ``features/<reader>.json``.
        stability: of radiomic features under perturbed outlines, by reader; of the first training of each.
    """

    path: Path
    study: dict[str, Any]
    manifest: dict[str, Any]
    partition: pd.DataFrame
    catalogue: pd.DataFrame
    audit: dict[str, Any]
    histories: dict[str, pd.DataFrame] = field(default_factory=dict)
    searches: dict[str, pd.DataFrame] = field(default_factory=dict)
    readings: pd.DataFrame = field(default_factory=pd.DataFrame)
    outlined: pd.DataFrame = field(default_factory=pd.DataFrame)
    boxes: pd.DataFrame = field(default_factory=pd.DataFrame)
    reference_boxes: pd.DataFrame = field(default_factory=pd.DataFrame)
    points: pd.DataFrame = field(default_factory=pd.DataFrame)
    reference_points: pd.DataFrame = field(default_factory=pd.DataFrame)
    arms: tuple[Arm, ...] = ()
    heat_maps: pd.DataFrame = field(default_factory=pd.DataFrame)
    planes: pd.DataFrame = field(default_factory=pd.DataFrame)
    went_by: dict[str, dict[str, Any]] = field(default_factory=dict)
    stability: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name of the study."""
        return str(self.study.get("study") or self.path.name)

    @property
    def task(self) -> dict[str, Any]:
        """The study file's task."""
        return dict(self.study.get("task") or {})

    def section(self, name: str) -> dict[str, Any]:
        """A section of the study file; empty where there is none."""
        found = self.study.get(name)
        return dict(found) if isinstance(found, dict) else {}

    @property
    def copies(self) -> int:
        """Augmented copies of each image that were made before the division; 0 under a sound protocol."""
        partition = self.section("partition")
        return copies_made(partition.get("protocol"), partition.get("copies"), partition.get("column"))

    @property
    def stack(self) -> StackChoice | None:
        """What of a stack of planes was seen; None for single images."""
        found = self.section("input").get("stack")
        return None if found is None else parse_stack(found)

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views that were read together."""
        return self.stack.names if isinstance(self.stack, ViewStack) else ()

    @property
    def window(self) -> WindowChoice:
        """How more than 8 bits became 8."""
        return parse_window(self.section("input").get("window", "percentiles"))


def read_run_folder(path: Path) -> RunFolder:
    """Read everything the report needs from a run folder.

    Raises:
        ReadingsError: no such folder, no readings in it, or a file that cannot be read.
    """
    if not (path / "readings").is_dir():
        raise ReadingsError("no readings", fix="Give a run folder whose study has been run", file=path / "readings")
    manifest: dict[str, Any] = _read(path / "manifest.json", read_json, {})
    study: dict[str, Any] = _read(path / "study.yaml", _yaml, {})
    # With `explain: null` what an earlier form of the study drew may still be there.
    heat_maps = path.glob("heat_maps/*.parquet") if study.get("explain") is not None else ()
    return RunFolder(
        path=path,
        study=study,
        manifest=manifest,
        partition=_read(path / "partition.csv", read_table, pd.DataFrame()),
        catalogue=_read(path / "catalogue.parquet", read_table, pd.DataFrame()),
        audit=_read(path / "audit.json", read_json, {}),
        histories=_histories(path),
        readings=_readings(path, [*(manifest.get("readers") or {}), *(manifest.get("people") or [])]),
        outlined=_tables(path.glob("outlines/*.parquet"), list(manifest.get("readers") or {})),
        boxes=_tables(path.glob("boxes/*.parquet"), list(manifest.get("readers") or {})),
        reference_boxes=_read(path / "reference_boxes.parquet", read_table, pd.DataFrame()),
        points=_tables(path.glob("points/*.parquet"), list(manifest.get("readers") or {})),
        reference_points=_read(path / "reference_points.parquet", read_table, pd.DataFrame()),
        arms=tuple(_arm(path / "arms" / name, study) for name in manifest.get("arms") or []),
        searches=_searches(path),
        heat_maps=_tables(heat_maps, list(manifest.get("readers") or {})),
        planes=_tables(path.glob("planes/*.parquet"), list(manifest.get("readers") or {})),
        went_by=_went_by(path, manifest),
        stability=_stability(path, manifest),
    )


def _arm(path: Path, study: dict[str, Any]) -> Arm:
    run = read_run_folder(path)
    return Arm(path.name, changed_keys(run.study, study), with_modality(run.readings), run.outlined, run.points)


def _read(path: Path, read: Callable[[Path], Content], missing: Content) -> Content:
    if not path.is_file():
        return missing
    try:
        return read(path)
    except (JSONDecodeError, UnicodeDecodeError, yaml.YAMLError, CaseTableError) as error:
        raise ReadingsError(f"cannot be read ({error})", fix="Run the study again", file=path) from error


def _yaml(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _histories(path: Path) -> dict[str, pd.DataFrame]:
    """By reader; folds and repeats have folders of their own below it."""
    found: dict[str, list[pd.DataFrame]] = {}
    for file in sorted(path.glob("readers/**/history.csv")):
        table = _read(file, read_table, pd.DataFrame()).apply(pd.to_numeric, errors="coerce")
        if "epoch" in table and len(table):
            found.setdefault(file.relative_to(path / "readers").parts[0], []).append(table)
    return {name: pd.concat(tables, ignore_index=True) for name, tables in found.items()}


def _searches(path: Path) -> dict[str, pd.DataFrame]:
    """By reader; folds have folders of their own below it."""
    found: dict[str, list[pd.DataFrame]] = {}
    for file in sorted(path.glob("readers/**/search.csv")):
        reader, *inner = file.relative_to(path / "readers").parts[:-1]
        fold = next((part.removeprefix("fold-") for part in inner if part.startswith("fold-")), "1")
        table = _read(file, read_table, pd.DataFrame())
        numbers = [name for name in ("trial", "auc", "loss", "accuracy", "iou", "ap") if name in table]
        table[numbers] = table[numbers].apply(pd.to_numeric, errors="coerce")
        found.setdefault(reader, []).append(table.assign(fold=int(fold)))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in found.items()}


def _readings(path: Path, wanted: Sequence[str]) -> pd.DataFrame:
    table = _tables(path.glob("readings/*.parquet"), wanted)
    if table.empty:
        raise ReadingsError("no readings", fix="Run the study first", file=path / "readings")
    return table


def _went_by(path: Path, manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    names = [name for name, facts in (manifest.get("readers") or {}).items() if facts.get("features")]
    found: dict[str, dict[str, Any]] = {
        name: _read(path / "features" / f"{name}.json", read_json, {}) for name in names
    }
    return {name: dict(values) for name, values in found.items() if values}


def _stability(path: Path, manifest: dict[str, Any]) -> dict[str, pd.DataFrame]:
    found: dict[str, pd.DataFrame] = {}
    for name, facts in (manifest.get("readers") or {}).items():
        files = sorted((path / "readers" / name).rglob("stability.csv")) if facts.get("features") else []
        if files:
            table = _read(files[0], read_table, pd.DataFrame())
            numbers = {key: pd.to_numeric(table[key], errors="coerce") for key in ("icc", "low", "high", "images")}
            found[name] = table.assign(**numbers)
    return found


def _tables(files: Iterable[Path], wanted: Sequence[str]) -> pd.DataFrame:
    # A reader that an earlier form of the study had may have left its tables behind.
    kept = [file for file in sorted(files) if not wanted or file.stem in wanted]
    for file in kept:
        read_facts(file)
    tables = [table for table in (_read(file, read_table, pd.DataFrame()) for file in kept) if len(table)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
