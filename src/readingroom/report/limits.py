"""Limits: what a careful reader must know before believing the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from readingroom.core.translations import Translator
from readingroom.report.participants import Part
from readingroom.report.results import Results

ALWAYS = "For research, not a medical device."
"""The limit of every study."""

_FEW = 10


@dataclass(frozen=True)
class Limit:
    """One limit; ``grave`` ones stand on top of the page as well."""

    text: str
    grave: bool = False


def find_limits(
    results: Results,
    parts: tuple[Part, ...],
    manifest: dict[str, Any],
    patients_known: bool,
    say: Translator,
    *,
    copied: bool = True,
) -> list[Limit]:
    """All limits that the run itself shows.

    Args:
        results: of the study.
        parts: of the partition.
        manifest: says whether the images are phantoms, and the protocol.
        patients_known: whether the case table names patients.
        say: the language.
        copied: under the protocol as published, whether copies were made before the division.
    """
    found = [
        *_design(manifest, patients_known, say, copied=copied),
        *_leaks(manifest, say),
        *_sizes(results, say),
        *_readings(results, say),
    ]
    return [*found, Limit(say(ALWAYS))]


def _design(manifest: dict[str, Any], patients_known: bool, say: Translator, *, copied: bool) -> Iterator[Limit]:
    if manifest.get("phantoms"):
        text = "The images are phantoms, drawn by the software. These numbers say nothing about patients."
        yield Limit(say(text), grave=True)
    if manifest.get("protocol") == "as-published":
        text = (
            "The protocol is “as published”: images were augmented first and divided by image. Near-copies of one "
            "patient's images stand on both sides, which inflates accuracy and AUC. Run the sound protocol beside."
        )
        plain = (
            "The protocol is “as published”: images were divided one by one, whoever they are of. Images of one "
            "patient stand on both sides, which inflates accuracy and AUC. Run the sound protocol beside."
        )
        yield Limit(say(text if copied else plain), grave=True)
    if not patients_known:
        text = (
            "The table names no patients. Images of one patient may stand in several parts of the partition: leakage "
            "cannot be excluded. In the intervals, groups of near-duplicates stand for patients where there are any."
        )
        yield Limit(say(text), grave=True)


def _leaks(manifest: dict[str, Any], say: Translator) -> Iterator[Limit]:
    for name, facts in (manifest.get("readers") or {}).items():
        if facts.get("leaks"):
            text = "{reader} was tested on {n} images that it had learned from (--force): its results are inflated."
            yield Limit(say(text, reader=name, n=len(facts["leaks"])), grave=True)


def _sizes(results: Results, say: Translator) -> Iterator[Limit]:
    shown = results.select(split=results.splits[0]) if results.splits else ()
    if not shown:
        return
    first = shown[0]
    few = [table.positive for table in first.tables if table.n_positive < _FEW]
    if few:
        text = (
            "Fewer than {n} images on the part shown of: {classes}. Rates of so few images say little; "
            "read their intervals."
        )
        yield Limit(say(text, n=_FEW, classes=say(", ").join(few)))
    if first.patients is not None and first.patients < first.n and not _clustered(results):
        text = (
            "Patients have several images ({n} images of {patients} patients). Intervals here take images for "
            "independent, and are therefore too narrow."
        )
        yield Limit(say(text, n=first.n, patients=first.patients))
    if _clustered(results) and (results.analyses.agreements or results.analyses.calibrations):
        text = (
            "Intervals of kappa under Agreement and of calibration take images for independent; patients here have "
            "several, so that they are too narrow. Those under Ordered grades are by patient."
            if results.analyses.grades
            else "Intervals of kappa and of calibration take images for independent; patients here have several, "
            "so that they are too narrow."
        )
        yield Limit(say(text))
    if "external" not in results.splits:
        yield Limit(say("There is no external validation: performance in other hospitals is unknown."))


def _clustered(results: Results) -> bool:
    return any(estimate.beside is not None and "cluster" in estimate.method for estimate in results.measures())


def _readings(results: Results, say: Translator) -> Iterator[Limit]:
    scored = [reader for reader in results.readers if reader.has_scores]
    if len(scored) < len(results.readers):
        text = "Readers who gave calls only have no AUC; nothing here is called an AUC that is not from scores."
        yield Limit(say(text))
    if scored and "validation" not in results.splits:
        text = "There are no validation readings: whether thresholds were fixed without the test images is unknown."
        yield Limit(say(text))
    for note in results.notes:
        yield Limit(say(note))
