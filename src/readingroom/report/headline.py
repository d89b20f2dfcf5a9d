"""The headline: what the study found, in two or three sentences, about a reader that was not chosen on the test set."""

from __future__ import annotations

from dataclasses import dataclass

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.analyses.answers import TRAINED
from readingroom.report.box_words import WORDS
from readingroom.report.measures import Performance
from readingroom.report.results import Comparison, Results
from readingroom.report.wording import SPLIT_NAMES, interval_sentence, interval_text, p_text, seconds_text, value_text


@dataclass(frozen=True)
class Lead:
    """The reader that the headline is about.

    Args:
        performance: on the part that the headline is about.
        why: how it was chosen: ``validation``, ``only`` or ``highest``.
    """

    performance: Performance
    why: str


@dataclass(frozen=True)
class Card:
    """A key figure."""

    label: str
    value: str
    note: str


def find_lead(results: Results) -> Lead | None:
    """The best reader by its validation readings; without these the best on the part shown, which flatters it."""
    if not results.splits:
        return None
    split = results.splits[0]
    shown = results.select(split=split)
    networks = {reader.name for reader in results.readers if reader.kind in TRAINED} & {p.reader for p in shown}
    candidates = [p for p in shown if p.reader in networks] or list(shown)
    if len(candidates) == 1:
        return Lead(candidates[0], "only")
    validated = {p.reader: _merit(p) for p in results.select(split="validation")}
    if split != "validation" and all(p.reader in validated for p in candidates):
        return Lead(max(candidates, key=lambda p: validated[p.reader]), "validation")
    return Lead(max(candidates, key=_merit), "highest")


def _merit(performance: Performance) -> float:
    for estimate in (performance.headline("auc"), performance.top1):
        if estimate is not None and estimate.value is not None:
            return estimate.value
    return -1.0


def headline(results: Results, lead: Lead, say: Translator) -> list[str]:
    """The sentences of the headline."""
    against = _against_person(results, lead)
    compared = "" if against is None else _comparison(against, lead.performance.reader, say)
    return [*lead_sentences(results, lead, say), *([compared] if compared else [])]


def lead_sentences(results: Results, lead: Lead, say: Translator) -> list[str]:
    """How well the reader of the headline did, and how it was chosen."""
    rates = _rates(lead.performance, say) if results.positive is not None else ""
    first = [_outlined(results, lead, say), _boxed(results, lead, say)]
    sentences = [*first, _main(results, lead, say), rates, _choice(results, lead, say)]
    return [sentence for sentence in sentences if sentence]


def _outlined(results: Results, lead: Lead, say: Translator) -> str:
    own = lead.performance
    found = [o for o in results.analyses.outlines if (o.reader, o.split) == (own.reader, own.split)]
    if not found or "iou" not in found[0].images:
        return ""
    text = "The outlines of {reader} overlap the reference with a mean IoU of {iou} on {n} {part} images with a lesion."
    said = interval_sentence("iou", found[0].images["iou"], say)
    return say(text, reader=own.reader, iou=said, n=found[0].with_lesion, part=say(own.split))


def _boxed(results: Results, lead: Lead, say: Translator) -> str:
    own = lead.performance
    found = [b for b in results.analyses.boxes if (b.reader, b.split) == (own.reader, own.split)]
    if not found or "lesion_sensitivity" not in found[0].at_threshold:
        return ""
    at = found[0].at_threshold
    text = WORDS[found[0].form].sentence
    said = interval_sentence("sensitivity", at["lesion_sensitivity"], say)
    false = interval_sentence("false_boxes", at["false_boxes"], say)
    return say(text, reader=own.reader, found=said, n=found[0].lesions, part=say(own.split), false=false)


def _main(results: Results, lead: Lead, say: Translator) -> str:
    p = lead.performance
    where = where_text(p, say)
    auc = p.headline("auc")
    if results.positive is not None and auc is not None and auc.defined:
        negative = next(name for name in results.classes if name != results.positive)
        verb = (
            "{where}, {reader} did not separate {positive} from {negative} better than chance: AUC {auc}."
            if _is_chance(auc)
            else "{where}, {reader} separated {positive} from {negative} with an AUC of {auc}."
        )
        said = interval_sentence("auc", auc, say)
        return say(verb, where=where, reader=p.reader, positive=results.positive, negative=negative, auc=said)
    if p.top1 is None:
        return ""
    said, n = interval_sentence("top1", p.top1, say), len(results.classes)
    if auc is None or not auc.defined:
        text = "{where}, {reader} named the right one of {n} classes in {rate}."
        return say(text, where=where, reader=p.reader, n=n, rate=said)
    text = (
        "{where}, {reader} was no better than chance at {n} classes: right in {rate}, "
        "mean one-against-the-rest AUC {auc}."
        if _is_chance(auc)
        else "{where}, {reader} named the right one of {n} classes in {rate}; mean one-against-the-rest AUC {auc}."
    )
    area = interval_sentence("auc", auc, say)
    return say(text, where=where, reader=p.reader, n=n, rate=said, auc=area)


def _is_chance(auc: Estimate) -> bool:
    return auc.low is not None and auc.low <= 0.5


def where_text(p: Performance, say: Translator) -> str:
    """``On 95 test images of 30 patients``."""
    n, part = f"{p.n:,}", say(p.split)
    if p.patients is None:
        return say("On {n} {part} images", n=n, part=part)
    return say("On {n} {part} images of {patients} patients", n=n, part=part, patients=f"{p.patients:,}")


def _rates(p: Performance, say: Translator) -> str:
    sensitivity, specificity = p.headline("sensitivity"), p.headline("specificity")
    if sensitivity is None or specificity is None or not sensitivity.defined or not specificity.defined:
        return ""
    return say(
        "At its threshold, sensitivity was {sensitivity} and specificity {specificity}.",
        sensitivity=interval_sentence("sensitivity", sensitivity, say),
        specificity=interval_sentence("specificity", specificity, say),
    )


def _choice(results: Results, lead: Lead, say: Translator) -> str:
    trained = [reader.kind for reader in results.readers if reader.kind in TRAINED]
    if lead.why == "validation":
        text = "It is the one of {n} networks that did best on the validation images."
        if "model" in trained:
            text = "It is the one of {n} trained readers that did best on the validation images."
        return say(text, n=len(trained))
    if lead.why == "highest":
        return say("It is the highest of several readers on these very images, which flatters it.")
    return ""


def _against_person(results: Results, lead: Lead) -> Comparison | None:
    people = {reader.name for reader in results.readers if reader.kind == "person"}
    own = lead.performance
    found = [
        c
        for c in results.comparisons
        if (c.split, c.unit, c.measure) == (own.split, "image", "accuracy")
        and own.reader in (c.first, c.second)
        and people & {c.first, c.second}
    ]
    # The best of the doctors is the hardest comparison.
    right = {p.reader: (p.top1.value or 0.0) if p.top1 else 0.0 for p in results.select(split=own.split)}
    return max(found, key=lambda c: right[_other(c, own.reader)], default=None)


def _other(comparison: Comparison, reader: str) -> str:
    return comparison.second if comparison.first == reader else comparison.first


def _comparison(c: Comparison, reader: str, say: Translator) -> str:
    if c.difference is None or c.low is None or c.high is None:
        return ""
    sign = 1.0 if c.first == reader else -1.0
    low, high = sorted((sign * c.low, sign * c.high))
    return say(
        "Its accuracy differed from that of {person} by {difference} percentage points "
        "({low} to {high}; p = {p} after Holm).",
        person=_other(c, reader),
        difference=_signed(sign * c.difference),
        low=_signed(low),
        high=_signed(high),
        p=p_text(c.p_holm),
    ).replace("p = <", "p < ")


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")


def cards(results: Results, lead: Lead, say: Translator) -> list[Card]:
    """Four or five key figures of the reader of the headline."""
    p = lead.performance
    patients = say("{n} patients", n=f"{p.patients:,}") if p.patients is not None else say("patients not known")
    found = [Card(say(SPLIT_NAMES[p.split]), say("{n} images", n=f"{p.n:,}"), patients)]
    names = {"auc": "AUC", "sensitivity": "Sensitivity", "specificity": "Specificity"}
    if results.positive is None:
        names = {"top1": "Top-1 accuracy", "auc": "Mean AUC", "sensitivity": "Mean recall"}
    for name, label in names.items():
        estimate = p.measure(name)
        if estimate is not None and estimate.defined:
            found.append(Card(say(label), value_text(name, estimate.value), _interval_note(name, estimate, say)))
    time = next((t for t in results.times if (t.reader, t.split) == (p.reader, p.split)), None)
    if time is not None:
        an_image = say("{n} ms an image", n=f"{time.median_ms:,.1f}")
        found.append(Card(say("Reading time"), seconds_text(time.total_s, say), an_image))
    return found


def _interval_note(name: str, estimate: Estimate, say: Translator) -> str:
    interval = interval_text(name, estimate, say(" to "))
    return say("{level}% CI {interval}", level=f"{100 * estimate.level:g}", interval=interval) if interval else ""
