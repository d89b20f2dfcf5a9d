"""Tables of several raters: kappa of every pair, and networks among the people who rated."""

from __future__ import annotations

from collections.abc import Sequence

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.analyses.agreement import REFERENCE, Agreement
from readingroom.report.analyses.raters import RatersCompared
from readingroom.report.results import Results
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table
from readingroom.report.wording import interval_text, p_text

_LEAST = 3


def pairs_of(results: Results, split: str) -> tuple[list[str], dict[frozenset[str], Agreement]]:
    """The names of a square of readers, the reference standard last, and Cohen's kappa of each pair of them."""
    found = [one for one in results.analyses.agreements if one.kind == "cohen" and one.split == split]
    names = list(dict.fromkeys(name for one in found for name in one.readers if name != REFERENCE))
    return [*names, REFERENCE] if names else [], {frozenset(one.readers): one for one in found}


def kappa_table(results: Results, split: str, say: Translator) -> Table | None:
    """Cohen's kappa of every pair of readers with its interval, as a square; the reference standard is the last."""
    names, pairs = pairs_of(results, split)
    if len(names) <= _LEAST:
        return None
    rows = tuple((Cell(_said(a, say)), *(_pair(pairs, a, b) for b in names)) for a in names)
    note = say("Agreement beyond chance on the images that both answered; 1 is perfect, 0 is chance.")
    weighted = any("quadratic" in one.estimate.method or one.estimate.beside for one in pairs.values())
    head = say("Quadratic weighted kappa" if weighted else "Cohen's kappa")
    return Table(f"kappa-{split}", "", (head, *(_said(name, say) for name in names)), rows, note)


def _said(name: str, say: Translator) -> str:
    return say(REFERENCE) if name == REFERENCE else name


def _pair(pairs: dict[frozenset[str], Agreement], a: str, b: str) -> AnyCell:
    if a == b:
        return Cell("")
    found = pairs.get(frozenset((a, b)))
    return EstimateCell("kappa", None if found is None else found.estimate, False)


def rater_table(results: Results, split: str, say: Translator) -> Table | None:
    """The mean kappa of the people with each other, and of each network with the people."""
    found = [one for one in results.analyses.raters if one.split == split]
    if not found:
        return None
    rows = [row for one in found for row in _rows(one, several=len(found) > 1, say=say)]
    heads = ("Who", "Mean kappa", "Difference", "p")
    note = say(
        "Mean of the quadratic weighted kappas over all pairs, on the {n} images that everybody graded. Difference = "
        "the network with the people − the people with each other, for these people. Intervals are percentiles of a "
        "bootstrap of {unit}, p by its standard error. A network that learned from a consensus may agree with each "
        "person better than they do with each other.",
        n=found[0].n,
        unit=say("patients" if (found[0].patients or found[0].n) < found[0].n else "images"),
    )
    return Table(f"raters-{split}", "", tuple(say(head) for head in heads), tuple(rows), note)


def _rows(one: RatersCompared, *, several: bool, say: Translator) -> Sequence[tuple[AnyCell, ...]]:
    people = say("{n} people with each other", n=len(one.raters))
    people += f" · {one.modality}" if several and one.modality else ""
    rows: list[tuple[AnyCell, ...]] = [(Cell(people), _mean(one.between), Cell("–"), Cell("–"))]
    for name, estimate in one.with_raters.items():
        test = one.differences[name]
        said = "–" if test.difference is None else f"{test.difference:+.3f}".replace("-", "−")
        limits = Estimate(test.difference, test.low, test.high, test.level, test.method, one.n)
        interval = interval_text("kappa", limits, say(" to ")).replace("-", "−")
        rows.append((Cell(say("{reader} with the people", reader=name)), _mean(estimate), Cell(said, interval),
                     Cell(p_text(test.p_value))))  # fmt: skip
    return rows


def _mean(estimate: Estimate) -> EstimateCell:
    return EstimateCell("kappa", estimate, False)
