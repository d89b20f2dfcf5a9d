"""The study file's reference: written from the schema itself, so that it cannot drift."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from readingroom.core.files import write_text
from readingroom.study.reader_section import ReaderMatrix
from readingroom.study.schema import StudyFile

HEADER = """# The study file

Written by `make docs` from the schema; edit the docstrings there. One flat YAML; every key below may be left out
unless it says *required*. Unknown keys are errors, and all errors are told at once with their lines. On the command
line every key can be overridden: `--set training.epochs=5 --set readers.0.weights=random`.

```yaml
study: haemorrhoids-risk-grade
cases: cases.csv
task: {kind: classification, label: rf, classes: [Rf0, Rf1, Rf2]}
partition: {by: patient, training: 0.7, validation: 0.1, test: 0.2, seed: 7}
input: {view: auto, size: 331, normalise: training}
augmentation:
  affine: {rotate: 20, shear: 5, scale: [0.8, 1.2]}
  jitter: {brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.03}
  flip: true
readers:
  - {network: convmixer_768_32, weights: imagenet, train: head, head: [1024, 512, 256, 64]}
  - {network: resnet34, weights: random, train: all, epochs: 100}
training: {epochs: 50, batch: 32, optimiser: adam, rate: 1.0e-4}
people: people.csv
evaluation: {threshold: youden, interval: 0.95}
```
"""


def reference() -> str:
    """The reference as Markdown."""
    return "\n".join([HEADER, *_section("", StudyFile, set())]).rstrip() + "\n"


def _section(name: str, section: type[BaseModel], told: set[type[BaseModel]]) -> Iterator[str]:
    told.add(section)
    yield f"## {f'`{name}`' if name else 'At the top'}{', as a matrix' if section is ReaderMatrix else ''}\n"
    # An example for programmers, below the first paragraph, is not for the reference.
    yield f"{' '.join((section.__doc__ or '').split('Example:')[0].split())}\n"
    yield "| key | value | default | meaning |\n|---|---|---|---|"
    inner: list[tuple[str, type[BaseModel]]] = []
    for key, field in section.model_fields.items():
        yield f"| `{key}` | {_kind(field.annotation, field)} | {_default(field)} | {_cell(field.description or '')} |"
        inner += [(f"{name}.{key}" if name else key, one) for one in _sections(field.annotation)]
    yield ""
    for path, one in inner:
        if one not in told:
            yield from _section(path, one, told)


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in get_args(annotation) for section in _sections(part)]


def _kind(annotation: Any, field: FieldInfo | None = None) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(parts[0]) + _limits(parts[1:])
    if origin is Literal:
        text = ", ".join(f"`{part}`" for part in parts)
    elif origin in {Union, UnionType}:
        text = " or ".join(_kind(part) for part in parts if part is not NoneType)
    elif origin in {list, tuple}:
        inner = [_kind(part) for part in parts if part is not ...]
        text = f"list of {inner[0]}" if len(set(inner)) == 1 else f"[{', '.join(inner)}]"
    elif origin is dict and parts[0] is not str:
        text = f"for each key, {'keys' if get_origin(parts[1]) is dict else _kind(parts[1])}"
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        text = "keys, below"
    else:
        text = {str: "text", int: "whole number", float: "number", bool: "true or false"}.get(
            annotation, str(annotation)
        )
    return text + (_limits(field.metadata) if field is not None else "")


def _limits(metadata: Any) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    found: list[str] = []
    for one in metadata:
        for each in getattr(one, "metadata", None) or [one]:
            found += [f"{sign} {getattr(each, name)}" for name, sign in signs.items() if hasattr(each, name)]
    return f" {', '.join(found)}" if found else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "–"
    if isinstance(value, BaseModel):
        return "as below"
    return f"`{list(value) if isinstance(value, tuple) else value}`".replace("True", "true").replace("False", "false")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write the reference to a file, or with ``--check`` say whether the file is the schema's."""
    path = Path(arguments[-1])
    if "--check" not in arguments:
        write_text(path, reference())
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == reference():
        return 0
    sys.stderr.write(f"{path} is not what the schema says; run make docs\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
