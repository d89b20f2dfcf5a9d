"""The run folder: where everything of a run lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_ARMS = "arms"
_CATALOGUE = "catalogue.parquet"


@dataclass(frozen=True)
class RunFolder:
    """Paths of a run.

    Args:
        path: the folder itself, ``runs/<study>``.
    """

    path: Path

    @property
    def study(self) -> Path:
        """The study file with every key resolved."""
        return self.path / "study.yaml"

    @property
    def manifest(self) -> Path:
        """Hashes of inputs, code version, seeds, library versions, readers."""
        return self.path / "manifest.json"

    @property
    def environment(self) -> Path:
        """Installed packages and their versions."""
        return self.path / "environment.txt"

    @property
    def partition(self) -> Path:
        """One row an image and fold: image, group, fold, split, copy, and the facts of the case table."""
        return self.path / "partition.csv"

    @property
    def audit(self) -> Path:
        """What the audit found."""
        return self.path / "audit.json"

    @property
    def catalogue(self) -> Path:
        """One row an image: its facts, hashes, view and quality."""
        return self.path / _CATALOGUE

    @property
    def prepared(self) -> Path:
        """Prepared images and kept features, named by their content; may be deleted. Arms share their study's."""
        return self._owner / "prepared"

    @property
    def radiomics(self) -> Path:
        """Radiomics of each image, kept by the content of its files; may be deleted."""
        return self.prepared / "radiomics"

    @property
    def _owner(self) -> Path:
        """The study's folder, of an arm and of the study itself."""
        return self.path.parents[1] if self.path.parent.name == _ARMS else self.path

    @property
    def catalogues(self) -> list[Path]:
        """Its own catalogue and those of the same study's other runs, as far as they are there."""
        own = [self.catalogue, self._owner / _CATALOGUE, *sorted((self._owner / _ARMS).glob(f"*/{_CATALOGUE}"))]
        return [path for path in dict.fromkeys(own) if path.is_file()]

    @property
    def published(self) -> Path:
        """Copies made before the split, where the protocol is `as-published`."""
        return self.path / "published"

    @property
    def report(self) -> Path:
        """The report's folder."""
        return self.path / "report"

    @property
    def log(self) -> Path:
        """What happened, with times."""
        return self.path / "run.log"

    def arm(self, name: str) -> RunFolder:
        """The run folder of an arm: the same study under another protocol."""
        return RunFolder(self.path / _ARMS / name)

    def reader(self, name: str, fold: int, repeat: int, *, folds: int, repeats: int) -> Path:
        """Folder of a reader's bundle; folds and repeats have their own folders below it."""
        parts = [name]
        if folds > 1:
            parts.append(f"fold-{fold}")
        if repeats > 1:
            parts.append(f"repeat-{repeat}")
        return self.path.joinpath("readers", *parts)

    def outlined(self, reader: str) -> Path:
        """One row an image that this reader outlined; its masks are in the folder of the same name beside."""
        return self.path / "outlines" / f"{reader}.parquet"

    def masks(self, reader: str, fold: int, repeat: int, *, folds: int, repeats: int) -> Path:
        """Folder of the masks that a reader drew, laid out as `reader`."""
        bundle = self.reader(reader, fold, repeat, folds=folds, repeats=repeats)
        return self.path / "outlines" / bundle.relative_to(self.path / "readers")

    def boxes(self, reader: str) -> Path:
        """One row a box that this reader found, and one an image without any."""
        return self.path / "boxes" / f"{reader}.parquet"

    def points(self, reader: str) -> Path:
        """One row a mark of this reader in a volume, and one a volume without any."""
        return self.path / "points" / f"{reader}.parquet"

    def heat_maps(self, reader: str) -> Path:
        """One row a heat map of this reader; the maps are in the folder of the same name beside."""
        return self.path / "heat_maps" / f"{reader}.parquet"

    def planes(self, reader: str) -> Path:
        """One row a plane of a tested stack: its weight; strips are in the folder of the same name beside."""
        return self.path / "planes" / f"{reader}.parquet"

    def went_by(self, reader: str) -> Path:
        """What a features reader went by: its strongest features, and what decided a few test cases."""
        return self.path / "features" / f"{reader}.json"

    @property
    def reference_boxes(self) -> Path:
        """One row a box of the reference, and one an image known to have none."""
        return self.path / "reference_boxes.parquet"

    @property
    def reference_points(self) -> Path:
        """One row a lesion of the reference in a volume, and one a volume known to have none."""
        return self.path / "reference_points.parquet"

    def readings(self, reader: str) -> Path:
        """One row a reading of this reader."""
        return self.path / "readings" / f"{reader}.parquet"
