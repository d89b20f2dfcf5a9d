"""Presets: kinds of clinical study after the documents, each a commented study file (or two) for a user's own data."""

from readingroom.study.presets.all import PRESETS, find_preset
from readingroom.study.presets.preset import Preset
from readingroom.study.presets.written import write_preset

__all__ = ["PRESETS", "Preset", "find_preset", "write_preset"]
