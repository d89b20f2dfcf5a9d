"""Thirty sites of the upper digestive tract: a preset after the document, and its demo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from readingroom.annotation import agreed_cases, find_consensus, join_annotators, read_annotations
from readingroom.cases.phantoms import draw_site_phantoms
from readingroom.core.progress import Progress
from readingroom.core.tables import read_table, write_csv
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_sites(folder: Path, patients: int, progress: Progress) -> Tables:
    """Thirty sites of each phantom patient; three simulated annotators must agree, simulated experts audit."""
    table = draw_site_phantoms(
        folder, patients=patients, images_per_site=(1, 1), size=(128, 144), difficulty=0.3, seed=SEED,
        progress=progress,
    )  # fmt: skip
    drawn = read_table(table)
    found = find_consensus(
        join_annotators({"annotators": read_annotations(folder / "annotations.json", images=folder)}), "unanimous"
    )
    cases = folder / "agreed.csv"
    write_csv(audit_by_experts(agreed_cases(drawn, found), drawn["label"]), cases)
    return {"cases": cases}


def audit_by_experts(cases: pd.DataFrame, truth: pd.Series) -> pd.DataFrame:
    """Simulated experts take out what all annotators called wrongly."""
    wrong = (cases["excluded"] == "") & (cases["label"].to_numpy() != truth.to_numpy())
    return cases.assign(excluded=np.where(wrong, "taken out in the audit by simulated experts", cases["excluded"]))


PRESET = Preset(
    "upper-gi-sites",
    "Thirty sites of the upper digestive tract, and completeness of the examination",
    ("upper-gi-sites",),
    {
        "image": "one view",
        "label": "one of the thirty sites, as in docs/sites.md",
        "patient": "whose image it is",
        "boxes": "x0 y0 x1 y1 around what shows the site, in pixels; may be empty",
    },
    draw=draw_sites,
    scale=Scale(20, {"input": {"size": 80}, "training": {"epochs": 10, **FAST, "rate": 1.0e-3}}),
)
