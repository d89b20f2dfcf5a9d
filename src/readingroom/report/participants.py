"""Who and what was studied: the participant flow, Table 1, and images by class in each part of the partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from readingroom.core.tables import CASE_COLUMNS, READING_COLUMNS, SCORE, SPLITS
from readingroom.core.translations import Translator
from readingroom.report.figures.flow import Flow, FlowPart
from readingroom.report.figures.style import Pen
from readingroom.report.tables import AnyCell, Cell, Table
from readingroom.report.wording import SPLIT_NAMES

_MOST_CLASSES_LISTED = 8
_MOST_LEVELS = 6
_READERS = {
    "network": "{n} networks",
    "model": "{n} models of features",
    "person": "{n} people",
    "reader": "{n} readers",
}
_NOT_FACTS = frozenset(
    {
        *READING_COLUMNS,
        *CASE_COLUMNS,
        "label",
        "group",
        "person",
        "modality",
        "predicted",
        "readable",
        "reason",
        "correct",
    }
    - {"site", "centre"}
)


@dataclass(frozen=True)
class Part:
    """One part of the partition in numbers."""

    split: str
    images: int
    patients: int | None
    lesions: int | None
    classes: dict[str, int]


def part_frame(partition: pd.DataFrame, readings: pd.DataFrame) -> pd.DataFrame:
    """One row an image: its split and whatever is known of it.

    With folds the parts are those of the first fold. Labels and facts come from the partition where it has them, and
    from the readings for the images that were read.
    """
    facts = readings.drop_duplicates("image").rename(columns={"truth": "label"})
    facts = facts.drop(columns=[c for c in facts if str(c).startswith(SCORE)])
    if partition.empty:
        return facts.reset_index(drop=True)
    images = partition
    # Copies belong to the protocol as published: the image itself is number 0.
    for column in ("fold", "copy"):
        if column in images:
            images = images[images[column].astype(str) == str(images[column].iloc[0])].drop(columns=column)
    new = [c for c in facts.columns if c == "image" or c not in images.columns]
    return images.merge(facts[new], on="image", how="left").reset_index(drop=True)


def parts_of(frame: pd.DataFrame, classes: Sequence[str], *, patients_known: bool) -> tuple[Part, ...]:
    """The parts in their natural order."""
    found: list[str] = list(frame["split"].dropna().unique()) if "split" in frame else []
    order = [split for split in SPLITS if split in found] + sorted(set(found) - set(SPLITS))
    return tuple(_part(frame[frame["split"] == split], split, classes, patients_known) for split in order)


def _part(rows: pd.DataFrame, split: str, classes: Sequence[str], patients_known: bool) -> Part:
    labels = rows["label"].dropna() if "label" in rows else pd.Series(dtype="object")
    # A part whose images were not read and whose labels nobody wrote down has no classes to count.
    counts = {name: int((labels == name).sum()) for name in classes} if len(labels) == len(rows) else {}
    return Part(split, len(rows), _patients(rows) if patients_known else None, _lesions(rows), counts)


def _patients(rows: pd.DataFrame) -> int | None:
    for column in ("patient", "group"):
        if column in rows and rows[column].notna().all():
            return int(rows[column].nunique())
    return None


def _lesions(rows: pd.DataFrame) -> int | None:
    if "lesion" not in rows or rows["lesion"].isna().all():
        return None
    by = ["patient", "lesion"] if "patient" in rows else ["lesion"]
    return len(rows.dropna(subset=["lesion"]).drop_duplicates(by))


def audited_parts(audit: Mapping[str, Any]) -> tuple[Part, ...]:
    """The parts of the first fold as the audit counted them; none where there is no audit."""
    folds = (audit.get("partition") or {}).get("folds") or []
    return tuple(_audited(part) for part in folds[0]["parts"]) if folds else ()


def _audited(part: Mapping[str, Any]) -> Part:
    classes = {str(one["label"]): int(one["images"]) for one in part["classes"]}
    return Part(str(part["split"]), int(part["images"]), part.get("patients"), part.get("lesions"), classes)


def exclusions(audit: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """Reasons and numbers of the images that were left out, as the audit counted them."""
    flow = audit.get("flow") or {}
    listed = [(str(one["reason"]), int(one["rows"])) for one in flow.get("excluded") or []]
    unreadable = int(flow.get("unreadable") or 0)
    return tuple(listed + ([("cannot be read as an image", unreadable)] if unreadable else []))


def flow_of(
    parts: Sequence[Part],
    excluded: Sequence[tuple[str, int]],
    readers: Mapping[str, int],
    pen: Pen,
    *,
    patients: int | None = None,
) -> Flow:
    """The participant flow in the words of a figure.

    Args:
        parts: of the partition.
        excluded: reasons and numbers of images.
        readers: how many of each kind read the tested parts.
        pen: writes the figure's language.
        patients: all that are included; None adds up those of the parts, which divided by image may share some.
    """
    say = pen.say
    kept = sum(part.images for part in parts)
    left_out = sum(count for _, count in excluded)
    start = FlowPart(say("Images in the case table"), (say("{n} images", n=kept + left_out),))
    aside = FlowPart(
        say("Left out: {n} images", n=left_out), tuple(f"{say(why)} (n = {count:,})" for why, count in excluded)
    )
    known = [part.patients for part in parts if part.patients is not None]
    count = sum(known) if patients is None else patients
    total = (say("{n} patients", n=count),) if len(known) == len(parts) and known else ()
    included = FlowPart(say("Included"), (say("{n} images", n=kept), *total))
    boxes = tuple(_box(part, pen) for part in parts)
    lines = tuple(say(_READERS[kind], n=count) for kind, count in readers.items() if count)
    end = FlowPart(say("Read by"), lines)
    return Flow(start, aside if excluded else None, included, boxes, end)


def _box(part: Part, pen: Pen) -> FlowPart:
    say = pen.say
    lines = [say("{n} images", n=part.images)]
    lines += [say("{n} patients", n=part.patients)] if part.patients is not None else []
    lines += [say("{n} lesions", n=part.lesions)] if part.lesions is not None else []
    if len(part.classes) > _MOST_CLASSES_LISTED:
        lines.append(say("{n} classes", n=len(part.classes)))
    else:
        lines += [f"{pen.name(name, 20)}: {count}" for name, count in part.classes.items()]
    return FlowPart(say(SPLIT_NAMES.get(part.split, part.split)), tuple(lines), part.split in {"test", "external"})


def table_one(frame: pd.DataFrame, parts: Sequence[Part], say: Translator) -> Table:
    """Images, patients, lesions, classes and facts of each part."""
    rows: list[tuple[AnyCell, ...]] = [_counts(say("Images"), [part.images for part in parts])]
    if any(part.patients is not None for part in parts):
        rows.append(_counts(say("Patients"), [part.patients for part in parts]))
    if any(part.lesions is not None for part in parts):
        rows.append(_counts(say("Lesions"), [part.lesions for part in parts]))
    classes = next((list(part.classes) for part in parts if part.classes), [])
    for name in classes:
        shares = [_share(part.classes.get(name), part.images) for part in parts]
        rows.append((Cell(say("Class: {name}", name=name)), *shares))
    for column in _facts(frame):
        rows += _fact_rows(frame, column, [part.split for part in parts], say)
    heads = ("", *(say(SPLIT_NAMES.get(part.split, part.split)) for part in parts))
    return Table("table1", "", heads, tuple(rows), _table_one_note(frame, say))


def _table_one_note(frame: pd.DataFrame, say: Translator) -> str:
    by = say("by patient") if _by_patient(frame) else say("by image")
    return say("Facts are counted {by}; number (per cent), or median (quartiles).", by=by)


def _counts(head: str, values: Sequence[int | None]) -> tuple[AnyCell, ...]:
    return (Cell(head), *(Cell("–" if value is None else f"{value:,}") for value in values))


def _share(count: int | None, total: int) -> Cell:
    if count is None:
        return Cell("–")
    return Cell(f"{count:,} ({100 * count / total:.1f}%)" if total else f"{count}")


def _facts(frame: pd.DataFrame) -> list[str]:
    names = [str(c) for c in frame.columns if c not in _NOT_FACTS and frame[c].notna().any()]
    return [name for name in names if _numeric(frame[name]) is not None or frame[name].nunique() <= _MOST_LEVELS]


def _numeric(values: pd.Series) -> pd.Series | None:
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers if numbers.notna().sum() >= 0.9 * values.notna().sum() and numbers.nunique() > 2 else None


def _by_patient(frame: pd.DataFrame) -> bool:
    return "patient" in frame and bool(frame["patient"].notna().all())


def _fact_rows(frame: pd.DataFrame, column: str, splits: Sequence[str], say: Translator) -> list[tuple[AnyCell, ...]]:
    rows = frame.drop_duplicates(["patient", column]) if _by_patient(frame) else frame
    numbers = _numeric(rows[column])
    title = say(column.replace("_", " ").capitalize())
    if numbers is not None:
        return [(Cell(title), *(_quartiles(numbers[rows["split"] == split]) for split in splits))]
    levels = sorted(rows[column].dropna().astype(str).unique())
    return [
        _level_row(rows, column, level, splits, say("{name}: {value}", name=title, value=level)) for level in levels
    ]


def _level_row(rows: pd.DataFrame, column: str, level: str, splits: Sequence[str], head: str) -> tuple[AnyCell, ...]:
    return (Cell(head), *(_level(rows, column, level, split) for split in splits))


def _level(rows: pd.DataFrame, column: str, level: str, split: str) -> Cell:
    values = rows.loc[rows["split"] == split, column].dropna().astype(str)
    return _share(int((values == level).sum()), len(values)) if len(values) else Cell("–")


def _quartiles(values: pd.Series) -> Cell:
    if values.dropna().empty:
        return Cell("–")
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return Cell(f"{middle:.4g} ({low:.4g}–{high:.4g})")
