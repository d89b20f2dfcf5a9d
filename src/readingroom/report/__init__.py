"""Readings to figures, tables, methods text and one page that a clinician reads."""

from readingroom.report.compute import compute_results
from readingroom.report.evaluate import evaluate_table
from readingroom.report.page import write_report
from readingroom.report.printed import printed_tables
from readingroom.report.results import Results

__all__ = ["Results", "compute_results", "evaluate_table", "printed_tables", "write_report"]
