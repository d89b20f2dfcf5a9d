"""All presets, by name."""

from __future__ import annotations

from difflib import get_close_matches

from readingroom.core.errors import StudyFileError
from readingroom.study.presets import (
    anal_fistula_mri,
    aneurysm,
    ankle_fracture,
    breast_calcification,
    chest_film,
    dynamic_mri,
    gastric_lesions,
    hydatid_ultrasound,
    image_report,
    internal_haemorrhoids,
    lung_nodule,
    rectal_stage,
    renal_mass,
    temporal_atrophy,
    thyroid_ultrasound,
    upper_gi_sites,
    video_clip,
)
from readingroom.study.presets.preset import Preset

PRESETS: dict[str, Preset] = {
    one.PRESET.name: one.PRESET
    for one in (
        anal_fistula_mri,
        internal_haemorrhoids,
        gastric_lesions,
        upper_gi_sites,
        lung_nodule,
        aneurysm,
        dynamic_mri,
        video_clip,
        ankle_fracture,
        rectal_stage,
        temporal_atrophy,
        breast_calcification,
        chest_film,
        thyroid_ultrasound,
        hydatid_ultrasound,
        renal_mass,
        image_report,
    )
}
"""The presets by name; the studies of the documents first."""


def find_preset(name: str) -> Preset:
    """A preset by its name.

    Raises:
        StudyFileError: there is none of that name; says which is meant.
    """
    if name in PRESETS:
        return PRESETS[name]
    near = get_close_matches(name, PRESETS, n=1, cutoff=0.4)
    fix = f"Did you mean {near[0]}?" if near else f"The presets are: {', '.join(PRESETS)}"
    raise StudyFileError(f"there is no preset {name!r}", fix=fix)
