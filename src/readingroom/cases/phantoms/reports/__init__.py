"""Report phantoms: an ultrasound picture of a lump in the breast, and what is written beside it."""

from readingroom.cases.phantoms.reports.cohort import REPORT_CLASSES, draw_report_phantoms

__all__ = ["REPORT_CLASSES", "draw_report_phantoms"]
