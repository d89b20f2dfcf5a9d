"""Medial temporal atrophy scored 0 to 4, networks against several raters: a preset and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import ATROPHY_GRADES, Rater, draw_atrophy_phantoms, simulate_scores
from readingroom.core.progress import Progress
from readingroom.core.tables import read_table, write_csv
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables

# Spreads that give pairs of raters a quadratic weighted kappa of 0.7 to 0.8, as visual scores have in the literature.
RATERS = (
    Rater("simulated senior A", "senior", 0.62, 0.0, 11.0),
    Rater("simulated senior B", "senior", 0.68, 0.25, 9.0, half_points=True),
    Rater("simulated junior", "junior", 0.80, -0.2, 16.0),
)


def draw_heads(folder: Path, patients: int, progress: Progress) -> Tables:
    """Coronal slices of phantom heads, and what three simulated raters said of them; one also by half points."""
    cases = draw_atrophy_phantoms(
        folder, patients=patients, size=(128, 128), difficulty=0.2, seed=SEED, progress=progress
    )
    people = folder / "people.csv"
    write_csv(simulate_scores(read_table(cases), ATROPHY_GRADES, RATERS, seed=SEED), people)
    return {"cases": cases, "temporal-atrophy": people}


PRESET = Preset(
    "temporal-atrophy",
    "Medial temporal atrophy in coronal MRI, scored 0 to 4, networks against several raters",
    ("temporal-atrophy",),
    {
        "image": "a coronal T1-weighted slice through the hippocampus: DICOM, PNG or JPEG",
        "label": "grade 0, 1, 2, 3 or 4 (Scheltens), of one rater or by consensus",
        "score": "continuous score on the same scale, such as the mean of the raters; take task.score out if none",
        "patient": "whose slice it is",
    },
    draw=draw_heads,
    scale=Scale(
        200,
        {"input": {"size": 96}, "training": {"epochs": 14, "batch": 16, **FAST, "rate": 1.0e-3}},
    ),
)
