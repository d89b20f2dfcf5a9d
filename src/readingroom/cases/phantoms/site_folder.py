"""Site folder: draw phantom patients' views of the thirty sites into images, a case table and annotators' answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2

from readingroom.cases.phantoms.cohort import LesionPlan, PatientPlan
from readingroom.cases.phantoms.collection import (
    Row,
    claim,
    common_rules,
    describe,
    draw_patients,
    enforce,
    image_rule,
    is_drawn,
    write_picture,
)
from readingroom.cases.phantoms.site_answers import annotations_of, coco_of
from readingroom.cases.phantoms.site_scenes import Habits, habits_of, plan_site_patients, site_scenes
from readingroom.cases.phantoms.upper_gi import Box, SiteScene, draw_site, find_box
from readingroom.cases.phantoms.view import VIEW_SHAPES, ViewShape
from readingroom.core.files import write_json
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator
from readingroom.core.tables import read_table, write_csv

_VERSION = 1  # raised whenever the same seed would draw other pixels
_NOTES = (
    "images/         frames as an endoscope's processor stores them, with a burned-in panel",
    "cases.csv       one row an image; `label` is the site that is meant, `boxes` what shows it, `also` another site",
    "                that the view holds, `light` white, narrow-band, iodine or indigo-carmine",
    "annotations.csv one row an answer of a phantom annotator: image, annotator, label, boxes; the same as COCO in",
    "                annotations.json, for `readingroom annotations`",
    "Centre, date, age and sex do not depend on the site. The time on the panel goes on from site to site, as in an",
    "examination, and the light depends on it: no iodine beyond the gullet, no indigo carmine before the cardia, no",
    "dye in the throat.",
)


@dataclass(frozen=True)
class _Drawing:
    """What holds for all images of one call."""

    folder: Path
    size: tuple[int, int]
    difficulty: float
    habits: Habits
    seed: int
    view_shape: ViewShape


def draw_site_phantoms(
    folder: str | Path,
    *,
    patients: int,
    images_per_site: tuple[int, int] = (1, 2),
    size: tuple[int, int] = (288, 352),
    difficulty: float = 0.5,
    together: float = 0.25,
    missed: float = 0.1,
    disagreement: float = 0.12,
    seed: int = 7,
    view_shape: ViewShape = "octagon",
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic views of the thirty sites of the upper digestive tract, with boxes and three annotators.

    The same arguments give the same bytes, whatever the number of workers. A call that was cut short goes on
    where it was. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv``, ``annotations.csv`` and ``.json``, and ``README.txt`` go; made if
            need be.
        patients: number of phantom patients, each with all or most of the sites.
        images_per_site: lowest and highest number of images of a site of a patient.
        size: height and width of a frame in pixels.
        difficulty: 0 (viewpoints as in an atlas) to 1 (viewpoints and patients that differ much).
        together: share of the images of sites with a neighbour that hold the neighbour too.
        missed: share of the sites of a patient without any image.
        disagreement: share of the images on which the three annotators do not all agree.
        seed: of everything.
        view_shape: ``octagon``, ``circle``, ``rectangle``, or ``whole`` for frames without a panel.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, patient, exam, site (the region), centre, date, boxes, number, light,
        also, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_site_phantoms(folder, patients=1, images_per_site=(1, 1), size=(32, 40)).name
        'cases.csv'
    """
    shares = {"together": together, "missed": missed, "disagreement": disagreement}
    _check(patients, images_per_site, size, difficulty, shares, view_shape, workers)
    habits = habits_of(difficulty, together=together, missed=missed)
    drawing = _Drawing(Path(folder), (size[0], size[1]), difficulty, habits, seed, view_shape)
    facts = {
        "images per site": "{} to {}".format(*images_per_site),
        "difficulty": f"{difficulty:g}",
        "seed": f"{seed}",
        "frame": "{} x {}".format(*size),
        "view": view_shape,
        "images that hold a second site": f"{together:g} of those that can",
        "sites without an image": f"{missed:g}",
        "images on which annotators disagree": f"{disagreement:g}",
    }
    tell = partial(describe, "endoscopy", _NOTES, _VERSION, facts)
    claim(drawing.folder, tell(patients), tell(None))
    cohort = plan_site_patients(patients, images_per_site=images_per_site, missed=missed, seed=seed)
    draw = partial(_draw_patient, drawing)
    table = draw_patients(drawing.folder, cohort, draw, workers=workers, progress=progress)
    answers = annotations_of(read_table(table), disagreement, seed)
    write_csv(answers, drawing.folder / "annotations.csv")
    write_json(drawing.folder / "annotations.json", coco_of(answers, drawing.size))
    return table


def _check(
    patients: int,
    images: tuple[int, int],
    size: tuple[int, int],
    difficulty: float,
    shares: dict[str, float],
    view_shape: str,
    workers: int | None,
) -> None:
    rules = common_rules(patients, size, difficulty, workers, ("sites",), {"sites": 1.0})
    shown = view_shape in VIEW_SHAPES, "view_shape", repr(view_shape), f"Choose among {', '.join(VIEW_SHAPES)}"
    each = [(0 <= value < 1, name, f"{value}", "Give a share from 0 to below 1") for name, value in shares.items()]
    enforce([*rules, image_rule(images, "images_per_site"), shown, *each])


def _draw_patient(drawing: _Drawing, patient: PatientPlan) -> list[Row]:
    """Draw what is not there yet of a patient; returns the rows of the case table."""
    scenes = site_scenes(patient, drawing.difficulty, drawing.habits, drawing.seed)
    places = [(place, number) for place in patient.lesions for number in range(1, place.images + 1)]
    return [_save(drawing, patient, *place, scene) for place, scene in zip(places, scenes, strict=True)]


def _save(drawing: _Drawing, patient: PatientPlan, place: LesionPlan, number: int, scene: SiteScene) -> Row:
    row = _row(patient, place, number, scene)
    path = drawing.folder / str(row["image"])
    if is_drawn(drawing.folder, {**row, "outline": None}):
        box = find_box(scene, drawing.size, drawing.view_shape)
    else:
        pixels, box = draw_site(scene, drawing.size, drawing.view_shape)
        quality = int(generator(drawing.seed, "phantoms", "quality", str(row["image"])).integers(85, 96))
        write_picture(path, pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return {**row, "boxes": _text(box)}


def _row(patient: PatientPlan, place: LesionPlan, number: int, scene: SiteScene) -> Row:
    return {
        "image": f"images/{patient.name}_{place.number:02d}_{number:02d}.jpg",
        "label": place.label,
        "patient": patient.name,
        "exam": f"{patient.name}-E1",
        "site": place.site,
        "centre": patient.centre,
        "date": patient.day.isoformat(),
        "boxes": None,
        "number": place.number,
        "light": scene.light,
        "also": scene.also or None,
        "age": patient.age,
        "sex": patient.sex,
    }


def _text(box: Box) -> str:
    return " ".join(str(edge) for edge in box)
