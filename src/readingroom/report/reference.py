"""The reference of ``results.json``: written from the results' own classes, so that it cannot drift."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from readingroom.core.files import write_text
from readingroom.report.results import RESULTS_SCHEMA_VERSION, Results

HEADER = f"""# `results.json`

Every number of a report, with its interval, method and n: `readingroom evaluate` and `readingroom run` write it beside
`index.html`. Written by `make docs` from the program's own classes. The schema version is {RESULTS_SCHEMA_VERSION}; it
changes where a field is renamed or means something else, not where one is added. The same as a
[JSON schema](results.schema.json).

What is not defined is `null`, never 0; an infinite number is `null` too. Beside the fields of `Results` the file says
`kind` (`readingroom.results`), `schema_version`, and `aliases` (recall is sensitivity, precision is PPV).

```python
import json, pandas as pd

results = json.load(open("report/results.json"))
test = [p for p in results["performances"] if (p["split"], p["unit"]) == ("test", "image")]
pd.DataFrame([{{"reader": p["reader"], **p["binary"]["measures"]["auc"]}} for p in test])
```
"""
_TYPES = {"number": "number", "integer": "whole number", "string": "text", "boolean": "true or false", "null": "null"}


def schema() -> dict[str, Any]:
    """The JSON schema of the file."""
    found = TypeAdapter(Results).json_schema(mode="serialization")
    beside = {"schema_version": {"const": RESULTS_SCHEMA_VERSION}, "kind": {"const": "readingroom.results"}}
    found["properties"] = {**beside, "aliases": {"type": "object"}, **found["properties"]}
    found["required"] = [*beside, *found["required"]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def reference() -> str:
    """The reference as Markdown."""
    whole = schema()
    classes = {"Results": whole, **whole["$defs"]}
    return "\n".join([HEADER, *(line for name in _in_order(classes) for line in _class(name, classes[name]))])


def _in_order(classes: Mapping[str, Any]) -> list[str]:
    """Each class after the one that first needs it."""
    order = ["Results"]
    for name in order:
        needed = re.findall(r'"#/\$defs/(\w+)"', json.dumps(classes[name].get("properties", {})))
        order += [one for one in dict.fromkeys(needed) if one not in order]
    return order


def _class(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    text = str(found.get("description") or "")
    meanings = _meanings(text)
    yield f"## {name}\n"
    yield " ".join(re.split(r"\n\n(?:Args|Example):", text)[0].split()).replace("``", "`") + "\n"
    yield "| field | value | meaning |\n|---|---|---|"
    for field, kind in found["properties"].items():
        if name != "Results" or field not in {"schema_version", "kind", "aliases"}:
            yield f"| `{field}` | {_kind(kind)} | {meanings.get(field, '')} |"
    yield ""


def _meanings(text: str) -> dict[str, str]:
    """Of each argument, from the docstring's ``Args``."""
    section = re.search(r"Args:\n(.*?)(?:\n\n|\Z)", text, flags=re.DOTALL)
    if section is None:
        return {}
    items = re.findall(r"^ {4}(\w[\w, ]*): (.*(?:\n {8}.*)*)", section.group(1), flags=re.MULTILINE)
    said = {names: " ".join(meaning.split()).replace("``", "`").replace("|", "\\|") for names, meaning in items}
    return {name.strip(): meaning for names, meaning in said.items() for name in names.split(",")}


def _kind(kind: Mapping[str, Any]) -> str:
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in kind:
        return " or ".join(_kind(one) for one in kind["anyOf"])
    if kind.get("type") == "array":
        # Tuples of a fixed length give each place its own type.
        inner: Mapping[str, Any] = kind.get("items") or next(iter(kind.get("prefixItems", [])), {})
        return f"list of {_kind(inner)}"
    if kind.get("type") == "object":
        return f"by name: {_kind(kind.get('additionalProperties') or {})}"
    return _TYPES.get(str(kind.get("type")), "any")


def main(arguments: list[str]) -> int:
    """Write the reference and the schema into a folder, or with ``--check`` say whether they are up to date."""
    folder = Path(arguments[-1])
    files = {"results.md": reference(), "results.schema.json": json.dumps(schema(), indent=1) + "\n"}
    stale = [name for name, text in files.items() if not _holds(folder / name, text)]
    if "--check" not in arguments:
        for name in stale:
            write_text(folder / name, files[name])
        return 0
    for name in stale:
        sys.stderr.write(f"{folder / name} is not what the results are; run make docs\n")
    return 1 if stale else 0


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
