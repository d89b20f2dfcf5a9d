"""Mark readings: what a reader that marks lesions found in a study's volumes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from readingroom.core.progress import Progress
from readingroom.reading.bundle import ReaderBundle
from readingroom.reading.mark_pipeline import open_marks, read_marks
from readingroom.reading.pipeline import Unread


def find_marks(
    where: Path, bundle: ReaderBundle, images: list[str], root: Path, progress: Progress
) -> tuple[pd.DataFrame, list[Unread]]:
    """Mark lesions in volumes; the rows of `read_marks`, and what could not be read.

    Args:
        where: folder of the bundle.
        bundle: its description.
        images: to be read.
        root: folder of the images.
        progress: where it is reported.
    """
    return read_marks(bundle, open_marks(where, bundle), images, root, progress=progress)
