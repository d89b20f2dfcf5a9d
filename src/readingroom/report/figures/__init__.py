"""Figures of the report: each drawn from results, saved as SVG and PNG."""
