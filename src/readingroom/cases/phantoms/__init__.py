"""Phantoms: synthetic images with known truth, drawn from a seed; always called so."""

from readingroom.cases.phantoms.anal_scenes import plan_anal_scene
from readingroom.cases.phantoms.aneurysm.folder import draw_aneurysm_phantoms
from readingroom.cases.phantoms.ankle.folder import draw_ankle_phantoms
from readingroom.cases.phantoms.anorectum import AnalScene, draw_anal_phantom
from readingroom.cases.phantoms.clip.bowel import CLIP_CLASSES
from readingroom.cases.phantoms.clip.folder import draw_clip_phantoms
from readingroom.cases.phantoms.clip.stills import draw_clip_stills
from readingroom.cases.phantoms.cushions import ANAL_CLASSES, RISK_FACTORS
from readingroom.cases.phantoms.dirty import DIRTY_CLASSES, draw_dirty_phantoms
from readingroom.cases.phantoms.doctors import Doctor, simulate_readings
from readingroom.cases.phantoms.dynamic.folder import draw_dynamic_phantoms
from readingroom.cases.phantoms.films.chest import CHEST_CLASSES, draw_chest_phantoms
from readingroom.cases.phantoms.films.mammograms import MAMMOGRAM_CLASSES, draw_mammogram_phantoms
from readingroom.cases.phantoms.folder import CLASS_SHARES, draw_gastric_phantoms
from readingroom.cases.phantoms.gastric import Scene, draw_phantom
from readingroom.cases.phantoms.haemorrhoids import ANAL_PATIENTS, ANAL_SHARES, draw_haemorrhoid_phantoms
from readingroom.cases.phantoms.head.atrophy import ATROPHY_PATIENTS, ATROPHY_SHARES, draw_atrophy_phantoms
from readingroom.cases.phantoms.head.brain import ATROPHY_GRADES
from readingroom.cases.phantoms.lesions import GASTRIC_CLASSES
from readingroom.cases.phantoms.lung.folder import draw_lung_phantoms
from readingroom.cases.phantoms.pelvis.fistula import FISTULA_PATIENTS, FISTULA_SHARES, draw_fistula_phantoms
from readingroom.cases.phantoms.raters import Rater, simulate_scores
from readingroom.cases.phantoms.rectum.folder import draw_rectal_phantoms
from readingroom.cases.phantoms.scenes import patient_scenes, plan_scene
from readingroom.cases.phantoms.site_folder import draw_site_phantoms
from readingroom.cases.phantoms.site_scenes import plan_site_scene
from readingroom.cases.phantoms.sites import GASTRIC_SITES
from readingroom.cases.phantoms.ultrasound.cysts import HYDATID_CLASSES, WHO_TYPES
from readingroom.cases.phantoms.ultrasound.hydatid import draw_hydatid_phantoms
from readingroom.cases.phantoms.ultrasound.nodules import THYROID_CLASSES
from readingroom.cases.phantoms.ultrasound.thyroid import draw_thyroid_phantoms
from readingroom.cases.phantoms.upper_gi import SiteScene, draw_site

__all__ = [
    "ANAL_CLASSES",
    "ANAL_PATIENTS",
    "ANAL_SHARES",
    "ATROPHY_GRADES",
    "ATROPHY_PATIENTS",
    "ATROPHY_SHARES",
    "CHEST_CLASSES",
    "CLASS_SHARES",
    "CLIP_CLASSES",
    "DIRTY_CLASSES",
    "FISTULA_PATIENTS",
    "FISTULA_SHARES",
    "GASTRIC_CLASSES",
    "GASTRIC_SITES",
    "HYDATID_CLASSES",
    "MAMMOGRAM_CLASSES",
    "RISK_FACTORS",
    "THYROID_CLASSES",
    "WHO_TYPES",
    "AnalScene",
    "Doctor",
    "Rater",
    "Scene",
    "SiteScene",
    "draw_anal_phantom",
    "draw_aneurysm_phantoms",
    "draw_ankle_phantoms",
    "draw_atrophy_phantoms",
    "draw_chest_phantoms",
    "draw_clip_phantoms",
    "draw_clip_stills",
    "draw_dirty_phantoms",
    "draw_dynamic_phantoms",
    "draw_fistula_phantoms",
    "draw_gastric_phantoms",
    "draw_haemorrhoid_phantoms",
    "draw_hydatid_phantoms",
    "draw_lung_phantoms",
    "draw_mammogram_phantoms",
    "draw_phantom",
    "draw_rectal_phantoms",
    "draw_site",
    "draw_site_phantoms",
    "draw_thyroid_phantoms",
    "patient_scenes",
    "plan_anal_scene",
    "plan_scene",
    "plan_site_scene",
    "simulate_readings",
    "simulate_scores",
]
