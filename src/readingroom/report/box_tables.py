"""Tables of boxes and marks: average precision, sensitivity at stated false boxes an image, and at the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.analyses.boxed import BoxPerformance
from readingroom.report.box_words import BOXES, WORDS, BoxWords
from readingroom.report.results import Results
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table
from readingroom.report.wording import SPLIT_NAMES

RATES = {"0.125": "1/8", "0.25": "1/4", "0.5": "1/2", "1": "1", "2": "2", "4": "4", "8": "8"}


@dataclass(frozen=True)
class BoxTables:
    """The tables of all readers that find boxes, or mark lesions in volumes; empty tuples where none does."""

    by_lesion: tuple[Table, ...]
    by_patient: tuple[Table, ...]
    thresholds: tuple[Table, ...]
    by_size: tuple[Table, ...] = ()
    words: BoxWords = BOXES

    def tables(self) -> list[Table]:
        """All that there are."""
        return [*self.by_lesion, *self.thresholds, *self.by_patient, *self.by_size]


def box_tables(results: Results, say: Translator) -> BoxTables:
    """The tables of every part, test first."""
    found = results.analyses.boxes
    arms = results.analyses.arm_boxes
    parts = {split: [one for one in found if one.split == split] for split in ("test", "external", "validation")}
    shown = {split: own for split, own in parts.items() if own}
    judged = {split: own for split, own in shown.items() if split != "validation" or len(shown) == 1}
    return BoxTables(
        by_lesion=tuple(
            _by_lesion(split, [*own, *_of(arms, split)], results.level, say) for split, own in shown.items()
        ),
        by_patient=tuple(_by_patient(split, [*own, *_of(arms, split)], say) for split, own in judged.items()),
        thresholds=tuple(_thresholds(split, own, say) for split, own in judged.items()),
        by_size=tuple(_by_size(split, own, say) for split, own in judged.items() if any(one.by_size for one in own)),
        words=WORDS[found[0].form] if found else BOXES,
    )


def _of(arms: Sequence[BoxPerformance], split: str) -> list[BoxPerformance]:
    return [one for one in arms if one.split == split]


def _by_lesion(split: str, own: list[BoxPerformance], level: float, say: Translator) -> Table:
    rows = tuple(
        (
            Cell(one.reader),
            Cell(f"{one.lesions}"),
            EstimateCell("average_precision", one.average_precision, counted=False),
            *_at_rates(one.by_lesion),
        )
        for one in own
    )
    heads = (say("Reader"), say("Lesions"), say("Average precision"), *_heads(say))
    note = say(WORDS[own[0].form].note, hit=_hit(own[0], say), level=f"{100 * level:g}")
    return Table(f"boxes-{split}", say(SPLIT_NAMES[split]), heads, rows, note)


def _hit(one: BoxPerformance, say: Translator) -> str:
    if one.form == "points":
        near, _, most = one.hit.partition(", or within ")
        return say("{near}, or within {most}", near=say(near), most=most) if most else say(near)
    share = one.hit.removeprefix("IoU at least ")
    return say("IoU at least {share}", share=share) if share != one.hit else say(one.hit)


def _by_patient(split: str, own: list[BoxPerformance], say: Translator) -> Table:
    form = own[0].form
    rows = tuple(
        (Cell(one.reader), Cell(f"{one.patients}"), *([Cell(say(name))] if form == "boxes" else []), *_at_rates(found))
        for one in own
        for name, found in _rates(one)
    )
    counted = [say("False boxes by")] if form == "boxes" else []
    heads = (say("Reader"), say("Patients with a lesion"), *counted, *_heads(say))
    note = say(WORDS[form].patient_note)
    return Table(f"boxes-patient-{split}", say(SPLIT_NAMES[split]), heads, rows, note)


def _rates(one: BoxPerformance) -> list[tuple[str, dict[str, Estimate]]]:
    """Sensitivities by patient at false boxes an image and a patient; a scan is all there is of a patient."""
    by_image = ("image", one.by_patient)
    return [by_image, ("patient", one.a_patient)] if one.form == "boxes" else [by_image]


def _at_rates(of: dict[str, Estimate]) -> list[AnyCell]:
    return [EstimateCell("sensitivity", of.get(name), counted=False) for name in (*RATES, "mean")]


def _heads(say: Translator) -> list[str]:
    return [*(say("At {rate}", rate=rate) for rate in RATES.values()), say("Mean")]


def _thresholds(split: str, own: list[BoxPerformance], say: Translator) -> Table:
    rows: list[tuple[AnyCell, ...]] = []
    words = WORDS[own[0].form]
    for one in own:
        cells = (EstimateCell(_measure(name), one.at_threshold.get(name), counted=False) for name in words.at_threshold)
        rows.append((Cell(one.reader), Cell(f"{one.with_lesion} + {one.n - one.with_lesion}"), *cells))
    heads = (say("Reader"), say(words.images), *(say(head) for head in words.at_threshold.values()))
    note = say(words.threshold_note)
    return Table(f"boxes-threshold-{split}", say(SPLIT_NAMES[split]), heads, tuple(rows), note)


def _by_size(split: str, own: list[BoxPerformance], say: Translator) -> Table:
    rows = tuple(
        (
            Cell(one.reader),
            Cell(f"{group.low_mm:.1f}–{group.high_mm:.1f}"),
            EstimateCell("sensitivity", group.found),
        )
        for one in own
        for group in one.by_size
    )
    heads = (say("Reader"), say("Diameter, mm"), say("Lesions found"))
    note = say("At the threshold; thirds of the lesions by diameter, with Wilson intervals.")
    return Table(f"boxes-size-{split}", say(SPLIT_NAMES[split]), heads, rows, note)


def _measure(name: str) -> str:
    return "false_boxes" if name in {"false_boxes", "patient_false_boxes"} else "sensitivity"
