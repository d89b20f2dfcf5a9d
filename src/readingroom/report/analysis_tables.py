"""Tables of the analyses: calibration, thresholds, subgroups, agreement, the reader study and external validation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate, Test
from readingroom.report.analyses.agreement import REFERENCE, Agreement
from readingroom.report.analyses.reader_study import Modalities, Pool
from readingroom.report.analyses.subgroups import Interaction, Subgroup
from readingroom.report.grade_tables import grade_table, shown_columns
from readingroom.report.rater_tables import kappa_table, rater_table
from readingroom.report.results import Results
from readingroom.report.score_tables import score_table
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table, methods_note
from readingroom.report.wording import MEASURE_NAMES, interval_text, p_text, value_text


@dataclass(frozen=True)
class AnalysisTables:
    """The tables of all analyses of one part; None where there was nothing to analyse.

    ``ordered`` is what the page shows of ``ordered_whole``.
    """

    calibration: Table | None
    optimistic: Table | None
    subgroups: tuple[Table, ...]
    pools: Table | None
    modalities: Table | None
    time_ratios: Table | None
    agreement: Table | None
    kappa: Table | None
    raters: Table | None
    scores: Table | None
    ordered: Table | None
    ordered_whole: Table | None

    def tables(self) -> list[Table]:
        """All that there are."""
        single = (self.calibration, self.optimistic, self.pools, self.modalities, self.time_ratios, self.agreement)
        tables = (self.ordered_whole, self.scores, *single, self.raters, self.kappa, *self.subgroups)
        return [table for table in tables if table is not None]

    @property
    def of_people(self) -> bool:
        """Whether there is anything about people."""
        return any(table is not None for table in (self.pools, self.modalities, self.time_ratios))


def analysis_tables(results: Results, split: str, say: Translator) -> AnalysisTables:
    """All tables of one part."""
    facts = dict.fromkeys(one.fact for one in results.analyses.subgroups if one.split == split)
    subgroups = (subgroup_table(results, split, fact, say) for fact in facts)
    ordered = grade_table(results, split, say)
    return AnalysisTables(
        calibration=calibration_table(results, split, say),
        optimistic=optimistic_table(results, split, say),
        subgroups=tuple(table for table in subgroups if table is not None),
        pools=pool_table(results, split, say),
        modalities=modality_table(results, split, say),
        time_ratios=time_ratio_table(results, split, say),
        agreement=agreement_table(results, split, say),
        kappa=kappa_table(results, split, say),
        raters=rater_table(results, split, say),
        scores=score_table(results, split, say),
        ordered=None if ordered is None else shown_columns(ordered, say),
        ordered_whole=ordered,
    )


GROUP_NAMES = {"people": "All people"}


def calibration_table(results: Results, split: str, say: Translator) -> Table | None:
    """Brier score, calibration line and error of every reader that gave probabilities."""
    found = [one for one in results.analyses.calibrations if one.split == split]
    if not found:
        return None
    names = [name for name in _CALIBRATION if any(name in one.measures for one in found)]
    rows: list[tuple[AnyCell, ...]] = []
    for one in found:
        fit = "" if one.hosmer_lemeshow is None else p_text(one.hosmer_lemeshow.p_value)
        cells = (EstimateCell(name, one.measures.get(name), counted=False) for name in names)
        rows.append((Cell(one.reader), Cell(f"{one.n}"), *cells, Cell(fit or "–")))
    heads = (say("Reader"), "n", *(say(MEASURE_NAMES[name]) for name in names), say("Hosmer–Lemeshow p"))
    what = (
        "Of the probability of {positive}."
        if found[0].positive is not None
        else "Of the probability of the class answered (top label); the Brier score sums over all classes."
    )
    note = (
        say(what, positive=found[0].positive)
        + say(" ")
        + say(
            "Slope 1 and intercept 0 are perfect; a slope below 1 means probabilities that are too extreme. The "
            "temperature was fitted on the validation readings. Intervals take images for independent."
        )
    )
    return Table(f"calibration-{split}", "", heads, tuple(rows), note)


_CALIBRATION = ("brier", "slope", "intercept", "ece", "temperature", "ece_after_temperature")


def optimistic_table(results: Results, split: str, say: Translator) -> Table | None:
    """The threshold fixed on validation, and the one that these very images would choose."""
    found = [one for one in results.analyses.optimistic if one.split == split and one.validated]
    if not found:
        return None
    rows: list[tuple[AnyCell, ...]] = []
    for one in found:
        fixed = results.reader(one.reader).threshold
        threshold = "–" if fixed is None else f"{fixed:.3f}"
        for text, at, measures in (
            ("as fixed by the study", threshold, one.validated),
            ("chosen on these images (optimistic)", f"{one.threshold:.3f}", one.measures),
        ):
            cells = (EstimateCell(name, measures.get(name)) for name in ("sensitivity", "specificity", "accuracy"))
            rows.append((Cell(one.reader), Cell(say(text)), Cell(at), *cells))
    heads = ("Reader", "Threshold", "Value", "Sensitivity", "Specificity", "Accuracy")
    note = say(
        "For comparison only: a threshold that is chosen on the images it is judged on is too good. It maximises the "
        "Youden index here; nothing else in this report uses it."
    )
    return Table(f"optimistic-{split}", "", tuple(say(head) for head in heads), tuple(rows), note, 2)


def subgroup_table(results: Results, split: str, fact: str, say: Translator) -> Table | None:
    """Every reader at every level of one fact, and whether the levels differ."""
    found = [one for one in results.analyses.subgroups if (one.split, one.fact) == (split, fact)]
    if not found:
        return None
    tests = {(i.reader, i.measure): i for i in results.analyses.interactions if (i.split, i.fact) == (split, fact)}
    measures = list(dict.fromkeys(name for one in found for name in one.measures))
    rows: list[tuple[AnyCell, ...]] = []
    for reader in dict.fromkeys(one.reader for one in found):
        own = [one for one in found if one.reader == reader]
        rows += [_subgroup_row(one, measures, first=one is own[0]) for one in own]
        rows.append(_interaction_row(reader, measures, tests, say))
    heads = (say("Reader"), fact, "n", *(say(MEASURE_NAMES[name]) for name in measures))
    estimates = [estimate for one in found for estimate in one.measures.values()]
    note = methods_note(estimates, say)
    note += say(" ") + say(
        "Difference between levels: Cochran's Q, which takes the levels for independent; p (Holm) is over all facts of "
        "one reader and measure. Levels of fewer than 10 images are left out. Not being significant is no proof of "
        "equality."
    )
    return Table(f"subgroups-{split}-{_file_name(fact, results)}", "", heads, tuple(rows), note, 2)


def _subgroup_row(one: Subgroup, measures: Sequence[str], *, first: bool) -> tuple[AnyCell, ...]:
    cells = (EstimateCell(name, one.measures.get(name)) for name in measures)
    return (Cell(one.reader if first else ""), Cell(one.level), Cell(f"{one.n}"), *cells)


def _interaction_row(
    reader: str, measures: Sequence[str], tests: dict[tuple[str, str], Interaction], say: Translator
) -> tuple[AnyCell, ...]:
    cells = []
    for name in measures:
        test = tests.get((reader, name))
        said = "–" if test is None else f"p = {p_text(test.p_value)}".replace("= <", "< ")
        holm = "" if test is None else f"Holm: {p_text(test.p_holm)}"
        cells.append(Cell(said, holm))
    return (Cell(""), Cell(say("difference between levels")), Cell(""), *cells)


def _file_name(fact: str, results: Results) -> str:
    """The fact itself where a file can be called so; a number otherwise, so that no two facts share a file."""
    facts = list(dict.fromkeys(one.fact for one in results.analyses.subgroups))
    return fact if re.fullmatch(r"[A-Za-z0-9_-]+", fact) else f"fact-{facts.index(fact) + 1}"


def pool_table(results: Results, split: str, say: Translator) -> Table | None:
    """People together, by modality and experience."""
    found = [one for one in results.analyses.pools if one.split == split]
    if not found:
        return None
    keys = list(dict.fromkeys((one.group, one.modality, one.readers) for one in found))
    measures = list(dict.fromkeys(one.measure for one in found))
    by_key = {(one.group, one.modality, one.readers, one.measure): one for one in found}
    rows: list[tuple[AnyCell, ...]] = []
    for key in keys:
        cells = (_pooled_cell(by_key.get((*key, name))) for name in measures)
        rows.append((Cell(_group(key[0], key[1], say)), Cell(f"{len(key[2])}"), *cells))
    heads = (say("Group"), say("Readers"), *(say(MEASURE_NAMES[name]) for name in measures))
    note = say(
        "Mean over the readers of a group, on the cases that all of them read, counted by {unit}. Intervals by "
        "Obuchowski & Rockette with Hillis' degrees of freedom: for readers and cases like these; with two readers, or "
        "where readers hardly differ, for these readers only.",
        unit=say(found[0].unit),
    )
    return Table(f"people-{split}", "", heads, tuple(rows), note)


def _pooled_cell(one: Pool | None) -> EstimateCell:
    return EstimateCell(one.measure if one is not None else "", one.estimate if one is not None else None, False)


def _group(group: str, modality: str | None, say: Translator) -> str:
    name = say(GROUP_NAMES.get(group, group))
    return name if modality is None else f"{name} · {modality}"


def modality_table(results: Results, split: str, say: Translator) -> Table | None:
    """Two modalities read by the same people: means, difference and test; then each reader's own difference."""
    found = [one for one in results.analyses.modalities if one.split == split]
    if not found:
        return None
    rows: list[tuple[AnyCell, ...]] = []
    for one in found:
        rows.append(_modality_row(one, say))
        rows += [_reader_row(one, who, test, say) for who, test in one.by_reader.items() if len(one.by_reader) > 1]
    heads = ("Measure", "Readers", "Means, first and second", "Difference", "p")
    first = found[0]
    note = say(
        "Difference = {second} − {first}, counted by {unit}, on the cases that everybody read in both. Over all "
        "readers: multi-reader multi-case analysis (Obuchowski & Rockette, Hillis' degrees of freedom); one reader: "
        "the same model with that reader fixed.",
        first=first.first,
        second=first.second,
        unit=say(first.unit),
    )
    return Table(f"modalities-{split}", "", tuple(say(head) for head in heads), tuple(rows), note, 2)


def _modality_row(one: Modalities, say: Translator) -> tuple[AnyCell, ...]:
    means = " → ".join(value_text(one.measure, one.means[name].value) for name in (one.first, one.second))
    everybody = say("all {n}", n=len(one.readers))
    return (
        Cell(say(MEASURE_NAMES[one.measure])),
        Cell(everybody),
        Cell(means),
        *_tested(one.measure, one.test, say, sign=-1),
    )


def _reader_row(one: Modalities, who: str, test: Test, say: Translator) -> tuple[AnyCell, ...]:
    return (Cell(""), Cell(who), Cell(""), *_tested(one.measure, test, say, sign=-1))


def _tested(measure: str, test: Test, say: Translator, *, sign: int = 1) -> tuple[Cell, Cell]:
    """The difference with its interval and p value; ``sign`` -1 turns first minus second round."""
    if test.difference is None:
        return Cell("–"), Cell(p_text(test.p_value))
    limits = [None if limit is None else sign * limit for limit in (test.low, test.high)][::sign]
    said = Estimate(sign * test.difference, limits[0], limits[1], test.level, test.method, test.n or 0)
    interval = interval_text(measure, said, joint=say(" to ")).replace("-", "−")
    difference = sign * test.difference
    value = f"{difference:+.3f}" if measure == "auc" else f"{100 * difference:+.1f} " + say("pp")
    return Cell(value.replace("-", "−"), interval), Cell(p_text(test.p_value))


def time_ratio_table(results: Results, split: str, say: Translator) -> Table | None:
    """Ratios of reading times."""
    found = [one for one in results.analyses.time_ratios if one.split == split]
    if not found:
        return None
    rows = []
    for one in sorted(found, key=lambda one: one.over != "readers"):
        interval = "" if one.low is None or one.high is None else f"{one.low:.2f}–{one.high:.2f}"
        n = say("{n} readers", n=one.n) if one.over == "readers" else say("{n} images", n=one.n)
        cells = (Cell(one.first), Cell(one.second), Cell(n), Cell(f"{one.ratio:.2f}", interval))
        rows.append((*cells, Cell(p_text(one.p_value)), Cell(p_text(one.p_holm))))
    heads = ("First", "Second", "Over", "Ratio of times", "p", "p (Holm)")
    note = say("Ratio of geometric means, first to second, on the images that both read; paired t test of log times.")
    return Table(f"time-ratios-{split}", "", tuple(say(head) for head in heads), tuple(rows), note, 2)


def agreement_table(results: Results, split: str, say: Translator) -> Table | None:
    """Each reader against the reference standard, and people among themselves."""
    found = [one for one in results.analyses.agreements if one.split == split]
    if not found:
        return None
    with_reference = [one for one in found if one.kind == "cohen" and one.readers[-1] == REFERENCE]
    together = [one for one in found if one.kind != "cohen"]
    rows = [_agreement_row(one, one.readers[0], say(REFERENCE)) for one in with_reference]
    rows += [_agreement_row(one, _everybody(one, say), say(_TOGETHER[one.kind])) for one in together]
    heads = ("Reader", "With", "n", "Same answer", "Kappa")
    estimates = [one.estimate for one in with_reference[:1]]
    note = methods_note(estimates, say) if estimates else ""
    return Table(f"agreement-{split}", "", tuple(say(head) for head in heads), tuple(rows), note, 2)


def _everybody(one: Agreement, say: Translator) -> str:
    said = say("All {n} people", n=len(one.readers))
    return said if one.modality is None else f"{said} · {one.modality}"


_TOGETHER = {
    "fleiss": "each other: Fleiss' kappa",
    "krippendorff": "each other: Krippendorff's alpha",
    "icc": "each other: ICC, absolute agreement of one reader",
}


def _agreement_row(one: Agreement, first: str, second: str) -> tuple[AnyCell, ...]:
    same = "–" if one.same is None else value_text("accuracy", one.same)
    return (Cell(first), Cell(second), Cell(f"{one.n}"), Cell(same), EstimateCell("kappa", one.estimate, False))


def shift_table(results: Results, say: Translator) -> Table | None:
    """Every reader's measures on the test part, on the external part, and the difference."""
    found = results.analyses.external
    if not found:
        return None
    rows = []
    for one in found:
        sign = Test(None, one.p_value, one.difference, one.low, one.high, one.method, one.test.level)
        cells = (Cell(one.reader), Cell(say(MEASURE_NAMES[one.measure])))
        both = (EstimateCell(one.measure, one.test), EstimateCell(one.measure, one.external))
        rows.append((*cells, *both, *_tested(one.measure, sign, say)))
    heads = ("Reader", "Measure", "Test", "External", "Difference", "p")
    note = say("Difference = external − test; two independent estimates, normal. The threshold is the same on both.")
    return Table("external-difference", "", tuple(say(head) for head in heads), tuple(rows), note, 2)
