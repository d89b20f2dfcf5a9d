"""Presets: the clinical studies of the documents, each a commented study file (or two) for a user's own data."""

from readingroom.study.presets.preset import PRESETS, Preset, find_preset, write_preset

__all__ = ["PRESETS", "Preset", "find_preset", "write_preset"]
