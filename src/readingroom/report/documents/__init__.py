"""The report's tables and paragraphs as documents that a journal takes: Word and LaTeX."""

from readingroom.report.documents.latex import latex_escape, latex_table
from readingroom.report.documents.titles import Titled, titled_tables
from readingroom.report.documents.word import write_paragraphs, write_tables

__all__ = ["Titled", "latex_escape", "latex_table", "titled_tables", "write_paragraphs", "write_tables"]
