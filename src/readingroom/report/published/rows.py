"""What the figures of one row say: the only table they can come from, or that none gives them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from readingroom.core.translations import Translator
from readingroom.evaluation import proportion
from readingroom.evaluation.published import Counts, Printed
from readingroom.report.published.finding import MEASURES, Finding, like, listed, named, span, with_interval
from readingroom.report.published.solve import Recomputed, Solved, table_figures

_CASES = {
    "sensitivity": "{figure} cannot be had of {n} positives: {near}.",
    "specificity": "{figure} cannot be had of {n} negatives: {near}.",
    "accuracy": "{figure} cannot be had of {n} cases: {near}.",
}


def row_findings(solved: Solved, figures: tuple[Recomputed, ...], say: Translator) -> list[Finding]:
    """What one row's figures say by themselves."""
    found = [
        *_printed_counts(solved, say),
        *_own_class(solved, say),
        *_contradictions(solved, say),
        *_tables(solved, say),
        *_rounded_before(solved, say),
        *_cut_off(solved, figures, say),
    ]
    return [Finding(kind, level, text, solved.row.group, (solved.row.line,)) for kind, level, text in found]


_Said = tuple[str, str, str]


def _printed_counts(solved: Solved, say: Translator) -> Iterator[_Said]:
    """Counts that the table prints, against the figures that it prints beside them."""
    counts = solved.counts if solved.origin == "printed" else None
    for name, (count, n) in solved.row.shares.items():
        figure = solved.row.figures.get(name)
        if counts is not None and counts.ratio(name) != (count, n):
            own, whole = counts.ratio(name)
            text = "{measure} is printed as {count}/{n}, the counts of the other figures give {own}/{whole}."
            said = say(text, measure=say(MEASURES[name]), count=count, n=n, own=own, whole=whole)
            yield "counts", "contradiction", said
        elif figure is not None and not figure.fits(Fraction(count, n), cut=True):
            text = "{figure} is printed beside {count}/{n}, which is {share}."
            said = say(text, figure=named(name, figure, say), count=count, n=n, share=like(figure, Fraction(count, n)))
            yield "counts", "contradiction", said
    if counts is not None:
        yield from _against_counts(solved, counts, say)


def _against_counts(solved: Solved, counts: Counts, say: Translator) -> Iterator[_Said]:
    for name, figure in table_figures(solved.row).items():
        share = counts.share(name)
        if name in solved.row.shares or share is None or figure.fits(share, cut=True):
            continue
        text = "{figure} is printed, but the counts TP {tp}, FP {fp}, FN {fn}, TN {tn} give {share}."
        cells = {"tp": counts.tp, "fp": counts.fp, "fn": counts.fn, "tn": counts.tn}
        said = say(text, figure=named(name, figure, say), share=like(figure, share), **cells)
        yield "counts", "contradiction", said


def _own_class(solved: Solved, say: Translator) -> Iterator[_Said]:
    """A row of one class whose positives and negatives are both of that class, so that the rest is not in it."""
    row, counts = solved.row, solved.counts
    own = row.sizes.positive
    positive, negative = solved.sizes.positive, solved.sizes.negative
    if not row.kind or own is None or solved.origin not in {"printed", "own class"} or solved.sizes.total != own:
        return
    said = [
        say("Not one against the rest: its figures rest on the {own} cases of {kind} alone.", own=own, kind=row.kind)
    ]
    if positive is not None and negative is not None:
        text = "Sensitivity rests on {positive} of them, specificity on {negative} ({positive} + {negative} = {own})."
        said.append(say(text, positive=positive, negative=negative, own=own))
    if row.sizes.negative is not None:
        said.append(say("One against the rest would have {n} negatives.", n=row.sizes.negative))
    if counts is not None and counts.negative:
        interval = with_interval(proportion(counts.tn, counts.negative), say)
        said.append(say("Specificity {tn}/{n} is {interval}.", tn=counts.tn, n=counts.negative, interval=interval))
    yield "own-class", "warning", say(" ").join(said)


def _contradictions(solved: Solved, say: Translator) -> Iterator[_Said]:
    for names in solved.conflicts:
        figures = {name: solved.row.figures[name] for name in names}
        yield "contradiction", "contradiction", _conflict(solved, figures, say)


def _conflict(solved: Solved, figures: dict[str, Printed], say: Translator) -> str:
    sizes = {
        "sensitivity": solved.sizes.positive,
        "specificity": solved.sizes.negative,
        "accuracy": solved.sizes.total,
    }
    name, figure = next(iter(figures.items()))
    n = sizes.get(name)
    if len(figures) == 1 and n is not None:
        return say(_CASES[name], figure=named(name, figure, say), n=f"{n:,}", near=_nearest(figure, n, say))
    both = listed((named(name, figure, say) for name, figure in figures.items()), say)
    if set(figures) == {"accuracy", "sensitivity", "specificity"} and _outside(figures):
        return say("{list} contradict each other: accuracy lies between sensitivity and specificity.", list=both)
    if set(figures) == {"f1", "ppv", "sensitivity"}:
        text = "{list} contradict each other: precision and recall give F1 from {low} to {high}."
        low, high = f1_limits(figures["ppv"], figures["sensitivity"])
        return say(text, list=both, low=f"{float(low):.4f}", high=f"{float(high):.4f}")
    if solved.sizes.total is None:
        return say("{list} contradict each other: no test set gives them together.", list=both)
    if solved.sizes.positive is None:
        text = "No division of {n} cases into positives and negatives gives {list}."
        return say(text, list=both, n=f"{solved.sizes.total:,}")
    text = "{list} contradict each other: no counts of {positive} positives and {negative} negatives give them."
    return say(text, list=both, positive=solved.sizes.positive, negative=solved.sizes.negative)


def _nearest(figure: Printed, n: int, say: Translator) -> str:
    below = figure.units * n // figure.scale
    near = [count for count in (below, below + 1) if 0 <= count <= n]
    shares = (f"{count}/{n} = {like(figure, Fraction(count, n))}" for count in near)
    return say(", ").join(shares)


def _outside(figures: dict[str, Printed]) -> bool:
    low, high = figures["accuracy"].limits()
    ends = [figures[name].limits() for name in ("sensitivity", "specificity")]
    return high < min(low for low, _ in ends) or low > max(high for _, high in ends)


def f1_limits(precision: Printed, recall: Printed) -> tuple[Fraction, Fraction]:
    """Between which values F1 lies for a printed precision and recall, rounded or cut off."""
    low, high = (_harmonic(a, b) for a, b in zip(precision.limits(), recall.limits(), strict=True))
    return low, high


def _harmonic(first: Fraction, second: Fraction) -> Fraction:
    return 2 * first * second / (first + second) if first + second else Fraction(0)


def _tables(solved: Solved, say: Translator) -> Iterator[_Said]:
    possible, counts = solved.possible, solved.counts
    if possible is None or possible.count == 0 or solved.origin == "printed":
        return
    if counts is not None:
        text = "The figures can only come from one table: TP {tp}, FP {fp}, FN {fn}, TN {tn}"
        said = say(text, tp=counts.tp, fp=counts.fp, fn=counts.fn, tn=counts.tn)
        said += say(
            " ({positive} positives, {negative} negatives).", positive=counts.positive, negative=counts.negative
        )
        yield "only-table", "note", said
    elif len(table_figures(solved.row)) > 1:
        number = say("too many to list") if possible.count is None else f"{possible.count:,}"
        cells = {name: span(possible.limits[name], say) for name in ("tp", "fp", "fn", "tn")}
        text = "Possible tables: {number}, with TP {tp}, FP {fp}, FN {fn}, TN {tn}."
        yield "tables", "note", say(text, number=number, **cells)


def _rounded_before(solved: Solved, say: Translator) -> Iterator[_Said]:
    if solved.f1_of_rounded:
        text = "{figure} fits precision and recall as printed but not the counts: it was computed from rounded figures."
        yield "f1-rounded", "note", say(text, figure=named("f1", solved.row.figures["f1"], say))


def _cut_off(solved: Solved, figures: tuple[Recomputed, ...], say: Translator) -> Iterator[_Said]:
    for one in figures:
        if one.cut and one.printed is not None and one.counts and one.n:
            share = like(one.printed, Fraction(one.counts[0], one.n))
            text = "{figure} was cut off, not rounded: {count}/{n} is {share}."
            figure = named(one.measure, one.printed, say)
            yield "cut", "note", say(text, figure=figure, count=one.counts[0], n=one.n, share=share)
