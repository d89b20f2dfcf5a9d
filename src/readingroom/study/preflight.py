"""The preflight: whether every reader can be built, asked before the first one is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from readingroom.core.errors import BundleError, Problem, ReadingRoomError, StudyFileError
from readingroom.core.progress import Progress
from readingroom.networks import build_network, check_name, published_weights
from readingroom.networks.detector import build_detector
from readingroom.networks.heat_mapper import build_heat_mapper
from readingroom.networks.planes import PlanesPlan
from readingroom.networks.segmenter import build_segmenter
from readingroom.reading.bundle import READER_FILE, load_bundle, planes_plan
from readingroom.reading.features.model_file import check_libraries
from readingroom.study.folder import RunFolder
from readingroom.study.reader_section import ReaderSection
from readingroom.study.schema import StudyFile
from readingroom.training.box_reader import BoxPlan


def check_readers(study: StudyFile, base: Path, folder: RunFolder, *, fetch: bool, progress: Progress) -> None:
    """Build each reader's network from its weights once, so that nobody waits hours to hear of a misspelt name.

    A reader that an earlier run has trained from the same start is not built again.

    Args:
        study: the study file.
        base: folder that its paths are relative to.
        folder: of the run.
        fetch: fetch published weights that are not on this machine; else they are believed to be there.
        progress: where it is reported.

    Raises:
        StudyFileError: with every problem of every reader.
    """
    size, stack = study.input.size, study.input.stack
    starts: dict[_Start, list[str]] = {}
    for section in study.reader_list:
        if section.network is not None and not _trained_before(section, base, size, folder):
            boxes, planes = section.boxes(study.hit), planes_plan(stack, section.pool)
            marks = section.detector == "heatmap"
            start = _Start(section.backbone, section.start(base), section.head, section.decoder, boxes, planes, marks)
            starts.setdefault(start, []).append(section.reader_name)
    check_libraries([section for _, section in study.feature_sections])
    problems = []
    for start, names in progress.track(starts.items(), "checking the readers", len(starts)):
        try:
            _build(start, size, fetch=fetch)
        except ReadingRoomError as error:
            problems.append(_told(names, error))
    if problems:
        raise StudyFileError("readers that cannot be trained", fix="Mend what follows", problems=problems)


class _Start(NamedTuple):
    """What decides the network that a reader starts from."""

    network: str
    weights: str
    head: tuple[int, ...]
    decoder: str | None
    boxes: BoxPlan | None
    planes: PlanesPlan | None
    marks: bool


def _build(start: _Start, size: int, *, fetch: bool) -> None:
    network, weights, boxes = start.network, start.weights, start.boxes
    if start.marks:
        build_heat_mapper(network, weights=weights)
        return
    if weights == "imagenet" and not fetch:
        check_name(network)
        published_weights(network)
        weights = "random"
    if start.decoder is not None:
        build_segmenter(network, start.decoder, weights=weights, image_size=size)
        return
    if boxes is not None:
        options = {"finest": boxes.finest, "width": boxes.width}
        build_detector(network, boxes.kind, weights=weights, image_size=size, **options)
        return
    # The number of classes is known when the cases are; no network depends on it.
    build_network(network, 2, weights=weights, head=start.head, image_size=size, planes=start.planes)


def _trained_before(section: ReaderSection, base: Path, size: int, folder: RunFolder) -> bool:
    found = sorted((folder.path / "readers" / section.reader_name).rglob(READER_FILE))
    try:
        bundle = load_bundle(found[0].parent) if found else None
    except BundleError:
        return False
    if bundle is None:
        return False
    decoder = None if bundle.outlines is None else bundle.outlines.decoder
    boxes = None if bundle.boxes is None else (bundle.boxes.kind, bundle.boxes.finest, bundle.boxes.width)
    boxed = section.detector is not None and section.detector != "heatmap"
    wanted = (section.detector, section.finest, section.width) if boxed else None
    head, start = (bundle.head, bundle.ordered, bundle.pool), bundle.facts["plan"]["weights"]
    before = (bundle.network, start, head, decoder, boxes, bundle.preprocessing.size)
    own_head = (section.head, section.ordered, section.pool)
    return before == (section.backbone, section.start(base), own_head, section.decoder, wanted, size)


def _told(names: Sequence[str], error: ReadingRoomError) -> Problem:
    place = error.file or error.field
    details = "".join(f"; {problem}" for problem in error.problems)
    return Problem(", ".join([*names, *([place] if place else [])]), f"{error.what}{details}", error.fix)
