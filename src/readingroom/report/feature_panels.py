"""What the features readers went by: strongest features, stability under the outline, and a few decisions in detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from readingroom.core.translations import Translator
from readingroom.report.gallery import Thumbnails
from readingroom.report.methods_features import SOURCES, model_text
from readingroom.report.run_folder import RunFolder
from readingroom.report.tables import Cell, Table

STABLE = 0.75
"""From which on an intraclass correlation is usually called good (Koo & Li 2016)."""
FAMILIES = {
    "morph": "morphology", "loc": "local", "stat": "statistics", "ivh": "ivh", "ih": "histogram", "cm": "glcm",
    "rlm": "glrlm", "szm": "glszm", "dzm": "gldzm", "ngt": "ngtdm", "ngl": "ngldm",
}  # fmt: skip
"""The first part of mirp's names, and the family of the IBSI that it stands for."""
_FILTERED = "filtered image"


@dataclass(frozen=True)
class Stretch:
    """A stretch of a text: ``weight`` from -1 (against the answer) to 1 (for it), 0 where it said nothing."""

    text: str
    weight: float


@dataclass(frozen=True)
class SourceShare:
    """What one source added to an answer: share of all sources in per cent, and whether for the answer or against."""

    source: str
    percent: float
    speaks_for: bool


@dataclass(frozen=True)
class Decision:
    """What decided one tested case: ``overlay`` is the heat map over the image, empty where there is none."""

    image: str
    picture: str
    overlay: str
    truth: str
    answer: str
    score: float
    shares: tuple[SourceShare, ...]
    features: tuple[str, ...]
    text: tuple[Stretch, ...]

    @property
    def right(self) -> bool:
        """Whether the answer is that of the reference."""
        return self.truth == self.answer


@dataclass(frozen=True)
class FeaturePanel:
    """One features reader."""

    reader: str
    model: str
    table: Table | None
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class FeaturePanels:
    """All features readers, the table of stability, and the correlations that its figure shows, by reader."""

    readers: tuple[FeaturePanel, ...] = ()
    stability: Table | None = None
    correlations: Mapping[str, pd.DataFrame] | None = None

    def tables(self) -> list[Table]:
        """For the CSV files."""
        own = [panel.table for panel in self.readers if panel.table is not None]
        return own + ([self.stability] if self.stability is not None else [])


NO_FEATURE_PANELS = FeaturePanels()


def feature_panels(
    run: RunFolder | None, thumbnails: Thumbnails | None, overlays: Mapping[tuple[str, str], str], say: Translator
) -> FeaturePanels:
    """Put together what a run left about its features readers.

    Args:
        run: the run folder; None without one.
        thumbnails: of the images; None where they are not at hand.
        overlays: heat maps over images as data URIs, by reader and image.
        say: the language.
    """
    if run is None or not run.went_by:
        return FeaturePanels()
    readers = run.manifest.get("readers") or {}
    panels = tuple(
        FeaturePanel(
            name,
            model_text(readers.get(name, {}), say),
            _table(place, run.went_by[name], say),
            tuple(_decision(name, one, thumbnails, overlays, say) for one in run.went_by[name]["decisions"]),
        )
        for place, name in enumerate((name for name in readers if name in run.went_by), start=1)
    )
    return FeaturePanels(panels, _stability(run, say), run.stability or None)


def family_of(feature: str) -> str:
    """The family of a radiomic feature, by mirp's name of it.

    Example:
        >>> family_of("cm_contrast_d1_2d_s_mrg_fbn_n32")
        'glcm'
    """
    first = feature.split("_", 1)[0]
    return FAMILIES.get(first, _FILTERED)


def _table(place: int, found: Mapping[str, Any], say: Translator) -> Table | None:
    rows = found["features"]
    if not rows:
        return None
    linear = bool(found["linear"])
    heads = (say("Feature"), say("Source"), say("Coefficient") if linear else say("Importance"), say("Speaks for"))
    cells = tuple(_row(one, found, linear=linear, say=say) for one in rows)
    text = (
        "Coefficients of the log-odds for a step of one standard deviation (of words: of their TF-IDF weight)."
        if linear
        else "Rise of the log loss on the validation images when the feature is dealt at random among them; the "
        "direction is the sign of its rank correlation with the score."
    )
    return Table(f"features-{place}", "", heads, cells, say(text), texts=2)


def _row(one: Mapping[str, Any], found: Mapping[str, Any], *, linear: bool, say: Translator) -> tuple[Cell, ...]:
    source = say(SOURCES[one["source"]])
    sign = one["value"] if linear else one.get("sign", 0.0)
    target = one.get("class") or found["explained"] or ""
    speaks = target if sign > 0 else say("against {label}", label=target) if sign < 0 else "–"
    value = f"{one['value']:+.2f}" if linear else f"{one['value']:.3f}"
    return Cell(str(one["feature"])), Cell(source), Cell(value), Cell(speaks)


def _decision(
    reader: str,
    one: Mapping[str, Any],
    thumbnails: Thumbnails | None,
    overlays: Mapping[tuple[str, str], str],
    say: Translator,
) -> Decision:
    return Decision(
        image=one["image"],
        picture="" if thumbnails is None else thumbnails(one["image"]),
        overlay=overlays.get((reader, one["image"]), ""),
        truth=one["truth"],
        answer=one["predicted"],
        score=float(one["score"]),
        shares=_shares(one["sources"], say),
        features=tuple(f"{item['feature']} {item['value']:+.2f}" for item in one["features"]),
        text=tuple(stretches(one["text"], one["words"])),
    )


def _shares(sources: Mapping[str, float], say: Translator) -> tuple[SourceShare, ...]:
    total = sum(abs(value) for value in sources.values())
    if total == 0 or len(sources) < 2:
        return ()
    order = sorted(sources, key=lambda name: -abs(sources[name]))
    return tuple(SourceShare(say(SOURCES[name]), 100 * abs(sources[name]) / total, sources[name] > 0) for name in order)


def stretches(text: str, words: Sequence[Mapping[str, Any]]) -> list[Stretch]:
    """A text in stretches, each with its weight; weights are scaled by the strongest of the text.

    Example:
        >>> [(one.text, one.weight) for one in stretches("no node", [{"start": 0, "end": 2, "value": -2.0}])]
        [('no', -1.0), (' node', 0.0)]
    """
    strongest = max((abs(word["value"]) for word in words), default=0.0)
    parts, place = [], 0
    for word in sorted(words, key=lambda one: int(one["start"])):
        if word["start"] > place:
            parts.append(Stretch(text[place : word["start"]], 0.0))
        parts.append(Stretch(text[word["start"] : word["end"]], word["value"] / strongest))
        place = word["end"]
    return parts + ([Stretch(text[place:], 0.0)] if place < len(text) else [])


def _stability(run: RunFolder, say: Translator) -> Table | None:
    if not run.stability:
        return None
    rows = [row for name, table in run.stability.items() for row in _families(name, table, say)]
    heads = ("Reader", "Family", "Features", "Images", "Median ICC", "ICC of {limit} or more")
    note = say(
        "ICC(2,1) of each radiomic feature between the outline as it is, eroded and dilated by a pixel, moved by one "
        "or two, and redrawn with a wobbling edge, on training images only."
    )
    return Table("stability", "", tuple(say(head, limit=STABLE) for head in heads), tuple(rows), note, texts=2)


def _families(name: str, table: pd.DataFrame, say: Translator) -> list[tuple[Cell, ...]]:
    family = table["feature"].map(family_of)
    parts = [(say("all"), table), *((say(one), table[family == one]) for one in dict.fromkeys(family))]
    return [(Cell(name), Cell(said), *_counted(own)) for said, own in parts]


def _counted(own: pd.DataFrame) -> tuple[Cell, ...]:
    known = own["icc"].dropna()
    stable = int((known >= STABLE).sum())
    middle = f"{float(np.median(known)):.2f}" if len(known) else "–"
    images = int(own["images"].max()) if len(own) else 0
    return (
        Cell(str(len(own))),
        Cell(str(images)),
        Cell(middle),
        Cell(f"{100 * stable / max(1, len(own)):.0f}%", f"{stable}/{len(own)}"),
    )
