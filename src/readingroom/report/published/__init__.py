"""Published tables: what their figures can only mean, and how they stand beside the user's own study."""

from readingroom.report.published.beside import Beside, published_against_yours, put_beside
from readingroom.report.published.check import Check, check_table
from readingroom.report.published.documents import DOCUMENTS, Document, read_document
from readingroom.report.published.finding import Finding
from readingroom.report.published.table import PublishedRow, PublishedTable, read_published

__all__ = [
    "DOCUMENTS",
    "Beside",
    "Check",
    "Document",
    "Finding",
    "PublishedRow",
    "PublishedTable",
    "check_table",
    "published_against_yours",
    "put_beside",
    "read_document",
    "read_published",
]
