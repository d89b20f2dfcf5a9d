"""The protocol as published: copies are made with augmentation before the split, so that both sides share images."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from readingroom.cases.catalogue import view_of
from readingroom.cases.images import read_image, to_rgb8
from readingroom.cases.partition import Partition
from readingroom.cases.table import CaseTable
from readingroom.cases.view import View, crop_to_view
from readingroom.cases.window import WindowChoice, plain_window
from readingroom.core.files import atomic_write, hash_value
from readingroom.core.progress import Progress
from readingroom.core.seeds import derive_seed
from readingroom.study.schema import StudyFile
from readingroom.training.augmentation import AugmentationSection, apply_draws, draw


def write_copies(
    study: StudyFile,
    cases: CaseTable,
    catalogue: pd.DataFrame,
    partition: Partition,
    folder: Path,
    progress: Progress,
) -> tuple[CaseTable, Partition]:
    """Write the augmented copies that a partition as published speaks of, and make rows of their own of them.

    Args:
        study: its ``augmentation`` is what is drawn.
        cases: the images themselves.
        catalogue: their views.
        partition: with ``copy`` above 0 for each copy.
        folder: where the copies are written, as PNG of the view.
        progress: where it is reported.

    Returns:
        Cases and partition with one row for each copy, named by its file.
    """
    wanted = partition.frame.loc[partition.frame["copy"] > 0, ["image", "copy"]].drop_duplicates()
    section = study.augmentation or AugmentationSection()
    seed = derive_seed(study.partition.seed, "published copies")
    # Copies of other images or of another augmentation never pass for these.
    window = study.input.window
    chosen = [] if window == "percentiles" else [plain_window(window)]
    folder = folder / hash_value([section.model_dump(mode="json"), seed, *chosen])[:12]
    facts = catalogue.set_index("image")
    hashes = facts["sha256"].to_dict()
    views = {str(image): view_of(row) for image, row in facts.iterrows()}
    number = {image: row for row, image in enumerate(cases.frame["image"])}
    names: dict[tuple[str, int], str] = {}
    pairs = [(str(image), int(copy)) for image, copy in wanted.itertuples(index=False)]
    for image, copy in progress.track(pairs, "copies before the split, as published", len(pairs)):
        path = folder / f"{hash_value([image, hashes[image]])[:24]}-{copy}.png"
        names[image, copy] = Path(_relative(path, cases.root)).as_posix()
        if not path.is_file():
            _write_copy(cases.path(image), views[image], window, section, (seed, number[image], copy), path)
    return _with_rows(cases, names), replace(partition, frame=_renamed(partition.frame, names))


def _write_copy(
    source: Path,
    view: View,
    window: WindowChoice,
    section: AugmentationSection,
    drawn: tuple[int, int, int],
    path: Path,
) -> None:
    pixels = crop_to_view(to_rgb8(read_image(source).shown(window)), view)
    seed, index, copy = drawn
    draws = draw(section, seed, 0, [index], pixels.shape[:2], copy=copy)
    made = apply_draws(pixels[None], draws)[0].permute(1, 2, 0).numpy()
    values = np.clip(np.rint(made * 255.0), 0, 255).astype(np.uint8)
    with atomic_write(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", values[:, :, ::-1])[1].tobytes())


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path.resolve(), root.resolve())


def _with_rows(cases: CaseTable, names: dict[tuple[str, int], str]) -> CaseTable:
    rows = cases.frame.set_index("image", drop=False)
    copies = rows.loc[[image for image, _ in names]].assign(image=list(names.values()))
    frame = pd.concat([cases.frame.assign(copy_of=None), copies.assign(copy_of=[image for image, _ in names])])
    return replace(cases, frame=frame.reset_index(drop=True))


def _renamed(frame: pd.DataFrame, names: dict[tuple[str, int], str]) -> pd.DataFrame:
    pairs = zip(frame["image"], frame["copy"], strict=True)
    return frame.assign(image=[names.get(pair, pair[0]) for pair in pairs])
