"""Cleaning: what is done against borders, uneven fields, noise and differing brightness before an image is read."""

from readingroom.cases.cleaning.bias import correct_bias
from readingroom.cases.cleaning.border import crop_border, find_border, framed_view
from readingroom.cases.cleaning.contrast import raise_contrast
from readingroom.cases.cleaning.histogram import Reference, levels_of, match_levels, mean_levels
from readingroom.cases.cleaning.noise import denoise
from readingroom.cases.cleaning.section import Bias, Clahe, CleanSection, Denoise, Histogram
from readingroom.cases.cleaning.steps import clean_planes, clean_resized

__all__ = [
    "Bias",
    "Clahe",
    "CleanSection",
    "Denoise",
    "Histogram",
    "Reference",
    "clean_planes",
    "clean_resized",
    "correct_bias",
    "crop_border",
    "denoise",
    "find_border",
    "framed_view",
    "levels_of",
    "match_levels",
    "mean_levels",
    "raise_contrast",
]
