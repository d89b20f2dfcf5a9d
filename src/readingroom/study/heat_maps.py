"""The heat maps of a study: a few test images, explained by every reader that tells classes apart."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from readingroom.core.errors import NetworkError
from readingroom.core.files import atomic_write, hash_value
from readingroom.core.progress import Progress
from readingroom.core.tables import SCORE, read_facts, write_parquet
from readingroom.reading.bundle import ReaderBundle
from readingroom.reading.explained import ExplainSection, choose_images
from readingroom.reading.features.head import network_to_explain
from readingroom.reading.heat_maps import INSTALL, Explained, HeatMapper, explain_images, has_captum
from readingroom.reading.outline_pipeline import png_name
from readingroom.study.folder import RunFolder
from readingroom.study.planes import tested

KIND = "heat_maps"
COLUMNS = ("reader", "image", "explained", "truth", "predicted", "score", "empty", "file", "split", "fold", "repeat")
_VERSION = 1

Reading = dict[str, Any]
Readings = dict[str, Reading]
"""The readings of one reader by image."""


@dataclass(frozen=True)
class HeatMaps:
    """Draws the heat maps of a run; those that are there already are kept.

    Args:
        section: of the study file.
        seed: of the study's partition.
        folder: of the run.
        root: folder of the images.
        key: of the cases.
        progress: where it is reported.
    """

    section: ExplainSection
    seed: int
    folder: RunFolder
    root: Path
    key: str
    progress: Progress

    def draw(self, readers: dict[str, tuple[Path, ReaderBundle]]) -> None:
        """Draw for each reader of classes by name: its bundle's folder, and the bundle, of the first fold and repeat.

        Where captum is not installed, or a network has no layer that knows places, it is said and nothing is drawn.
        """
        read = {name: tested(pd.read_parquet(self.folder.readings(name))) for name in readers}
        if not read:
            return
        classes = next(iter(readers.values()))[1].classes
        # Copies made before the division are tested by some readers only; the images shown are everybody's.
        common = set.intersection(*(set(rows["image"]) for rows in read.values()))
        shared = pd.concat([rows[rows["image"].isin(common)] for rows in read.values()])
        images = choose_images(shared, classes, self.section.images, self.seed)
        wanted = {name: _by_image(rows[rows["image"].isin(images)]) for name, rows in read.items()}
        missing = [name for name, (_, bundle) in readers.items() if not self._is_drawn(name, bundle, images)]
        for name in missing:  # whatever is there explains another reader
            self.folder.heat_maps(name).unlink(missing_ok=True)
            shutil.rmtree(self.folder.heat_maps(name).with_suffix(""), ignore_errors=True)
        if not missing:
            return
        if not has_captum():
            self.progress.say(f"no heat maps, because captum is not installed: {INSTALL}")
            return
        for name in self.progress.track(missing, "drawing heat maps", len(missing)):
            self._draw_one(name, *readers[name], images, wanted[name])

    def _key(self, bundle: ReaderBundle, images: list[str]) -> str:
        facts = bundle.facts
        return hash_value([_VERSION, facts["key"], facts["weights_sha256"], images, self.key])

    def _is_drawn(self, name: str, bundle: ReaderBundle, images: list[str]) -> bool:
        path = self.folder.heat_maps(name)
        if not path.is_file() or read_facts(path).get("key") != self._key(bundle, images):
            return False
        return all((self.folder.path / file).is_file() for file in pd.read_parquet(path)["file"])

    def _draw_one(self, name: str, where: Path, bundle: ReaderBundle, images: list[str], read: Readings) -> None:
        pairs = [(image, label) for image in images for label in _explained(read[image])]
        try:
            mapper = HeatMapper(network_to_explain(where, bundle), bundle.preprocessing, reader=name)
        except NetworkError as error:
            self.progress.say(str(error))
            return
        found = explain_images(mapper, bundle.preprocessing, pairs, bundle.classes, self.root)
        rows = [self._kept(name, one, read[one.image]) for one in found]
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        write_parquet(table, self.folder.heat_maps(name), kind=KIND, facts={"key": self._key(bundle, images)})

    def _kept(self, name: str, one: Explained, reading: Reading) -> dict[str, Any]:
        """Write a map as a grey PNG in the frame of its image; returns its row."""
        what = "answered" if one.explained == reading["predicted"] else "reference"
        file = self.folder.heat_maps(name).with_suffix("") / what / png_name(one.image)
        with atomic_write(file) as temporary:
            temporary.write_bytes(cv2.imencode(".png", np.rint(one.heat * 255).astype(np.uint8))[1].tobytes())
        return {
            "reader": name,
            "image": one.image,
            "explained": one.explained,
            **{column: reading[column] for column in ("truth", "predicted", "split", "fold", "repeat")},
            "score": float(reading[f"{SCORE}{one.explained}"]),
            "empty": one.empty,
            "file": file.relative_to(self.folder.path).as_posix(),
        }


def _by_image(rows: pd.DataFrame) -> Readings:
    records = ({str(name): value for name, value in row.items()} for row in rows.to_dict("records"))
    return {str(row["image"]): row for row in records}


def _explained(reading: Reading) -> list[str]:
    """The class that was answered, and the class of the reference where they differ."""
    return list(dict.fromkeys([str(reading["predicted"]), str(reading["truth"])]))
