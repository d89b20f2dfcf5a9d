"""The documents' own tables, which come with the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import yaml

from readingroom.core.errors import CaseTableError
from readingroom.report.published.table import PublishedTable, read_published

DOCUMENTS = ("anal-fistula-mri", "internal-haemorrhoids", "gastric-lesions", "upper-gi-sites")
"""Names of the documents that hold a table of results."""


@dataclass(frozen=True)
class Document:
    """A published study with a table of results.

    Args:
        name: one of `DOCUMENTS`.
        title: what it is about.
        source: where it was published.
        unit: what its table counts.
        place: of its rows that are the table itself.
        tasks: by group, what of a study stands beside it.
        table: all its printed figures.
    """

    name: str
    title: str
    source: str
    unit: str
    place: str
    tasks: Mapping[str, str]
    table: PublishedTable


@cache
def read_document(name: str) -> Document:
    """A document's table by its name.

    Raises:
        CaseTableError: there is no such document; the message lists those there are.
    """
    if name not in DOCUMENTS:
        raise CaseTableError(f"there is no document {name!r}", fix=f"Choose one of {', '.join(DOCUMENTS)}")
    folder = files("readingroom.report.published")
    facts = yaml.safe_load((folder / "documents.yaml").read_text(encoding="utf-8"))[name]
    with as_file(folder / f"{name}.csv") as path:
        return Document(name=name, table=read_published(path, name=name), **facts)
