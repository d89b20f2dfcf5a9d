"""Clips, with a polyp somewhere or without: a preset after the review, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_clip_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables
from readingroom.study.presets.start import colon_stills


def draw_clips(folder: Path, patients: int, progress: Progress) -> Tables:
    """Clips of phantom patients, of different lengths; a polyp comes into view for a part of some."""
    return {"cases": draw_clip_phantoms(folder, patients=patients, difficulty=0.0, seed=SEED, progress=progress)}


PRESET = Preset(
    "video-clip",
    "Whether a polyp comes into view in a clip, by a network on each frame and attention, LSTM or GRU over them",
    ("video-clip",),
    {
        "image": "a video file, or a folder of frames",
        "label": "normal or polyp",
        "patient": "whose clip it is",
    },
    draw=draw_clips,
    scale=Scale(
        120,
        {
            "input": {"size": 48, "stack": {"planes": 8}},
            "augmentation": {"jitter": None},
            "training": {"epochs": 5, **FAST},
        },
        readers={
            name: {"network": "resnet10t"} for name in ("attention", "maximum", "gru", "lstm", "frozen-attention")
        },
        start=colon_stills(epochs=12, size=48),
    ),
)
