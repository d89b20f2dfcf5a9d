"""The section of the arms: what another protocol or another setting changes, in words, in tables, and key by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from readingroom.core.translations import Translator
from readingroom.report.analyses.arms import Arm, ArmDifference, ArmKind
from readingroom.report.results import Results
from readingroom.report.tables import IN_UNITS, Cell, EstimateCell, Table, difference_cell
from readingroom.report.wording import MEASURE_NAMES, interval_text, joined, value_text

MAIN = ("top1", "auc", "iou")
"""What an arm is summed up by, the first that it has: over several classes the share of right answers says more than
the mean area."""

CHANCE = 0.5
"""The area of a reader that knows nothing."""

PROTOCOLS = {"as-published": "As published", "shuffled-labels": "Labels dealt at random"}


@dataclass(frozen=True)
class DifferenceCell(EstimateCell):
    """A difference, shown in points where it is one of rates; the CSV has its numbers."""

    shown_as: Cell = field(default_factory=lambda: Cell("–"))

    def shown(self) -> Cell:
        """As a person reads it."""
        return self.shown_as


@dataclass(frozen=True)
class ArmTables:
    """One arm against this study.

    Args:
        name: of the arm.
        sentences: what it gained or cost.
        differences: every reader and measure.
        changes: the keys of the study file that differ.
    """

    name: str
    sentences: tuple[str, ...]
    differences: Table
    changes: Table


@dataclass(frozen=True)
class ArmSection:
    """All arms against this study.

    Args:
        title: of the section.
        lead: what arms of these kinds are.
        overview: the measure that sums up each of several changes, most gained first; None for fewer than two.
        arms: one by one; only those that have readers in common with this study.
    """

    title: str = ""
    lead: str = ""
    overview: Table | None = None
    arms: tuple[ArmTables, ...] = ()

    def tables(self) -> list[Table]:
        """All of it."""
        own = [table for arm in self.arms for table in (arm.differences, arm.changes)]
        return own if self.overview is None else [self.overview, *own]


NO_ARMS = ArmSection()

_TITLES: Mapping[ArmKind, tuple[str, str]] = {
    "protocol": (
        "What the protocol changes",
        "The same cases and the same recipes under another protocol, run beside this study: what the protocol itself "
        "does to the figures.",
    ),
    "change": (
        "What each change does",
        "The same cases, divided alike, with other settings, run beside this study: what each setting does to the "
        "figures.",
    ),
    "control": (
        "A control",
        "The same study with labels dealt at random: what readers learn where nothing can be learned.",
    ),
}


def arm_section(arms: Sequence[Arm], results: Results, say: Translator) -> ArmSection:
    """The section of the arms that have readers in common with this study; empty where there is none."""
    found = results.analyses.arms
    pairs = [(arm, [one for one in found if one.arm == arm.name]) for arm in arms]
    shown = [(arm, own) for arm, own in pairs if own]
    kinds = {arm.kind for arm, _ in shown}
    titles = next((titles for kind, titles in _TITLES.items() if kind in kinds), ("", ""))
    changes = [own for arm, own in shown if arm.kind == "change"]
    return ArmSection(
        *titles,
        _overview(changes, say) if len(changes) > 1 else None,
        tuple(
            ArmTables(
                arm_name(arm.name, say),
                tuple(control_sentences(own, say) if arm.kind == "control" else arm_sentences(own, arm.kind, say)),
                _differences(arm, own, say),
                _changes(arm, say),
            )
            for arm, own in shown
        ),
    )


def _overview(arms: Sequence[Sequence[ArmDifference]], say: Translator) -> Table:
    measure = main_measure(arms[0])
    found = [one for own in arms for one in own if one.measure == measure]
    found.sort(key=lambda one: -(one.difference.value or 0.0))
    rows = tuple(
        (
            Cell(one.arm),
            Cell(one.reader),
            EstimateCell(measure, one.there, counted=False),
            EstimateCell(measure, one.here, counted=False),
            DifferenceCell(measure, one.difference, shown_as=difference_cell(measure, one.difference, say)),
        )
        for one in found
    )
    title = say("{measure} with each change, and without", measure=say(MEASURE_NAMES[measure]))
    note = say("Intervals are not corrected for looking at {n} changes at once.", n=len(arms))
    heads = ("Change", "Reader", "With it", "Without it", "Difference")
    return Table("arms", title, tuple(say(head) for head in heads), rows, note, 2)


def arm_name(name: str, say: Translator) -> str:
    """An arm as the report calls it."""
    return say(PROTOCOLS[name]) if name in PROTOCOLS else name


def main_measure(found: Sequence[ArmDifference]) -> str:
    """The measure that sums an arm up."""
    present = {one.measure for one in found}
    return next((name for name in MAIN if name in present), MAIN[-1])


def arm_sentences(found: Sequence[ArmDifference], kind: ArmKind, say: Translator) -> list[str]:
    """In words: the arm's best reader, what it is here, and the same over all readers; outlines likewise."""
    measures = [name for name in dict.fromkeys((main_measure(found), "iou")) if any(o.measure == name for o in found)]
    by_measure = {name: [one for one in found if one.measure == name] for name in measures}
    return [text for name, own in by_measure.items() for text in _about(name, own, kind, say)]


def control_sentences(found: Sequence[ArmDifference], say: Translator) -> list[str]:
    """In words: whether readers that learned labels dealt at random are at chance, as they must be.

    The area is judged, whose chance is a half whatever the classes' shares; other measures only stand in the table.
    """
    areas = [one for one in found if one.measure == "auc"]
    if not areas:
        return []
    figures = [
        say(
            "{reader} {there} ({interval}), {here}",
            reader=one.reader,
            there=value_text("auc", one.there.value),
            interval=interval_text("auc", one.there, say(" to ")),
            here=value_text("auc", one.here.value),
        )
        for one in areas
    ]
    said = say(
        "A control: labels were dealt at random among the patients of training and validation. AUC on the true labels "
        "of the test part after learning the dealt labels, and after learning the labels as they are: {list}.",
        list=say("; ").join(figures),
    )
    return [said, _control_verdict(areas, say)]


def _control_verdict(areas: Sequence[ArmDifference], say: Translator) -> str:
    off = [
        one.reader
        for one in areas
        if not (one.there.low or 0.0) <= CHANCE <= (1.0 if one.there.high is None else one.there.high)
    ]
    if off:
        return say(
            "The interval of {readers} leaves chance (0.5) out. One dealing of labels is one draw: a network that "
            "learned nothing still orders the patients by something, to either side of chance, and the interval does "
            "not hold that spread. Deal again with other seeds; if it is above chance again and again, the test part "
            "knows something of the training part.",
            readers=joined(off, say),
        )
    return say("Nothing was learned where nothing could be: every interval holds chance (0.5).")


def _about(measure: str, own: Sequence[ArmDifference], kind: ArmKind, say: Translator) -> list[str]:
    known = [one for one in own if one.there.value is not None and one.difference.value is not None]
    if not known:
        return []
    best = max(known, key=lambda one: one.there.value or 0.0)
    text = (
        "{arm}, {reader} has the highest {measure}, {there} on the images tested there; here the same recipe has "
        "{here}."
    )
    only = "{arm}, {reader} has the {measure} {there} on the images tested there; here the same recipe has {here}."
    said = say(
        text if len(known) > 1 else only,
        arm=arm_name(best.arm, say),
        reader=best.reader,
        measure=say(MEASURE_NAMES[measure]),
        there=value_text(measure, best.there.value),
        here=value_text(measure, best.here.value),
    )
    sentences = [said, _verdict(best, kind, say)]
    if len({one.difference.value for one in known}) > 1:
        sentences.append(_over_all(measure, known, say))
    return sentences


_GAINS: Mapping[ArmKind, tuple[str, str]] = {
    "protocol": (
        "The protocol flattered it by {size} ({level}% CI {interval}).",
        "The protocol cost it {size} ({level}% CI {interval}).",
    ),
    "change": (
        "The change gained it {size} ({level}% CI {interval}).",
        "The change cost it {size} ({level}% CI {interval}).",
    ),
}


def _verdict(one: ArmDifference, kind: ArmKind, say: Translator) -> str:
    low, high = one.difference.low, one.difference.high
    unit = " " + say("pp")
    size = _amount(one.measure, one.difference.value, unit)
    interval = interval_text(one.measure, one.difference, say(" to ")).replace("-", "−")
    level = f"{100 * one.difference.level:g}"
    if low is None or high is None:
        return say("The difference is {size}; it has no interval.", size=size)
    text = "The difference, {size} ({level}% CI {interval}), may be chance: neither gain nor loss can be claimed."
    if low > 0:
        text = _GAINS[kind][0]
    elif high < 0:
        text = _GAINS[kind][1]
        interval = _turned(one, say)
        size = _amount(one.measure, -(one.difference.value or 0.0), unit)
    return say(text, size=size, level=level, interval=interval)


def _turned(one: ArmDifference, say: Translator) -> str:
    low, high = one.difference.low or 0.0, one.difference.high or 0.0
    return say(" to ").join(_amount(one.measure, -value) for value in (high, low))


def _amount(measure: str, value: float | None, unit: str = "") -> str:
    if value is None:
        return "–"
    said = f"{value:.3f}" if measure in IN_UNITS else f"{100 * value:.1f}{unit}"
    return said.replace("-", "−")


def _over_all(measure: str, known: Sequence[ArmDifference], say: Translator) -> str:
    values = [one.difference.value or 0.0 for one in known]
    flattered = [one.reader for one in known if (one.difference.low or 0.0) > 0]
    named = 0 < len(flattered) < len(known)
    text = (
        "Over the {n} readers the difference is {mean} on average, {low} to {high}; "
        "{count} of them gained beyond chance"
    )
    said = say(
        text,
        n=len(known),
        mean=_amount(measure, sum(values) / len(values), " " + say("pp")),
        low=_amount(measure, min(values)),
        high=_amount(measure, max(values)),
        count=len(flattered),
    )
    return said + (say(": {list}.", list=joined(flattered, say)) if named else say("."))


def _differences(arm: Arm, own: Sequence[ArmDifference], say: Translator) -> Table:
    rows = tuple(
        (
            Cell(one.reader),
            Cell(say(MEASURE_NAMES[one.measure])),
            EstimateCell(one.measure, one.there, counted=False),
            EstimateCell(one.measure, one.here, counted=False),
            DifferenceCell(one.measure, one.difference, shown_as=difference_cell(one.measure, one.difference, say)),
        )
        for one in own
    )
    heads = ("Reader", "Measure", PROTOCOLS.get(arm.name, arm.name), "Here", "Difference")
    note = say("Difference = {arm} − here, by image.", arm=arm_name(arm.name, say))
    if arm.kind == "protocol":
        note += say(" ") + say("Above zero the protocol flatters.")
    note += say(" ") + say("Patients of both test parts were drawn together; the readers are taken as they are.")
    if any(one.measure == "auc_of_calls" for one in own):
        note += say(" ") + say(
            "The AUC of calls is (sensitivity + specificity) / 2, as it is where labels are taken for scores."
        )
    note += say(" ") + say("Intervals by bootstrap, 2000 draws.")
    return Table(f"arm-{arm.name}", "", tuple(say(head) for head in heads), rows, note, 2)


def _changes(arm: Arm, say: Translator) -> Table:
    rows = tuple((Cell(name), Cell(there), Cell(here)) for name, there, here in arm.changes)
    heads = (say("Key of the study file"), arm_name(arm.name, say), say("Here"))
    return Table(f"arm-{arm.name}-keys", "", heads, rows, "", 3)
