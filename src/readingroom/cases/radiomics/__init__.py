"""Radiomics: numbers that describe what lies inside an outline, as the IBSI defines them."""

from readingroom.cases.radiomics.extraction import Volume, extract_features, mirp_version
from readingroom.cases.radiomics.section import FAMILIES, RadiomicsSection

__all__ = ["FAMILIES", "RadiomicsSection", "Volume", "extract_features", "mirp_version"]
