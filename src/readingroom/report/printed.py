"""The tables of a finished report that are worth a look on the command line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from readingroom.core.files import read_json
from readingroom.core.tables import read_table
from readingroom.core.translations import Translator
from readingroom.report.arm_tables import arm_name
from readingroom.report.wording import MEASURE_NAMES, value_text

_PARTS = (" low", " high", " n", " method")


def printed_tables(report: Path, language: str = "en") -> list[tuple[str, pd.DataFrame]]:
    """Published against yours, and every arm against the study: a title and a table of texts each, as far as there are.

    Args:
        report: the report's folder.
        language: that it was written in.
    """
    say = Translator(language)
    published = [
        (say("Published against yours"), _short(file)) for file in sorted(report.glob("tables/published-*.csv"))
    ]
    return published + _arms(report, say)


def _short(file: Path) -> pd.DataFrame:
    """A table of the report as texts: an estimate is its value and its interval."""
    table = read_table(file)
    heads = [name for name in table.columns if not str(name).endswith(_PARTS)]
    return pd.DataFrame({name: [_cell(row, str(name)) for _, row in table.iterrows()] for name in heads})


def _cell(row: pd.Series, name: str) -> str:
    value, low, high = row[name], row.get(f"{name} low"), row.get(f"{name} high")
    if pd.isna(value):
        return "–"
    try:
        number = float(value)
    except ValueError:
        return str(value)
    if name == "n":
        return f"{number:.0f}"
    interval = "" if low is None or pd.isna(low) else f" ({float(low):.3f}–{float(str(high)):.3f})"
    return f"{number:.3f}{interval}"


def _arms(report: Path, say: Translator) -> list[tuple[str, pd.DataFrame]]:
    found = read_json(report / "results.json")["analyses"].get("arms") or []
    tables = []
    for arm in dict.fromkeys(one["arm"] for one in found):
        own = [one for one in found if one["arm"] == arm]
        shown = [one for one in own if one["measure"] in {"auc", "top1", "iou"}]
        rows = [
            {
                say("Reader"): one["reader"],
                say("Measure"): say(MEASURE_NAMES[one["measure"]]),
                arm_name(arm, say): value_text(one["measure"], one["there"]["value"]),
                say("Here"): value_text(one["measure"], one["here"]["value"]),
                say("Difference"): _difference(one["measure"], one["difference"]),
            }
            for one in shown
        ]
        tables.append((say("Arm: {arm}", arm=arm_name(arm, say)), pd.DataFrame(rows)))
    return tables


def _difference(measure: str, one: dict[str, float | None]) -> str:
    value = value_text(measure, one["value"])
    if one["low"] is None or one["high"] is None:
        return value
    return f"{value} ({value_text(measure, one['low'])} – {value_text(measure, one['high'])})"
