"""Tables of outlines: overlap with the reference, lesions found, false outlines, by size, and between readers."""

from __future__ import annotations

from dataclasses import dataclass

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.analyses.outlined import OutlinePerformance
from readingroom.report.results import Results
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table
from readingroom.report.wording import SPLIT_NAMES, interval_text

HEADS = {
    "iou": "IoU",
    "dice": "Dice",
    "hausdorff95": "HD95, px",
    "surface_distance": "Surface distance, px",
    "surface_dice": "Surface Dice",
}
FOUND = {
    "lesion_sensitivity": "Lesions found",
    "image_sensitivity": "Images with a lesion, found",
    "image_specificity": "Images without, left clean",
    "false_outlines": "False outlines an image without",
    "false_outlines_beside": "False outlines an image with",
}


@dataclass(frozen=True)
class OutlineTables:
    """The tables of all readers that outline; empty tuples where none does."""

    overlaps: tuple[Table, ...]
    found: tuple[Table, ...]
    sizes: tuple[Table, ...]
    differences: tuple[Table, ...]

    def tables(self) -> list[Table]:
        """All that there are."""
        return [*self.overlaps, *self.found, *self.sizes, *self.differences]


def outline_tables(results: Results, say: Translator) -> OutlineTables:
    """The tables of every part, test first."""
    found = results.analyses.outlines
    parts = {split: [one for one in found if one.split == split] for split in ("test", "external", "validation")}
    shown = {split: own for split, own in parts.items() if own}
    judged = {split: own for split, own in shown.items() if split != "validation" or len(shown) == 1}
    return OutlineTables(
        overlaps=tuple(_overlaps(split, own, results.level, say) for split, own in shown.items()),
        found=tuple(_found(split, own, say) for split, own in judged.items()),
        sizes=tuple(_sizes(split, own, say) for split, own in judged.items() if any(one.strata for one in own)),
        differences=tuple(_differences(results, split, say) for split in judged if _compared(results, split)),
    )


def _overlaps(split: str, own: list[OutlinePerformance], level: float, say: Translator) -> Table:
    rows: list[tuple[AnyCell, ...]] = []
    lesions = any(one.lesions for one in own)
    for one in own:
        means = (EstimateCell(name, one.images.get(name), counted=False) for name in HEADS)
        pooled = EstimateCell("iou", one.pooled.get("iou"), counted=False)
        by_lesion = (EstimateCell("iou", one.lesions.get("iou"), counted=False),) if lesions else ()
        rows.append((Cell(one.reader), Cell(f"{one.with_lesion}"), *means, pooled, *by_lesion))
    heads = [say("Reader"), "n", *(say(head) for head in HEADS.values()), say("IoU, all pixels pooled")]
    heads += [say("IoU by lesion")] if lesions else []
    note = say(
        "Means over the images with a lesion; an image in which nothing was drawn has IoU 0, and no distance. Surface "
        "Dice within 1 % of the image's shorter side. {level}% intervals: bootstrap over patients (or groups of "
        "near-duplicates). HD95 is the larger of the two directed 95th percentiles.",
        level=f"{100 * level:g}",
    )
    return Table(f"outlines-{split}", say(SPLIT_NAMES[split]), tuple(heads), tuple(rows), note)


def _found(split: str, own: list[OutlinePerformance], say: Translator) -> Table:
    rows: list[tuple[AnyCell, ...]] = []
    for one in own:
        cells = (EstimateCell(_measure(name), one.found.get(name), counted="sens" in name) for name in FOUND)
        rows.append((Cell(one.reader), Cell(f"{one.with_lesion} + {one.without_lesion}"), *cells))
    heads = (say("Reader"), say("Images with + without"), *(say(head) for head in FOUND.values()))
    note = say("A lesion is found if an outline covers any part of it in any of its images, as study 3 counts.")
    return Table(f"outlines-found-{split}", say(SPLIT_NAMES[split]), heads, tuple(rows), note)


def _measure(name: str) -> str:
    return "sensitivity" if "sensitivity" in name or "specificity" in name else "outlines"


def _sizes(split: str, own: list[OutlinePerformance], say: Translator) -> Table:
    rows: list[tuple[AnyCell, ...]] = [
        (
            Cell(one.reader if stratum is one.strata[0] else ""),
            Cell(stratum.name),
            Cell(f"{stratum.n}"),
            EstimateCell("iou", stratum.measures.get("iou"), counted=False),
            EstimateCell("dice", stratum.measures.get("dice"), counted=False),
        )
        for one in own
        for stratum in one.strata
    ]
    heads = (say("Reader"), say("Lesion, share of the image"), "n", "IoU", "Dice")
    return Table(f"outlines-size-{split}", say(SPLIT_NAMES[split]), heads, tuple(rows), "", 2)


def _compared(results: Results, split: str) -> bool:
    return any(one.split == split for one in results.analyses.outline_differences)


def _differences(results: Results, split: str, say: Translator) -> Table:
    rows = tuple(
        (Cell(one.first), Cell(one.second), Cell(HEADS[one.measure]), Cell(f"{one.n}"), _signed(one.difference, say))
        for one in results.analyses.outline_differences
        if one.split == split
    )
    heads = ("First reader", "Second reader", "Measure", "n", "Difference")
    note = say("Mean difference on the same images, first − second; bootstrap over patients (or groups).")
    return Table(f"outlines-difference-{split}", say(SPLIT_NAMES[split]), tuple(map(say, heads)), rows, note, 3)


def _signed(difference: Estimate, say: Translator) -> Cell:
    if difference.value is None:
        return Cell("–")
    interval = interval_text("iou", difference, joint=say(" to ")).replace("-", "−")
    return Cell(f"{difference.value:+.3f}".replace("-", "−"), interval)
