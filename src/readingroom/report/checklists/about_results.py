"""Answers about the results: measures, uncertainty, performance, subgroups, external cases, mistakes, limits."""

from __future__ import annotations

from readingroom.core.translations import Translator
from readingroom.report.checklists.answers import Answer, Filler, answer
from readingroom.report.checklists.facts import Facts
from readingroom.report.headline import lead_sentences, where_text
from readingroom.report.limits import ALWAYS
from readingroom.report.measures import Performance
from readingroom.report.methods import statistics_sentences
from readingroom.report.paragraphs import measure_phrases
from readingroom.report.wording import MEASURE_NAMES, UNIT_NAMES, fact_name, joined

_RATES = ("top1", "auc", "sensitivity", "specificity", "ppv", "npv", "accuracy", "f1")
_ALL_SEEN = "Add subgroups by age, sex, centre or device: each is a column of the case table."


def metrics(facts: Facts, say: Translator) -> Answer | None:
    """What performance is measured by."""
    if facts.content.lead is None:
        return None
    p = facts.content.lead.performance
    found = [name for name in MEASURE_NAMES if (name == "top1" and p.top1 is not None) or p.headline(name) is not None]
    names = [say(MEASURE_NAMES[name]) for name in found]
    analyses = facts.results.analyses
    names += [say("calibration")] if analyses.calibrations else []
    names += [say("decision curves")] if analyses.decision_curves else []
    text = say("The measures are {list}.", list=joined(names, say))
    proofs = [
        facts.report(name) for name in ("results.json", "methods.md", "figures/roc.svg", "figures/calibration.svg")
    ]
    return answer(say, [text] if names else [], proofs)


def uncertainty(facts: Facts, say: Translator) -> Answer | None:
    """Significance and uncertainty."""
    found = list(statistics_sentences(facts.results, say))
    return answer(say, found, [facts.report("results.json"), facts.report("methods.md")])


def robustness(facts: Facts, say: Translator) -> Answer | None:
    """Whether accuracy varies."""
    found = [_units(facts, say), _spread(facts, say), _subgroups(facts, say)]
    proofs = facts.tables("performance-", "folds-", "repeats-", "subgroups-")
    return answer(say, found, proofs, "" if facts.results.analyses.subgroups else _ALL_SEEN)


def _units(facts: Facts, say: Translator) -> str:
    units = dict.fromkeys(p.unit for p in facts.results.performances)
    if len(units) < 2:
        return ""
    return say("Results are counted by {list}.", list=joined([say(UNIT_NAMES[unit]) for unit in units], say))


def _spread(facts: Facts, say: Translator) -> str:
    texts = {
        "fold": "The spread over {n} folds is given.",
        "repeat": "The spread over {n} trainings with other seeds is given.",
    }
    found: dict[str, int] = {}
    for one in facts.results.spreads:
        found[one.over] = max(found.get(one.over, 0), len(one.parts))
    return say(" ").join(say(texts[over], n=n) for over, n in found.items())


def _subgroups(facts: Facts, say: Translator) -> str:
    names = dict.fromkeys(one.fact for one in facts.results.analyses.subgroups)
    listed = joined([fact_name(name, say) for name in names], say)
    return say("Subgroups, each with a test of their differences: {list}.", list=listed) if names else ""


def fairness(facts: Facts, say: Translator) -> Answer | None:
    """Whether readers do as well in all groups."""
    asked = "Say which groups matter here, and what was done for fairness."
    return answer(say, [_subgroups(facts, say)], [*facts.tables("subgroups-"), facts.page("subgroups")], asked)


def heterogeneity(facts: Facts, say: Translator) -> Answer | None:
    """Differences between centres: left out in turn, or as subgroups."""
    column = facts.run.section("partition").get("leave_out") if facts.run is not None else None
    centres = [one for one in facts.results.analyses.subgroups if one.fact == "centre"]
    found = [
        say("Each {column} in turn was left out of training and tested.", column=column) if column else "",
        say("Centres are compared as subgroups.") if centres else "",
    ]
    return answer(say, found, facts.tables("subgroups-", "folds-"))


def _lead(facts: Facts, split: str | None = None) -> Performance | None:
    """The reader of the headline, on the part of the headline or another."""
    if facts.content.lead is None:
        return None
    own = facts.content.lead.performance
    if split is None or split == own.split:
        return own
    return next((p for p in facts.results.select(split=split) if p.reader == own.reader), None)


def _performance_proofs(facts: Facts, p: Performance) -> list[str]:
    return [facts.report("results.json"), *facts.tables(f"performance-{p.split}-"), facts.report("results.md")]


def internal(facts: Facts, say: Translator) -> Answer | None:
    """Tested on data of the same origin."""
    p = _lead(facts, "test")
    return answer(say, [_said(p, say)], _performance_proofs(facts, p)) if p is not None else None


def _said(p: Performance, say: Translator) -> str:
    phrases = measure_phrases(p, ("top1", "auc", "sensitivity", "specificity"), say)
    text = "{where}, {reader} reached {list}."
    return say(text, where=where_text(p, say), reader=p.reader, list=joined(phrases, say)) if phrases else ""


def external(facts: Facts, say: Translator) -> Answer | None:
    """Tested on data from elsewhere."""
    p = _lead(facts, "external")
    if p is not None:
        return answer(say, [_said(p, say)], [*_performance_proofs(facts, p), facts.page("external")])
    if not facts.results.splits:
        return None
    found = [say("The readings hold no external cases.")]
    return answer(say, found, [facts.report("results.json")], "Give the reason why there was no external test.")


def external_differences(facts: Facts, say: Translator) -> Answer | None:
    """How the cases of the test differ from those of training."""
    if "external" not in facts.results.splits:
        text = "Training and test images are parts of one case table, prepared in one way; there are no external cases."
        return answer(
            say, [say(text)] if facts.run is not None else [], ["partition.csv", facts.report("tables/table1.csv")]
        )
    asked = "Say how hospitals, patients, devices and reference standard differ."
    found = [say("Table 1 shows the external cases beside the others.")]
    proofs = [facts.report("tables/table1.csv"), *facts.tables("external"), facts.page("external")]
    return answer(say, found, proofs, asked)


def performance(facts: Facts, say: Translator) -> Answer | None:
    """Performance in the sentences of the headline."""
    if facts.content.lead is None:
        return None
    lead = facts.content.lead
    return answer(say, lead_sentences(facts.results, lead, say), _performance_proofs(facts, lead.performance))


def accuracy(facts: Facts, say: Translator) -> Answer | None:
    """Every measure of diagnostic accuracy with its interval."""
    p = _lead(facts)
    phrases = measure_phrases(p, _RATES, say) if p is not None else []
    if p is None or not phrases:
        return None
    text = "{where}, {reader} reached {list}."
    said = say(text, where=where_text(p, say), reader=p.reader, list=joined(phrases, say))
    found = [said, say("The others are in the tables."), _subgroups(facts, say)]
    proofs = [*_performance_proofs(facts, p), facts.report("figures/roc.svg"), *facts.tables("subgroups-")]
    return answer(say, found, proofs)


def crosstab(facts: Facts, say: Translator) -> Answer | None:
    """Answers against the reference standard."""
    p = _lead(facts)
    if p is None or p.confusion is None:
        return None
    found = [say("The confusion matrix of each reader is drawn and written.")]
    if p.binary is not None and p.binary.counts is not None:
        text = "{reader}: {tp} true positive, {fp} false positive, {fn} false negative and {tn} true negative."
        found.insert(0, say(text, reader=p.reader, **p.binary.counts))
    return answer(say, found, [facts.report("figures/confusion.svg"), facts.report("results.json")])


def failures(facts: Facts, say: Translator) -> Answer | None:
    """Where it went wrong."""
    p = _lead(facts)
    if p is None or p.confusion is None:
        return None
    wrong = sum(map(sum, p.confusion)) - sum(row[place] for place, row in enumerate(p.confusion))
    found = [say("{reader} was wrong on {wrong} of {read} images.", reader=p.reader, wrong=wrong, read=p.n)]
    if facts.content.walls:
        found.append(say("The most confident mistakes of each reader are shown."))
    proofs = [facts.page("gallery"), facts.report("figures/confusion.svg"), facts.report("results.json")]
    return answer(say, found, proofs, "Explain the mistakes from the clinical point of view.")


def limitations(facts: Facts, say: Translator) -> Answer | None:
    """Limits that the run itself shows."""
    found = [limit.text for limit in facts.content.limits if limit.text != say(ALWAYS)]
    asked = "Discuss them, with the limits of the design, the patients and the reference standard."
    return answer(say, found, [facts.page("limits")], asked)


def missing_readings(facts: Facts, say: Translator) -> Answer | None:
    """Whether every reader read every image."""
    if not facts.results.splits:
        return None
    read = {p.n for p in facts.results.select(split=facts.results.splits[0])}
    text = (
        "Every reader read all {most} images."
        if len(read) == 1
        else "Readers read {least} to {most} images; two readers are compared on the images that both read."
    )
    found = [say(text, least=f"{min(read):,}", most=f"{max(read):,}")]
    asked = "Say what was done where the reference standard was missing."
    return answer(say, found, [facts.report("results.json")], asked)


def indeterminate(facts: Facts, say: Translator) -> Answer | None:
    """Answers that are neither yes nor no: there are none where every reading names a class."""
    shown = facts.results.select(split=facts.results.splits[0]) if facts.results.splits else ()
    if not shown or any(p.top1 is None for p in shown):
        return None
    found = [say("Every reading names one of the classes: there are no indeterminate answers.")]
    asked = "Say what was done where the reference standard was indeterminate."
    return answer(say, found, [facts.report("results.json")], asked)


FILLERS: dict[str, Filler] = {
    "metrics": metrics,
    "uncertainty": uncertainty,
    "robustness": robustness,
    "fairness": fairness,
    "heterogeneity": heterogeneity,
    "internal": internal,
    "external": external,
    "external_differences": external_differences,
    "performance": performance,
    "accuracy": accuracy,
    "crosstab": crosstab,
    "failures": failures,
    "limitations": limitations,
    "missing_readings": missing_readings,
    "indeterminate": indeterminate,
}
"""Fillers about the results, by the names that the checklists use."""
