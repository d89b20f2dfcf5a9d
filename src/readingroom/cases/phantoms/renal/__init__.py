"""Renal phantoms: axial CT slices of a kidney with a mass, benign or malignant, with an outline drawn by hand."""

from readingroom.cases.phantoms.renal.cohort import RENAL_CLASSES, draw_renal_phantoms

__all__ = ["RENAL_CLASSES", "draw_renal_phantoms"]
