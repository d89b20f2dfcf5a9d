"""Files: written whole or not at all, and known by their hash."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from readingroom.core.errors import OutputError

_LEFTOVER = re.compile(r"\..+\.\d+\.part(\.[^.]+)?")
_REASONS = {
    errno.ENOSPC: ("no space is left on the disk", "Free some space and run the same command again"),
    errno.EDQUOT: ("the disk quota is used up", "Free some space and run the same command again"),
    errno.EROFS: ("the disk is read-only", "Choose another folder with --out"),
    errno.EACCES: ("writing is not permitted", "Choose another folder with --out, or ask for the right to write"),
    errno.EPERM: ("writing is not permitted", "Choose another folder with --out, or ask for the right to write"),
    errno.EEXIST: ("a file stands where a folder is needed", "Move that file, or choose another folder"),
    errno.ENOTDIR: ("a file stands where a folder is needed", "Move that file, or choose another folder"),
    errno.EISDIR: ("a folder stands where a file is needed", "Move that folder, or choose another place"),
}


@contextmanager
def explain_write_errors(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write into an `OutputError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REASONS:
            raise
        what, fix = _REASONS[error.errno]
        raise OutputError(what, fix=fix, file=path) from error


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it takes the place of ``path`` in one step.

    A reader of ``path`` sees the old file or the new one, never a part; on failure nothing stays behind.

    Raises:
        OutputError: the disk is full or read-only, or writing is not permitted.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with atomic_write(Path(folder) / "a.txt") as temporary:
        ...         _ = temporary.write_text("whole")
        ...     (Path(folder) / "a.txt").read_text()
        'whole'
    """
    path = Path(path)
    # The name keeps its suffix: writers choose their format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    with explain_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink()


def check_writable(path: str | Path) -> None:
    """Raise, before long work, the `OutputError` that writing its result to ``path`` would raise after it."""
    path = Path(path)
    with explain_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with TemporaryFile(dir=path.parent):
            pass


def remove_leftovers(folder: Path) -> None:
    """Remove what `atomic_write` was writing in a folder when it was killed; call it where nobody else writes."""
    for path in folder.rglob(".*.part*"):
        if _LEFTOVER.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Write readable JSON atomically; not-a-number is refused rather than written."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read JSON written by `write_json`."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def legible(name: str) -> str:
    r"""A file's name as text that can be printed and stored; equal to it unless the name is not UTF-8.

    Example:
        >>> legible(os.fsdecode(b"caf\xe9.jpg"))
        'caf\\xe9.jpg'
    """
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def hash_file(path: str | Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    with Path(path).open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def hash_value(value: Any) -> str:
    """SHA-256 of anything that JSON can hold, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
