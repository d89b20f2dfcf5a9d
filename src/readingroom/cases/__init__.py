"""Images and tables in, an audited and partitioned case table out."""

from __future__ import annotations

from readingroom.cases.audit import audit_cases
from readingroom.cases.notes import Note
from readingroom.cases.partition import Partition, PartitionSection, partition_cases
from readingroom.cases.shortcuts import Shortcut, Shortcuts, measure_shortcuts
from readingroom.cases.table import CaseTable, join_cases, load_cases

__all__ = [
    "CaseTable",
    "Note",
    "Partition",
    "PartitionSection",
    "Shortcut",
    "Shortcuts",
    "audit_cases",
    "join_cases",
    "load_cases",
    "measure_shortcuts",
    "partition_cases",
]
