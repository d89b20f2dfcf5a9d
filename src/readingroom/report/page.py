"""The page: one self-contained HTML file, with its tables as CSV and its figures as SVG and PNG beside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from readingroom.core.files import write_json, write_text
from readingroom.core.translations import Translator
from readingroom.report.analyses.boxed import FoundBoxes
from readingroom.report.box_sheets import box_sheets
from readingroom.report.class_names import MANY
from readingroom.report.compute import compute_results
from readingroom.report.content import Content, gather, named_classes
from readingroom.report.examples import class_names
from readingroom.report.figures.documented import shown_exams
from readingroom.report.figures.style import Picture, chinese_font
from readingroom.report.headline import cards, headline
from readingroom.report.heat_panels import NO_HEAT_PANELS, HeatPanels, heat_panels
from readingroom.report.mark_sheets import Looked, mark_sheets
from readingroom.report.measures import UNITS
from readingroom.report.outline_sheets import Sheet, outline_sheets
from readingroom.report.pictures import documented_drawings, draw_pictures, matrices
from readingroom.report.plane_panels import NO_PLANE_PANELS, PlanePanels, plane_panels
from readingroom.report.results import Fold
from readingroom.report.run_folder import RunFolder, read_run_folder
from readingroom.report.supplements import Supplements, write_supplements
from readingroom.report.tables import Table
from readingroom.report.wording import SPLIT_NAMES, fact_name


@dataclass(frozen=True)
class Section:
    """A section of the page; its template is named by its id."""

    id: str
    title: str


def write_report(run_folder: Path, *, language: str = "en", images_root: Path, out: Path | None = None) -> Path:
    """Write the report of a run: ``index.html``, ``results.json``, tables, figures, words and checklists.

    Args:
        run_folder: of a study that was run.
        language: ``en`` or ``zh``.
        images_root: the case table's images are relative to it.
        out: folder to write into; ``report`` in the run folder where it is not given.

    Returns:
        The path of ``index.html``.

    Raises:
        ReadingsError: no readings there, or a file of the run that cannot be read.
        OutputError: the report cannot be written.

    Example:
        ``write_report(Path("runs/demo"), language="zh", images_root=Path("cases"))``
    """
    run, say = read_run_folder(Path(run_folder)), Translator(language)
    patients_known = _patients_known(run)
    task = run.task
    classes = named_classes(run.manifest.get("classes") or task.get("classes"), run.readings)
    results = compute_results(
        run.readings,
        classes=classes,
        positive=_positive(run.manifest.get("positive") or task.get("positive"), classes),
        study=run.title,
        level=float(run.section("evaluation").get("interval") or 0.95),
        facts=run.manifest.get("readers") or {},
        order=list(run.manifest.get("readers") or {}),
        patients_known=patients_known,
        units=run.section("evaluation").get("unit") or UNITS,
        prevalence=run.section("evaluation").get("prevalence"),
        subgroups=run.section("evaluation").get("subgroups"),
        ordered=task.get("kind") == "grading",
        outlined=run.outlined,
        size_edges=run.section("evaluation").get("size_edges"),
        boxes=_found_boxes(run),
        arms=run.arms,
        folds=_named_folds(run),
    )
    content = gather(
        results,
        run.readings,
        say,
        run=run,
        images_root=Path(images_root),
        patients_known=patients_known,
        published=run.section("evaluation").get("published"),
    )
    return publish(content, Path(out) if out is not None else run.path / "report", say)


def _named_folds(run: RunFolder) -> list[Fold]:
    """The folds as the audit names them: by number, or by what was left out."""
    column = run.section("partition").get("leave_out")
    found = (run.audit.get("partition") or {}).get("folds") or []
    return [Fold(int(one["fold"]), str(one["name"]), column) for one in found if "name" in one and "fold" in one]


def _positive(named: Any, classes: Sequence[str]) -> str | None:
    if len(classes) != 2:
        return None
    return str(named or classes[1])


def _patients_known(run: RunFolder) -> bool:
    for known in (run.manifest.get("has_patients"), (run.audit.get("patients") or {}).get("known")):
        if known is not None:
            return bool(known)
    return "patient" in run.readings and bool(run.readings["patient"].notna().any())


def publish(content: Content, out: Path, say: Translator) -> Path:
    """Write a report's files; returns the path of ``index.html``."""
    write_json(out / "results.json", content.results.to_json())
    pictures = draw_pictures(content, out / "figures", say)
    sections = [section.id for section in _sections(content, pictures, say)]
    supplements = write_supplements(content, pictures, sections, out, say)
    sheets = _outline_sheets(content, out / "figures", say)
    heat = _heat_panels(content, out / "figures", say)
    planes = _plane_panels(content, say)
    marks = _mark_sheets(content, out / "figures", say)
    write_text(out / "index.html", render_page(content, pictures, supplements, say, sheets, heat, planes, marks))
    return out / "index.html"


def _found_boxes(run: RunFolder) -> FoundBoxes | None:
    evaluation = run.section("evaluation")
    if len(run.points) and len(run.reference_points):
        within = float(evaluation.get("hit_distance_mm") or 0.0)
        return FoundBoxes(run.points, run.reference_points, form="points", hit_mm=within)
    if run.boxes.empty or run.reference_boxes.empty:
        return None
    hit, overlap = evaluation.get("hit", "iou"), evaluation.get("hit_overlap", 0.5)
    return FoundBoxes(run.boxes, run.reference_boxes, str(hit), float(overlap))


def _outline_sheets(content: Content, folder: Path, say: Translator) -> list[Sheet]:
    if content.run is None or content.images_root is None or not content.results.splits:
        return []
    run, split = content.run, content.results.splits[0]
    return outline_sheets(run.outlined, split, run.path, content.images_root, folder, say, window=run.window)


def _mark_sheets(content: Content, folder: Path, say: Translator) -> list[Sheet]:
    run, root = content.run, content.images_root
    found = None if run is None else _found_boxes(run)
    if found is None or run is None or root is None or not content.results.splits:
        return []
    split = content.results.splits[0]
    if found.form == "boxes":
        return box_sheets(found, split, root, folder, say, window=run.window)
    return [] if run.stack is None else mark_sheets(found, split, Looked(root, run.stack, run.window), folder, say)


def _heat_panels(content: Content, folder: Path, say: Translator) -> HeatPanels:
    if not _has_heat_maps(content) or content.run is None or content.images_root is None:
        return NO_HEAT_PANELS
    order = [reader.name for reader in content.results.readers]
    return heat_panels(content.run, order, content.results.classes, content.images_root, folder, say)


def _plane_panels(content: Content, say: Translator) -> PlanePanels:
    if content.run is None:
        return NO_PLANE_PANELS
    return plane_panels(content.run, [reader.name for reader in content.results.readers], say)


def _has_heat_maps(content: Content) -> bool:
    return content.run is not None and content.images_root is not None and not content.run.heat_maps.empty


def render_page(
    content: Content,
    pictures: Mapping[str, Picture],
    supplements: Supplements,
    say: Translator,
    sheets: Sequence[Sheet] = (),
    heat_maps: HeatPanels = NO_HEAT_PANELS,
    planes: PlanePanels = NO_PLANE_PANELS,
    marks: Sequence[Sheet] = (),
) -> str:
    """The page's HTML."""
    lead, results = content.lead, content.results
    return (
        page_environment(say)
        .get_template("page.html.j2")
        .render(
            title=content.title or say("Readings"),
            date=content.date,
            version=content.version or version("readingroom"),
            sections=_sections(content, pictures, say),
            headline=headline(results, lead, say) if lead else [],
            cards=cards(results, lead, say) if lead else [],
            lead_reader=lead.performance.reader if lead else "",
            font_missing=any(p.stand_ins for p in pictures.values())
            or (say.language == "zh" and chinese_font() is None),
            pictures={**dict.fromkeys(_FIGURES), **dict.fromkeys(_arm_figures(content)), **pictures},
            table_one=content.table_one,
            blocks=content.blocks_of(external=False),
            external_blocks=content.blocks_of(external=True),
            external_table=content.external_shown,
            analysed=content.analysed,
            outlines=content.outlines,
            boxes=content.boxes,
            documented=content.documented,
            documented_pictures=_documented_pictures(content, pictures),
            outline_sheets=sheets,
            heat_maps=heat_maps,
            planes=planes,
            features=content.features,
            mark_sheets=marks,
            analysis_titles=_TITLES,
            shown_split=content.results.splits[0] if content.results.splits else "",
            comparisons=content.comparisons,
            published=content.published,
            arms=content.arms,
            spreads=content.spreads,
            time_table=content.times,
            training_table=content.training,
            search_table=content.searches,
            software_table=content.software,
            walls=content.walls,
            missed=content.missed,
            examples=content.examples,
            named=class_names(content.results.classes, say.language),
            methods=content.methods,
            words=supplements.words,
            checklists=supplements.checklists,
            limits=content.limits,
            audit=content.audit,
            roc_caption=_roc_caption(content, say),
            level=f"{100 * results.level:g}",
            folds=len(content.results.folds),
            left_out=_left_out(content, say),
            matrices=_matrices(content, pictures),
        )
    )


def _left_out(content: Content, say: Translator) -> tuple[str, str] | None:
    """The column whose values are left out in turn, and the first of them."""
    first = content.results.folds[0] if content.results.folds else None
    return None if first is None or first.left_out is None else (fact_name(first.left_out, say), first.name)


def _matrices(content: Content, pictures: Mapping[str, Picture]) -> list[tuple[str, Picture | None, Table | None]]:
    """Of many classes: each reader with its matrix and its list of confusions."""
    if not content.results.splits or len(content.results.classes) <= MANY:
        return []
    split = content.results.splits[0]
    lists = {table.title: table for b in content.blocks if b.split == split for table in b.confusions}
    found = matrices(content.results, split)
    return [(p.reader, pictures.get(name), lists.get(p.reader)) for name, p in found.items()]


_TITLES = {
    "ordered": "Ordered grades",
    "calibration": "Calibration",
    "optimistic": "For comparison, optimistic: the threshold that these images would choose",
    "subgroups": "Subgroups",
    "people": "People together",
    "modalities": "With and without help: multi-reader multi-case analysis",
    "time": "Reading times compared",
    "agreement": "Agreement",
    "raters": "The networks among the people",
    "scores": "Scores between the grades: limits of agreement",
    "kappa": "Agreement of every pair of readers",
}

_FIGURES = (
    *("flow", "classes", "losses", "roc", "measures", "confusion", "times"),
    *("calibration", "calibration-external", "decision", "decision-external", "modalities", "forest", "outlines"),
    *("froc", "grades", "scores", "kappa", "folds", "stability"),
)


def _arm_figures(content: Content) -> list[str]:
    return [f"arm-{number}" for number, _ in enumerate(content.arms.arms, start=1)]


def _sections(content: Content, pictures: Mapping[str, Picture], say: Translator) -> list[Section]:
    part = say(SPLIT_NAMES[content.results.splits[0]]) if content.results.splits else ""
    shown = content.analysed.get(content.results.splits[0]) if content.results.splits else None
    outlined = {
        "outlines": ("Outlines", bool(content.outlines.tables())),
        "boxes": (content.boxes.words.section, bool(content.boxes.tables())),
    }
    read = {"results": ("Results: {part}", bool(content.blocks))}
    # Where lesions are only outlined or found, the outlines or boxes are the result.
    results = {**outlined, **read} if set(content.results.classes) == {"lesion", "no lesion"} else {**read, **outlined}
    wanted = {
        "participants": ("Participants", bool(content.table_one)),
        "audit": ("Data audit", content.audit is not None),
        "training": ("Training of the networks", "losses" in pictures or content.training is not None),
        **results,
        "completeness": ("Completeness of the examination", bool(content.documented.tables())),
        "ordered": ("Ordered grades", shown is not None and shown.ordered is not None),
        "comparisons": ("Reader against reader", bool(content.comparisons)),
        "arms": (content.arms.title, bool(content.arms.arms)),
        "published": ("Published against yours", content.published is not None),
        "people": (
            "Reader study" if shown is not None and shown.of_people else "Agreement",
            shown is not None and (shown.of_people or shown.kappa is not None),
        ),
        "external": ("External validation", "external" in content.analysed and content.results.splits[0] != "external"),
        "subgroups": ("Subgroups", shown is not None and bool(shown.subgroups)),
        "calibration": ("Calibration and usefulness", "calibration" in pictures or "decision" in pictures),
        "time": ("Reading time", content.times is not None),
        "gallery": ("Cases", bool(content.walls or content.examples)),
        "heat-maps": ("What the networks looked at", _has_heat_maps(content)),
        "planes": ("Which planes carried the answers", content.run is not None and not content.run.planes.empty),
        "features": ("What the features readers went by", bool(content.features.readers)),
        "methods": ("Methods", bool(content.methods)),
        "words": ("Results in words, ready to paste", bool(content.parts or content.lead)),
        "limits": ("Limits", True),
        "checklists": ("Checklists", True),
        "software": ("Software and seeds", content.software is not None),
    }
    return [Section(name, say(title, part=part)) for name, (title, there) in wanted.items() if there]


def _documented_pictures(content: Content, pictures: Mapping[str, Picture]) -> list[tuple[str, Picture, int, int]]:
    """By reader: the figure, how many examinations it shows, and of how many."""
    return [
        (one.reader, pictures[name], len(shown_exams(one)), one.n)
        for name, one in documented_drawings(content).items()
        if name in pictures
    ]


def _roc_caption(content: Content, say: Translator) -> str:
    caption = say("Circles mark each reader's calls.")
    if any(not reader.has_scores for reader in content.results.readers):
        text = "Readers who gave calls only are points with the intervals of sensitivity and specificity."
        caption += " " + say(text)
    return caption


def page_environment(say: Translator) -> Environment:
    """Where templates are found, with what all of them use."""
    environment = Environment(
        loader=PackageLoader("readingroom.report"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder = files("readingroom.report") / "templates"
    environment.globals |= {
        "t": say,
        "csv": _csv_uri,
        "css": Markup((folder / "style.css").read_text(encoding="utf-8")),
        "script": Markup((folder / "script.js").read_text(encoding="utf-8")),
    }
    return environment


def _csv_uri(table: Table) -> str:
    # The page alone, sent by mail, still gives its tables.
    text = table.to_frame().to_csv(index=False)
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(("\ufeff" + text).encode()).decode()
