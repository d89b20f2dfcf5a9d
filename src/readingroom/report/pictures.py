"""The report's figures: which ones there is something to draw for, each saved as SVG and PNG."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from readingroom.core.translations import Translator
from readingroom.report.analyses.documented import Documentation
from readingroom.report.arm_tables import main_measure
from readingroom.report.class_names import MANY, name_classes
from readingroom.report.content import Content
from readingroom.report.figures.agreement import draw_agreement
from readingroom.report.figures.analyses import draw_calibration, draw_decision, draw_forest, draw_modalities
from readingroom.report.figures.arms import draw_arm
from readingroom.report.figures.bars import draw_measures, draw_times
from readingroom.report.figures.classes import draw_classes
from readingroom.report.figures.curves import draw_losses, draw_roc
from readingroom.report.figures.documented import draw_documented
from readingroom.report.figures.flow import draw_flow
from readingroom.report.figures.folds import draw_folds, has_spread
from readingroom.report.figures.froc import draw_froc
from readingroom.report.figures.grades import draw_grades
from readingroom.report.figures.large_matrix import draw_large_confusion
from readingroom.report.figures.matrix import draw_confusion
from readingroom.report.figures.outlines import draw_outlines
from readingroom.report.figures.scores import draw_scores
from readingroom.report.figures.searches import draw_searches
from readingroom.report.figures.stability import draw_stability
from readingroom.report.figures.style import Pen, Picture, render
from readingroom.report.measures import Performance
from readingroom.report.participants import flow_of
from readingroom.report.rater_tables import pairs_of
from readingroom.report.results import Results
from readingroom.report.searches import found_searches
from readingroom.report.wording import SPLIT_NAMES

Draw = Callable[[Pen], Figure]
_LEAST_PARTS = 2
_MOST_DOCUMENTED = 4


def draw_pictures(content: Content, folder: Path, say: Translator) -> dict[str, Picture]:
    """Draw every figure that the content has something for into ``folder``."""
    drawings = {**_participant_drawings(content), **_training_drawings(content), **_result_drawings(content)}
    return {name: render(draw, folder, name, say) for name, draw in drawings.items()}


def _participant_drawings(content: Content) -> dict[str, Draw]:
    if not content.parts or (content.run is None and len(content.parts) < _LEAST_PARTS):
        return {}
    readers = Counter({reader.person: reader.kind for reader in content.results.readers}.values())
    audit = content.run.audit if content.run is not None else {}
    patients = ((audit.get("flow") or {}).get("analysed") or {}).get("patients")

    def flow(pen: Pen) -> Figure:
        return draw_flow(flow_of(content.parts, content.excluded, readers, pen, patients=patients))

    drawings: dict[str, Draw] = {"flow": flow}
    counts = {SPLIT_NAMES.get(p.split, p.split): p.classes for p in content.parts if p.classes}
    if counts:
        drawings["classes"] = partial(draw_classes, counts=counts)
    return drawings


def _training_drawings(content: Content) -> dict[str, Draw]:
    if content.run is None or not content.run.histories:
        return {}
    drawings: dict[str, Draw] = {}
    measures = {name: str(found["measure"]) for name, found in found_searches(content.run)}
    searches = {name: content.run.searches[name] for name in measures if name in content.run.searches}
    if searches:
        drawings["searches"] = partial(draw_searches, searches=searches, measures=measures)
    order = [reader.name for reader in content.results.readers if reader.name in content.run.histories]
    histories = {name: content.run.histories[name] for name in order or content.run.histories}
    facts = content.run.manifest.get("readers") or {}
    best = {name: int(f["kept_epoch"]) for name, f in facts.items() if f.get("kept_epoch") is not None}
    return {**drawings, "losses": partial(draw_losses, histories=histories, best=best)}


def _result_drawings(content: Content) -> dict[str, Draw]:
    results = content.results
    if not results.splits:
        return {}
    split = results.splits[0]
    shown = results.select(split=split)
    drawings: dict[str, Draw] = {}
    if any(table.curve is not None for p in shown for table in p.tables):
        drawings["roc"] = partial(draw_roc, results=results, split=split)
    if any(p.top1 is not None for p in shown):
        drawings["measures"] = partial(draw_measures, results=results, split=split)
    drawings |= _confusion_drawings(results, split)
    if has_spread(results, split):
        drawings["folds"] = partial(draw_folds, results=results, split=split)
    times = tuple(time for time in results.times if time.split == split)
    if times:
        drawings["times"] = partial(draw_times, results=results, times=times)
    if content.features.correlations:
        drawings["stability"] = partial(draw_stability, found=content.features.correlations)
    return {**drawings, **_analysis_drawings(content, split)}


def _confusion_drawings(results: Results, split: str) -> dict[str, Draw]:
    found = matrices(results, split)
    if len(results.classes) <= MANY:
        return {"confusion": partial(draw_confusion, results=results, split=split)} if found else {}
    return {name: partial(_draw_large, performance=p, classes=results.classes) for name, p in found.items()}


def _draw_large(pen: Pen, performance: Performance, classes: Sequence[str]) -> Figure:
    return draw_large_confusion(pen, performance, name_classes(classes, pen.say))


def matrices(results: Results, split: str) -> dict[str, Performance]:
    """Readers with a confusion matrix, by the name of its figure where each has one of its own."""
    found = [p for p in results.select(split=split) if p.confusion is not None]
    return {"confusion" if place == 0 else f"confusion-{place + 1}": p for place, p in enumerate(found)}


def _analysis_drawings(content: Content, split: str) -> dict[str, Draw]:
    found = content.results.analyses
    drawings: dict[str, Draw] = {}
    for part, ending in ((split, ""), ("external", "-external")):
        if ending and split == "external":
            continue
        calibrations = [one for one in found.calibrations if one.split == part]
        curves = [one for one in found.decision_curves if one.split == part]
        if calibrations:
            drawings[f"calibration{ending}"] = partial(draw_calibration, calibrations=calibrations)
        if any(not one.from_calls for one in curves):
            drawings[f"decision{ending}"] = partial(draw_decision, curves=curves)
    compared = [one for one in found.modalities if one.split == split]
    if compared:
        pair = [one for one in compared if (one.first, one.second) == (compared[0].first, compared[0].second)]
        drawings["modalities"] = partial(draw_modalities, found=pair)
    outlined = [one for one in found.outlines if one.split == split and one.values]
    if outlined:
        drawings["outlines"] = partial(draw_outlines, outlined=outlined)
    boxed = [one for one in (*found.boxes, *found.arm_boxes) if one.split == split and one.boxes]
    if boxed:
        drawings["froc"] = partial(draw_froc, boxed=boxed)
    documented = {name: partial(draw_documented, found=one) for name, one in documented_drawings(content).items()}
    graded = _grade_drawings(content.results, split)
    return {**drawings, **graded, **_arm_drawings(content), **documented, **_forest_drawing(content, split)}


def _grade_drawings(results: Results, split: str) -> dict[str, Draw]:
    found = results.analyses
    drawings: dict[str, Draw] = {}
    graded = [one for one in found.grades if one.split == split]
    if graded:
        drawings["grades"] = partial(draw_grades, graded=graded)
    scored = [one for one in found.scores if one.split == split]
    if scored:
        drawings["scores"] = partial(draw_scores, scored=scored)
    if any(one.split == split for one in found.raters):
        names, pairs = pairs_of(results, split)
        drawings["kappa"] = partial(draw_agreement, names=names, pairs=pairs)
    return drawings


def _forest_drawing(content: Content, split: str) -> dict[str, Draw]:
    found, results = content.results.analyses, content.results
    reader = content.lead.performance.reader if content.lead is not None else None
    own = [one for one in found.subgroups if (one.reader, one.split) == (reader, split)]
    measures = list(dict.fromkeys(name for one in own for name in one.measures))[:3]
    if reader is None or not measures:
        return {}
    return {"forest": partial(draw_forest, results=results, reader=reader, split=split, measures=measures)}


def _arm_drawings(content: Content) -> dict[str, Draw]:
    found = content.results.analyses.arms
    drawings: dict[str, Draw] = {}
    for number, name in enumerate(dict.fromkeys(one.arm for one in found), start=1):
        own = [one for one in found if one.arm == name]
        wanted = dict.fromkeys((main_measure(own), "auc", "auc_of_calls", "iou"))
        measures = [measure for measure in wanted if any(one.measure == measure for one in own)]
        drawings[f"arm-{number}"] = partial(draw_arm, found=own, measures=measures)
    return drawings


def documented_drawings(content: Content) -> dict[str, Documentation]:
    """By name of the figure: the sites that readers' answers document; the reader of the headline first."""
    results = content.results
    first = content.lead.performance.reader if content.lead is not None else None
    shown = [one for one in results.analyses.documentations if one.asked == "sites" and one.split == results.splits[0]]
    shown.sort(key=lambda one: one.reader != first)
    return {f"documented-{place}": one for place, one in enumerate(shown[:_MOST_DOCUMENTED], start=1)}
