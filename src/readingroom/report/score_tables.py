"""The table of scores between the grades: bias, limits of agreement, proportional bias and intraclass correlation."""

from __future__ import annotations

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.analyses.scored import ScoreAgreement
from readingroom.report.results import Results
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table
from readingroom.report.wording import p_text

HEADS = ("Reader", "Score", "n", "Bias", "SD", "Lower limit", "Upper limit", "Within the limits", "Slope on the mean",
         "ICC")  # fmt: skip


def score_table(results: Results, split: str, say: Translator) -> Table | None:
    """Every reader's scores against the reference: limits of agreement."""
    found = [one for one in results.analyses.scores if one.split == split]
    if not found:
        return None
    rows = tuple(_row(results, one, say) for one in found)
    note = say(
        "Reader − reference, in grades; the reference is {reference}. Limits of agreement hold 95% of the differences "
        "(bias ± 1.96 SD).",
        reference=say("its continuous score" if found[0].reference == "score" else "its grade"),
    )
    repeated = any(one.limits.patients < one.limits.n for one in found)
    note += say(" ") + say(
        "Patients have several images: variances between and within patients (Bland and Altman 2007), intervals by "
        "MOVER (Zou 2013), ICC with a bootstrap of patients."
        if repeated
        else "Intervals: Student's t (bias), chi-squared (SD), exact by Carkeet 2015 (limits), F (ICC)."
    )
    note += say(" ") + say(
        "Slope: regression of the difference on the mean of the two. An expected grade shrinks towards the middle, "
        "which gives a slope below 0."
    )
    return Table(f"scores-{split}", "", tuple(say(head) for head in HEADS), rows, note, 2)


def _row(results: Results, one: ScoreAgreement, say: Translator) -> tuple[AnyCell, ...]:
    limits = one.limits
    head = Cell(one.reader, results.reader(one.reader).experience or "")
    four = (_cell(limits.bias), _cell(limits.sd), _cell(limits.lower), _cell(limits.upper))
    inside = Cell(f"{100 * limits.inside / limits.n:.1f}%", f"{limits.inside}/{limits.n}")
    return (head, Cell(say(one.what)), Cell(f"{limits.n}"), *four, inside, _slope(one), EstimateCell("icc", one.icc))


def _cell(estimate: Estimate) -> EstimateCell:
    return EstimateCell("score", estimate, False)


def _slope(one: ScoreAgreement) -> Cell:
    test = one.limits.slope
    if test.difference is None:
        return Cell("–")
    p = p_text(test.p_value)
    return Cell(f"{test.difference:+.2f}".replace("-", "−"), f"p {p}" if p.startswith("<") else f"p = {p}")
