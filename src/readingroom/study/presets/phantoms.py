"""The phantoms that a preset's demo runs on: drawn, screened, labelled and read by simulated doctors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from readingroom.annotation import agreed_cases, find_consensus, join_annotators, read_annotations
from readingroom.cases.phantoms import (
    Doctor,
    draw_fistula_phantoms,
    draw_gastric_phantoms,
    draw_haemorrhoid_phantoms,
    draw_site_phantoms,
    simulate_readings,
)
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator
from readingroom.core.tables import read_table, write_csv

SEED = 7
SCREENED = {
    "poor bowel preparation": 23,
    "colorectal surgery": 109,
    "pelvic radiotherapy": 17,
    "active inflammatory bowel disease": 33,
    "pregnancy": 1,
}
"""Why patients were left out of 717 in the document of the haemorrhoids."""
SCREENED_OF = 717

# Shares of right answers and seconds an image: 209 and 218 of 229, 84 and 89 of 101, in 318 to 477 s.
DOCTORS_A = (Doctor("simulated junior", "junior", 0.913, 1.7), Doctor("simulated senior", "senior", 0.952, 1.4))
DOCTORS_B = (Doctor("simulated junior", "junior", 0.832, 4.2), Doctor("simulated senior", "senior", 0.881, 3.4))

Tables = dict[str, Path]
"""Paths by what they are: ``cases``, and ``people`` by study where doctors read."""


def draw_fistulas(folder: Path, progress: Progress) -> Tables:
    """DICOM series of 40 phantom patients with a fistula and 32 without; the study reads the slices themselves."""
    draw_fistula_phantoms(folder, patients=72, size=(160, 160), difficulty=0.3, seed=SEED, progress=progress)
    return {"cases": folder / "dicom-cases.csv"}


def draw_haemorrhoids(folder: Path, progress: Progress) -> Tables:
    """Phantom patients, some of them screened out as in the document, and what simulated doctors said of the others."""
    table = draw_haemorrhoid_phantoms(
        folder, patients=190, images_per_patient=(2, 4), size=(160, 192), difficulty=0.25, seed=SEED, progress=progress
    )
    screened = screen(read_table(table))
    cases = folder / "screened.csv"
    write_csv(screened, cases)
    kept = screened[screened["excluded"] == ""]
    people = {
        "internal-haemorrhoids": simulate_readings(kept, ("normal", "haemorrhoid"), DOCTORS_A, seed=SEED),
        "internal-haemorrhoids-grade": simulate_readings(
            kept, ("Rf0", "Rf1", "Rf2"), DOCTORS_B, label="rf", seed=SEED + 1
        ),
    }
    for study, readings in people.items():
        write_csv(readings, folder / f"{study}-people.csv")
    return {"cases": cases} | {study: folder / f"{study}-people.csv" for study in people}


def screen(cases: pd.DataFrame) -> pd.DataFrame:
    """Leave patients out for the document's reasons, in its proportions, one at least for each."""
    patients = cases["patient"].drop_duplicates().to_numpy()
    order = generator(SEED, "screening").permutation(len(patients))
    reasons: list[str] = []
    for reason, count in SCREENED.items():
        reasons += [reason] * max(1, round(count / SCREENED_OF * len(patients)))
    left_out = {patients[place]: reason for place, reason in zip(order, reasons, strict=False)}
    return cases.assign(excluded=cases["patient"].map(left_out).fillna(""))


def draw_stomachs(folder: Path, progress: Progress) -> Tables:
    """Gastric lesions with exact outlines, several images a lesion."""
    return {
        "cases": draw_gastric_phantoms(
            folder, patients=170, images_per_lesion=(2, 4), size=(160, 192), difficulty=0.45, seed=SEED,
            progress=progress,
        )
    }  # fmt: skip


def draw_sites(folder: Path, progress: Progress) -> Tables:
    """Thirty sites of 20 phantom patients; three simulated annotators must agree, simulated experts audit."""
    table = draw_site_phantoms(
        folder, patients=20, images_per_site=(1, 1), size=(128, 144), difficulty=0.3, seed=SEED, progress=progress
    )
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


DRAWERS: dict[str, Callable[[Path, Progress], Tables]] = {
    "anal-fistula-mri": draw_fistulas,
    "internal-haemorrhoids": draw_haemorrhoids,
    "gastric-lesions": draw_stomachs,
    "upper-gi-sites": draw_sites,
}
"""What each preset's demo is drawn by."""
