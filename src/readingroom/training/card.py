"""The reader's card: what a person should know before using a reader, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from readingroom.cases.cleaning import CleanSection
from readingroom.cases.window import PERCENTILES, GivenWindow, PercentileWindow, WindowChoice
from readingroom.reading.bundle import ReaderBundle


def write_card(bundle: ReaderBundle, parts: Mapping[str, int]) -> str:
    """The card as Markdown.

    Args:
        bundle: the reader, with the facts of its training.
        parts: images of each part that it learned from.
    """
    facts = bundle.facts
    rows = [
        (
            "Task",
            f"tells apart {', '.join(bundle.classes)}" + (f"; looks for {bundle.positive}" if bundle.positive else ""),
        ),
        *(_network(bundle) if bundle.features is None else _features(bundle)),
        (
            "Learned from",
            ", ".join(f"{count} {name} images" for name, count in parts.items()) + f" of {facts['study']!r}",
        ),
        *(_epochs(facts) if bundle.features is None else []),
        *(_input(bundle) if bundle.network else []),
        ("Answer", _answer(bundle)),
    ]
    lines = [f"# {bundle.name}", "", "For research, not a medical device.", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {_cell(value)} |" for name, value in rows]
    lines += ["", "How well it reads is in the report of its study; elsewhere it has to be tested anew.", ""]
    return "\n".join(lines)


def _planes(bundle: ReaderBundle) -> list[tuple[str, str]]:
    """What of a stack it sees; nothing for a reader of single images."""
    stack = bundle.preprocessing.stack
    if stack is None:
        return []
    keys = ", ".join(f"{name} {value}" for name, value in stack.model_dump(mode="json").items() if value is not None)
    return [("Planes", f"{keys}; pool {bundle.pool or 'none, all at once'}")]


def _cleaned(clean: CleanSection | None) -> list[tuple[str, str]]:
    if clean is None or not clean.steps:
        return []
    values = clean.model_dump(mode="json", exclude_none=True)
    return [("Cleaning", "; ".join(f"{name} {values[name]}" for name in clean.steps))]


_MODELS = {"logistic": "logistic regression (L2)", "boosting": "gradient boosted trees (histogram-based)"}


def _network(bundle: ReaderBundle) -> list[tuple[str, str]]:
    facts, plan = bundle.facts, bundle.facts["plan"]
    return [
        ("Network", f"{bundle.network}, {facts['parameters']:,} parameters, head {_head(bundle)}"),
        ("Started from", _origin(facts, plan["weights"])),
        ("Trained", "the head on a frozen backbone" if plan["train"] == "head" else "all parameters"),
    ]


def _epochs(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    said = f"{facts['epochs_run']}, kept {facts['kept_epoch']}; {facts['precision']} on {facts['device']}"
    return [("Epochs", said)]


def _input(bundle: ReaderBundle) -> list[tuple[str, str]]:
    contract = bundle.preprocessing
    return [
        ("Input", f"{contract.size} x {contract.size} pixels, view {contract.view}, fit {contract.fit}"),
        *_planes(bundle),
        ("More than 8 bits", _window(contract.window)),
        *_cleaned(contract.clean),
        ("Normalisation", f"mean {_numbers(contract.mean)}, sd {_numbers(contract.sd)} of full brightness"),
    ]


def _features(bundle: ReaderBundle) -> list[tuple[str, str]]:
    """Sources with all their settings, the model and how it was tuned."""
    facts = bundle.facts
    assert bundle.features is not None
    section = bundle.features.section
    rows = [("Model", f"{_MODELS[section.model]} on {', '.join(section.sources)}")]
    if section.radiomics is not None:
        settings = ", ".join(f"{name} {value}" for name, value in section.radiomics.identity.items() if value)
        rows.append(("Radiomics", f"mirp {facts['mirp']} (IBSI); {settings or 'defaults'}"))
        rows.append(
            ("Selection", f"{section.select} features by {section.by}, correlation up to {section.correlation:g}")
        )
    if section.text is not None:
        wanted = section.text
        rows.append(("Text", f"column {wanted.column}, terms of {wanted.ngrams} words, {wanted.characters} characters"))
    if section.facts:
        rows.append(("Facts", ", ".join(section.facts)))
    if section.scores:
        rows.append(("Scores of", ", ".join(section.scores)))
    if bundle.network:
        rows.append(("Frozen network", f"{bundle.network}, {_origin(facts, facts['plan']['weights'])}"))
    said = ", ".join(f"{name} {value}" for name, value in facts["tuned"].items())
    rows.append(("Tuned", f"{said or 'nothing'}, over {facts['tuning_folds']} folds by patient"))
    return rows


def _window(window: WindowChoice) -> str:
    if isinstance(window, GivenWindow):
        return f"window of centre {window.centre:g} and width {window.width:g}"
    if window == "file":
        return "the window that the file gives; percentiles where it gives none"
    low, high = window.percentiles if isinstance(window, PercentileWindow) else PERCENTILES
    return f"window from percentile {low:g} to {high:g} of each image"


def _origin(facts: Mapping[str, Any], weights: str) -> str:
    origin = facts["started_from"]
    return weights if origin is None else f"{origin['source']}, SHA-256 {origin['sha256'][:12]}…"


def _head(bundle: ReaderBundle) -> str:
    layers = str(list(bundle.head) or "linear")
    if not bundle.ordered:
        return layers
    return f"{layers}, then a cumulative link: one number an image, and cutpoints between the ordered grades"


def _answer(bundle: ReaderBundle) -> str:
    if bundle.marks is not None:
        at = bundle.marks.threshold
        return f"marks of lesions in volumes; they count at score >= {at.value:.4f} ({at.rule}, fixed on {at.split})"
    if bundle.boxes is not None:
        at = bundle.boxes.threshold
        return f"boxes around lesions; they count at score >= {at.value:.4f} ({at.rule}, fixed on {at.split})"
    if bundle.threshold is None:
        return "the class of the highest score"
    threshold = bundle.threshold
    return f"{bundle.positive} at score >= {threshold.value:.4f} ({threshold.rule}, fixed on {threshold.split})"


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
