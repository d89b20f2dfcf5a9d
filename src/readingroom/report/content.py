"""What a report consists of, before it becomes a page: results, tables, words and walls of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from readingroom.core.translations import Translator
from readingroom.report.analyses.all import JUDGED
from readingroom.report.analysis_tables import AnalysisTables, analysis_tables, shift_table
from readingroom.report.arm_tables import NO_ARMS, ArmSection, arm_section
from readingroom.report.box_tables import BoxTables, box_tables
from readingroom.report.class_names import MANY
from readingroom.report.class_tables import class_comparison_table, class_table, confusion_table, over_classes_table
from readingroom.report.documented_tables import DocumentedTables, documented_tables
from readingroom.report.examples import Example, draw_examples
from readingroom.report.feature_panels import NO_FEATURE_PANELS, FeaturePanels, feature_panels
from readingroom.report.findings import Findings, read_findings
from readingroom.report.fold_tables import fold_table
from readingroom.report.gallery import Missed, Thumbnails, Wall, hang, missed_by_most
from readingroom.report.headline import Lead, find_lead
from readingroom.report.heat_panels import answer_overlays
from readingroom.report.limits import Limit, find_limits
from readingroom.report.measures import Performance
from readingroom.report.methods import methods_paragraphs
from readingroom.report.methods_features import model_text
from readingroom.report.outline_tables import OutlineTables, outline_tables
from readingroom.report.participants import Part, audited_parts, exclusions, part_frame, parts_of, table_one
from readingroom.report.published import Beside, put_beside
from readingroom.report.results import Results
from readingroom.report.run_folder import RunFolder
from readingroom.report.searches import search_table
from readingroom.report.tables import (
    Cell,
    Table,
    comparison_table,
    naive_table,
    performance_table,
    recognised_table,
    time_table,
)
from readingroom.report.wording import SPLIT_NAMES, UNIT_NAMES, seconds_text

_MOST_SHOWN = 8
_MOST_PAIRS = 15
_TRAINED = {"all": "all layers", "head": "head only"}


@dataclass(frozen=True)
class Block:
    """The results on one part, counted in one unit; ``over_classes`` and ``confusions`` by image, of many classes."""

    split: str
    title: str
    part: str
    lead: str
    main: Table
    note: str
    naive: Table | None
    classes: tuple[Table, ...]
    recognised: Table | None
    over_classes: Table | None = None
    confusions: tuple[Table, ...] = ()


@dataclass(frozen=True)
class NamedTable:
    """A table with the title that it has where it stands; ``whole`` has also the rows that the page leaves out."""

    title: str
    table: Table
    whole: Table | None = None


@dataclass(frozen=True)
class Group:
    """Tables that stand together under a title; ``main`` ones are not folded away."""

    title: str
    tables: tuple[NamedTable, ...]
    main: bool = False


@dataclass(frozen=True)
class Content:
    """Everything on the page but the figures."""

    title: str
    date: str
    version: str
    results: Results
    lead: Lead | None
    run: RunFolder | None
    parts: tuple[Part, ...]
    excluded: tuple[tuple[str, int], ...]
    patients_known: bool
    table_one: Table | None
    blocks: tuple[Block, ...]
    analysed: dict[str, AnalysisTables]
    outlines: OutlineTables
    boxes: BoxTables
    documented: DocumentedTables
    external: Table | None
    external_shown: Table | None
    comparisons: tuple[Group, ...]
    spreads: tuple[Table, ...]
    times: Table | None
    training: Table | None
    searches: Table | None
    software: Table | None
    walls: tuple[Wall, ...]
    missed: tuple[Missed, ...]
    examples: tuple[Example, ...]
    methods: tuple[str, ...]
    limits: tuple[Limit, ...]
    audit: Findings | None
    published: Beside | None = None
    images_root: Path | None = None
    arms: ArmSection = NO_ARMS
    features: FeaturePanels = NO_FEATURE_PANELS

    def tables(self) -> list[Table]:
        """Every table, for the CSV files."""
        blocks = [table for b in self.blocks for table in _tables_of(b)]
        others = [
            self.table_one,
            self.audit.shortcuts if self.audit else None,
            self.published.table if self.published else None,
            *self.arms.tables(),
            self.times,
            self.training,
            self.searches,
            self.software,
            *self.spreads,
        ]
        named = [item.whole or item.table for group in self.comparisons for item in group.tables]
        analysed = [table for tables in self.analysed.values() for table in tables.tables()]
        return [
            table
            for table in (
                *blocks,
                *named,
                *others,
                *analysed,
                *self.outlines.tables(),
                *self.boxes.tables(),
                *self.documented.tables(),
                *self.features.tables(),
                self.external,
            )
            if table is not None
        ]

    def blocks_of(self, *, external: bool) -> tuple[Block, ...]:
        """Results by part and unit: those of the external part, or all others."""
        return tuple(block for block in self.blocks if (block.split == "external") is external)


def _tables_of(block: Block) -> tuple[Table | None, ...]:
    tables = (block.main, block.naive, block.over_classes)
    return (*tables, *block.confusions, *block.classes, block.recognised)


def gather(
    results: Results,
    readings: pd.DataFrame,
    say: Translator,
    *,
    run: RunFolder | None,
    images_root: Path | None,
    patients_known: bool,
    published: str | None = None,
) -> Content:
    """Put together what the page shows.

    Args:
        results: of the readings.
        readings: the readings themselves, for the walls of images.
        say: the language.
        run: the run folder; None for somebody's table of readings.
        images_root: readings' images are relative to it; None for no thumbnails.
        patients_known: whether ``patient`` holds patients.
        published: a document whose table stands beside the results.
    """
    partition = run.partition if run is not None else pd.DataFrame()
    frame = part_frame(partition, readings)
    audit = run.audit if run is not None else {}
    parts = audited_parts(audit) or parts_of(frame, results.classes, patients_known=patients_known)
    manifest = run.manifest if run is not None else {}
    thumbnails = None
    if images_root is not None:
        thumbnails = Thumbnails(images_root) if run is None else Thumbnails(images_root, run.window, run.stack)
    walls, missed = _walls(results, readings, thumbnails)
    lead = find_lead(results)
    return Content(
        title=results.study,
        date=str(manifest.get("finished") or "")[:10],
        version=str(manifest.get("readingroom") or ""),
        results=results,
        lead=lead,
        run=run,
        parts=parts,
        excluded=exclusions(audit),
        patients_known=patients_known,
        table_one=table_one(frame, parts, say) if parts else None,
        blocks=tuple(_blocks(results, say)),
        analysed={split: analysis_tables(results, split, say) for split in JUDGED if split in results.splits},
        outlines=outline_tables(results, say),
        boxes=box_tables(results, say),
        documented=documented_tables(results, say),
        external=shift_table(results, say),
        external_shown=shift_table(_networks(results), say),
        comparisons=tuple(_comparisons(results, lead, say)),
        spreads=tuple(_spreads(results, say)),
        times=time_table(results, results.splits[0], say) if results.splits else None,
        training=_training(run, say, several=bool(results.spreads)),
        searches=search_table(run, say),
        software=_software(run, say),
        walls=walls,
        missed=missed,
        examples=_examples(results, readings, lead, thumbnails, say),
        methods=tuple(methods_paragraphs(run, results, say)),
        limits=tuple(
            find_limits(results, parts, dict(manifest), patients_known, say, copied=run is None or run.copies > 0)
        ),
        images_root=images_root,
        audit=read_findings(audit, thumbnails, say),
        published=None if published is None else put_beside(published, results, say),
        arms=NO_ARMS if run is None else arm_section(run.arms, results, say),
        features=feature_panels(run, thumbnails, answer_overlays(run, images_root), say),
    )


def _blocks(results: Results, say: Translator) -> list[Block]:
    return [_block(results, split, unit, say) for split in results.splits for unit in results.units(split)]


def _block(results: Results, split: str, unit: str, say: Translator) -> Block:
    performances = results.select(split=split, unit=unit)
    part = say(SPLIT_NAMES[split])
    title = say("{part}, counted by {unit}", part=part, unit=say(unit))
    sizes = {performance.n for performance in performances}
    said = f"{max(sizes):,}" if len(sizes) == 1 else f"{min(sizes):,}–{max(sizes):,}"
    lead = say("{part}: {n} {unit}.", part=part, n=said, unit=say(UNIT_NAMES[unit]))
    left_out = max(performance.left_out for performance in performances)
    if left_out:
        lead += " " + say("{n} images belong to no {unit} and are left out.", n=left_out, unit=say(unit))
    classes = [class_table(results, p, say) for p in performances if p.classes]
    return Block(
        split=split,
        title=title,
        part=part,
        lead=lead,
        main=performance_table(results, split, unit, say),
        note=_unit_note(unit, say),
        naive=naive_table(results, split, unit, say),
        classes=tuple(classes),
        recognised=recognised_table(results, split, unit, say),
        over_classes=over_classes_table(results, split, say) if unit == "image" else None,
        confusions=_confusions(results, performances, say) if unit == "image" and split in JUDGED else (),
    )


def _confusions(results: Results, performances: Sequence[Performance], say: Translator) -> tuple[Table, ...]:
    # Few classes stand in the matrix, every one with its share.
    if len(results.classes) <= MANY:
        return ()
    tables = (confusion_table(results, p, say) for p in performances if p.confusion is not None)
    return tuple(table for table in tables if table is not None)


def _networks(results: Results) -> Results:
    """Without the shifts of people, where networks have some: a person's shift is one of the cases, not of training."""
    networks = {reader.name for reader in results.readers if reader.kind != "person"}
    kept = tuple(shift for shift in results.analyses.external if shift.reader in networks)
    return replace(results, analyses=replace(results.analyses, external=kept)) if kept else results


def _unit_note(unit: str, say: Translator) -> str:
    if unit == "lesion":
        return say("A lesion counts as called if any of its images is; its score is the highest of its images.")
    if unit == "patient":
        return say("A patient counts as called if any of the images is; the score is the highest of the images.")
    return ""


def _comparisons(results: Results, lead: Lead | None, say: Translator) -> list[Group]:
    about = lead.performance.reader if lead is not None else ""
    groups = []
    for split in results.splits:
        for unit in results.units(split):
            part = say("{part}, counted by {unit}", part=say(SPLIT_NAMES[split]), unit=say(unit))
            main, others = _main_measures(unit, results)
            groups.append(Group(part, tuple(_compared(results, split, unit, main, about, say))))
            text = "{part}: sensitivity and specificity" if results.positive else "{part}: AUC of each class"
            title = say(text, part=part)
            groups.append(Group(title, tuple(_compared(results, split, unit, others, about, say))))
            if unit == "image":
                groups.append(_over_classes(results, split, about, say))
    groups = [group for group in groups if group.tables]
    return [replace(group, main=group.main or place == 0) for place, group in enumerate(groups)]


def _over_classes(results: Results, split: str, about: str, say: Translator) -> Group:
    tables = []
    for paired, title in ((True, "Paired tests (to be used)"), (False, "Unpaired tests, as the published study used")):
        whole = class_comparison_table(results, split, say, paired=paired)
        if whole is not None:
            few = len(whole.rows) <= _MOST_PAIRS
            shown = whole if few else class_comparison_table(results, split, say, paired=paired, about=about)
            tables.append(NamedTable(say(title), shown or whole, whole))
    title = say("{part}: over the classes", part=say(SPLIT_NAMES[split]))
    return Group(title, tuple(tables), main=split == results.splits[0])


def _main_measures(unit: str, results: Results) -> tuple[tuple[str, ...], tuple[str, ...]]:
    # With many classes the areas are one table a class: the accuracy over all comes first.
    if unit != "image":
        return ("auc", "accuracy", "sensitivity", "specificity"), ()
    if results.positive:
        return ("auc", "accuracy"), ("sensitivity", "specificity")
    return ("accuracy", "quadratic_kappa", "mean_absolute_error"), ("auc",)


def _compared(
    results: Results, split: str, unit: str, measures: Sequence[str], about: str, say: Translator
) -> list[NamedTable]:
    named = []
    for measure in measures:
        table = comparison_table(results, split, unit, measure, say)
        if table is not None:
            shown = table if len(table.rows) <= _MOST_PAIRS else _about(results, split, unit, measure, about, say)
            named.append(NamedTable(say(_DIFFERENCES[measure]), shown or table, table))
    return named


def _about(results: Results, split: str, unit: str, measure: str, reader: str, say: Translator) -> Table | None:
    """Of very many pairs those with the reader of the headline, and each person's own modalities."""
    people = {frozenset((f"{who} · {m.first}", f"{who} · {m.second}"))
              for m in results.analyses.modalities for who in m.by_reader or m.readers}  # fmt: skip
    kept = [c for c in results.comparisons if reader in (c.first, c.second) or frozenset((c.first, c.second)) in people]
    table = comparison_table(replace(results, comparisons=tuple(kept)), split, unit, measure, say)
    if table is None:
        return None
    pairs = sum((c.split, c.unit, c.measure) == (split, unit, measure) for c in results.comparisons)
    text = (
        "Of {n} comparisons those with {reader}, and of a person with and without help; all are in tables/{file}.csv."
    )
    return replace(table, note=table.note + say(" ") + say(text, n=pairs, reader=reader, file=table.name))


_DIFFERENCES = {
    "auc": "Difference in AUC",
    "accuracy": "Difference in accuracy",
    "sensitivity": "Difference in sensitivity",
    "specificity": "Difference in specificity",
    "quadratic_kappa": "Difference in quadratic weighted kappa with the reference",
    "mean_absolute_error": "Difference in mean absolute error, in grades (lower is better)",
}


def _spreads(results: Results, say: Translator) -> list[Table]:
    judged = [split for split in results.splits if split in JUDGED]
    tables = [fold_table(results, split, over, say) for split in judged for over in ("fold", "repeat")]
    return [table for table in tables if table is not None]


def _training(run: RunFolder | None, say: Translator, *, several: bool) -> Table | None:
    readers = (run.manifest.get("readers") or {}) if run is not None else {}
    if not readers:
        return None
    heads = ("Reader", "Weights", "Trained", "Parameters", "Epochs", "Best epoch", "Threshold", "Time")
    rows = tuple(_training_row(name, facts, say) for name, facts in readers.items())
    fixed = any(facts.get("threshold") is not None for facts in readers.values())
    notes = [say("Thresholds were fixed on the validation images.")] if fixed else []
    if several:
        notes.append(say("Each reader was trained several times; the figures are those of its first training."))
    return Table("training", "", tuple(say(head) for head in heads), rows, say(" ").join(notes))


def _training_row(name: str, facts: Mapping[str, Any], say: Translator) -> tuple[Cell, ...]:
    threshold, parameters, seconds = facts.get("threshold"), facts.get("parameters"), facts.get("training_seconds")
    rule = say(str(facts.get("threshold_rule") or ""))
    return (
        Cell(name, str(facts.get("network") or "")),
        Cell(say(str(facts.get("weights") or "–").rsplit("/", 1)[-1])),
        Cell(model_text(facts, say) or say(_TRAINED.get(str(facts.get("train")), str(facts.get("train") or "–")))),
        Cell(f"{parameters / 1e6:.1f} M" if isinstance(parameters, int | float) else "–"),
        Cell(str(facts.get("epochs_run") or "–")),
        Cell(str(facts.get("kept_epoch") or "–")),
        Cell(f"{threshold:.3f}" if isinstance(threshold, int | float) else "–", rule),
        Cell(seconds_text(float(seconds), say) if isinstance(seconds, int | float) else "–"),
    )


def _software(run: RunFolder | None, say: Translator) -> Table | None:
    if run is None or not run.manifest:
        return None
    manifest = run.manifest
    facts = {"Reading Room": manifest.get("readingroom"), say("Started"): manifest.get("created")}
    facts |= {say("Finished"): manifest.get("finished")}
    facts |= {say("Seed: {name}", name=say(str(k))): v for k, v in (manifest.get("seeds") or {}).items()}
    facts |= {say(str(k).replace("_", " ")): v for k, v in (manifest.get("machine") or {}).items()}
    facts |= manifest.get("libraries") or {}
    facts |= {say("SHA-256 of {file}", file=k): v for k, v in (manifest.get("inputs") or {}).items()}
    rows = tuple((Cell(str(k)), Cell("–" if v is None else str(v))) for k, v in facts.items())
    return Table("software", "", (say("What"), say("Value")), rows)


def _walls(
    results: Results, readings: pd.DataFrame, thumbnails: Thumbnails | None
) -> tuple[tuple[Wall, ...], tuple[Missed, ...]]:
    if thumbnails is None or not results.splits:
        return (), ()
    shown = _shown_readings(readings, results.splits[0])
    walls = [
        hang(shown[shown["reader"] == reader.name], results.classes, reader.name, thumbnails, _MOST_SHOWN)
        for reader in results.readers
        if (shown["reader"] == reader.name).any()
    ]
    return tuple(walls), missed_by_most(shown, thumbnails, _MOST_SHOWN)


def _examples(
    results: Results, readings: pd.DataFrame, lead: Lead | None, thumbnails: Thumbnails | None, say: Translator
) -> tuple[Example, ...]:
    if thumbnails is None or not results.splits:
        return ()
    first = lead.performance.reader if lead is not None else ""
    readers = sorted((reader.name for reader in results.readers), key=lambda name: name != first)
    shown = _shown_readings(readings, results.splits[0])
    return draw_examples(shown, results.classes, readers, thumbnails, say.language)


def _shown_readings(readings: pd.DataFrame, split: str) -> pd.DataFrame:
    """Those of a part, the first repeat."""
    shown = readings[readings["split"] == split]
    first: pd.DataFrame = shown[shown["repeat"] == 1] if "repeat" in shown else shown
    return first


def named_classes(listed: Sequence[str] | None, readings: pd.DataFrame) -> Sequence[str]:
    """Classes as the study orders them; without that, those seen, in alphabetical order."""
    if listed:
        return [str(name) for name in listed]
    return sorted(readings["truth"].dropna().astype(str).unique())
