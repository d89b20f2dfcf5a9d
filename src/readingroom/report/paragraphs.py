"""The results in words, ready to paste: every number comes from the results, none from the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.headline import Lead, lead_sentences, where_text
from readingroom.report.measures import Performance
from readingroom.report.participants import Part
from readingroom.report.results import Comparison, Results
from readingroom.report.tables import IN_UNITS
from readingroom.report.wording import fact_name, interval_sentence, joined, p_text, seconds_text, value_text

MOST_NAMED = 6
"""Readers that the text names beside the one of the headline; the tables name all."""

_BINARY = {
    "auc": "an AUC of {value}",
    "sensitivity": "a sensitivity of {value}",
    "specificity": "a specificity of {value}",
    "ppv": "a PPV of {value}",
    "npv": "an NPV of {value}",
    "accuracy": "an accuracy of {value}",
    "f1": "an F1 of {value}",
    "ppv_at_prevalence": "a PPV of {value} at the stated prevalence",
    "npv_at_prevalence": "an NPV of {value} at the stated prevalence",
}
_SEVERAL = {
    "top1": "a top-1 accuracy of {value}",
    "auc": "a mean AUC of {value}",
    "sensitivity": "a mean recall of {value}",
    "ppv": "a mean precision of {value}",
    "f1": "a mean F1 of {value}",
}
_MAIN = ("top1", "auc", "sensitivity", "specificity")
_DIFFERED = {
    "auc": "The AUC of {reader} differed from that of {list}; p values are after Holm's correction (comparisons: {n}).",
    "accuracy": (
        "The accuracy of {reader} differed, in percentage points, from that of {list}; p values are after Holm's "
        "correction (comparisons: {n})."
    ),
    "quadratic_kappa": (
        "The quadratic weighted kappa of {reader} with the reference differed from that of {list}; p values are after "
        "Holm's correction (comparisons: {n})."
    ),
}
_GRADED = {
    "quadratic_kappa": "a quadratic weighted kappa of {value} with the reference",
    "mean_absolute_error": "a mean absolute error, in grades, of {value}",
}
_SPREAD = {"auc": "AUC", "top1": "top-1 accuracy"}
_POOLED = {"auc": "AUC", "sensitivity": "sensitivity", "specificity": "specificity", "accuracy": "accuracy"}
_CALIBRATION = {
    "brier": "a Brier score of {value}",
    "slope": "a calibration slope of {value}",
    "intercept": "a calibration intercept of {value}",
    "ece": "an expected calibration error of {value}",
}


def results_paragraphs(
    results: Results,
    lead: Lead | None,
    parts: Sequence[Part],
    excluded: Sequence[tuple[str, int]],
    say: Translator,
    *,
    copies: bool = False,
) -> list[str]:
    """The paragraphs of the results section: participants, readers, comparisons, people, times, external cases.

    Args:
        results: of the study.
        lead: the reader that the headline is about; None where nothing was read.
        parts: of the partition.
        excluded: reasons and numbers of images left out.
        say: the language.
        copies: the parts have augmented copies beside.
    """
    sizes = parts_sentence(parts, results, say, copies=copies)
    found = [list(_participants(sizes, parts, excluded, say))]
    if lead is not None:
        found += [
            [*lead_sentences(results, lead, say), *_more_of(results, lead.performance, say)],
            list(_others(results, lead.performance, say)),
            list(_compared(results, lead.performance, say)),
            list(_people_together(results, lead.performance.split, say)),
            list(_subgroups(results, lead.performance, say)),
            list(_documented(results, lead.performance, say)),
            list(_times(results, lead.performance, say)),
            list(_spread(results, lead.performance, say)),
            list(_external(results, lead.performance, say)),
        ]
    return [say(" ").join(part) for part in found if part]


def _participants(
    sizes: str, parts: Sequence[Part], excluded: Sequence[tuple[str, int]], say: Translator
) -> Iterator[str]:
    yield from (sentence for sentence in (excluded_sentence(parts, excluded, say), sizes) if sentence)
    for part in parts:
        if part.split in {"test", "external"} and part.classes:
            classes = say(", ").join(f"{name} (n = {count:,})" for name, count in part.classes.items())
            yield say(
                "The reference standard of the {part} images was {classes}.", part=say(part.split), classes=classes
            )


def excluded_sentence(parts: Sequence[Part], excluded: Sequence[tuple[str, int]], say: Translator) -> str:
    """How many images were left out and why; empty where none was."""
    kept, left_out = sum(part.images for part in parts), sum(n for _, n in excluded)
    if not left_out:
        return ""
    reasons = say("; ").join(f"{say(why)} (n = {n:,})" for why, n in excluded)
    text = "Of {n} images in the case table, {left_out} were left out: {reasons}."
    return say(text, n=f"{kept + left_out:,}", left_out=f"{left_out:,}", reasons=reasons)


def parts_sentence(parts: Sequence[Part], results: Results, say: Translator, *, copies: bool = False) -> str:
    """Images and patients of each part, with folds those of the first; empty where no part is known.

    Args:
        parts: of the partition.
        results: know whether there were folds.
        say: the language.
        copies: the parts have augmented copies beside, as the protocol as published makes them.
    """
    if not parts:
        return ""
    folds = len({p.fold for p in results.performances if p.fold})
    text = "There were {list}." if not folds else "In the first of {folds} folds there were {list}."
    said = say(text, list=joined([_part(part, say) for part in parts], say), folds=folds)
    return said + say(" ") + say("Augmented copies are not counted here.") if copies else said


def _part(part: Part, say: Translator) -> str:
    n, name = f"{part.images:,}", say(part.split)
    if part.patients is None:
        return say("{n} {part} images", n=n, part=name)
    return say("{n} {part} images of {patients} patients", n=n, part=name, patients=f"{part.patients:,}")


def measure_phrases(p: Performance, wanted: Sequence[str], say: Translator) -> list[str]:
    """``an AUC of 0.953 (95% CI …)`` for each of the measures that a reader has."""
    texts = _BINARY if p.binary is not None else _SEVERAL
    found: dict[str, Estimate | None] = {name: p.headline(name) for name in texts} | {"top1": p.top1}
    return [
        say(texts[name], value=interval_sentence(name, estimate, say))
        for name in texts
        if name in wanted and (estimate := found[name]) is not None and estimate.defined
    ]


def _reached(p: Performance, wanted: Sequence[str], name: str, say: Translator) -> Iterator[str]:
    phrases = measure_phrases(p, wanted, say)
    if phrases:
        yield say("{reader} reached {list}.", reader=name, list=joined(phrases, say))


def _more_of(results: Results, p: Performance, say: Translator) -> Iterator[str]:
    """What the headline does not say of the reader: other measures, other units, calibration."""
    yield from _reached(p, [name for name in (*_BINARY, "f1") if name not in _MAIN], p.reader, say)
    for unit in results.units(p.split):
        own = [one for one in results.select(split=p.split, unit=unit) if one.reader == p.reader and unit != "image"]
        phrases = measure_phrases(own[0], _MAIN, say) if own else []
        if phrases:
            text = "Counted by {unit} (n = {n}), it reached {list}."
            yield say(text, unit=say(unit), n=f"{own[0].n:,}", list=joined(phrases, say))
    for graded in results.analyses.grades:
        if (graded.reader, graded.split) == (p.reader, p.split):
            said = [say(_GRADED[name], value=interval_sentence(name, graded.measures[name], say)) for name in _GRADED]
            yield say("Its grades had {list}.", list=joined(said, say))
    for one in results.analyses.calibrations:
        if (one.reader, one.split) == (p.reader, p.split):
            yield say("Its probabilities had {list}.", list=joined(_calibration(one.measures, say), say))


def _calibration(measures: Mapping[str, Estimate], say: Translator) -> list[str]:
    # Said with three decimals, as an area is.
    found = {name: measures[name] for name in _CALIBRATION if name in measures}
    return [say(_CALIBRATION[name], value=interval_sentence("auc", one, say)) for name, one in found.items()]


def _others(results: Results, lead: Performance, say: Translator) -> Iterator[str]:
    others = [p for p in results.select(split=lead.split) if p.reader != lead.reader]
    for p in others[:MOST_NAMED]:
        yield from _reached(p, _MAIN, _named(results, p.reader, say), say)
    if len(others) > MOST_NAMED:
        yield say("The other {n} readers are in the table.", n=len(others) - MOST_NAMED)


def _named(results: Results, reader: str, say: Translator) -> str:
    experience = results.reader(reader).experience
    return say("{reader} ({experience})", reader=reader, experience=experience) if experience else reader


def _compared(results: Results, lead: Performance, say: Translator) -> Iterator[str]:
    for measure, text in _DIFFERED.items():
        family = [c for c in results.comparisons if (c.split, c.unit, c.measure) == (lead.split, "image", measure)]
        # One area a class belongs into a table.
        single = len({c.positive for c in family}) == 1
        own = [c for c in family if lead.reader in (c.first, c.second) and c.difference is not None]
        if own and single:
            items = [_difference(c, lead.reader, say) for c in own[:MOST_NAMED]]
            yield say(text, reader=lead.reader, list=joined(items, say), n=len(family))


def _difference(c: Comparison, reader: str, say: Translator) -> str:
    ahead = c.first == reader
    limits = [value if ahead else -value for value in (c.low, c.high) if value is not None]
    values = {
        "other": c.second if ahead else c.first,
        "difference": _signed(c.measure, (c.difference or 0.0) * (1 if ahead else -1)),
        "p": _p(c.p_holm),
    }
    if len(limits) < 2:
        return say("{other} by {difference} ({p})", **values)
    low, high = (_signed(c.measure, limit) for limit in sorted(limits))
    return say("{other} by {difference} ({low} to {high}; {p})", low=low, high=high, **values)


def _signed(measure: str, value: float) -> str:
    return (f"{value:+.3f}" if measure in IN_UNITS else f"{100 * value:+.1f}").replace("-", "−")


def _p(p_value: float | None) -> str:
    said = p_text(p_value)
    return f"p {said[0]} {said[1:]}" if said.startswith("<") else f"p = {said}"


def _people_together(results: Results, split: str, say: Translator) -> Iterator[str]:
    pools = [p for p in results.analyses.pools if (p.split, p.unit, p.group) == (split, "image", "people")]
    for modality in dict.fromkeys(p.modality for p in pools):
        own = [p for p in pools if p.modality == modality and p.estimate.defined]
        if not own:
            continue
        means = [f"{say(_POOLED[p.measure])} {interval_sentence(p.measure, p.estimate, say)}" for p in own]
        text = (
            "The {n} people together reached these means: {list}."
            if modality is None
            else "The {n} people together, reading {modality}, reached these means: {list}."
        )
        yield say(text, n=len(own[0].readers), modality=modality, list=say("; ").join(means))
    for one in results.analyses.modalities:
        if (one.split, one.unit) == (split, "image") and one.test.difference is not None:
            low_high = [_signed(one.measure, limit) for limit in (one.test.low, one.test.high) if limit is not None]
            text = "Reading {first}, their mean {measure} differed from that {second} by {difference} ({interval}{p})."
            yield say(
                text,
                first=one.first,
                second=one.second,
                measure=say(_POOLED[one.measure]),
                difference=_signed(one.measure, one.test.difference),
                interval=say("{low} to {high}; ", low=low_high[0], high=low_high[1]) if len(low_high) > 1 else "",
                p=_p(one.test.p_value),
            )


def _subgroups(results: Results, lead: Performance, say: Translator) -> Iterator[str]:
    own = [i for i in results.analyses.interactions if (i.reader, i.split) == (lead.reader, lead.split)]
    if not own:
        return
    clear = [i for i in own if i.p_holm is not None and i.p_holm < 1 - results.level]
    facts = joined([fact_name(name, say) for name in dict.fromkeys(i.fact for i in own)], say)
    if not clear:
        text = (
            "No difference of {reader} between the levels of {facts} was shown; the subgroups may be too small for it."
        )
        yield say(text, reader=lead.reader, facts=facts)
    for one in clear:
        text = "Its {measure} differed between the levels of {fact} ({p} after Holm's correction)."
        measure = say(_POOLED.get(one.measure, "accuracy"))
        yield say(text, measure=measure, fact=fact_name(one.fact, say), p=_p(one.p_holm))


def _times(results: Results, lead: Performance, say: Translator) -> Iterator[str]:
    people = [reader.name for reader in results.readers if reader.kind == "person"][:MOST_NAMED]
    for time in results.times:
        if time.split == lead.split and time.reader in {lead.reader, *people}:
            yield say(
                "{reader} took {total} for {n} images (median {median} ms an image, quartiles {low} to {high}).",
                reader=time.reader,
                total=seconds_text(time.total_s, say),
                n=f"{time.n:,}",
                median=f"{time.median_ms:,.1f}",
                low=f"{time.low_quartile_ms:,.1f}",
                high=f"{time.high_quartile_ms:,.1f}",
            )
    for ratio in results.analyses.time_ratios:
        if (
            ratio.split == lead.split
            and lead.reader == ratio.second
            and ratio.low is not None
            and ratio.high is not None
        ):
            text = "{person} took {ratio} times as long an image as {reader} ({low} to {high}; {p} after Holm)."
            values = {"ratio": ratio.ratio, "low": ratio.low, "high": ratio.high}
            said = {name: f"{value:,.3g}" for name, value in values.items()}
            yield say(text, person=ratio.first, reader=lead.reader, p=_p(ratio.p_holm), **said)


def _spread(results: Results, lead: Performance, say: Translator) -> Iterator[str]:
    left_out = results.folds[0].left_out if results.folds else None
    texts = {
        "fold": "Over {n} folds, its {measure} was {mean} on average (SD {sd}, {low} to {high}).",
        "repeat": (
            "Over {n} trainings with other seeds, its {measure} was {mean} on average (SD {sd}, {low} to {high})."
        ),
    }
    if left_out is not None:
        texts["fold"] = (
            "With each of {n} values of {column} left out in turn, its {measure} was {mean} on average "
            "(SD {sd}, {low} to {high})."
        )
    for one in results.spreads:
        if (one.reader, one.split) == (lead.reader, lead.split) and one.sd is not None and one.measure in _SPREAD:
            values = {"mean": one.mean, "sd": one.sd, "low": min(one.parts), "high": max(one.parts)}
            said = {name: value_text(one.measure, value) for name, value in values.items()}
            mean = one.measure == "auc" and results.positive is None
            measure = say("mean AUC" if mean else _SPREAD[one.measure])
            yield say(texts[one.over], n=len(one.parts), column=fact_name(left_out or "", say), measure=measure, **said)


def _documented(results: Results, p: Performance, say: Translator) -> Iterator[str]:
    own = [one for one in results.analyses.documentations if (one.reader, one.split) == (p.reader, p.split)]
    for one in own:
        if one.asked == "sites" and {"sensitivity", "specificity"} <= set(one.measures):
            yield say(
                "Of {n} examinations, the pictures documented {reference} of {sites} sites on average by the reference "
                "standard and {answered} by {reader}; documented sites were recognised as such with a sensitivity of "
                "{sensitivity}, missing ones with a specificity of {specificity}.",
                n=one.n,
                sites=len(one.places),
                reference=f"{one.mean_reference.value:.1f}",
                answered=f"{one.mean_answered.value:.1f}",
                reader=one.reader,
                sensitivity=interval_sentence("sensitivity", one.measures["sensitivity"], say),
                specificity=interval_sentence("specificity", one.measures["specificity"], say),
            )


def _external(results: Results, lead: Performance, say: Translator) -> Iterator[str]:
    if lead.split == "external":
        return
    for p in results.select(split="external")[: MOST_NAMED + 1]:
        phrases = measure_phrases(p, _MAIN, say)
        if phrases:
            reader = _named(results, p.reader, say)
            text = "{where}, {reader} reached {list}."
            yield say(text, where=where_text(p, say), reader=reader, list=joined(phrases, say))
    for shift in results.analyses.external:
        if (shift.reader, shift.measure) == (lead.reader, "auc") and shift.low is not None and shift.high is not None:
            text = "From test to external images, the AUC of {reader} moved by {difference} ({low} to {high}; {p})."
            values = {"difference": shift.difference, "low": shift.low, "high": shift.high}
            said = {name: _signed("auc", value) for name, value in values.items()}
            yield say(text, reader=lead.reader, p=_p(shift.p_value), **said)
