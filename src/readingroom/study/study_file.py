"""Reading a study file: YAML with line numbers, overrides, and all problems at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from readingroom.core.errors import Problem, StudyFileError
from readingroom.study.reader_section import ReaderMatrix, ReaderSection
from readingroom.study.schema import StudyFile

Key = tuple[str | int, ...]

_TAGS = {"list", "matrix", "[key]"}


def load_study_file(path: str | Path, overrides: Sequence[str] = ()) -> StudyFile:
    """Read and check a study file.

    Args:
        path: the YAML file.
        overrides: ``key=value`` each, as after ``--set``: ``training.epochs=5``, ``readers.0.weights=random``.

    Raises:
        StudyFileError: with every problem, its line and its key.
    """
    path = Path(path)
    text = _text(path)
    values, lines = _parse(text, path)
    for override in overrides:
        _apply(values, override)
    try:
        study = StudyFile.model_validate(values)
    except ValidationError as error:
        problems = [_problem(details, lines) for details in error.errors()]
    else:
        problems = [problem for name in study.arms for problem in _arm_problems(study, name, lines)]
        if not problems:
            return study
    count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    raise StudyFileError(f"{count} in the study file", file=path, problems=problems)


def dump_study_file(study: StudyFile) -> str:
    """The study file with every key resolved, as it is kept in the run folder."""
    values = study.model_dump(mode="json", exclude={"readers"})
    values["readers"] = [
        one.model_dump(mode="json", exclude_unset=True) | {"name": one.reader_name} for one in study.reader_list
    ]
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def _arm_problems(study: StudyFile, name: str, lines: dict[Key, int]) -> list[Problem]:
    try:
        study.arm(name)
    except ValidationError as error:
        return [_problem(details, lines, ("arms", name)) for details in error.errors()]
    return []


def _text(path: Path) -> str:
    if not path.is_file():
        raise StudyFileError("no such file", fix="Give the path of a study file (YAML)", file=path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyFileError("the text is not UTF-8", fix="Save the study file as UTF-8", file=path) from error


def _parse(text: str, path: Path) -> tuple[dict[str, Any], dict[Key, int]]:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StudyFileError(
            f"line {line} is not YAML: {error.problem}", fix="Check indentation, colons and brackets", file=path
        ) from error
    except yaml.YAMLError as error:
        raise StudyFileError(f"not YAML: {error}", fix="Save the study file as plain text", file=path) from error
    if not isinstance(values, dict) or node is None:
        raise StudyFileError("the study file has no keys", fix="See docs/study-file.md for an example", file=path)
    doubled = list(_doubled(node))
    if doubled:
        raise StudyFileError(f"{len(doubled)} keys stand twice", file=path, problems=doubled)
    return values, dict(_lines(node, ()))


def _lines(node: yaml.Node, key: Key) -> Iterator[tuple[Key, int]]:
    yield key, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield (*key, str(name.value)), name.start_mark.line + 1
            yield from (
                (inner, line) for inner, line in _lines(value, (*key, str(name.value))) if len(inner) > len(key) + 1
            )
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*key, index))


def _doubled(node: yaml.Node) -> Iterator[Problem]:
    """YAML lets a key stand twice and forgets the first; here that is a mistake."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for name, value in node.value:
            if str(name.value) in seen:
                yield Problem(f"line {name.start_mark.line + 1}", f"{name.value!r} stands a second time", "Keep one")
            seen.add(str(name.value))
            yield from _doubled(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _doubled(value)


def _apply(values: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    parts = key.strip().split(".")
    if not separator or not all(parts):
        raise StudyFileError(f"--set {override!r} is not key=value", fix="For example --set training.epochs=5")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise StudyFileError(f"--set {override!r}: the value is not YAML", fix="Quote it") from error
    holder: Any = values
    for part in parts[:-1]:
        holder = _inner(holder, part, override)
    if isinstance(holder, list):
        holder[_index(holder, parts[-1], override)] = value
    else:
        holder[parts[-1]] = value


def _inner(holder: Any, part: str, override: str) -> Any:
    if isinstance(holder, list):
        return holder[_index(holder, part, override)]
    inner = holder.get(part)
    if inner is None:
        inner = holder[part] = {}
    if not isinstance(inner, dict | list):
        raise StudyFileError(f"--set {override!r}: {part} has no keys of its own", fix="See docs/study-file.md")
    return inner


def _index(holder: list[Any], part: str, override: str) -> int:
    if not part.isdigit() or int(part) >= len(holder):
        raise StudyFileError(f"--set {override!r}: {part} is not one of 0 to {len(holder) - 1}")
    return int(part)


def _problem(details: ErrorDetails, lines: dict[Key, int], above: Key = ()) -> Problem:
    inner = _as_written(details["loc"])
    key = (*above, *inner)
    line = next((lines[key[:length]] for length in range(len(key), 0, -1) if key[:length] in lines), None)
    where = ".".join(str(part) for part in key)
    place = ", ".join(part for part in (f"line {line}" if line and key in lines else "", where) if part)
    if details["type"] == "extra_forbidden":
        return Problem(place, "unknown key", _suggestion(inner))
    if details["type"] == "missing":
        return Problem(place, "this key is missing", "Add it; see docs/study-file.md")
    found = f", found {details['input']!r}" if not isinstance(details["input"], dict | list | BaseModel) else ""
    return Problem(place, details["msg"].removeprefix("Value error, ").rstrip(".") + found)


def _as_written(location: Key) -> Key:
    """A location without what pydantic adds to it: the alternative that it tried."""
    return tuple(part for part in location if isinstance(part, int) or not (part[:1].isupper() or part in _TAGS))


def _suggestion(key: Key) -> str:
    names = _names_at(key[:-1])
    near = difflib.get_close_matches(str(key[-1]), names, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(names)}" if names else ""


def _names_at(key: Key) -> list[str]:
    """Keys that the schema knows at a place of the study file."""
    section: Any = StudyFile
    for part in key:
        if isinstance(part, int):
            section = ReaderSection
        elif isinstance(section, type) and issubclass(section, BaseModel) and part in section.model_fields:
            section = _section_of(section.model_fields[part].annotation) or section
    return list(section.model_fields)


def _section_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_section_of(part) for part in getattr(annotation, "__args__", ()) if part is not ReaderMatrix)
    return next((section for section in found if section is not None), None)
