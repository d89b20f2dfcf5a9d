"""The planes that carried the answers of a study's readers: their weights, and strips of a few test images."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from readingroom.core.files import hash_value
from readingroom.core.progress import Progress
from readingroom.core.tables import read_facts, write_parquet
from readingroom.reading.bundle import ReaderBundle
from readingroom.reading.explained import choose_images
from readingroom.reading.outline_pipeline import png_name
from readingroom.reading.planes import PlaneWeigher, save_strip, weighed
from readingroom.study.folder import RunFolder
from readingroom.training.prepared import PreparedImages

KIND = "planes"
COLUMNS = ("reader", "image", "plane", "name", "weight", "truth", "predicted", "file", "split", "fold", "repeat")
_VERSION = 1
_BATCH = 8


@dataclass(frozen=True)
class PlanesShown:
    """Weighs the planes of the tested stacks; what is there already is kept.

    Args:
        images: strips of each class, at most.
        seed: of the study's partition.
        folder: of the run.
        prepared: the stacks.
        rows: of each image in ``prepared``.
        key: of the cases.
        progress: where it is reported.
    """

    images: int
    seed: int
    folder: RunFolder
    prepared: PreparedImages
    rows: Mapping[str, int]
    key: str
    progress: Progress

    def write(self, readers: Mapping[str, tuple[Path, ReaderBundle]]) -> None:
        """Write a table for each reader with a pool: its bundle's folder, and the bundle, of the first training."""
        read = {name: tested(pd.read_parquet(self.folder.readings(name))) for name in readers}
        if not read:
            return
        classes = next(iter(readers.values()))[1].classes
        shown = choose_images(pd.concat(read.values()), classes, self.images, self.seed)
        missing = {name: one for name, one in readers.items() if not self._is_written(name, one[1], shown)}
        for name, (where, bundle) in self.progress.track(missing.items(), "weighing the planes", len(missing)):
            shutil.rmtree(self.folder.planes(name).with_suffix(""), ignore_errors=True)
            table = self._weighed(name, PlaneWeigher(where, bundle), bundle, read[name], shown)
            write_parquet(table, self.folder.planes(name), kind=KIND, facts={"key": self._key(bundle, shown)})

    def _key(self, bundle: ReaderBundle, shown: list[str]) -> str:
        facts = bundle.facts
        return hash_value([_VERSION, facts["key"], facts["weights_sha256"], shown, self.key])

    def _is_written(self, name: str, bundle: ReaderBundle, shown: list[str]) -> bool:
        path = self.folder.planes(name)
        return path.is_file() and read_facts(path).get("key") == self._key(bundle, shown)

    def _weighed(
        self, name: str, weigher: PlaneWeigher, bundle: ReaderBundle, read: pd.DataFrame, shown: list[str]
    ) -> pd.DataFrame:
        stack = bundle.preprocessing.stack
        parts = []
        for start in range(0, len(read), _BATCH):
            group = read.iloc[start : start + _BATCH]
            pixels = self.prepared.pixels[[self.rows[str(image)] for image in group["image"]]]
            weights = weigher.weights(pixels)
            for (_, row), planes, own in zip(group.iterrows(), pixels, weights, strict=True):
                file = self._strip(name, str(row["image"]), planes, own) if row["image"] in shown else ""
                facts = {c: row[c] for c in ("image", "truth", "predicted", "split", "fold", "repeat")}
                parts.append(weighed(stack, planes, own).assign(reader=name, file=file, **facts))
        joined: pd.DataFrame = pd.concat(parts, ignore_index=True)
        return joined.reindex(columns=list(COLUMNS))

    def _strip(self, name: str, image: str, planes: np.ndarray, weights: np.ndarray) -> str:
        """Write the strip of one image; returns its path in the run folder."""
        file = self.folder.planes(name).with_suffix("") / png_name(image)
        save_strip(file, planes, weights)
        return file.relative_to(self.folder.path).as_posix()


def tested(readings: pd.DataFrame) -> pd.DataFrame:
    """The readings of the first training on the test part; on the external one where there is no other."""
    first = readings[(readings["fold"] == 1) & (readings["repeat"] == 1)]
    test = first[first["split"] == "test"]
    return test if len(test) else first[first["split"] == "external"]
