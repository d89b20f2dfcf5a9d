"""A preset: what it is about, and the study files that it writes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from readingroom.cases.sites import load_sites
from readingroom.core.errors import OutputError, StudyFileError
from readingroom.core.files import write_text
from readingroom.study.study_file import load_study_file


@dataclass(frozen=True)
class Preset:
    """A clinical study of the documents.

    Args:
        name: of the study and of its document.
        title: what it is about, a line.
        studies: names of its study files, the first called as the preset.
        needs: columns that its case table must have, and what they hold.
    """

    name: str
    title: str
    studies: tuple[str, ...]
    needs: Mapping[str, str]

    def text(self, study: str, cases: str, people: str | None = None) -> str:
        """The study file of one of its studies.

        Args:
            study: one of ``studies``.
            cases: path of the case table, relative to the study file.
            people: path of the doctors' readings; None leaves a comment that says how to add them.
        """
        template = (files("readingroom.study.presets") / f"{study}.yaml").read_text(encoding="utf-8")
        read_by = "# people: people.csv      # doctors' readings: reader, experience, image, label, time_ms"
        if people is not None:
            read_by = f"people: {_quoted(people)}"
        sites = "\n".join(f"    - {site.key:<32} # {site.number}, {site.en}; {site.zh}" for site in load_sites().sites)
        # Braces stand for mappings in YAML, so that str.format does not fit.
        for mark, value in {"{cases}": _quoted(cases), "{people}": read_by, "{sites}": sites}.items():
            template = template.replace(mark, value)
        return template


def _quoted(path: str) -> str:
    plain = all(character.isalnum() or character in "./_-" for character in path)
    return path if plain and path[:1] not in "-" else json.dumps(path, ensure_ascii=False)


PRESETS = {
    one.name: one
    for one in (
        Preset(
            "anal-fistula-mri",
            "Internal opening of an anal fistula in contrast-enhanced T1 MRI",
            ("anal-fistula-mri",),
            {"image": "a slice: DICOM, PNG or JPEG", "label": "normal or fistula", "patient": "whose slice it is"},
        ),
        Preset(
            "internal-haemorrhoids",
            "Internal haemorrhoids in endoscopy, and their risk grade, networks against doctors",
            ("internal-haemorrhoids", "internal-haemorrhoids-grade"),
            {
                "image": "a retroflexed view",
                "label": "normal or haemorrhoid",
                "rf": "Rf0, Rf1 or Rf2 where there are haemorrhoids",
                "patient": "whose image it is",
            },
        ),
        Preset(
            "gastric-lesions",
            "Gastric lesions in white-light endoscopy: which disease, and its outline",
            ("gastric-lesions",),
            {
                "image": "white-light image",
                "label": "normal, EGC+HGIN, AGC, SMT or PU",
                "patient": "whose image it is",
                "lesion": "which lesion of the patient; empty where there is none",
                "outline": "mask of the lesion; empty where there is none",
            },
        ),
        Preset(
            "upper-gi-sites",
            "Thirty sites of the upper digestive tract, and completeness of the examination",
            ("upper-gi-sites",),
            {
                "image": "one view",
                "label": "one of the thirty sites, as in docs/sites.md",
                "patient": "whose image it is",
                "boxes": "x0 y0 x1 y1 around what shows the site, in pixels; may be empty",
            },
        ),
    )
}
"""The presets by name."""


def find_preset(name: str) -> Preset:
    """A preset by its name.

    Raises:
        StudyFileError: there is none of that name; says which is meant.
    """
    if name in PRESETS:
        return PRESETS[name]
    near = get_close_matches(name, PRESETS, n=1, cutoff=0.4)
    fix = f"Did you mean {near[0]}?" if near else f"The presets are: {', '.join(PRESETS)}"
    raise StudyFileError(f"there is no preset {name!r}", fix=fix)


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
