"""Phantoms: synthetic images with known truth, drawn from a seed; always called so."""

from readingroom.cases.phantoms.folder import CLASS_SHARES, draw_gastric_phantoms
from readingroom.cases.phantoms.gastric import Scene, draw_phantom
from readingroom.cases.phantoms.lesions import GASTRIC_CLASSES
from readingroom.cases.phantoms.scenes import patient_scenes, plan_scene
from readingroom.cases.phantoms.sites import GASTRIC_SITES

__all__ = [
    "CLASS_SHARES",
    "GASTRIC_CLASSES",
    "GASTRIC_SITES",
    "Scene",
    "draw_gastric_phantoms",
    "draw_phantom",
    "patient_scenes",
    "plan_scene",
]
