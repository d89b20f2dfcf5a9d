"""The levels that images are brought to: of a picture, or of the training part, which is known only with the division.

What comes before them is done once for all readers and folds; a fold whose training part decides the levels has its own
prepared images, made from those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from readingroom.cases.cleaning import CleanSection, Reference, levels_of, mean_levels
from readingroom.cases.images import read_image
from readingroom.cases.view import View
from readingroom.core.errors import ImageError, StudyFileError
from readingroom.core.progress import Progress
from readingroom.reading.preprocessing import InputSection, Preprocessing
from readingroom.training.prepared import PreparedImages, prepare_images

TRAINING = "training"
_FIELD = "input.clean.histogram.match"


def wanted_contract(section: InputSection, base: Path) -> Preprocessing:
    """What the study file asks for; the levels of the training part, and the normalisation, are not known yet.

    Raises:
        StudyFileError: the picture whose levels are wanted cannot be read.
    """
    reference = picture_levels(section, base)
    return Preprocessing(
        section.view,
        section.size,
        section.fit,
        window=section.window,
        stack=section.stack,
        clean=section.clean,
        reference=reference,
    )


def picture_levels(section: InputSection, base: Path) -> Reference | None:
    """The levels of the picture that the study file names; None where it names none."""
    match = _match(section.clean)
    if match in {None, TRAINING}:
        return None
    path = base / str(match)
    try:
        image = read_image(path)
    except ImageError as error:
        fix = "Give training, or the path of a picture relative to the study file"
        raise StudyFileError(error.what, fix=fix, file=path, field=_FIELD) from error
    contract = Preprocessing(section.view, section.size, section.fit, window=section.window)
    view = contract.view_of(image)
    return levels_of(contract.prepare_image(image, view), contract.prepared_mask(view))


def common_part(contract: Preprocessing) -> Preprocessing:
    """What can be done to all images before it is known which of them are for training."""
    if contract.clean is None or not matches_training(contract.clean):
        return contract
    return replace(contract, clean=contract.clean.model_copy(update={"histogram": None, "clahe": None}))


@dataclass(frozen=True)
class Levelled:
    """Brings prepared images to the levels of a training part.

    Args:
        folder: of prepared images.
        images: in the order of the rows.
        views: of the images, in the same order.
        progress: where it is reported.
    """

    folder: Path
    images: Sequence[str]
    views: Sequence[View]
    progress: Progress

    def of(
        self, contract: Preprocessing, prepared: PreparedImages, training: npt.NDArray[np.int64]
    ) -> tuple[Preprocessing, PreparedImages]:
        """The contract with the levels of some rows, and every image prepared by it.

        Args:
            contract: as `wanted_contract` gives it.
            prepared: by its `common_part`.
            training: rows.
        """
        known = (levels_of(prepared.pixels[row], contract.prepared_mask(self.views[row])) for row in training)
        full = replace(contract, reference=mean_levels(known))
        rows = {name: row for row, name in enumerate(self.images)}
        made = prepare_images(
            self.folder,
            self.images,
            lambda name: full.clean_prepared(prepared.pixels[rows[name]], self.views[rows[name]]),
            shape=full.shape,
            key=f"{full.prepared_key} {prepared.path.name}",
            what="levels of images",
            progress=self.progress,
        )
        return full, made


def matches_training(clean: CleanSection | None) -> bool:
    """Whether images are to be brought to the levels of the training part, which differ from fold to fold."""
    return _match(clean) == TRAINING


def _match(clean: CleanSection | None) -> str | None:
    return None if clean is None or clean.histogram is None else clean.histogram.match
