"""The preparation: every image, outline, box and point of a study once, as networks see them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.cases.catalogue import view_of
from readingroom.cases.view import View
from readingroom.core.files import hash_value
from readingroom.core.progress import Progress
from readingroom.reading.boxes import boxes_to_input
from readingroom.reading.mark_pipeline import prepare_volume
from readingroom.reading.pipeline import prepare_file
from readingroom.reading.preprocessing import IMAGENET_MEAN, IMAGENET_SD, Normalisation, Pixels, Preprocessing
from readingroom.study.cleaning import Levelled, common_part, matches_training, wanted_contract
from readingroom.study.folder import RunFolder
from readingroom.study.intake import Intake
from readingroom.study.schema import StudyFile
from readingroom.training.boxing import PreparedBoxes
from readingroom.training.marking import PreparedPoints
from readingroom.training.outlining import UNKNOWN
from readingroom.training.prepared import PreparedImages, prepare_images
from readingroom.training.prepared_volumes import PreparedVolumes, prepare_volumes


@dataclass(frozen=True)
class Preparation:
    """Prepares the cases of one study; what an earlier run or an arm has prepared is found again by its content.

    Args:
        study: the study file.
        base: folder that paths of the study file are relative to.
        intake: the audited cases.
        folder: of the run.
        progress: where it is reported.
    """

    study: StudyFile
    base: Path
    intake: Intake
    folder: RunFolder
    progress: Progress

    @cached_property
    def _names(self) -> list[str]:
        return [str(name) for name in self.intake.cases.frame["image"]]

    @cached_property
    def _rows(self) -> pd.DataFrame:
        """The catalogue's rows of the cases, in their order."""
        rows: pd.DataFrame = self.intake.catalogue.set_index("image").loc[self._names]
        return rows

    @cached_property
    def _views(self) -> dict[str, View]:
        return {str(name): view_of(row) for name, row in self._rows.iterrows()}

    @cached_property
    def _contract(self) -> Preprocessing:
        """What the study file asks for; levels and normalisation are not known yet."""
        return wanted_contract(self.study.input, self.base)

    def images(self) -> PreparedImages | PreparedVolumes:
        """Every image once at the study's size, whichever reader, fold or repeat needs it."""
        contract, path = common_part(self._contract), self.intake.cases.path
        key = hash_value([contract.prepared_key, self._rows["sha256"].tolist()])
        kept, names, progress = self.folder.prepared, self._names, self.progress
        if self.study.points:
            return prepare_volumes(
                kept, names, lambda name: prepare_volume(path(name), contract), key=key, progress=progress
            )
        return prepare_images(
            kept,
            names,
            lambda name: prepare_file(path(name), contract, self._views[name]),
            shape=contract.shape,
            key=key,
            progress=progress,
        )

    def outlines(self) -> PreparedImages | None:
        """Every outline once, as its image was prepared; None where no reader outlines."""
        known, contract = self.intake.outlines, self._contract
        if known is None:
            return None
        sizes = dict(zip(self._names, self._rows[["height", "width"]].astype(int).itertuples(index=False), strict=True))

        def prepare(name: str) -> Pixels:
            mask = known.mask(name, *sizes[name])
            if mask is None:
                return np.full((contract.size, contract.size), UNKNOWN, dtype=np.uint8)
            return contract.prepare_outline(mask, self._views[name])

        return prepare_images(
            self.folder.prepared,
            self._names,
            prepare,
            shape=(contract.size, contract.size),
            key=hash_value(["outlines", contract.prepared_key, self._rows["sha256"].tolist(), known.key]),
            what="outlines",
            progress=self.progress,
        )

    def boxes(self) -> PreparedBoxes | None:
        """The boxes of every image where they lie in the prepared one; None where no reader needs them."""
        known, contract = self.intake.boxes, self._contract
        if known is None:
            return None
        found = [(known.of(name), self._views[name]) for name in self._names]
        rows = tuple(None if boxes is None else boxes_to_input(boxes, view, contract) for boxes, view in found)
        return PreparedBoxes(rows, contract.size)

    def points(self) -> PreparedPoints | None:
        """The lesions of every volume, in mm; None where no reader marks them."""
        known = self.intake.points
        return None if known is None else PreparedPoints(tuple(map(known.of, self._names)))

    def contract_of(
        self, prepared: PreparedImages | PreparedVolumes, training: npt.NDArray[np.int64]
    ) -> tuple[Preprocessing, PreparedImages | PreparedVolumes]:
        """The contract of readers that learn from some rows, and the images prepared by it.

        Args:
            prepared: as `images` gives them.
            training: rows whose levels, mean and standard deviation count, as far as the study asks for them.
        """
        contract = self._contract
        if isinstance(prepared, PreparedImages) and matches_training(contract.clean):
            views = [self._views[name] for name in self._names]
            levelled = Levelled(self.folder.prepared, self._names, views, self.progress)
            contract, prepared = levelled.of(contract, prepared, training)
        mean, sd = self._moments(prepared, training)
        return replace(contract, mean=mean, sd=sd), prepared

    def _moments(
        self, prepared: PreparedImages | PreparedVolumes, training: npt.NDArray[np.int64]
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        wanted = self.study.input.normalise
        if isinstance(wanted, Normalisation):
            return wanted.mean, wanted.sd
        if wanted == "training":
            return prepared.moments(training)
        return (IMAGENET_MEAN, IMAGENET_SD) if wanted == "imagenet" else ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
