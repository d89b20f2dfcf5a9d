"""The condition of the images: which cannot be read, which are blurred or badly exposed, and how they were stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from readingroom.cases.notes import Level, Note
from readingroom.cases.quality import BLURRED, OVEREXPOSED, UNDEREXPOSED
from readingroom.cases.window import PERCENTILES

WORST = 12
"""Examples that the audit lists of each condition."""

UNREADABLE_LISTED = 200
"""Unreadable images that the audit lists at most."""


@dataclass(frozen=True)
class Condition:
    """A condition that the catalogue may complain of.

    Args:
        name: the complaint.
        column: the fact that it rests on.
        lowest: whether the lowest values are the worst; else the highest.
        limit: the value from which it is complained of.
        text: what the report says.
    """

    name: str
    column: str
    lowest: bool
    limit: float
    text: str


CONDITIONS = (
    Condition("blurred", "blur", True, BLURRED, "Images that are blurred: {n} of {total}."),
    Condition(
        "underexposed",
        "dark_share",
        False,
        UNDEREXPOSED,
        "Images in which at least half of the view is too dark to show anything: {n} of {total}.",
    ),
    Condition(
        "overexposed",
        "bright_share",
        False,
        OVEREXPOSED,
        "Images in which at least 15 % of the view is burned out: {n} of {total}.",
    ),
)


def describe_condition(catalogue: pd.DataFrame) -> dict[str, Any]:
    """Unreadable images with reasons, images in each condition with the worst, formats, conversions and views."""
    readable = catalogue["readable"].astype(bool)
    unread, read = catalogue[~readable], catalogue[readable]
    listed = unread[["image", "reason"]].head(UNREADABLE_LISTED)
    return {
        "unreadable": [{"image": str(image), "reason": str(reason)} for image, reason in listed.to_numpy()],
        "unreadable_total": len(unread),
        "conditions": {one.name: _describe(read, one) for one in CONDITIONS},
        "formats": _formats(read),
        "converted": _conversions(read),
        "window": json.loads(read["window"].iloc[0]) if len(read) else "percentiles",
        "windowed": {str(how): int(count) for how, count in read["windowed"].value_counts().items()},
        "views": _views(read),
    }


def condition_notes(images: dict[str, Any], total: int) -> Iterator[Note]:
    """What the report says of the condition of the images."""
    unreadable = images["unreadable_total"]
    if unreadable:
        text = "Images that cannot be read: {n} of {total}; they are left out. The first is {image}: {reason}"
        first = images["unreadable"][0]
        values = {"n": unreadable, "total": total, "image": first["image"], "reason": first["reason"]}
        yield Note("warning", "unreadable", text, values, "Copy these files again from their source.")
    for condition in CONDITIONS:
        found = images["conditions"].get(condition.name, {"total": 0})
        if found["total"]:
            values = {"n": found["total"], "total": total}
            yield Note("note", condition.name, condition.text, values, "Look at the worst examples listed.")
    yield from _format_notes(images)


def _format_notes(images: dict[str, Any]) -> Iterator[Note]:
    if len(images["formats"]) > 1:
        named = ", ".join(f"{one['format']} ({one['images']})" for one in images["formats"])
        yield Note("note", "mixed-formats", "The images are stored in several ways: {formats}.", {"formats": named})
    if images["converted"]:
        text = "Images with a remark from reading their files: {n}. Most often: {note}"
        most = images["converted"][0]
        values = {"n": sum(one["images"] for one in images["converted"]), "note": most["note"]}
        yield Note("note", "converted", text, values)
    yield from _window_notes(images)


def _window_notes(images: dict[str, Any]) -> Iterator[Note]:
    """How many images were windowed, and how; nothing where all have 8 bits."""
    windowed, window = images.get("windowed") or {}, images.get("window")
    low, high = window.get("percentiles", PERCENTILES) if isinstance(window, dict) else PERCENTILES
    values = {"total": sum(windowed.values()), "low": f"{low:g}", "high": f"{high:g}"}
    if isinstance(window, dict) and "centre" in window:
        values |= {"centre": f"{window['centre']:g}", "width": f"{window['width']:g}"}
    for how, (level, text, fix) in _WINDOWED.items():
        if how in windowed:
            yield Note(level, f"window-{how}", text, {"n": windowed[how], **values}, fix)


_WINDOWED: dict[str, tuple[Level, str, str]] = {
    "percentiles": (
        "note",
        "Images of more than 8 bits brought to 8 from percentile {low} to {high} of each: {n} of {total}.",
        "",
    ),
    "file": ("note", "Images shown by the window that their file gives: {n} of {total}.", ""),
    "missing": (
        "warning",
        "Images whose file gives no window, so that percentiles {low} to {high} were taken: {n} of {total}.",
        "Choose `input.window: percentiles` for all, or give one window, so that all images are shown alike.",
    ),
    "given": ("note", "Images shown by a window of centre {centre} and width {width}: {n} of {total}.", ""),
}


def _describe(read: pd.DataFrame, condition: Condition) -> dict[str, Any]:
    complained = read["complaints"].astype(str).str.split().map(lambda found: condition.name in found)
    bad = read.loc[complained.astype(bool), ["image", condition.column]]
    worst = bad.sort_values([condition.column, "image"], ascending=[condition.lowest, True]).head(WORST)
    return {
        "total": len(bad),
        "fact": condition.column,
        "limit": condition.limit,
        "worst": [{"image": str(image), "value": float(value)} for image, value in worst.to_numpy()],
    }


def _formats(read: pd.DataFrame) -> list[dict[str, Any]]:
    names = {1: "grey", 2: "grey and alpha", 3: "colour", 4: "colour and alpha"}
    channels = read["channels"].map(lambda number: names.get(int(number), f"{int(number)} channels"))
    formats = read["kind"].astype(str) + ", " + read["bits"].astype(int).astype(str) + " bit, " + channels.astype(str)
    return [{"format": str(name), "images": int(count)} for name, count in formats.value_counts().items()]


def _conversions(read: pd.DataFrame) -> list[dict[str, Any]]:
    said = read["note"].astype(str)
    return [{"note": str(text), "images": int(count)} for text, count in said[said != ""].value_counts().items()]


def _views(read: pd.DataFrame) -> dict[str, int]:
    return {str(kind): int(count) for kind, count in read["view_kind"].value_counts().items()}
