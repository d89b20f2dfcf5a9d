"""Learning: what each preset's readers learn from phantoms holds on patients never seen, and nothing is learned of
labels dealt at random.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from readingroom.core.progress import SilentProgress
from readingroom.report.published import DOCUMENTS
from readingroom.study import Study
from readingroom.study.presets import PRESETS
from readingroom.study.presets.demo import small_study, start_readers
from readingroom.study.presets.preset import Scale
from readingroom.study.schema import overlaid

CONTROL = "shuffled-labels"


@dataclass(frozen=True)
class Trial:
    """A demo made smaller still: so many patients, one reader, perhaps a smaller network, and a few keys."""

    patients: int
    reader: str
    network: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    least: float = 0.65


TRIALS: dict[str, Trial] = {
    "lung-nodule": Trial(150, "slices-attention"),
    "aneurysm": Trial(72, "heat-map"),
    "dynamic-mri": Trial(110, "gru"),
    "video-clip": Trial(80, "frozen-attention"),
    "ankle-fracture": Trial(150, "both-attention"),
    "rectal-stage": Trial(120, "ordered"),
    "temporal-atrophy": Trial(90, "resnet18-ordered", "resnet10t", {"input": {"size": 64}}),
    "chest-film": Trial(150, "resnet18", "resnet10t", {"input": {"size": 64}}),
    "thyroid-ultrasound": Trial(110, "resnet18", "resnet10t", {"input": {"size": 64}}),
    "hydatid-ultrasound": Trial(80, "resnet18", "resnet10t", {"input": {"size": 64}}),
    "image-report": Trial(120, "image-and-text", "resnet10t"),
    "renal-mass": Trial(60, "radiomics"),
    "breast-calcification": Trial(80, "fcos-resnet34", changes={"training": {"epochs": 12}}),
}

SPREAD = 0.1
"""One dealing is one draw: a network that learned nothing orders patients to either side of chance, beyond the interval
over patients."""


def test_every_preset_without_a_published_study_is_tried() -> None:
    assert set(TRIALS) == set(PRESETS) - set(DOCUMENTS)


@pytest.mark.parametrize("name", [name for name in PRESETS if name in TRIALS])
def test_a_preset_learns_on_patients_never_seen_and_nothing_from_labels_dealt_at_random(
    name: str, tmp_path: Path
) -> None:
    preset, trial = PRESETS[name], TRIALS[name]
    scale = preset.scale
    tables = preset.draw(tmp_path / "phantoms", trial.patients, SilentProgress())
    small = Scale(trial.patients, overlaid(scale.changes, dict(trial.changes)), scale.readers, scale.start)
    values = small_study(preset, name, tables, tmp_path, small) | {"explain": None}
    network = {} if trial.network is None else {"network": trial.network}
    values["readers"] = [one | network for one in values["readers"] if one["name"] == trial.reader]
    if scale.start:
        start_readers(values, scale.start, tmp_path, SilentProgress())
    path = tmp_path / "trial.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    run = Study.load(path).run(out=tmp_path / "runs")
    found = [one for one in run.results["analyses"]["arms"] if (one["arm"], one["measure"]) == (CONTROL, "auc")]
    assert [one["reader"] for one in found] == [trial.reader]
    learned, control = found[0]["here"], found[0]["there"]
    assert learned["value"] >= trial.least
    assert learned["low"] > 0.5
    assert control["low"] - SPREAD <= 0.5 <= control["high"] + SPREAD
