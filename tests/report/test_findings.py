"""What the page shows of the audit."""

from __future__ import annotations

from readingroom.core.translations import Translator
from readingroom.report.findings import read_findings

say = Translator("en")


def test_no_audit_has_no_findings() -> None:
    assert read_findings({}, None, say) is None


def test_warnings_are_filled_in() -> None:
    warning = {
        "level": "warning",
        "text": "Class {label} has {n} images.",
        "values": {"label": "{x}", "n": 3},
        "fix": "",
    }
    found = read_findings({"warnings": [warning]}, None, say)
    assert found is not None
    assert found.warnings[0].texts == ("Class {x} has 3 images.",)
    assert found.count("warning") == 1


def test_a_shortcut_has_its_area_its_easiest_class_and_a_verdict() -> None:
    one = {"family": "frame size", "auc": 0.8, "low": 0.7, "high": 0.9, "by_class": {"a": 0.6, "b": 0.9}, "images": 50}
    found = read_findings({"shortcuts": {"found": [one | {"level": "warning"}]}}, None, say)
    assert found is not None
    assert found.shortcuts is not None
    cells = found.shortcuts.cells()[0]
    assert [cell.text for cell in cells] == ["frame size", "0.800", "b", "shortcut"]


def test_pairs_are_shown_by_kind_and_their_number_is_whole() -> None:
    pair = {"a": "1.png", "b": "2.png", "split_a": "training", "split_b": "test", "label_a": "x", "label_b": None}
    audit = {"duplicates": {"across_splits": {"total": 500, "exact": 2, "listed": [pair | {"exact": True}] * 200}}}
    found = read_findings(audit, None, say)
    assert found is not None
    (kind,) = found.duplicates
    assert (kind.total, kind.exact, len(kind.shown)) == (500, 2, 9)
    assert kind.shown[0].labels == ("x", "–")


def test_warnings_of_one_kind_stand_together() -> None:
    small = [
        {"level": "warning", "code": "small", "text": "{n}", "values": {"n": n}, "fix": "Collect."} for n in (1, 2)
    ]
    found = read_findings({"warnings": [*small, {"level": "note", "code": "other", "text": "x"}]}, None, say)
    assert found is not None
    assert [(one.texts, one.fix) for one in found.warnings] == [(("1", "2"), "Collect."), (("x",), "")]
    assert found.count("warning") == 2
