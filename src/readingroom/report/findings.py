"""The audit as the page shows it: warnings with what to do, shortcuts, duplicates and doubtful images to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.gallery import Thumbnails
from readingroom.report.tables import Cell, EstimateCell, Table

_MOST_PAIRS = 9
_NAMES = frozenset({"label", "classes", "example", "column", "image"})
_MOST_DOUBTFUL = 6
_KINDS = {
    "across_splits": "On two sides of the partition",
    "conflicting_labels": "With different labels",
    "across_patients": "Of different patients",
}
_CONDITIONS = {"blurred": "Blurred", "dark": "Dark", "overexposed": "Overexposed"}


@dataclass(frozen=True)
class Warned:
    """Warnings of one kind, in the language of the report, with what to do."""

    level: str
    texts: tuple[str, ...]
    fix: str


@dataclass(frozen=True)
class Pair:
    """Two images that are the same or nearly so."""

    images: tuple[str, str]
    thumbnails: tuple[str, str]
    sides: tuple[str, str]
    labels: tuple[str, str]
    exact: bool


@dataclass(frozen=True)
class Pairs:
    """Duplicates of one kind: how many there are, and some to look at."""

    title: str
    total: int
    exact: int
    shown: tuple[Pair, ...]


@dataclass(frozen=True)
class Doubtful:
    """Images of one doubtful condition."""

    title: str
    total: int
    images: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Findings:
    """What the audit found."""

    warnings: tuple[Warned, ...]
    shortcuts: Table | None
    shortcuts_reason: str
    duplicates: tuple[Pairs, ...]
    doubtful: tuple[Doubtful, ...]
    unreadable: tuple[tuple[str, str], ...]

    def count(self, level: str) -> int:
        """How many warnings of a level."""
        return sum(len(warned.texts) for warned in self.warnings if warned.level == level)


def read_findings(audit: Mapping[str, Any], thumbnails: Thumbnails | None, say: Translator) -> Findings | None:
    """What the page shows of ``audit.json``; None where there is no audit.

    Args:
        audit: as `readingroom.cases.audit.FIELDS` describes it.
        thumbnails: makes the small images; None for none.
        say: the language.
    """
    if not audit:
        return None
    show = thumbnails or _no_thumbnail
    shortcuts = audit.get("shortcuts") or {}
    images = audit.get("images") or {}
    return Findings(
        warnings=tuple(_warnings(audit.get("warnings") or [], say)),
        shortcuts=_shortcuts(shortcuts.get("found") or [], say),
        shortcuts_reason=say(str(shortcuts.get("reason") or "")) if shortcuts.get("reason") else "",
        duplicates=tuple(_duplicates(audit.get("duplicates") or {}, show, say)),
        doubtful=tuple(_doubtful(images.get("conditions") or {}, show, say)),
        unreadable=tuple((str(o["image"]), say(str(o["reason"]))) for o in images.get("unreadable") or []),
    )


def _no_thumbnail(image: str) -> str:
    return ""


def _warnings(listed: Sequence[Mapping[str, Any]], say: Translator) -> list[Warned]:
    """Those of one kind together, so that twenty small classes are one warning with twenty lines."""
    kinds: dict[tuple[str, str, str], list[str]] = {}
    for one in listed:
        level, text, fix = _said(one, say)
        kinds.setdefault((level, str(one.get("code") or text), fix), []).append(text)
    return [Warned(level, tuple(texts), fix) for (level, _, fix), texts in kinds.items()]


def _said(one: Mapping[str, Any], say: Translator) -> tuple[str, str, str]:
    values = {n: say(v) if isinstance(v, str) and n not in _NAMES else v for n, v in (one.get("values") or {}).items()}
    fix = str(one.get("fix") or "")
    return str(one.get("level") or "note"), say(str(one["text"]), **values), say(fix, **values) if fix else ""


def _shortcuts(found: Sequence[Mapping[str, Any]], say: Translator) -> Table | None:
    if not found:
        return None
    rows = []
    for one in found:
        area = Estimate(one["auc"], one["low"], one["high"], 0.95, "bootstrap over groups", int(one["images"]))
        worst = max(one["by_class"].items(), key=lambda item: float(item[1]), default=None)
        easiest = Cell(worst[0], f"{worst[1]:.3f}") if worst else Cell("–")
        rows.append((Cell(say(str(one["family"]))), EstimateCell("auc", area), easiest, Cell(_verdict(one, say))))
    heads = (say("What was used"), "AUC", say("Easiest class"), say("Verdict"))
    note = say(
        "How well the label can be guessed from what is not anatomy, on patients (or groups) that the guesser had not "
        "seen: 0.5 is chance. 95% intervals by bootstrap over groups."
    )
    return Table("shortcuts", "", heads, tuple(rows), note)


def _verdict(one: Mapping[str, Any], say: Translator) -> str:
    levels = {"warning": "shortcut", "note": "slight", "none": "none seen"}
    return say(levels.get(str(one.get("level")), str(one.get("level"))))


def _duplicates(duplicates: Mapping[str, Any], show: Any, say: Translator) -> list[Pairs]:
    found = []
    for kind, title in _KINDS.items():
        one = duplicates.get(kind) or {}
        if one.get("total"):
            pairs = tuple(_pair(listed, show, say) for listed in one.get("listed", [])[:_MOST_PAIRS])
            found.append(Pairs(say(title), int(one["total"]), int(one.get("exact") or 0), pairs))
    return found


def _pair(listed: Mapping[str, Any], show: Any, say: Translator) -> Pair:
    images = str(listed["a"]), str(listed["b"])
    return Pair(
        images=images,
        thumbnails=(show(images[0]), show(images[1])),
        sides=(say(str(listed.get("split_a") or "–")), say(str(listed.get("split_b") or "–"))),
        labels=(str(listed.get("label_a") or "–"), str(listed.get("label_b") or "–")),
        exact=bool(listed.get("exact")),
    )


def _doubtful(conditions: Mapping[str, Any], show: Any, say: Translator) -> list[Doubtful]:
    found = []
    for name, one in conditions.items():
        if one.get("total"):
            images = tuple((str(w["image"]), show(str(w["image"]))) for w in one.get("worst", [])[:_MOST_DOUBTFUL])
            found.append(Doubtful(say(_CONDITIONS.get(name, name)), int(one["total"]), images))
    return found
