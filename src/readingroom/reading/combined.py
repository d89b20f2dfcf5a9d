"""The combined reader: one that says what it is, and one that says where, read as one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from readingroom.core.errors import BundleError
from readingroom.core.files import write_text
from readingroom.reading.bundle import load_bundle

COMBINED_FILE = "combined.yaml"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class CombinedReader:
    """Two reader bundles that read as one.

    Args:
        name: of the reader made of both.
        classes: folder of the bundle whose classes and scores count.
        outlines: folder of the bundle whose outlines count.
    """

    name: str
    classes: Path
    outlines: Path


def save_combined(folder: Path, reader: CombinedReader) -> None:
    """Write ``combined.yaml``; both bundles must lie where they are as long as it is used (copy them together)."""
    values: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "name": reader.name}
    for part in ("classes", "outlines"):
        where: Path = getattr(reader, part)
        weights = load_bundle(where).facts["weights_sha256"]
        values[part] = {"folder": os.path.relpath(where, folder), "weights_sha256": weights}
    write_text(folder / COMBINED_FILE, yaml.safe_dump(values, sort_keys=False, allow_unicode=True))


def load_combined(folder: str | Path) -> CombinedReader | None:
    """The combined reader of a folder; None where it holds none.

    Raises:
        BundleError: one of the two bundles is not there, is another one, or does not do its part.
    """
    path = Path(folder) / COMBINED_FILE
    if not path.is_file():
        return None
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(values, dict) or not {"name", "classes", "outlines"} <= set(values):
        raise BundleError("the combined reader's description is incomplete", file=path)
    if int(values.get("schema_version", 0)) > SCHEMA_VERSION:
        raise BundleError("a later version of Reading Room wrote this reader", fix="Update Reading Room", file=path)
    parts = {part: _part(path, part, values[part]) for part in ("classes", "outlines")}
    return CombinedReader(str(values["name"]), parts["classes"], parts["outlines"])


def _part(path: Path, part: str, said: dict[str, Any]) -> Path:
    folder = (path.parent / str(said["folder"])).resolve()
    bundle = load_bundle(folder)
    if bundle.facts["weights_sha256"] != said["weights_sha256"]:
        raise BundleError(
            f"the reader of its {part} was trained anew since",
            fix="Run the study again, which combines them",
            file=path,
        )
    if part == "outlines" and bundle.outlines is None:
        raise BundleError(f"{bundle.name} does not outline", fix="Combine it with one that does", file=path)
    return folder
