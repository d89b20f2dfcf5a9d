"""The methods sentence about cleaning: what was done against borders, uneven fields, noise and differing brightness."""

from __future__ import annotations

from collections.abc import Iterator

from readingroom.cases.cleaning import CleanSection, Denoise, Histogram
from readingroom.core.translations import Translator
from readingroom.report.run_folder import RunFolder

_DENOISED = {
    "nlm": "noise taken off by non-local means (Buades et al. 2005, strength {strength})",
    "bilateral": "noise taken off by a bilateral filter (Tomasi and Manduchi 1998, strength {strength})",
}


def cleaning_sentence(run: RunFolder, say: Translator) -> str:
    """What was done to every image before it was read, in its order; empty where nothing was."""
    clean = CleanSection.model_validate(run.section("input").get("clean") or {})
    steps = list(_steps(clean, say))
    if not steps:
        return ""
    text = "Images of every part were cleaned in the same way, in this order: {list}."
    return say(text, list=say("; ").join(steps))


def _steps(clean: CleanSection, say: Translator) -> Iterator[str]:
    if clean.border == "auto":
        yield say("a dark border cut off")
    elif clean.border is not None:
        shares = (f"{100 * share:g}" for share in clean.border)
        text = "{a}, {b}, {c} and {d} per cent cut off at the top, right, bottom and left"
        yield say(text, **dict(zip("abcd", shares, strict=True)))
    if clean.bias is not None:
        text = "the bias field divided out (N4, Tustison et al. 2010, fitted to every {n}. pixel)"
        yield say(text, n=clean.bias.shrink)
    if clean.denoise is not None:
        yield _denoised(clean.denoise, say)
    if clean.histogram is not None:
        yield _levelled(clean.histogram, say)
    if clean.clahe is not None:
        text = "contrast raised place by place (CLAHE, Zuiderveld 1994, limit {clip}, {tiles} x {tiles} tiles)"
        yield say(text, clip=f"{clean.clahe.clip:g}", tiles=clean.clahe.tiles)


def _denoised(how: Denoise, say: Translator) -> str:
    return say(_DENOISED[how.method], strength=f"{how.strength:g}")


def _levelled(how: Histogram, say: Translator) -> str:
    if how.percentiles is not None:
        low, high = (f"{one:g}" for one in how.percentiles)
        return say("percentiles {low} and {high} of each image made black and white", low=low, high=high)
    if how.equalise:
        return say("levels equalised")
    if how.match == "training":
        return say("levels matched to the mean levels of the training images (after Nyúl and Udupa 1999)")
    return say("levels matched to those of a reference picture")
