"""A study file in, a run folder out."""

from readingroom.study.audit_summary import AuditSummary, summarise_audit
from readingroom.study.schema import StudyFile
from readingroom.study.study import Run, Study

__all__ = ["AuditSummary", "Run", "Study", "StudyFile", "summarise_audit"]
