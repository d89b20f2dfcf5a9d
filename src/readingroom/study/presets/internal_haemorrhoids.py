"""Internal haemorrhoids and their risk grade, networks against doctors: a preset after the document, and its demo."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from readingroom.cases.phantoms import Doctor, draw_haemorrhoid_phantoms, simulate_readings
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator
from readingroom.core.tables import read_table, write_csv
from readingroom.study.presets.preset import SEED, Preset, Scale, Tables

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


def draw_haemorrhoids(folder: Path, patients: int, progress: Progress) -> Tables:
    """Phantom patients, some of them screened out as in the document, and what simulated doctors said of the others."""
    table = draw_haemorrhoid_phantoms(
        folder, patients=patients, images_per_patient=(2, 4), size=(160, 192), difficulty=0.25, seed=SEED,
        progress=progress,
    )  # fmt: skip
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


PRESET = Preset(
    "internal-haemorrhoids",
    "Internal haemorrhoids in endoscopy, and their risk grade, networks against doctors",
    ("internal-haemorrhoids", "internal-haemorrhoids-grade"),
    {
        "image": "a retroflexed view",
        "label": "normal or haemorrhoid",
        "rf": "Rf0, Rf1 or Rf2 where there are haemorrhoids",
        "patient": "whose image it is",
    },
    draw=draw_haemorrhoids,
    # Frozen random backbones: a few epochs on phantoms make worse features, and take most of the time.
    scale=Scale(190, {"input": {"size": 112}, "training": {"epochs": 50, "rate": 5.0e-4, "copies": 2}}),
)
