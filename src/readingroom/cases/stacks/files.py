"""The files of a stack: which they are, their size and time of change, and one hash of them all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from readingroom.cases.stacks.place import split_place
from readingroom.core.errors import ImageError
from readingroom.core.files import hash_file


def stack_files(path: Path) -> list[Path]:
    """The files that an image's path stands for: one, or all of a folder; a place in a volume is that of its file.

    Raises:
        ImageError: there is no such file, or nothing in the folder.
    """
    path, _ = split_place(path)
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ImageError("no such file or folder", fix="Correct the path in the table", file=path)
    found = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
    if not found:
        raise ImageError("the folder is empty", fix="Copy its files again, or take it out of the table", file=path)
    return found


def place_status(path: Path) -> tuple[int, int]:
    """Bytes of all files, and when the last of them was changed, in nanoseconds.

    Raises:
        ImageError: as `stack_files`.
    """
    found = [one.stat() for one in stack_files(path)]
    return sum(one.st_size for one in found), max(one.st_mtime_ns for one in found)


def stack_status(path: Path) -> dict[str, Any]:
    """The catalogue's columns of the files: ``file_bytes``, ``mtime_ns``, ``sha256`` of all files with their names.

    Raises:
        ImageError: as `stack_files`.
    """
    found = stack_files(path)
    size, changed = place_status(path)
    digest = hashlib.sha256()
    for one in found:
        digest.update(f"{one.relative_to(found[0].parent.parent).as_posix()} {hash_file(one)}".encode())
    sha256 = hash_file(found[0]) if len(found) == 1 else digest.hexdigest()
    return {"file_bytes": size, "mtime_ns": changed, "sha256": sha256}
