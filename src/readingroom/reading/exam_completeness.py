"""Completeness of still pictures that were read: by folder, which sites are documented and which are missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from readingroom.cases.sites import ProtocolName, document_sites, load_sites, site_classes
from readingroom.core.tables import SCORE
from readingroom.core.translations import Translator

_LISTS: tuple[ProtocolName | None, ...] = (None, "sss", "esge")


def exam_completeness(
    readings: pd.DataFrame, classes: Sequence[str], root: Path, *, least: float = 0.0, say: Translator | None = None
) -> pd.DataFrame:
    """One row a folder of images, which stands for an examination.

    Args:
        readings: ``image, predicted, score_<class>``, images relative to ``root``.
        classes: of the reader; sites by `readingroom.cases.sites.site_classes`.
        root: names the examination of images that lie in it directly.
        least: sites that only less sure answers document are named in ``doubtful``; they count as documented.
        say: the language of the names.

    Returns:
        ``exam, images, documented, sites, missing, doubtful``, and of the places of the two shorter lists that these
        classes can document ``sss_documented, sss_places, sss_missing`` and ``esge_…``. Empty without readings or where
        the classes are not sites.
    """
    say = say or Translator()
    named = site_classes(classes)
    if readings.empty or not named:
        return pd.DataFrame()
    exams = [_exam(str(image), root) for image in readings["image"]]
    answers = readings["predicted"].map({name: site.key for name, site in named.items()}).tolist()
    scores = [float(row[f"{SCORE}{row['predicted']}"]) for _, row in readings.iterrows()]
    among = {site.key for site in named.values()}
    found: pd.DataFrame = pd.Series(exams).value_counts(sort=False).rename_axis("exam").reset_index(name="images")
    for protocol in _LISTS:
        shown = document_sites(exams, answers, protocol=protocol, among=among, score=scores)
        seen = shown.seen.loc[found["exam"]]
        prefix = "" if protocol is None else f"{protocol}_"
        found[f"{prefix}documented"] = seen.sum(axis=1).to_numpy()
        found["sites" if protocol is None else f"{prefix}places"] = seen.shape[1]
        found[f"{prefix}missing"] = _listed(~seen, protocol, say)
        if protocol is None:
            found["doubtful"] = _listed(seen & (shown.best.loc[found["exam"]] < least), protocol, say)
    return found


def _exam(image: str, root: Path) -> str:
    folder = PurePosixPath(image).parent
    return root.name if folder == PurePosixPath() else str(folder)


def _listed(places: pd.DataFrame, protocol: ProtocolName | None, say: Translator) -> list[str]:
    names = [load_sites().place_name(str(place), protocol, say.language) for place in places.columns]
    return [say("; ").join(name for name, there in zip(names, row, strict=True) if there) for row in places.to_numpy()]
