"""The base of every section of the study file: frozen, and strict about unknown keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of the study file. Each room owns the sections that it obeys.

    Every field has a ``description``: the reference in ``docs/`` is generated from them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
