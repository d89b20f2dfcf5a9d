"""A simulated reader study: two networks, four people with and without help, validation, test and external parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from readingroom.core.seeds import generator
from readingroom.report import Results, compute_results
from readingroom.report.calls import Submitted
from readingroom.report.submitted import read_submitted

NETWORKS = {"resnet": 2.4, "convmixer": 3.0}
PEOPLE = {"Chen": ("senior", 3.0), "Wang": ("senior", 2.6), "Li": ("junior", 1.8), "赵医生": ("junior", 1.6)}


def draw_study(patients: int = 150, seed: int = 5) -> pd.DataFrame:
    """Readings as another program would give them; people answer by calls, networks by scores."""
    random = generator(seed, "study")
    rows = []
    for patient in range(patients):
        split = "validation" if patient < 40 else "test" if patient < 110 else "external"
        facts = {"age": int(random.normal(58, 12)), "sex": str(random.choice(["F", "M"]))}
        facts["centre"] = "West" if split == "external" else str(random.choice(["North", "South"]))
        truth = "lesion" if patient % 5 < 2 else "normal"
        hard = random.normal(0, 0.6)
        for number in range(int(random.integers(1, 4))):
            image = {"image": f"p{patient}-{number}.png", "patient": f"p{patient}", "split": split, "truth": truth}
            rows.append({**image, **facts, "hard": hard + random.normal(0, 0.4)})
    cases = pd.DataFrame(rows)
    side = np.where(cases["truth"] == "lesion", 0.5, -0.5)
    facts = cases.drop(columns="hard")
    found = []
    for name, skill in NETWORKS.items():
        p = 1 / (1 + np.exp(-1.7 * (skill * side + cases["hard"] + random.normal(0, 0.8, len(cases)))))
        times = random.gamma(4, 3, len(cases))
        found.append(facts.assign(reader=name, score_lesion=p, score_normal=1 - p, time_ms=times))
    for name, (experience, skill) in PEOPLE.items():
        for modality, gain, pace in (("without help", 0.0, 900), ("with help", 0.8, 700)):
            seen = (skill + gain) * side + cases["hard"] + random.normal(0, 0.9, len(cases))
            answer = {"call": np.where(seen > 0, "lesion", "normal"), "time_ms": random.gamma(4, pace, len(cases))}
            own = facts.assign(reader=name, experience=experience, modality=modality, **answer)
            found.append(own[own["split"] != "validation"])
    return pd.concat(found, ignore_index=True)


@pytest.fixture(scope="session")
def study_table() -> pd.DataFrame:
    """The readings of the simulated study."""
    return draw_study()


@pytest.fixture(scope="session")
def submitted(study_table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Submitted:
    """The same, read from a file."""
    path = tmp_path_factory.mktemp("study") / "readings.csv"
    study_table.to_csv(path, index=False)
    return read_submitted(path, positive="lesion")


@pytest.fixture(scope="session")
def study(submitted: Submitted) -> Results:
    """Its results."""
    return compute_results(
        submitted.readings, classes=submitted.classes, positive=submitted.positive, facts=submitted.facts
    )
