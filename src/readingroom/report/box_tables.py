"""Tables of boxes: average precision, sensitivity at stated false boxes an image, and at the threshold."""

from __future__ import annotations

from dataclasses import dataclass

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.analyses.boxed import BoxPerformance
from readingroom.report.results import Results
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table
from readingroom.report.wording import SPLIT_NAMES

RATES = {"0.125": "1/8", "0.25": "1/4", "0.5": "1/2", "1": "1", "2": "2", "4": "4", "8": "8"}
AT_THRESHOLD = {
    "lesion_sensitivity": "Lesions found",
    "patient_sensitivity": "Patients found",
    "box_precision": "Boxes that hit",
    "false_boxes": "False boxes an image",
    "image_specificity": "Images without, no box",
    "patient_false_boxes": "False boxes a patient",
    "patient_specificity": "Patients without, no box",
}


@dataclass(frozen=True)
class BoxTables:
    """The tables of all readers that find boxes; empty tuples where none does."""

    by_lesion: tuple[Table, ...]
    by_patient: tuple[Table, ...]
    thresholds: tuple[Table, ...]

    def tables(self) -> list[Table]:
        """All that there are."""
        return [*self.by_lesion, *self.thresholds, *self.by_patient]


def box_tables(results: Results, say: Translator) -> BoxTables:
    """The tables of every part, test first."""
    found = results.analyses.boxes
    parts = {split: [one for one in found if one.split == split] for split in ("test", "external", "validation")}
    shown = {split: own for split, own in parts.items() if own}
    judged = {split: own for split, own in shown.items() if split != "validation" or len(shown) == 1}
    return BoxTables(
        by_lesion=tuple(_by_lesion(split, own, results.level, say) for split, own in shown.items()),
        by_patient=tuple(_by_patient(split, own, say) for split, own in judged.items()),
        thresholds=tuple(_thresholds(split, own, say) for split, own in judged.items()),
    )


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
    note = say(
        "Sensitivity by lesion at so many false boxes an image, counted over all images; its mean over the seven. A "
        "box hits by: {hit}. Further boxes on a lesion that is found are not false here; in the average precision they "
        "are. {level}% intervals: bootstrap over patients (or groups of near-duplicates).",
        hit=_hit(own[0], say),
        level=f"{100 * level:g}",
    )
    return Table(f"boxes-{split}", say(SPLIT_NAMES[split]), heads, rows, note)


def _hit(one: BoxPerformance, say: Translator) -> str:
    share = one.hit.removeprefix("IoU at least ")
    return say("IoU at least {share}", share=share) if share != one.hit else say(one.hit)


def _by_patient(split: str, own: list[BoxPerformance], say: Translator) -> Table:
    rows = tuple(
        (Cell(one.reader), Cell(f"{one.patients}"), Cell(say(name)), *_at_rates(found))
        for one in own
        for name, found in (("image", one.by_patient), ("patient", one.a_patient))
    )
    heads = (say("Reader"), say("Patients with a lesion"), say("False boxes by"), *_heads(say))
    note = say(
        "Sensitivity by patient at so many false boxes an image, and at so many a patient, all images of the patient "
        "together. A patient is found if one box hits one of the patient's lesions."
    )
    return Table(f"boxes-patient-{split}", say(SPLIT_NAMES[split]), heads, rows, note)


def _at_rates(of: dict[str, Estimate]) -> list[AnyCell]:
    return [EstimateCell("sensitivity", of.get(name), counted=False) for name in (*RATES, "mean")]


def _heads(say: Translator) -> list[str]:
    return [*(say("At {rate}", rate=rate) for rate in RATES.values()), say("Mean")]


def _thresholds(split: str, own: list[BoxPerformance], say: Translator) -> Table:
    rows: list[tuple[AnyCell, ...]] = []
    for one in own:
        cells = (EstimateCell(_measure(name), one.at_threshold.get(name), counted=False) for name in AT_THRESHOLD)
        rows.append((Cell(one.reader), Cell(f"{one.with_lesion} + {one.n - one.with_lesion}"), *cells))
    heads = (say("Reader"), say("Images with + without"), *(say(head) for head in AT_THRESHOLD.values()))
    note = say("Boxes whose score reaches the threshold, which was fixed on the validation part or by the study file.")
    return Table(f"boxes-threshold-{split}", say(SPLIT_NAMES[split]), heads, tuple(rows), note)


def _measure(name: str) -> str:
    return "false_boxes" if name in {"false_boxes", "patient_false_boxes"} else "sensitivity"
