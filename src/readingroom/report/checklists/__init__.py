"""Reporting checklists filled from the run, each answer with the file that proves it: CLAIM, TRIPOD+AI, STARD-AI."""

from readingroom.report.checklists.facts import Facts, gather_facts
from readingroom.report.checklists.fill import FilledChecklist, fill_checklists
from readingroom.report.checklists.forms import checklist_table, summary, write_checklist
from readingroom.report.checklists.items import CHECKLISTS, load_checklist

__all__ = [
    "CHECKLISTS",
    "Facts",
    "FilledChecklist",
    "checklist_table",
    "fill_checklists",
    "gather_facts",
    "load_checklist",
    "summary",
    "write_checklist",
]
