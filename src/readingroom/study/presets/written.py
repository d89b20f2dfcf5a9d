"""A preset's study files, written for a user's own data."""

from __future__ import annotations

import os
from pathlib import Path

from readingroom.core.errors import OutputError
from readingroom.core.files import write_text
from readingroom.study.presets.all import find_preset
from readingroom.study.study_file import load_study_file


def write_preset(
    name: str, cases: str | Path, out: str | Path, *, people: str | Path | None = None, force: bool = False
) -> list[Path]:
    """Write the study files of a preset for a user's own data.

    Args:
        name: of the preset.
        cases: the case table (or folder of class folders).
        out: folder for the study files.
        people: table of doctors' readings.
        force: replace files that are there.

    Returns:
        The files, checked.

    Raises:
        StudyFileError: no such preset.
        OutputError: the case table is not there, or a file would be replaced.
    """
    preset, folder = find_preset(name), Path(out)
    for given in (cases, people):
        if given is not None and not Path(given).exists():
            raise OutputError("no such file", fix="Give the path of your table", file=given)
    paths = {study: folder / f"{study}.yaml" for study in preset.studies}
    there = [path for path in paths.values() if path.exists()]
    if there and not force:
        raise OutputError("there is such a file already", fix="Choose another --out, or use --force", file=there[0])
    for study, path in paths.items():
        read_by = None if people is None else _relative(people, folder)
        write_text(path, preset.text(study, _relative(cases, folder), read_by))
        load_study_file(path)
    return list(paths.values())


def _relative(path: str | Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(Path(path).resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return Path(path).resolve().as_posix()
