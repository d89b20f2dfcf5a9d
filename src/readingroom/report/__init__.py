"""Readings in; figures, tables, methods text and one page out."""
